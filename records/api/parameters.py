"""FHIR search parameters into what the query wants; anything unknown or malformed is refused, never ignored."""

from __future__ import annotations

import uuid
from datetime import date

from django.http import QueryDict

from records.api.fhir import KINDS
from records.queries.exchange import Wanted
from registry.kernel import Refused
from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.invalid import Invalid
from registry.rules.phones import parse_phone
from registry.rules.phrases import Phrase

KNOWN = {"_id", "identifier", "name", "family", "given", "birthdate", "gender", "phone", "_count", "_after", "_format"}
SEXES = {"male", "female", "unknown"}
MAX_TEXT = 200


def parse_search(parameters: QueryDict, today: date) -> Wanted:
    """Wanted for a query string. Raises Refused naming each parameter that is wrong, all of them at once."""
    faults: list[Refused] = [
        Refused(
            "unknown-parameter",
            Phrase("Không hỗ trợ tham số tìm kiếm này: dùng {known}.", known=", ".join(sorted(KNOWN))),
            name[:60],
        )
        for name in parameters
        if name.partition(":")[0] not in KNOWN or ":" in name
    ]
    faults += [
        Refused("bad-parameter", "Mỗi tham số chỉ dùng một lần, dài tối đa 200 ký tự, không có ký tự NUL.", name[:60])
        for name, values in parameters.lists()
        if len(values) > 1 or any(len(value) > MAX_TEXT or "\x00" in value for value in values)
    ]
    kind, number = _identifier(parameters.get("identifier", ""), faults)
    wanted = Wanted(
        name=parameters.get("name", ""),
        family=parameters.get("family", ""),
        given=parameters.get("given", ""),
        birth=_birth(parameters.get("birthdate", ""), today, faults),
        sex=_sex(parameters.get("gender", ""), faults),
        phone=_phone(parameters.get("phone", ""), faults),
        identifier_kind=kind,
        identifier=number,
        count=_count(parameters.get("_count", ""), faults),
        after=parameters.get("_after", ""),
    )
    if faults:
        raise Refused.several(faults)
    return wanted


def parse_id(text: str) -> uuid.UUID | None:
    """A resource id; None for what cannot be one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _identifier(text: str, faults: list[Refused]) -> tuple[str, str]:
    if not text:
        return "", ""
    system, bar, value = text.rpartition("|")
    if bar and system not in KINDS:
        faults.append(
            Refused("unknown-system", "Hệ định danh không có trong danh mục; xem CapabilityStatement.", "identifier")
        )
        return "", ""
    return KINDS.get(system, ""), "".join(value.split()).upper()


def _birth(text: str, today: date, faults: list[Refused]) -> PartialDate | None:
    if not text:
        return None
    try:
        return parse_partial_date(text.removeprefix("eq"), today)
    except Invalid:
        faults.append(Refused("bad-date", "Ngày sinh viết yyyy, yyyy-MM hoặc yyyy-MM-dd.", "birthdate"))
        return None


def _sex(text: str, faults: list[Refused]) -> str:
    if text and text not in SEXES:
        faults.append(Refused("bad-gender", "gender là male, female hoặc unknown.", "gender"))
    return text


def _phone(text: str, faults: list[Refused]) -> str:
    if not text:
        return ""
    try:
        return parse_phone(text).national
    except Invalid as error:
        faults.append(Refused("bad-phone", error.message, "phone"))
        return ""


def _count(text: str, faults: list[Refused]) -> int:
    if not text:
        return 20
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 50:  # noqa: PLR2004 - the page limit
        faults.append(Refused("bad-count", "_count là số từ 1 đến 50.", "_count"))
        return 20
    return int(text)
