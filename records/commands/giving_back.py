"""Giving back single records: one facility's statement stood with the wrong person, everything else of that person is right.

The record gets a new home: another person, or a new one made of what it says. What was written under it follows, as in a
merge. Merges and their undoing ask for homes, so they stay exact before and after: a record that was given away does not
come back with a merge that is undone, and goes along when its new person is merged. Nothing is copied; giving it to where
it came from is the way back, and the number of a person made in between is joined by a merge.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from records.commands.candidates import settle_apart
from records.commands.holding import hold_people, take_turns
from records.commands.linking import demographics, reproject_up
from records.commands.merging import root_of, told_reason
from records.commands.relinking import give_records
from records.models import Patient, RecordLink
from records.queries.record_ties import hanging_rows, tied_records
from records.queries.statements import statements_among
from records.queries.trees import tree_of
from records.rules.survivorship import project
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What moved: from whom (who stands for the old home) to whom (who stands for the new one), which records."""

    origin: uuid.UUID
    to: uuid.UUID
    records: frozenset[uuid.UUID]


@command(Permission.IDENTITY_REVIEW)
def give_back(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    record_id: uuid.UUID,
    reason: str,
    to: uuid.UUID | None = None,
    rows_seen: int | None = None,
) -> GivenBack:
    """Move a record, those tied to it and all that was written under them out of a person: to `to`, or to a new person.

    rows_seen: how many rows the reviewer was shown. Raises NotFound; Refused: reason-missing, same-person (both numbers are
    one person: a merge is undone instead), last-record (nothing of their own would be left of the person);
    Conflict: record-moved, record-changed (somebody wrote meanwhile).
    """
    told = told_reason(reason)
    origin, standing = _hold(patient_id, to)
    link = RecordLink.objects.filter(pk=record_id).first()
    if link is None:
        raise NotFound
    if link.patient_id != origin:
        raise Conflict("record-moved", "Bản khai này vừa được chuyển sang người khác. Hãy tải lại trang.")
    home, records = link.home_id or link.patient_id, tied_records(record_id)
    _check_rows(records, rows_seen)
    _check_left(home, records)
    new_home = to or _new_person(ctx, records)
    standing = standing or new_home
    give_records(ctx, records, origin=home, home=new_home, to=standing, reason=told)
    reproject_up(ctx, home, origin)
    reproject_up(ctx, new_home, standing)
    settle_apart(ctx, origin, standing, reason=told)
    record_audit(
        ctx, "give-back", patient_id=origin, target=("Patient", standing), detail={"records": sorted(map(str, records))}
    )
    emit(ctx, "record.moved", {"patient_id": str(origin), "alias_id": str(standing)})
    return GivenBack(origin, standing, frozenset(records))


def _hold(patient_id: uuid.UUID, to: uuid.UUID | None) -> tuple[uuid.UUID, uuid.UUID | None]:
    """Who stands for both sides today, with everybody merged into either held alone."""
    take_turns()
    origin = root_of(patient_id)
    standing = root_of(to) if to else None
    if standing == origin:
        raise Refused(
            "same-person", "Hai mã này đang là một người. Nếu đã gộp nhầm, hãy tách lần gộp ở “Hồ sơ đã gộp”.", "to"
        )
    roots = [one for one in (origin, standing) if one is not None]
    hold_people(roots, tree_of(*roots) - set(roots))
    return origin, standing


def _check_rows(records: Collection[uuid.UUID], seen: int | None) -> None:
    if seen is not None and sum(one.count for one in hanging_rows(records)) != seen:
        raise Conflict(
            "record-changed", "Vừa có điều mới được ghi theo bản khai này. Hãy xem lại những gì sẽ chuyển đi."
        )


def _check_left(home: uuid.UUID, records: Collection[uuid.UUID]) -> None:
    """Whoever gives a record away keeps one that says something of its own: there is no person without a statement."""
    at_home = RecordLink.objects.filter(patient_id=home, home=None) | RecordLink.objects.filter(home_id=home)
    if not at_home.exclude(pk__in=records).exclude(record__content_hash="").exists():
        raise Refused(
            "last-record",
            "Đây là bản khai cuối cùng của người này. Nếu đây là một người khác đã có hồ sơ, hãy gộp hai hồ sơ.",
            "to",
        )


def _new_person(ctx: Context, records: Collection[uuid.UUID]) -> uuid.UUID:
    golden = project(statements_among(records)).golden
    return Patient.objects.create(**demographics(golden), created_at=ctx.at, changed_at=ctx.at).pk
