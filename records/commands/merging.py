"""Merging two people who are one, and taking a merge apart again. Nothing is copied: links move, caches follow.

Whom a record belongs to follows from two facts alone: the person it was written under (its home), and the merges that are
in force, which form trees. So merges can be undone in any order, and each undoing gives back exactly what it must.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection

from records.commands.holding import hold_people, take_turns
from records.commands.linking import reproject, reproject_up
from records.commands.relinking import move_records
from records.models import MatchCandidate, Merge, MergeUndone, Patient
from records.queries.trees import decided_apart, tree_of
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

SHORTEST_REASON = 5


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that was made: who stands for both now, who became an alias, and how many records moved."""

    merge_id: uuid.UUID
    keep: uuid.UUID
    other: uuid.UUID
    records: int


@command(Permission.IDENTITY_REVIEW)
def merge_people(ctx: Context, *, keep: uuid.UUID, other: uuid.UUID, reason: str) -> Merged:
    """Everything of `other` belongs to `keep` from now on; the number of `other` stays as an alias that leads there.

    A number that is an alias already stands for its person. Raises Refused: reason-missing, same-person, not-same-decided
    (somebody decided that they are two); NotFound for nobody.
    """
    merged = merge_in(ctx, keep, other, reason)
    record_audit(
        ctx, "merge", patient_id=merged.keep, target=("Patient", merged.other), detail={"merge": str(merged.merge_id)}
    )
    return merged


def merge_in(
    ctx: Context, keep: uuid.UUID, other: uuid.UUID, reason: str, *, bits: float | None = None, model: str = ""
) -> Merged:
    """merge_people without its audit row: for commands that decide more than the merge and audit themselves. bits, model:
    the pair's weight, and the version of the weights.
    """
    told = told_reason(reason)
    keep, other = _hold_roots(keep, other)
    if keep == other:
        raise Refused("same-person", "Hai mã này đã là một người.", "other")
    kept, moved_in = tree_of(keep), tree_of(other)
    if decided_apart(kept, moved_in):
        raise Refused("not-same-decided", "Đã có kết luận đây là hai người khác nhau: không gộp được.", "other")
    merge = Merge.objects.create(
        keep_id=keep,
        other_id=other,
        by_id=ctx.actor.staff_id,
        facility_id=_facility(ctx),
        reason=told,
        bits=bits,
        model=model[:60],
        at=ctx.at,
    )
    records = _records_of(other)
    move_records(ctx, dict.fromkeys(records, other), keep, reason=told)
    Patient.objects.filter(pk__in=moved_in).update(merged_into_id=keep)
    reproject(ctx, keep)
    emit(ctx, "patient.merged", {"patient_id": str(keep), "alias_id": str(other)})
    return Merged(merge.pk, keep, other, len(records))


@command(Permission.IDENTITY_REVIEW)
def unmerge(ctx: Context, *, merge_id: uuid.UUID, reason: str) -> Merged:
    """Take one merge back, whatever was merged or undone before and after it: every record returns to where it would be
    without it, and what was written since goes with the record it was written under.

    Raises Refused: reason-missing; NotFound; Conflict("unmerged") when it is undone already.
    """
    told = told_reason(reason)
    merge = Merge.objects.filter(pk=merge_id).first()
    if merge is None:
        raise NotFound
    keep, other = _hold_tree(merge)
    MergeUndone.objects.create(
        merge=merge, by_id=ctx.actor.staff_id, facility_id=_facility(ctx), reason=told, at=ctx.at
    )
    freed = tree_of(other)
    records = _records_lent(keep, freed)
    move_records(ctx, dict.fromkeys(records, keep), other, reason=told)
    Patient.objects.filter(pk__in=freed - {other}).update(merged_into_id=other)
    Patient.objects.filter(pk=other).update(merged_into=None)
    reproject_up(ctx, merge.keep_id, keep)
    reproject(ctx, other)
    _reopen_pair(merge)
    record_audit(ctx, "unmerge", patient_id=keep, target=("Patient", other), detail={"merge": str(merge.pk)})
    emit(ctx, "patient.unmerged", {"patient_id": str(keep), "alias_id": str(other)})
    return Merged(merge.pk, keep, other, len(records))


def _reopen_pair(merge: Merge) -> None:
    """A pair whose merge was undone waits to be judged anew."""
    first, second = sorted((merge.keep_id, merge.other_id))
    MatchCandidate.objects.filter(first_id=first, second_id=second, state=MatchCandidate.State.MERGED).update(
        state=MatchCandidate.State.LATER
    )


def told_reason(reason: str) -> str:
    """The reason, cleaned. Raises Refused("reason-missing") at `reason` when it says nothing."""
    told = clean_line(reason)[:300]
    if len(told) < SHORTEST_REASON:
        raise Refused(
            "reason-missing", Phrase("Hãy ghi vì sao, ít nhất {least} ký tự.", least=SHORTEST_REASON), "reason"
        )
    return told


def _hold_roots(keep: uuid.UUID, other: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """Who the two stand for today, with everybody merged into either held alone."""
    take_turns()
    roots = root_of(keep), root_of(other)
    hold_people(roots, tree_of(*roots) - set(roots))
    return roots


def _hold_tree(merge: Merge) -> tuple[uuid.UUID, uuid.UUID]:
    """Who stands for the merge's people today, everybody of that tree held alone; and whom it set aside."""
    take_turns()
    if MergeUndone.objects.filter(merge=merge).exists():
        raise Conflict("unmerged", "Lần gộp này đã được tách rồi.")
    root = root_of(merge.keep_id)
    hold_people([root], tree_of(root) - {root})
    return root, merge.other_id


def root_of(patient_id: uuid.UUID) -> uuid.UUID:
    """Who stands for this number today. Raises NotFound for nobody."""
    row = Patient.objects.filter(pk=patient_id).values_list("id", "merged_into_id").first()
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ này.", "no-such-record")
    return row[1] or row[0]


def _records_of(patient_id: uuid.UUID) -> list[uuid.UUID]:
    return _records("SELECT record_id FROM records_recordlink WHERE patient_id = %s", [patient_id])


def _records_lent(holder: uuid.UUID, homes: set[uuid.UUID]) -> list[uuid.UUID]:
    """Records that somebody holds for these people."""
    return _records(
        "SELECT record_id FROM records_recordlink WHERE patient_id = %s AND home_id = ANY(%s::uuid[])",
        [holder, [str(one) for one in homes]],
    )


def _records(statement: str, parameters: list[Any]) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]


def _facility(ctx: Context) -> int | None:
    return ctx.facility.id if ctx.facility else None
