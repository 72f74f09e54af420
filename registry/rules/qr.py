"""What a QR scanner types: the code on a citizen card (CCCD) and on a health-insurance card (BHYT).

CCCD: `number|old CMND|name|ddMMyyyy|Nam/Nữ|address|ddMMyyyy issued`, UTF-8, 7 fields; newer cards may carry more, so
the first seven are read and the rest kept. BHYT: 15 fields ending in `$`, name and address as hexadecimal UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.identifiers import Bhyt, Cccd, Sex, parse_bhyt, parse_cccd
from registry.rules.invalid import Invalid, Notice
from registry.rules.names import name_problem, proper_case_name
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, fold

CCCD_FIELDS, BHYT_FIELDS = 7, 15


class QrError(Invalid):
    """A scanned code that cannot be read; `field` names the part at fault."""


@dataclass(frozen=True, slots=True)
class CccdQr:
    """A citizen card as scanned."""

    cccd: Cccd
    old_cmnd: str
    full_name: str
    birth: PartialDate
    sex: Sex | None
    address: str
    issued: date | None
    extra: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class BhytQr:
    """An insurance card as scanned; dates that are `-` on the card are None."""

    card: Bhyt
    full_name: str
    birth: PartialDate
    sex: Sex | None
    address: str
    facility_code: str
    valid_from: date | None
    valid_to: date | None
    issued: date | None
    parent: str
    area: str
    five_years_on: date | None
    notices: tuple[Notice, ...] = ()


def is_bhyt_qr(text: str) -> bool:
    """Whether a scanned text has the outline of an insurance card: many pipes, closed by a dollar sign."""
    return text.count("|") >= BHYT_FIELDS - 5 and text.rstrip().endswith("$")


def is_cccd_qr(text: str) -> bool:
    """Whether a scanned text has the outline of a citizen card: six pipes or more after a number."""
    return text.count("|") >= CCCD_FIELDS - 1 and not is_bhyt_qr(text) and text.strip()[:1].isdigit()


def _name(text: str) -> str:
    problem = name_problem(text)
    if problem:
        raise QrError("qr-name", Phrase("Mã QR: {problem}", problem=problem.message), "full_name")
    return proper_case_name(text)


def _birth(text: str, today: date) -> PartialDate:
    try:
        return parse_partial_date(text, today)
    except Invalid as problem:
        raise QrError(
            "qr-birth",
            Phrase("Mã QR: ngày sinh “{text}” không đọc được. {problem}", text=text[:20], problem=problem.message),
            "birth_date",
        ) from problem


def _day(text: str, field: str, notices: list[Notice]) -> date | None:
    """A date of the card itself, which may lie in the future; unreadable ones become a notice, not a refusal."""
    text = text.strip()
    if text in {"", "-"}:
        return None
    try:
        parsed = parse_partial_date(text, date(2199, 12, 31))
    except Invalid:
        message = Phrase("Mã QR: ngày “{text}” không đọc được nên bỏ trống.", text=text[:20])
        notices.append(Notice(f"qr-{field.replace('_', '-')}", message))
        return None
    return parsed.value if parsed.precision == "day" else None


_SEX_WORDS: dict[str, Sex] = {
    "nam": "male",
    "nu": "female",
    "1": "male",
    "2": "female",
    "male": "male",
    "female": "female",
}


def _sex(text: str, notices: list[Notice]) -> Sex | None:
    sex = _SEX_WORDS.get(fold(text))
    if sex is None:
        message = Phrase("Mã QR: giới tính “{text}” không đọc được nên bỏ trống.", text=clean_line(text)[:20])
        notices.append(Notice("qr-sex", message))
    return sex


def parse_cccd_qr(text: str, today: date) -> CccdQr:
    """Reads a citizen card's QR; raises QrError (qr-format, qr-number, qr-name, qr-birth) with a Vietnamese message."""
    fields = [clean_line(part) for part in text.strip().split("|")]
    if len(fields) < CCCD_FIELDS:
        message = Phrase("Mã QR CCCD phải có ít nhất 7 phần, đang có {count}.", count=len(fields))
        raise QrError("qr-format", message, "qr")
    number, old_cmnd, name, born, gender, address, issued, *extra = fields
    notices: list[Notice] = []
    if not re.fullmatch(r"[0-9]{12}", number):
        raise QrError("qr-number", "Mã QR CCCD: phần đầu phải là 12 chữ số.", "cccd")
    birth, sex = _birth(born, today), _sex(gender, notices)
    try:
        cccd = parse_cccd(number, birth, sex)
    except Invalid as problem:
        raise QrError("qr-number", Phrase("Mã QR CCCD: {problem}", problem=problem.message), "cccd") from problem
    day = _day(issued, "issued", notices)
    cmnd = old_cmnd if re.fullmatch(r"[0-9]{9}", old_cmnd) else ""
    kept = (*extra, *([f"CMND: {old_cmnd}"] if old_cmnd and not cmnd else []))
    return CccdQr(cccd, cmnd, _name(name), birth, sex, address, day, tuple(kept), (*cccd.notices, *notices))


def _unhex(text: str, field: str) -> str:
    """Hexadecimal UTF-8; some cards carry plain text, which is taken as it is."""
    compacted = text.replace(" ", "")
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", compacted):
        if compacted and not re.fullmatch(r"[0-9A-Fa-f]+", compacted):
            return clean_line(text)
        raise QrError("qr-hex", "Mã QR BHYT: phần chữ bị cụt, hãy quét lại thẻ.", field)
    try:
        return clean_line(bytes.fromhex(compacted).decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise QrError("qr-hex", "Mã QR BHYT: phần chữ không đúng bảng mã UTF-8, hãy quét lại thẻ.", field) from problem


def _facility(text: str) -> str:
    """`01 - 003` -> 01003; anything else that is not five digits is left empty."""
    digits = re.sub(r"[\s\-–]", "", text)
    return digits if re.fullmatch(r"[0-9]{5}", digits) else ""


def parse_bhyt_qr(text: str, today: date) -> BhytQr:
    """Reads an insurance card's QR; raises QrError (qr-format, qr-number, qr-hex, qr-name, qr-birth)."""
    body = text.strip()
    fields = body.removesuffix("$").removesuffix("|").split("|")
    if not body.endswith("$") or len(fields) < BHYT_FIELDS - 1:
        template = "Mã QR BHYT phải có 15 phần và kết thúc bằng dấu $, đang có {count} phần."
        raise QrError("qr-format", Phrase(template, count=len(body.split("|"))), "qr")
    notices: list[Notice] = []
    try:
        card = parse_bhyt(fields[0])
    except Invalid as problem:
        raise QrError("qr-number", Phrase("Mã QR BHYT: {problem}", problem=problem.message), "bhyt") from problem
    parent = "" if fields[10].strip() in {"", "-"} else _unhex(fields[10], "parent")
    dates = {name: _day(fields[at], name, notices) for name, at in _BHYT_DATES.items()}
    return BhytQr(
        card=card,
        full_name=_name(_unhex(fields[1], "full_name")),
        birth=_birth(fields[2], today),
        sex=_sex(fields[3], notices),
        address=_unhex(fields[4], "address") if fields[4].strip() else "",
        facility_code=_facility(fields[5]),
        parent=parent,
        area=fields[11].strip(),
        notices=(*card.notices, *notices),
        **dates,
    )


_BHYT_DATES = {"valid_from": 6, "valid_to": 7, "issued": 8, "five_years_on": 12}
