"""What was stated about a person, as the projection reads it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from records.models import SourceRecord
from records.queries.trees import tree_of
from records.rules.survivorship import Proof, Statement
from registry.rules.dates import PartialDate


def statements_of(patient_id: uuid.UUID) -> list[Statement]:
    """Every statement linked to somebody who stands for themselves."""
    return _statements(SourceRecord.objects.filter(link__patient_id=patient_id))


def statements_beneath(patient_id: uuid.UUID) -> list[Statement]:
    """Every statement written under this person or somebody merged into them, whoever holds it today."""
    return written_under(tree_of(patient_id))


def written_under(homes: Iterable[uuid.UUID]) -> list[Statement]:
    """Every statement whose home is one of these people."""
    rows = SourceRecord.objects.alias(home=Coalesce("link__home_id", "link__patient_id"))
    return _statements(rows.filter(home__in=list(homes)))


def statements_among(records: Iterable[uuid.UUID]) -> list[Statement]:
    """What these source records state."""
    return _statements(SourceRecord.objects.filter(pk__in=list(records)))


def _statements(rows: QuerySet[SourceRecord]) -> list[Statement]:
    return [_statement(row) for row in rows.prefetch_related("identifiers")]


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
    if not row.content_hash:  # repeats what was on file when the facility first met the person
        return Proof.REPEATED
    if row.channel == "scan":
        return Proof.CARD
    return Proof.NUMBER if any(number.kind == "cccd" for number in row.identifiers.all()) else Proof.NONE
