"""The queue of pairs that may be one person: filled by registrations, imports and the nightly sweep, decided by people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from records.commands.identity_decisions import remember_not_same
from records.commands.merging import merge_in, told_reason
from records.models import CandidateDecision, MatchCandidate, Merge, Patient
from records.queries.pairs import Alike, find_alike, judge, match_people
from records.rules.matching import Finding, Match
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase

CHUNK = 500
FIRST = uuid.UUID(int=0)
EVER = datetime(1, 1, 1, tzinfo=UTC)
_DECIDED = (MatchCandidate.State.MERGED, MatchCandidate.State.NOT_SAME)


@dataclass(frozen=True, slots=True)
class Swept:
    """One step of a sweep: how many people were looked at, pairs in the queue because of them, where to go on."""

    people: int
    pairs: int
    last: uuid.UUID | None


@command(Permission.IDENTITY_REVIEW)
def sweep_duplicates(ctx: Context, *, after: uuid.UUID = FIRST, since: datetime = EVER, limit: int = CHUNK) -> Swept:
    """Look for duplicates of the next `limit` people (by number, after `after`) whose record changed since; doing it again
    changes nothing. last is None at the end.
    """
    chunk = find_alike(after, since, limit)
    queue_pairs(ctx, chunk.alike, MatchCandidate.FoundBy.SWEEP)
    record_audit(ctx, "sweep-duplicates", detail={"people": chunk.people, "pairs": len(chunk.alike)})
    return Swept(chunk.people, len(chunk.alike), chunk.last)


def queue_people(ctx: Context, pairs: Iterable[tuple[uuid.UUID, uuid.UUID]], found_by: MatchCandidate.FoundBy) -> int:
    """Put these pairs of people in the queue, where the matching rule finds them worth a look; how many there were.

    For commands of records and of imports, inside their transaction and audit.
    """
    ordered = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
    alike = list(judge(ordered))
    queue_pairs(ctx, alike, found_by)
    return len(alike)


def queue_pairs(ctx: Context, alike: Sequence[Alike], found_by: MatchCandidate.FoundBy) -> None:
    """Keep pairs with their weight; a pair that is there keeps its state and takes the newest weight."""
    MatchCandidate.objects.bulk_create(
        [
            MatchCandidate(
                first_id=one.first, second_id=one.second, found_by=found_by, found_at=ctx.at, **_weighed(one.match)
            )
            for one in alike
        ],
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["bits", "verdict", "levels", "reasons", "model"],
    )


def settle_apart(ctx: Context, one: uuid.UUID, other: uuid.UUID, *, reason: str) -> None:
    """A reviewer moved a record from one to the other and so judged the pair: no sweep proposes it again.

    Merging them by hand stays possible, for the next record may show that they were one after all. The caller audits.
    """
    first, second = min(one, other), max(one, other)
    queue_pairs(ctx, list(judge({(first, second)})), MatchCandidate.FoundBy.SWEEP)
    candidate = MatchCandidate.objects.filter(first_id=first, second_id=second).exclude(state__in=_DECIDED).first()
    if candidate is None:
        return
    CandidateDecision.objects.create(
        candidate=candidate,
        decision=CandidateDecision.Decision.NOT_SAME,
        by_id=_member(ctx),
        reason=reason[:300],
        model=candidate.model,
        at=ctx.at,
    )
    candidate.state = MatchCandidate.State.NOT_SAME
    candidate.save(update_fields=["state"])


@command(Permission.IDENTITY_REVIEW)
def decide_candidate(
    ctx: Context, *, candidate_id: uuid.UUID, decision: str, reason: str, keep: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Judge one pair: merge (keep: who stands for both, the first unless given), not the same (final), or later.

    Returns the merge, when one was made. Raises Refused at `decision`, `reason` or `keep`; NotFound; Conflict when the
    pair is decided already or one of the two was merged meanwhile.
    """
    candidate = MatchCandidate.objects.select_for_update(no_key=True).filter(pk=candidate_id).first()
    if candidate is None:
        raise NotFound
    told = told_reason(reason)
    if decision not in CandidateDecision.Decision.values:
        raise Refused("decision-unknown", "Hãy chọn kết luận.", "decision")
    if candidate.state in _DECIDED:
        raise Conflict("candidate-decided", "Cặp này đã có kết luận.")
    merge = None
    if decision == CandidateDecision.Decision.MERGE:
        merge = _merge(ctx, candidate, keep, told)
    elif decision == CandidateDecision.Decision.NOT_SAME:
        remember_not_same(ctx, candidate.first_id, candidate.second_id, reason=told, model=candidate.model)
    CandidateDecision.objects.create(
        candidate=candidate,
        decision=decision,
        by_id=_member(ctx),
        reason=told,
        merge=merge,
        model=candidate.model,
        at=ctx.at,
    )
    candidate.state = _STATES[decision]
    candidate.save(update_fields=["state"])
    first, second = _in_order(candidate, merge)
    record_audit(
        ctx, _ACTIONS[decision], patient_id=first, target=("Patient", second), detail={"candidate": str(candidate.pk)}
    )
    return merge.pk if merge else None


_STATES = {
    "merge": MatchCandidate.State.MERGED,
    "not-same": MatchCandidate.State.NOT_SAME,
    "later": MatchCandidate.State.LATER,
}
_ACTIONS = {"merge": "merge", "not-same": "decide-not-same", "later": "postpone-pair"}


def _merge(ctx: Context, candidate: MatchCandidate, keep: uuid.UUID | None, reason: str) -> Merge:
    keep = keep or candidate.first_id
    if keep not in (candidate.first_id, candidate.second_id):
        raise Refused("keep-unknown", "Hãy chọn một trong hai hồ sơ để giữ lại.", "keep")
    if Patient.objects.filter(pk__in=(candidate.first_id, candidate.second_id)).exclude(merged_into=None).exists():
        raise Conflict("pair-changed", "Một trong hai hồ sơ vừa được gộp với hồ sơ khác. Hãy xem lại danh sách.")
    other = candidate.second_id if keep == candidate.first_id else candidate.first_id
    found = match_people(candidate.first_id, candidate.second_id)
    bits, model = (found.bits, found.model) if found else (None, "")
    merged = merge_in(ctx, keep, other, reason, bits=bits, model=model)
    return Merge.objects.get(pk=merged.merge_id)


def _in_order(candidate: MatchCandidate, merge: Merge | None) -> tuple[uuid.UUID, uuid.UUID]:
    return (merge.keep_id, merge.other_id) if merge else (candidate.first_id, candidate.second_id)


def _weighed(found: Match) -> dict[str, object]:
    return {
        "bits": round(found.bits, 3),
        "verdict": found.verdict.value,
        "levels": {one.field: one.level.value for one in found.findings},
        "reasons": [_reason(one) for one in found.findings if one.reason],
        "model": found.model[:60],
    }


def _reason(one: Finding) -> dict[str, object]:
    """A reason that can still be said in another language, with its bits."""
    text = one.reason if isinstance(one.reason, Phrase) else Phrase(one.reason)
    return {"field": one.field, "level": one.level.value, "bits": round(one.bits, 2), "text": text.to_json()}


def _member(ctx: Context) -> int:
    if ctx.actor.staff_id is None:
        raise Refused("staff-required", "Chỉ nhân viên đăng nhập mới làm được việc này.")
    return ctx.actor.staff_id
