"""Mapping profiles: how a kind of file is read. The built-in ones; a facility's own are versioned rows of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from migration.rules.encodings import Encoding
from registry.rules.phrases import Phrase
from registry.rules.text import fold
from screening.rules import reported

# What a patients' CSV may call its columns, folded; the canonical name first. Seen in exports of hospital systems; the
# names of QĐ 3176 (MA_BN, HO_TEN, NGAY_SINH …) are always understood.
PATIENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "MA_BN": ("ma bn", "mabn", "ma benh nhan", "ma nguoi benh", "so ho so", "pid"),
    "HO_TEN": ("ho ten", "hoten", "ho va ten", "ten benh nhan", "ten bn", "ten nguoi benh"),
    "NGAY_SINH": ("ngay sinh", "ngaysinh", "ngay thang nam sinh", "nam sinh", "ns"),
    "GIOI_TINH": ("gioi tinh", "gioitinh", "phai", "gt"),
    "SO_CCCD": ("so cccd", "socccd", "cccd", "cmnd", "so cmnd", "so cmnd cccd", "so dinh danh", "can cuoc"),
    "MA_THE_BHYT": ("ma the bhyt", "mathebhyt", "the bhyt", "so the bhyt", "bhyt", "ma the"),
    "DIEN_THOAI": ("dien thoai", "dienthoai", "so dien thoai", "sdt", "dt", "di dong"),
    "DIA_CHI": ("dia chi", "diachi", "noi o", "cho o"),
    "MAXA": ("maxa", "ma xa", "ma phuong xa", "maxa cu tru", "ma xa cu tru"),
}
ROUNDS = "screening-rounds"
PEOPLE = frozenset({"csv", ROUNDS})  # formats whose records are people without visits
REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "csv": ("HO_TEN", "NGAY_SINH", "GIOI_TINH"),
    ROUNDS: reported.REQUIRED,
}
NAME_COLUMNS = frozenset({"HO_TEN"})


@dataclass(frozen=True, slots=True)
class Profile:
    """How files of one kind are read.

    format: "qd3176", "csv" (people) or ROUNDS (of screening). system: what provenance says, at most 20 characters.
    columns: header (folded) -> canonical name. encodings: those a column may have. date_order: "dmy" or "mdy", for dates
    written with separators.
    """

    name: str
    title: str
    format: str
    system: str
    version: int = 1
    columns: Mapping[str, str] = field(default_factory=dict)
    encodings: tuple[str, ...] = ()
    date_order: str = "dmy"

    def to_json(self) -> dict[str, Any]:
        """The spec as a version of the profile stores it."""
        kept = asdict(self)
        return {key: kept[key] for key in ("format", "system", "columns", "encodings", "date_order")}

    @classmethod
    def from_json(cls, name: str, title: str, version: int, spec: Mapping[str, Any]) -> Profile:
        """The profile of a stored version."""
        return cls(
            name=name,
            title=title,
            version=version,
            format=spec["format"],
            system=spec["system"],
            columns=dict(spec["columns"]),
            encodings=tuple(spec["encodings"]),
            date_order=spec["date_order"],
        )

    def canonical(self, header: str) -> str:
        """The canonical name of a column, or "" when the profile does not know it."""
        return self.columns.get(fold(header.replace("_", " ")), "")


def _aliases() -> dict[str, str]:
    return {
        alias: name for name, others in PATIENT_COLUMNS.items() for alias in (fold(name.replace("_", " ")), *others)
    }


BUILT_IN: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        *(
            # One system for all four: a hospital's number of a visit (MA_LK) means the same visit in each of them.
            Profile(
                f"qd{number}",
                Phrase("Hồ sơ QĐ {number} (GIAMDINHHS)", number=number),
                "qd3176",
                "qd3176",
                encodings=(Encoding.UTF8.value,),
            )
            for number in (3176, 4750, 130, 4210)
        ),
        Profile(
            "csv-tcvn3",
            Phrase("Danh sách người bệnh CSV, bảng mã TCVN3"),
            "csv",
            "csv",
            columns=_aliases(),
            encodings=(Encoding.ASCII.value, Encoding.TCVN3.value, Encoding.TCVN3_VIA_1252.value),
        ),
        Profile(
            "csv-auto",
            Phrase("Danh sách người bệnh CSV, tự nhận bảng mã"),
            "csv",
            "csv",
            columns=_aliases(),
            encodings=tuple(encoding.value for encoding in Encoding),
        ),
        Profile(
            "screening-results",
            Phrase("Kết quả tầm soát từ hệ thống khác (mỗi dòng một người, một vòng)"),
            ROUNDS,
            "screening",
            columns={fold(name.replace("_", " ")): name for name in reported.COLUMNS},
            encodings=(Encoding.ASCII.value, Encoding.UTF8.value),
        ),
    )
}
