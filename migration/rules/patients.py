"""One record's person: raw fields (names of QĐ 3176) -> a stated person, or every reason why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from migration.rules.faults import Fault
from migration.rules.forgiving import forgive
from records.rules.person import StatedPerson, state_person
from registry.rules.identifiers import compact, parse_bhyt
from registry.rules.invalid import Invalid
from registry.rules.names import proper_case_name
from registry.rules.phones import find_phones
from registry.rules.phrases import Phrase
from registry.rules.text import fold

# GIOI_TINH 1 male, 2 female, 3 undetermined (QĐ 130 annex); the words are what CSV exports carry.
_SEXES = {
    "1": "male", "nam": "male", "m": "male", "male": "male",
    "2": "female", "nu": "female", "f": "female", "female": "female",
    "3": "unknown", "chua xac dinh": "unknown", "khong ro": "unknown", "khac": "unknown",
}  # fmt: skip
_FIELDS = {
    "name": "HO_TEN", "birth": "NGAY_SINH", "sex": "GIOI_TINH", "cccd": "SO_CCCD", "cmnd": "SO_CCCD",
    "passport": "SO_CCCD", "bhyt": "MA_THE_BHYT", "phone": "DIEN_THOAI",
}  # fmt: skip
MESSAGES = {
    "date-empty": "Thiếu ngày sinh: ghi ngày, tháng và năm hoặc ít nhất năm sinh.",
    "sex-unknown": "Giới tính không rõ: ghi 1 (nam), 2 (nữ) hoặc 3 (chưa xác định).",
    "name-markup": "Họ tên chứa mã lệnh hoặc ký hiệu lạ (< > & { }): không phải tên người.",
}
CMND_DIGITS, WARD_DIGITS = 9, 5
_SEPARATED_DATE = re.compile(r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})(.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person a record states. key: the facility's own number (MA_BN), may be empty; notices: doubts by code."""

    key: str
    person: StatedPerson
    notices: tuple[str, ...] = ()


def read_person(
    fields: Mapping[str, str], *, today: date, facility_code: str, date_order: str = "dmy", lenient: bool = False
) -> PersonRow | list[Fault]:
    """The person of one record. A phone or insurance card that cannot be read is a notice: the raw text is kept.

    lenient: so is a number, sex or birth date, where the row says it elsewhere (migration.rules.forgiving).
    """
    notices: list[str] = []
    if lenient:
        fields, notices = forgive(fields, today, date_order)
        date_order = "dmy"
    number = fields.get("SO_CCCD", "")
    stated = state_person(
        today=today,
        name=_name(fields.get("HO_TEN", "")),
        birth=_in_day_order(fields.get("NGAY_SINH", ""), date_order),
        sex=_SEXES.get(fold(fields.get("GIOI_TINH", "")), ""),
        phone=_phone(fields.get("DIEN_THOAI", ""), notices),
        address=fields.get("DIA_CHI", ""),
        ward_code=_ward(fields),
        bhyt=_card(fields.get("MA_THE_BHYT", ""), notices),
        facility_number=fields.get("MA_BN", ""),
        facility_code=facility_code,
        **{_number_kind(number): number},  # type: ignore[arg-type]  # one of cccd, cmnd, passport
    )
    if isinstance(stated, list):
        return [_fault(one.code, one.message, one.field, number) for one in stated]
    return PersonRow(
        fields.get("MA_BN", "").strip()[:100],
        stated,
        (*notices, *(one.code.replace("_", "-") for one in stated.notices)),
    )


def _name(text: str) -> str:
    """Hospitals shout names in capitals; people are filed as they write themselves. The raw text is kept."""
    return proper_case_name(text) if text.isupper() else text


def _fault(code: str, message: str, field: str, number: str) -> Fault:
    code = code.replace("_", "-")
    if code == "cccd-needs-review":
        template = "Số CCCD có {count} chữ số, phải đủ 12: có thể đã mất số 0 ở đầu."
        message = Phrase(template, count=len(compact(number)))
    return Fault(code, MESSAGES.get(code, message), _FIELDS.get(field, field))


def _number_kind(number: str) -> str:
    """SO_CCCD may hold a CCCD, an old CMND or a passport (QĐ 130 annex)."""
    digits = compact(number)
    if digits.isdigit() and len(digits) == CMND_DIGITS:
        return "cmnd"
    return "passport" if digits and not digits.isdigit() else "cccd"


def _in_day_order(text: str, order: str) -> str:
    match = _SEPARATED_DATE.fullmatch(text.strip())
    if order == "mdy" and match:
        month, mark, day, year, rest = match.groups()
        return f"{day}{mark}{month}{mark}{year}{rest}"
    return text


def _phone(text: str, notices: list[str]) -> str:
    if not text.strip():
        return ""
    found = find_phones(text)
    if not found:
        notices.append("phone-unreadable")
        return ""
    return found[0].national


def _card(text: str, notices: list[str]) -> str:
    """The last card of a field that may hold several, separated by ; (the newest stands last)."""
    cards = [part for part in text.split(";") if part.strip()]
    for card in reversed(cards):
        try:
            return parse_bhyt(card).value
        except Invalid:
            continue
    if cards:
        notices.append("bhyt-unreadable")
    return ""


def _ward(fields: Mapping[str, str]) -> str:
    code = compact(fields.get("MAXA_CU_TRU", "") or fields.get("MAXA", ""))
    return code.zfill(5) if code.isdigit() and len(code) <= WARD_DIGITS else ""
