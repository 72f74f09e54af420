"""A death that a facility saw is stated like everything else about a person: the golden record follows."""

from __future__ import annotations

import uuid
from datetime import date

from records.commands.linking import Origin, lock_identity
from records.commands.registration import add_statement_to
from records.models import Patient
from records.rules.person import StatedPerson
from registry.kernel import Context
from registry.rules.dates import PartialDate


def record_death(ctx: Context, patient_id: uuid.UUID, on: date) -> None:
    """State the day of death of somebody whose record is open here. For commands, inside their transaction and audit."""
    known = Patient.objects.get(pk=patient_id)
    person = StatedPerson(
        name=known.name,
        birth=PartialDate(known.birth_date, known.birth_precision),  # type: ignore[arg-type]
        sex=known.sex,  # type: ignore[arg-type]
        deceased_on=on,
    )
    lock_identity(person)
    add_statement_to(
        ctx, patient_id, person, Origin(channel="form", raw={"deceased_on": on.isoformat()}), reason="báo tử"
    )
