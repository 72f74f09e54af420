"""Taking a whole batch back, even after later ones: its rows go, what others say stays, and what others said too is theirs.

Two steps, each of which may be repeated. First everything the batch wrote is removed, in one transaction. Then the
records of other batches of the same system that it had stood in the way of (skipped as already there, quarantined as
changed, corrected by it) run again by the same code. docs/adr/0008-a-batch-is-taken-back-by-rows.md says why so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from migration.commands.accounting import Account, quarantine_rows
from migration.commands.chunks import Judged, raw_records, sender_of
from migration.commands.interpreting import Rejected, Taken, TakenRound, interpret
from migration.commands.removal import Successor, Visits, remove_rows
from migration.commands.replaying import (
    CHANGED,
    WHOLE,
    as_counted,
    edits_of,
    facility_batches,
    recount,
    run_again,
    with_edits,
)
from migration.models import ImportBatch, ImportChunk, Quarantine, Reversal
from migration.readers.records import Raw
from records.commands.bulk_load import source_key
from records.commands.bulk_rows import Outcome
from records.commands.linking import content_hash
from records.commands.merging import told_reason
from records.models import SourceRecord
from registry.kernel import Channel, Conflict, Context, NotFound, Permission, command, record_audit, require
from registry.queries.contexts import system_context
from registry.rules.phrases import Phrase
from screening.commands.reported import remove_rounds

Statement = tuple[str, str]  # key and content hash of what a system says about a person
_REVERSIBLE = (
    ImportBatch.State.DONE, ImportBatch.State.CANCELLED, ImportBatch.State.FAILED, ImportBatch.State.PAUSED,
    ImportBatch.State.STOPPED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Last:
    """The record that spoke of a visit last. repeated: in the same words as the record before it, so it was skipped."""

    chunk_id: int
    number: int
    repeated: bool


@dataclass
class Said:
    """What a batch's file says, by key: visits, statements, rounds."""

    visits: set[str] = field(default_factory=set)
    statements: set[Statement] = field(default_factory=set)
    rounds: set[tuple[str, str, int]] = field(default_factory=set)
    last: dict[str, Last] = field(default_factory=dict)  # by visit

    def add(self, one: Judged) -> None:
        """Count this record's keys in."""
        if isinstance(one, TakenRound):
            self.rounds.add(_round(one))
            return
        self.statements.add(_statement(one))
        if one.row.visit:
            self.visits.add(one.row.visit.key)

    def concerns(self, one: Judged, chunk_id: int) -> bool:
        """Whether this record has to run again: of the records about one visit the last, for its word stands."""
        if isinstance(one, TakenRound):
            return _round(one) in self.rounds
        if one.row.visit:
            last = self.last.get(one.row.visit.key)
            return last is not None and (last.chunk_id, last.number) == (chunk_id, one.raw.number)
        return _statement(one) in self.statements


@dataclass(frozen=True, slots=True)
class Reversed:
    """removed, stayed: table -> rows; passed_on: statements that belong to another batch now; people: people removed;
    again: records of other batches that were run again, and how many of them were newly written.
    """

    batch_id: uuid.UUID
    removed: dict[str, int]
    stayed: dict[str, int]
    passed_on: int
    people: int
    again: int = 0
    written: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the command line and the reversal's row carry it."""
        return {
            "batch": str(self.batch_id), "removed": self.removed, "stayed": self.stayed, "passed_on": self.passed_on,
            "people": self.people, "again": self.again, "written": self.written,
        }  # fmt: skip


def reverse(ctx: Context, batch_id: uuid.UUID, reason: str) -> Reversed:
    """Both steps; one that broke off goes on where it was. Raises NotFound; Refused: reason-missing, no permission;
    Conflict: batch-state, chunk-running.
    """
    if not Reversal.objects.filter(batch_id=batch_id, batch__state=ImportBatch.State.REVERSING).exists():
        take_back(ctx, batch_id=batch_id, reason=reason)
    return finish_reversal(ctx, batch_id)


@command(Permission.IMPORT_READ)
def take_back(ctx: Context, *, batch_id: uuid.UUID, reason: str) -> Reversed:
    """The first step: no row of the batch is left in the record, and the batch is being reversed."""
    told = told_reason(reason)
    batch = _reversible(ctx, batch_id)
    with connection.cursor() as cursor:  # a hundred thousand rows are looked through and removed
        cursor.execute("SET LOCAL statement_timeout = '30min'; SET LOCAL idle_in_transaction_session_timeout = '30min'")
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.REVERSING, ended_at=ctx.at)
    passed_on = _passed_on(batch)
    visits = Visits(batch.facility_id, batch.profile.spec["system"], what_it_said(batch).visits)
    removed = remove_rows(_of_the_batch(ctx, batch), batch.pk, passed_on, visits)
    rounds = remove_rounds(batch.pk)
    if rounds:
        removed.rows["screening_reportedround"] = rounds
    _recount_passed_on(batch, passed_on)
    done = Reversed(batch.pk, dict(removed.rows), dict(removed.stayed), len(passed_on), len(removed.people))
    Reversal.objects.create(batch=batch, by_id=ctx.actor.staff_id, reason=told, removed=done.to_json(), at=ctx.at)
    record_audit(ctx, "import.reverse", target=("ImportBatch", batch.pk), detail=done.to_json())
    return done


def finish_reversal(ctx: Context, batch_id: uuid.UUID) -> Reversed:
    """The second step, chunk by chunk of the other batches, and the end."""
    batch = ImportBatch.objects.select_related("facility", "profile").get(pk=batch_id)
    said, again, wrote = what_it_said(batch), 0, 0
    said.last = _last_to_say(batch, said)
    for chunk_id in _others(batch):
        ran, written = run_others(ctx, batch_id=batch_id, chunk_id=chunk_id, said=said)
        again, wrote = again + ran, wrote + written
    return close_reversal(ctx, batch_id=batch_id, again=again, written=wrote)


def _reversible(ctx: Context, batch_id: uuid.UUID) -> ImportBatch:
    """The batch, held. The hospital takes back its own, the Department any."""
    batch = held_batch(ctx, batch_id)
    if batch.dry_run or batch.state not in _REVERSIBLE:
        state = Phrase(str(ImportBatch.State(batch.state).label))
        raise Conflict("batch-state", Phrase("Đợt này đang ở trạng thái “{state}”, không hoàn tác được.", state=state))
    if batch.chunks.filter(state=ImportChunk.State.RUNNING, lease_until__gt=timezone.now()).exists():
        raise Conflict("chunk-running", "Còn một phần đang chạy. Hãy đợi phần đó xong rồi hoàn tác.")
    return batch


def _reversing(ctx: Context, batch_id: uuid.UUID) -> ImportBatch:
    batch = held_batch(ctx, batch_id)
    if batch.state != ImportBatch.State.REVERSING:
        raise Conflict("batch-state", "Đợt này không đang được hoàn tác.")
    return batch


def held_batch(ctx: Context, batch_id: uuid.UUID) -> ImportBatch:
    """The batch, locked: the hospital's own for who runs its imports, any for the Department. Raises NotFound, Forbidden."""
    found = ImportBatch.objects.select_for_update(of=("self",)).select_related("facility", "profile")
    batch = found.filter(pk=batch_id).first()
    own = batch is not None and ctx.facility is not None and batch.facility_id == ctx.facility.id
    if batch is None or not (own or ctx.may(Permission.IMPORT_APPROVE)):
        raise NotFound
    if not ctx.may(Permission.IMPORT_APPROVE):
        require(ctx, Permission.IMPORT_RUN)
    return batch


def what_it_said(batch: ImportBatch) -> Said:
    """Every key the batch's file names, in the chunks that were loaded."""
    said = Said()
    for chunk in _done(batch):
        for one in _judged(chunk):
            said.add(one)
    return said


def _done(batch: ImportBatch) -> Iterator[ImportChunk]:
    chunks = batch.chunks.filter(state=ImportChunk.State.DONE).order_by("no")
    yield from chunks.select_related("batch__facility", "batch__profile")


def _judged(chunk: ImportChunk) -> Iterator[Judged]:
    sender, edits = sender_of(chunk.batch), edits_of(chunk)
    for raw in raw_records(chunk):
        judged = interpret(with_edits(raw, edits.get(raw.number, {})), sender)
        if not isinstance(judged, Rejected):
            yield judged


def _statement(one: Taken) -> Statement:
    digest = content_hash(one.row.person)
    return source_key(one.row, digest), digest


def _round(one: TakenRound) -> tuple[str, str, int]:
    return one.row.programme, one.row.person_key, one.row.round


def _passed_on(batch: ImportBatch) -> dict[uuid.UUID, Successor]:
    """Statements of the batch that another batch makes in the same words: the earliest such batch has them now."""
    mine = SourceRecord.objects.filter(batch_id=batch.pk).values_list("key", "content_hash", "id")
    left = {(key, digest): record for key, digest, record in mine}
    found: dict[uuid.UUID, Successor] = {}
    for chunk in _chunks_of_others(batch) if left else ():
        waiting, other = _waiting(chunk), chunk.batch
        for one in _judged(chunk):
            if isinstance(one, TakenRound) or one.raw.number in waiting:
                continue
            record = left.pop(_statement(one), None)
            if record is not None:
                found[record] = Successor(other.pk, one.row.raw, one.row.stated_at, other.received_by_id)
    return found


def _waiting(chunk: ImportChunk) -> set[int]:
    """Records that wait for people, or that people gave up."""
    states = (Quarantine.State.OPEN, Quarantine.State.MENDED, Quarantine.State.DROPPED)
    return set(chunk.quarantine.filter(table=WHOLE, state__in=states).values_list("record_no", flat=True))


def _recount_passed_on(batch: ImportBatch, passed_on: dict[uuid.UUID, Successor]) -> None:
    """A list's line that was skipped because the batch had said it counts as linked, now that it is the other's own."""
    records = {record: one.batch_id for record, one in passed_on.items()}
    keys = SourceRecord.objects.filter(pk__in=records).values_list("key", "content_hash", "id")
    named: dict[uuid.UUID, set[Statement]] = {}
    for key, digest, record in keys:
        named.setdefault(records[record], set()).add((key, digest))
    for other in ImportBatch.objects.filter(pk__in=named):
        for chunk in _done(other):
            if not _after(chunk, batch):
                continue
            waiting = _waiting(chunk)
            before, after = Account(), Account()
            for one in _judged(chunk):
                if isinstance(one, TakenRound) or one.row.visit or one.raw.number in waiting:
                    continue
                if _statement(one) in named[other.pk]:
                    named[other.pk].discard(_statement(one))
                    before.settle(one, Outcome(one.raw.number, "skipped", "skipped"))
                    after.settle(one, Outcome(one.raw.number, "linked", "linked"))
            if before.records:
                recount(chunk, before, after)


def _chunks_of_others(batch: ImportBatch) -> Iterator[ImportChunk]:
    """Loaded chunks of other batches of the same system, in the order in which they were done."""
    others = facility_batches(batch.facility_id, batch.profile.spec["system"], but=batch.pk)
    yield from _in_order(others)


def _in_order(batches: list[ImportBatch]) -> Iterator[ImportChunk]:
    found = ImportChunk.objects.filter(batch__in=batches, state=ImportChunk.State.DONE)
    yield from found.select_related("batch__facility", "batch__profile").order_by("finished_at", "id")


def _last_to_say(batch: ImportBatch, said: Said) -> dict[str, Last]:
    """Of every visit the batch spoke of: the other record that did so last, and whether it repeated the one before it."""
    last: dict[str, Last] = {}
    before: dict[str, str] = {}
    others = facility_batches(batch.facility_id, batch.profile.spec["system"], but=batch.pk)
    for chunk in _in_order([*others, batch]) if said.visits else ():
        waiting = _waiting(chunk) - set(_changed(chunk))
        for one in _judged(chunk):
            if isinstance(one, TakenRound) or one.row.visit is None or one.raw.number in waiting:
                continue
            key, words = one.row.visit.key, repr((_statement(one), one.row.visit.facts, one.row.facts))
            if key in said.visits and chunk.batch_id != batch.pk:
                last[key] = Last(chunk.pk, one.raw.number, repeated=before.get(key) == words)
            before[key] = words
    return last


def _others(batch: ImportBatch) -> list[int]:
    return [chunk.pk for chunk in _chunks_of_others(batch)]


@command(Permission.IMPORT_READ)
def run_others(ctx: Context, *, batch_id: uuid.UUID, chunk_id: int, said: Said) -> tuple[int, int]:
    """The second step, for one chunk of another batch: (records run again, of them newly written). Doing it twice changes
    nothing more.
    """
    batch = _reversing(ctx, batch_id)
    chunk = ImportChunk.objects.select_related("batch__facility", "batch__profile").get(pk=chunk_id)
    later = _after(chunk, batch)
    changed = _changed(chunk) if later else {}
    waiting = _waiting(chunk) - set(changed)
    raws = [one.raw for one in _judged(chunk) if said.concerns(one, chunk.pk) and one.raw.number not in waiting]
    repeated = {one.number for one in said.last.values() if one.chunk_id == chunk.pk and one.repeated}
    skipped = _Skipped(repeated, later=later)
    wrote = _again(_of_the_batch(ctx, chunk.batch), chunk, raws, changed, skipped) if raws else 0
    record_audit(
        ctx, "import.reverse", target=("ImportBatch", chunk.batch_id), detail={"chunk": chunk.no, "again": len(raws)}
    )
    return len(raws), wrote


def _changed(chunk: ImportChunk) -> dict[int, Quarantine]:
    """Records that wait because another content was on file."""
    rows = chunk.quarantine.filter(table=WHOLE, state=Quarantine.State.OPEN)
    return {row.record_no: row for row in rows if {one["code"] for one in row.reasons} == {CHANGED}}


def _again(ctx: Context, chunk: ImportChunk, raws: list[Raw], changed: dict[int, Quarantine], skipped: _Skipped) -> int:
    rerun = run_again(ctx, chunk.batch, raws, restoring=True)
    before, after = Account(), Account()
    wrote = 0
    for one, outcome in rerun.settled:
        if not _newly_written(outcome):
            continue
        wrote += 1
        waited = changed.get(one.raw.number)
        if waited or skipped.counts(one):
            _move(before, after, one, outcome, waited, chunk.batch)
    if before.records and before.records["skipped"] <= chunk.skipped:
        recount(chunk, before, after)
        Quarantine.objects.bulk_create(quarantine_rows(chunk, after))  # single bad rows of records that count now
    return wrote


@dataclass(frozen=True, slots=True)
class _Skipped:
    """Which records of a chunk had been counted as skipped. repeated: visits; later: the chunk came after the batch."""

    repeated: set[int]
    later: bool

    def counts(self, one: Judged) -> bool:
        """Whether this record was one of them."""
        if isinstance(one, Taken) and one.row.visit:
            return one.raw.number in self.repeated
        return self.later


def _after(chunk: ImportChunk, batch: ImportBatch) -> bool:
    """Whether the chunk was done after the batch's first one."""
    first = batch.chunks.filter(state=ImportChunk.State.DONE).order_by("finished_at").first()
    return bool(first and first.finished_at and chunk.finished_at and chunk.finished_at > first.finished_at)


def _newly_written(outcome: Any) -> bool:
    if isinstance(outcome, str):
        return outcome in ("loaded", "linked")
    return outcome.record in ("loaded", "linked") and not outcome.corrected


def _move(
    before: Account, after: Account, one: Judged, outcome: Any, waited: Quarantine | None, batch: ImportBatch
) -> None:
    """From skipped, or from waiting as changed, to where it stands now."""
    if isinstance(one, TakenRound):
        before.settle_round(one, "skipped")
        after.settle_round(one, outcome)
        return
    if waited:
        earlier = as_counted(batch, [(one.raw, waited.reasons)])
        before.merge(earlier)
        Quarantine.objects.filter(pk=waited.pk).update(state=Quarantine.State.LOADED)
    else:
        before.settle(one, _skipped(one, outcome))
    after.settle(one, outcome)


def _skipped(one: Taken, outcome: Outcome) -> Outcome:
    """How the record was counted while everything of it was on file."""
    return Outcome(one.raw.number, "skipped", "skipped", rows=dict.fromkeys(outcome.rows, "skipped"))


@command(Permission.IMPORT_READ)
def close_reversal(ctx: Context, *, batch_id: uuid.UUID, again: int, written: int) -> Reversed:
    """The batch is reversed; its file may be sent again."""
    batch = _reversing(ctx, batch_id)
    kept: dict[str, Any] = batch.reversal.removed
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.REVERSED, ended_at=ctx.at)
    record_audit(ctx, "import.reversed", target=("ImportBatch", batch.pk), detail={"again": again, "written": written})
    return Reversed(
        batch.pk, kept["removed"], kept["stayed"], kept["passed_on"], kept["people"], again=again, written=written
    )


def _of_the_batch(ctx: Context, batch: ImportBatch) -> Context:
    """The importer's own context at the batch's facility: rows are that hospital's, whoever gave the order."""
    return system_context(ctx.at, facility=batch.facility, channel=Channel.TASK, label="import")
