"""What was stated about a person, as the projection reads it."""

from __future__ import annotations

import uuid

from records.models import SourceRecord
from records.rules.survivorship import Proof, Statement
from registry.rules.dates import PartialDate


def statements_of(patient_id: uuid.UUID) -> list[Statement]:
    """Every statement linked to the person."""
    rows = SourceRecord.objects.filter(link__patient_id=patient_id).prefetch_related("identifiers")
    return [_statement(row) for row in rows]


def _statement(row: SourceRecord) -> Statement:
    return Statement(
        proof=_proof(row),
        at=row.recorded_at,
        name=row.name,
        birth=PartialDate(row.birth_date, row.birth_precision),  # type: ignore[arg-type]  # a Precision's value
        sex=row.sex,  # type: ignore[arg-type]  # a Sex's value
        phone=row.phone,
        address=row.address,
        ward_code=row.ward_code,
        ward_name=row.ward_name,
        deceased_on=row.deceased_on,
    )


def _proof(row: SourceRecord) -> Proof:
    if row.channel == "scan":
        return Proof.CARD
    return Proof.NUMBER if any(number.kind == "cccd" for number in row.identifiers.all()) else Proof.NONE
