"""Decisions about who is not whom, remembered for good."""

from __future__ import annotations

import uuid

from records.models import NotSamePerson, Patient
from registry.kernel import Context, NotFound, Permission, Refused, command, record_audit


def remember_not_same(ctx: Context, one: uuid.UUID, other: uuid.UUID, *, reason: str, model: str = "") -> None:
    """Keep that two people are not the same; saying it twice changes nothing. model: the version of the weights that found
    them alike. The caller audits.
    """
    first, second = sorted((one, other))
    NotSamePerson.objects.bulk_create(
        [
            NotSamePerson(
                first_id=first,
                second_id=second,
                decided_by_id=ctx.actor.staff_id,
                decided_at=ctx.at,
                reason=reason[:300],
                model=model[:60],
            )
        ],
        ignore_conflicts=True,
    )


@command(Permission.RESIDENT_REGISTER)
def decide_not_same(ctx: Context, *, one: uuid.UUID, other: uuid.UUID, reason: str) -> None:
    """Somebody looked at two people and says they are not the same. Raises NotFound for nobody."""
    if one == other:
        raise Refused("same-number", "Hai hồ sơ phải khác nhau.", "other")
    if {one, other} - set(Patient.objects.filter(pk__in=(one, other)).values_list("pk", flat=True)):
        raise NotFound
    remember_not_same(ctx, one, other, reason=reason)
    record_audit(ctx, "decide-not-same", patient_id=one, target=("Patient", other))
