"""Whole insurance dossiers by a seed: every table filled, money right, and what is known about the world beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import registry
from clinics.rules.charges.benefit import Cover, level_of, way_share
from clinics.rules.charges.money import Amounts, Line, insured_part, split
from clinics.rules.claims.case import Knowledge
from clinics.rules.claims.money_rules import SUMS
from clinics.rules.diagnoses import Coded
from registry.rules.qd3176.fields import tables
from registry.rules.qd3176.moments import HANOI, day_text, moment_text
from registry.rules.tables import read_tsv

FACILITY, OTHER = "01T01", "01929"
BASE = Decimal(2_340_000)
TABLES = ("XML0", "XML1", "XML2", "XML3", "XML4", "XML5", "XML7", "XML8", "XML11", "XML13", "XML14")
CONCEPTS = Path(registry.__file__).parent / "data" / "concepts"
LISTS = ("gioi-tinh", "ma-loai-kcb", "ket-qua-dtri", "ma-loai-rv", "ma-tai-nan", "dan-toc", "ma-doituong-kcb")
CODES = ("J02.9", "I10", "E11.9", "K29.7", "M54.5", "J18.9")
Rows = dict[str, list[dict[str, str]]]


@cache
def lists() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The registry's code lists as they stand at the end of 2026."""
    return {
        name: {row["code"]: row for row in read_tsv(CONCEPTS / f"{name}.tsv") if not row.get("valid_to")}
        for name in LISTS
    }


def knowledge(facility: str = FACILITY) -> Knowledge:
    """The world on the day of every dossier made here."""
    icd = {code: Coded(code, f"Bệnh {code}") for code in CODES}
    icd["N40"] = Coded("N40", "Chỉ của nam", {"only_sex": "male"})
    icd["O80"] = Coded("O80", "Chỉ của nữ", {"only_sex": "female"})
    icd["U98.1"] = Coded("U98.1", "Chỉ kèm theo", {"not_main": "1"})
    icd["U98.3"] = Coded("U98.3", "Không dùng", {"forbidden": "1"})
    return Knowledge(facility, lists(), icd, BASE)


@dataclass
class Writer:
    """Writes one dossier. stay: an inpatient who is referred, so that every paper is due; else an outpatient."""

    random: Random
    stay: bool

    def make(self) -> Rows:
        """The dossier, tables in order."""
        self.began = datetime(2026, 11, self.random.randint(1, 20), self.random.randint(7, 15), 5, tzinfo=HANOI)
        self.ended = self.began + (timedelta(days=self.random.randint(1, 6)) if self.stay else timedelta(minutes=90))
        self.key = f"{FACILITY}.{self.random.randrange(10**9):09d}"
        self.code = self.random.choice(("1.3", "2", "1.15") if self.stay else ("1.1", "1.3", "2", "1.12", "1.13"))
        self.benefit = self.random.choice("1234")
        rows: Rows = {"XML1": [self.summary()], "XML2": [], "XML3": [], "XML4": []}
        self.lines(rows)
        self.add_up(rows["XML1"][0], rows)
        rows["XML5"] = [self.row("XML5", STT=str(at), DIEN_BIEN_LS="Tỉnh, tiếp xúc tốt & đỡ đau <nhiều>",
                        THOI_DIEM_DBLS=moment_text(self.began + timedelta(minutes=20 * at)),
                        NGUOI_THUC_HIEN="001234/HNO-CCHN") for at in (1, 2)]  # fmt: skip
        summary = rows["XML1"][0]
        rows["XML0"] = [self.paper("XML0", summary, STT="1", NGAY_YL=summary["NGAY_VAO"])]
        if self.stay:
            self.papers(rows, summary)
        return {table: rows[table] for table in TABLES if table in rows}

    def row(self, table: str, **said: str) -> dict[str, str]:
        """A row with every field, empty where nothing is said."""
        blank = {field.name: "" for field in tables()[table].fields}
        unknown = said.keys() - blank.keys()
        assert not unknown, unknown
        return blank | {"MA_LK": self.key} | said

    def paper(self, table: str, summary: Mapping[str, str], **said: str) -> dict[str, str]:
        """A paper that repeats the summary where it has the same fields."""
        names = {field.name for field in tables()[table].fields} - {"DU_PHONG", "GHI_CHU", "MA_TTDV", "STT"}
        kept = {name: text for name, text in summary.items() if name in names}
        return self.row(table, **(kept | said))

    def summary(self) -> dict[str, str]:
        """XML1 without its sums."""
        random = self.random
        sex = random.choice("12")
        born = datetime(random.randint(1935, 2024), random.randint(1, 12), random.randint(1, 28), tzinfo=HANOI)
        main, *others = random.sample(CODES, random.randint(1, 4))
        number = f"{random.randrange(10**10):010d}"
        care = "03" if self.stay else random.choice(("01", "05", "07", "13"))
        days = (self.ended.date() - self.began.date()).days + 1 if self.stay else 0
        referred = {"MA_NOI_DI": OTHER, "GIAY_CHUYEN_TUYEN": f"{random.randint(1, 999)}/2026"}
        out = {"MA_NOI_DEN": OTHER, "MA_LOAI_RV": "2", "NGAY_VAO_NOI_TRU": moment_text(self.began)}
        return self.row(
            "XML1", STT="1", MA_BN=f"BN{number}", HO_TEN=random.choice(("Trần Thị Bích Ngọc", "Nguyễn Văn Đức")),
            SO_CCCD=f"0010{random.randrange(10**8):08d}", NGAY_SINH=f"{born:%Y%m%d}0000", GIOI_TINH=sex,
            NHOM_MAU=random.choice(("", "O+", "AB")), MA_QUOCTICH="000", MA_DANTOC="01", MA_NGHE_NGHIEP="00000",
            DIA_CHI="Số 5 ngõ 12, phường Kim Liên, Hà Nội", MATINH_CU_TRU="01", MAXA_CU_TRU="00226",
            DIEN_THOAI="0912345678", MA_THE_BHYT=f"GD{self.benefit}01{number}",
            MA_DKBD=FACILITY if self.code == "1.1" else OTHER, GT_THE_TU="20260101", GT_THE_DEN="20261231",
            LY_DO_VV="Đau đầu; sốt", CHAN_DOAN_VAO="Theo dõi sốt", CHAN_DOAN_RV="Viêm họng cấp",
            MA_BENH_CHINH=main, MA_BENH_KT=";".join(others), MA_DOITUONG_KCB=self.code, MA_TAI_NAN="0",
            NGAY_VAO=moment_text(self.began), NGAY_RA=moment_text(self.ended), SO_NGAY_DTRI=str(days),
            PP_DIEU_TRI="Nội khoa", KET_QUA_DTRI="2", NGAY_TTOAN=moment_text(self.ended), NAM_QT="2026", THANG_QT="11",
            MA_LOAI_KCB=care, MA_KHOA="K01", MA_CSKCB=FACILITY, CAN_NANG="52.5", MA_TTDV="0123456789",
            **({"MA_LOAI_RV": "1"} | (referred if self.code == "1.3" else {}) | (out if self.stay else {})),
        )  # fmt: skip

    def lines(self, rows: Rows) -> None:
        """Medicines, services, a supply; the level is known once all of them are."""
        random = self.random
        medicines = [self._line(random.choice((1, 10, 28)), random.choice(("1250", "3890.5", "12500.125")))
                     for _ in range(random.randint(1, 4))]  # fmt: skip
        services = [self._line(1, random.choice(("42100", "65400", "138700"))) for _ in range(random.randint(1, 3))]
        services.append(self._line(2, "15333.333"))
        total = sum((insured_part(line) for line in medicines + services), Decimal(0))
        share = way_share(self.code, lists()["ma-doituong-kcb"][self.code], "03" if self.stay else "01")
        cover = Cover(self.code, self.benefit, share)
        level = level_of(cover, insured_total=total, base_salary=BASE, day=self.ended.date())
        rows["XML2"] = [self._medicine(at, line, level) for at, line in enumerate(medicines, 1)]
        rows["XML3"] = [self._service(at, line, level, at == len(services)) for at, line in enumerate(services, 1)]
        rows["XML4"] = [self.row("XML4", STT=str(at), MA_DICH_VU=row["MA_DICH_VU"], MA_CHI_SO="5.1.10",
                        TEN_CHI_SO="Glucose", GIA_TRI="5.6", DON_VI_DO="mmol/L", NGAY_KQ=row["NGAY_KQ"],
                        MA_BS_DOC_KQ="001234/HNO-CCHN") for at, row in enumerate(rows["XML3"][:-1], 1)]  # fmt: skip

    def _line(self, quantity: int, price: str) -> Line:
        scope = self.random.random() > 0.2
        rate = Decimal(self.random.choice((100, 100, 50)))
        other = Decimal(self.random.choice((0, 0, 0, 5000)))
        return Line(Decimal(quantity), Decimal(price), Decimal(price), scope, rate, other=other)

    def _money(self, line: Line, level: Decimal) -> dict[str, str]:
        one: Amounts = split(line, level)
        return {
            "PHAM_VI": "1" if line.in_scope else "2", "TYLE_TT_BH": str(line.pay_rate), "SO_LUONG": str(line.quantity),
            "THANH_TIEN_BV": str(one.total), "THANH_TIEN_BH": str(one.insured), "T_NGUONKHAC": str(one.other),
            "T_NGUONKHAC_CL": str(one.other), "MUC_HUONG": f"{level.normalize():f}", "T_BHTT": str(one.fund),
            "T_BNCCT": str(one.copay), "T_BNTT": str(one.own), "MA_KHOA": "K01", "MA_BAC_SI": "001234/HNO-CCHN",
            "NGAY_YL": moment_text(self.began + timedelta(minutes=10)),
            "NGAY_TH_YL": moment_text(self.began + timedelta(minutes=15)), "MA_PTTT": "1",
        }  # fmt: skip

    def _medicine(self, at: int, line: Line, level: Decimal) -> dict[str, str]:
        return self.row(
            "XML2", STT=str(at), MA_THUOC="40.685", MA_NHOM="4", TEN_THUOC="Paracetamol", DON_VI_TINH="viên",
            HAM_LUONG="500 mg", DUONG_DUNG="1.01", SO_DANG_KY="VD-12345-21", DON_GIA=str(line.price), NGUON_CTRA="1",
            **self._money(line, level),
        )  # fmt: skip

    def _service(self, at: int, line: Line, level: Decimal, supply: bool) -> dict[str, str]:
        named = {"MA_DICH_VU": f"23.00{at:02d}.1494", "TEN_DICH_VU": "Định lượng Glucose", "MA_NHOM": "1"}
        if supply:
            named = {"MA_VAT_TU": "N03.02.060", "TEN_VAT_TU": "Kim luồn", "MA_NHOM": "10"}
        done = moment_text(self.began + timedelta(minutes=40))
        return self.row(
            "XML3", STT=str(at), DON_VI_TINH="lần", DON_GIA_BV=str(line.price), DON_GIA_BH=str(line.insured_price),
            TYLE_TT_DV="100", NGUOI_THUC_HIEN="001234/HNO-CCHN", MA_BENH=CODES[0], NGAY_KQ=done,
            **named, **self._money(line, level),
        )  # fmt: skip

    def add_up(self, summary: dict[str, str], rows: Rows) -> None:
        """The sums of the summary."""
        for name, of, keys, supplies in SUMS:
            told = [row for key in keys for row in rows[key] if not supplies or row.get("MA_VAT_TU")]
            summary[name] = str(sum((Decimal(row[of]) for row in told), Decimal(0)))

    def papers(self, rows: Rows, summary: Mapping[str, str]) -> None:
        """Discharge, record summary, sick leave, referral, appointment."""
        signed = day_text(self.ended.date())
        until = day_text(self.ended.date() + timedelta(days=4))
        rows["XML7"] = [self.paper("XML7", summary, SO_LUU_TRU="26/1", MA_YTE="01/T01/26", MA_KHOA_RV="K01",
                        PP_DIEUTRI="Nội khoa", MA_TTDV="0123456789", MA_BS="001234/HNO-CCHN", TEN_BS="Lê Minh",
                        NGAY_CT=signed, SO_NGAY_NGHI="5", NGOAITRU_TUNGAY=signed, NGOAITRU_DENNGAY=until)]  # fmt: skip
        rows["XML8"] = [self.paper("XML8", summary, QT_BENHLY="Sốt 3 ngày", TOMTAT_KQ="Bình thường",
                        PP_DIEUTRI="Nội khoa", NGAY_CT=signed)]  # fmt: skip
        rows["XML11"] = [self.paper("XML11", summary, SO_CT="12", SO_NGAY_NGHI="5", TU_NGAY=signed, DEN_NGAY=until,
                         PP_DIEUTRI="Nội khoa", NGAY_CT=signed, MA_BS="001234/HNO-CCHN")]  # fmt: skip
        rows["XML13"] = [self.paper("XML13", summary, SO_HOSO="7", SO_CHUYENTUYEN="8/2026", MA_CSKCB_DI=FACILITY,
                         MA_CSKCB_DEN=OTHER, QT_BENHLY="Sốt", PP_DIEUTRI="Nội khoa")]  # fmt: skip
        appointed = moment_text(self.ended + timedelta(days=14))
        rows["XML14"] = [self.paper("XML14", summary, SO_GIAYHEN_KL="9", NGAY_HEN_KL=appointed, NGAY_CT=signed,
                         MA_BAC_SI="001234/HNO-CCHN", MA_TTDV="0123456789")]  # fmt: skip


def make_dossier(seed: int, *, stay: bool | None = None) -> Rows:
    """The dossier of this seed; stay None: every third is an inpatient."""
    return Writer(Random(seed), seed % 3 == 0 if stay is None else stay).make()
