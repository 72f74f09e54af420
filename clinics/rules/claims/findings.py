"""A mistake in an insurance file: where it stands, what is wrong in words, and on which page it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clinics.rules.claims.values import field_names
from registry.rules.phrases import Phrase, as_phrase


class Place(StrEnum):
    """The page where somebody mends it; the web layer knows its address."""

    PERSON = "person"
    DETAILS = "details"
    COVERAGE = "coverage"
    VISIT = "visit"
    CHARGES = "charges"
    RESULTS = "results"
    CLAIM = "claim"
    REFERENCE = "reference"


PLACE_NAMES: Mapping[Place, str] = {
    Place.PERSON: "Hành chính người bệnh",
    Place.DETAILS: "Thông tin hành chính bổ sung",
    Place.COVERAGE: "Thẻ BHYT của lượt khám",
    Place.VISIT: "Phiếu khám",
    Place.CHARGES: "Chi phí của lượt khám",
    Place.RESULTS: "Kết quả cận lâm sàng",
    Place.CLAIM: "Hồ sơ bảo hiểm",
    Place.REFERENCE: "Danh mục của cơ sở (quản trị)",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. row: from 1, 0 for the table as a whole; field: "" likewise. doubt: worth a look, blocks nothing."""

    rule: str
    table: str
    row: int
    field: str
    message: Phrase
    place: Place
    doubt: bool = False

    @property
    def field_name(self) -> str:
        """What the field is called in words; "" for the table as a whole."""
        return field_names().get(self.field, "")

    def to_json(self) -> dict[str, Any]:
        """What a claim keeps of it."""
        return {
            "rule": self.rule,
            "table": self.table,
            "row": self.row,
            "field": self.field,
            "message": self.message.to_json(),
            "place": self.place.value,
            "doubt": self.doubt,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Finding:
        """The finding that `to_json` wrote."""
        message, place = Phrase.from_json(kept["message"]), Place(kept["place"])
        return cls(kept["rule"], kept["table"], kept["row"], kept["field"], message, place, kept["doubt"])


def found(rule: str, table: str, row: int, field: str, message: str, *, doubt: bool = False) -> Finding:
    """A finding at the page that its table and field belong to."""
    return Finding(rule, table, row, field, as_phrase(message), place_of(table, field), doubt)


_DETAILS = frozenset(
    ["MA_QUOCTICH", "MA_DANTOC", "MA_NGHE_NGHIEP", "NHOM_MAU", "HO_TEN_CHA", "HO_TEN_ME", "NGUOI_GIAM_HO", "DON_VI"]
)
_PERSON = frozenset(
    [
        "MA_BN",
        "HO_TEN",
        "SO_CCCD",
        "NGAY_SINH",
        "GIOI_TINH",
        "DIA_CHI",
        "MATINH_CU_TRU",
        "MAHUYEN_CU_TRU",
        "MAXA_CU_TRU",
        "DIEN_THOAI",
    ]
)
_COVERAGE = frozenset(
    [
        "MA_THE_BHYT",
        "MA_DKBD",
        "GT_THE_TU",
        "GT_THE_DEN",
        "NGAY_MIEN_CCT",
        "MA_DOITUONG_KCB",
        "MA_NOI_DI",
        "GIAY_CHUYEN_TUYEN",
        "MA_KHUVUC",
        "NAM_NAM_LIEN_TUC",
        "MA_THE_TAM",
        "MA_BHXH",
    ]
)
_CLAIM = frozenset(["MA_LK", "STT", "NAM_QT", "THANG_QT", "NGAY_TTOAN", "T_BHTT_GDV", "DU_PHONG", "MA_HSBA"])
_REFERENCE = frozenset(
    ["MA_CSKCB", "MA_TTDV", "MA_KHOA", "MA_BAC_SI", "MA_BS", "TEN_BS", "NGUOI_THUC_HIEN", "MA_BS_DOC_KQ"]
)
_GROUPS = (
    (_DETAILS, Place.DETAILS),
    (_PERSON, Place.PERSON),
    (_COVERAGE, Place.COVERAGE),
    (_CLAIM, Place.CLAIM),
    (_REFERENCE, Place.REFERENCE),
)
_TABLES = {"XML2": Place.CHARGES, "XML3": Place.CHARGES, "XML4": Place.RESULTS}


def place_of(table: str, field: str) -> Place:
    """Where this field of this table is mended."""
    for names, place in _GROUPS:
        if field in names:
            return place
    if table == "XML1" and field.startswith("T_"):
        return Place.CHARGES
    return _TABLES.get(table, Place.VISIT)
