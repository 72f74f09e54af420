"""Allergies for tests about merges and pages, also by facilities to which the record is closed; what a facility itself
writes goes through records.commands.history.
"""

from __future__ import annotations

import uuid

from records.commands.copying import new_ids
from records.commands.encounters import stamp_for
from records.commands.own_records import HOME, home_of
from records.models import AllergyIntolerance
from registry.kernel import Context
from registry.rules.text import clean_line


def record_allergy(
    ctx: Context, *, patient_id: uuid.UUID, substance: str, reaction: str = "", severe: bool = False
) -> AllergyIntolerance:
    """An allergy without asking whether the record is open; an empty substance means asked, and none known. An earlier
    "none known" of the same home is superseded by it, as records.commands.history does.
    """
    substance = clean_line(substance)[:200]
    identity = new_ids(1)[0]
    stamp = stamp_for(ctx, patient_id)
    asked_before = AllergyIntolerance.objects.alias(home=HOME).filter(
        patient_id=stamp["patient_id"], home=home_of(stamp["source_record_id"]), none_known=True, superseded_by=None
    )
    asked_before.update(superseded_by=identity, superseded_reason="đã hỏi lại")
    return AllergyIntolerance.objects.create(
        id=identity,
        **stamp,
        substance=substance,
        reaction=clean_line(reaction)[:200],
        severe=severe,
        none_known=not substance,
    )
