"""Mapping profiles: how a kind of file is read. The built-in ones; a facility's own are versioned rows of the same shape."""

from __future__ import annotations

import re
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
    "MA_BN": (
        "ma bn", "mabn", "ma benh nhan", "mabenhnhan", "ma nguoi benh", "ma so benh nhan", "so ho so", "pid", "source id",
        "sourceid", "patient id", "patientid", "mrn",
    ),
    "HO_TEN": (
        "ho ten", "hoten", "ho va ten", "hovaten", "ten benh nhan", "tenbenhnhan", "ten bn", "tenbn", "ten nguoi benh",
        "ho ten benh nhan", "ho ten nguoi benh", "ho va ten benh nhan", "ho va ten nguoi benh", "full name", "fullname",
        "patient name", "name",
    ),
    "NGAY_SINH": (
        "ngay sinh", "ngaysinh", "ngay thang nam sinh", "nam sinh", "namsinh", "ngay sinh benh nhan", "ns", "ntns",
        "birth date", "birthdate", "birth day", "birthday", "date of birth", "dob",
    ),
    "GIOI_TINH": ("gioi tinh", "gioitinh", "phai", "gioi", "gt", "sex", "gender"),
    "SO_CCCD": (
        "so cccd", "socccd", "cccd", "cmnd", "so cmnd", "socmnd", "so cmnd cccd", "cmnd cccd", "cccd cmnd", "so cccd cmnd",
        "cmt", "so cmt", "so dinh danh", "so dinh danh ca nhan", "can cuoc", "so can cuoc", "can cuoc cong dan",
        "citizen id", "national id", "id number",
    ),
    "MA_THE_BHYT": (
        "ma the bhyt", "mathebhyt", "the bhyt", "thebhyt", "so the bhyt", "sothebhyt", "bhyt", "so bhyt", "ma bhyt",
        "ma the", "mathe", "so the", "sothe", "insurance number", "insurance no", "insurance card", "health insurance",
    ),
    "DIEN_THOAI": (
        "dien thoai", "dienthoai", "so dien thoai", "sodienthoai", "sdt", "so dt", "sodt", "dt", "dtdd", "di dong",
        "so di dong", "phone", "phone number", "mobile", "telephone", "tel",
    ),
    "DIA_CHI": (
        "dia chi", "diachi", "dia chi thuong tru", "dia chi lien he", "noi o", "cho o", "noi cu tru", "noi thuong tru",
        "address",
    ),
    "MAXA": (
        "maxa", "ma xa", "ma phuong", "ma phuong xa", "ma xa phuong", "maphuongxa", "maxa cu tru", "ma xa cu tru",
        "ward code", "wardcode",
    ),
}  # fmt: skip
ROUNDS = "screening-rounds"
TABLE, HL7, FHIR = "csv", "hl7v2", "fhir"  # a table of people in whatever file holds one; messages; resources
TABULAR = frozenset({TABLE, ROUNDS})
MIXED = "mixed"  # among a profile's encodings: columns may mix them, every value is read by itself
PEOPLE = frozenset({TABLE, "qd831", ROUNDS})  # formats whose records are people and not visits
REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "csv": ("HO_TEN", "NGAY_SINH", "GIOI_TINH"),
    ROUNDS: reported.REQUIRED,
}
NAME_COLUMNS = frozenset({"HO_TEN"})


_HINT = re.compile(r"\([^)]*\)")  # "Ngày sinh (dd/mm/yyyy)"
_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Profile:
    """How files of one kind are read.

    format: "qd3176", TABLE (people), ROUNDS (of screening), HL7 or FHIR. What holds it (CSV, XLSX, DBF, a zip of them) is
    recognised by content. system: what provenance says, at most 20 characters.
    columns: header (folded) -> canonical name. encodings: those a column may have. date_order: "dmy" or "mdy", for dates
    written with separators. lenient: a number, sex or birth date that is missing or cannot be read does not stop a row whose
    other fields say who it is; it is a notice, and the raw text is kept.
    """

    name: str
    title: str
    format: str
    system: str
    version: int = 1
    columns: Mapping[str, str] = field(default_factory=dict)
    encodings: tuple[str, ...] = ()
    date_order: str = "dmy"
    lenient: bool = False

    def to_json(self) -> dict[str, Any]:
        """The spec as a version of the profile stores it."""
        kept = asdict(self)
        return {key: kept[key] for key in ("format", "system", "columns", "encodings", "date_order", "lenient")}

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
            lenient=spec.get("lenient", False),
        )

    def canonical(self, header: str) -> str:
        """The canonical name of a column, or "" when the profile does not know it."""
        known = self.columns.get(fold(header.replace("_", " ")))
        if known is None and not header.isalnum():
            known = self.columns.get(" ".join(_MARKS.sub(" ", fold(_HINT.sub(" ", header))).split()))
        return known or ""


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
        Profile("qd831", Phrase("Hồ sơ sức khoẻ QĐ 831 (XML)"), "qd831", "qd831", encodings=(Encoding.UTF8.value,)),
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
            "person-csv",
            Phrase("Danh sách người bệnh (bảng, DBF, Excel), mỗi ô tự nhận bảng mã"),
            TABLE,
            "csv",
            columns=_aliases(),
            encodings=(MIXED,),
            lenient=True,
        ),
        Profile("hl7v2", Phrase("Tin nhắn HL7 v2 (ADT, ORU)"), HL7, "hl7v2", encodings=(Encoding.UTF8.value,)),
        Profile("fhir", Phrase("FHIR R4 (Bundle hoặc NDJSON)"), FHIR, "fhir", encodings=(Encoding.UTF8.value,)),
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
