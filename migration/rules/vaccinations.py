"""Doses of vaccine among a record's other tables (tags of QĐ 831's THONGTINMUITIEM), by the rules of the record's doses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from migration.rules.clinical import BadRow, Clinical, Row, text_of
from records.rules.bulk_facts import Vaccination
from records.rules.doses import GIVEN, Dose, Recipient, dose_faults
from records.rules.person import StatedPerson
from records.rules.qd831.facts import VACCINE_PROGRAMMES
from registry.rules.dates import parse_partial_date
from registry.rules.invalid import Invalid

TABLE = "THONGTINMUITIEM"
_GIVEN = frozenset({"", "1", "completed"})  # QĐ 831; FHIR's EventStatus


def read_doses(clinical: Clinical, rows: Sequence[Row], person: StatedPerson, today: date, holder: str = "") -> None:
    """Every dose that was given; one that was only planned stays in the kept file. holder: before the key, of facts that
    belong to no visit.
    """
    for at, row in enumerate(rows):
        if row.get("TRANGTHAI", "").strip() in _GIVEN:
            key = "/".join((TABLE, row.get("MAVACXIN", "").strip()[:50], row.get("NGAYTIEM", "").strip()[:20]))
            clinical.take(TABLE, at, f"{holder}/{key}" if holder else key, _dose, row, person, today)


def _dose(row: Row, person: StatedPerson, today: date) -> Iterator[Vaccination]:
    code = text_of(row, "MAVACXIN", 50)
    if not code:
        raise BadRow("vaccine-missing", "Thiếu mã vắc xin MAVACXIN.", "MAVACXIN")
    try:
        on = parse_partial_date(row.get("NGAYTIEM", ""), today)
    except Invalid as problem:
        raise BadRow(problem.code, problem.message, "NGAYTIEM") from None
    programme = VACCINE_PROGRAMMES.get(row.get("LOAIVACXIN", "").strip(), "outside")
    number = row.get("MUITHU", "").strip()
    dose = Dose(
        code,
        programme,
        on,
        GIVEN,
        number=int(number) if number.isascii() and number.isdigit() and len(number) < len("999") else None,
        lot=text_of(row, "SOLO", 40),
        primary_source=False,
        reaction=text_of(row, "PHANUNGSAUTIEM", 500),
    )
    for fault in dose_faults(dose, Recipient(person.birth, person.sex), today):
        raise BadRow(fault.code, fault.message, "NGAYTIEM")
    yield vaccination(dose, text_of(row, "TENVACXIN", 255))


def vaccination(dose: Dose, display: str = "") -> Vaccination:
    """A dose as the record keeps it."""
    return Vaccination(
        status=dose.status,
        programme=dose.programme,
        vaccine_code=dose.vaccine,
        vaccine_display=display,
        product=dose.product[:120],
        dose_number=dose.number,
        occurred_on=dose.on.value,
        occurred_precision=dose.on.precision,
        lot_number=dose.lot[:40],
        place=dose.place[:255],
        not_done_code=dose.not_done_code,
        not_done_reason=dose.not_done_reason[:300],
        reaction=dose.reaction[:500],
        next_due_on=dose.next_due_on,
        gestation_weeks=dose.gestation_weeks,
        primary_source=dose.primary_source,
    )
