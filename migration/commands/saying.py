"""What files of imports say, by key: which of them speak of the same visits, statements and rounds, and in what order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migration.commands.chunks import Judged, raw_records, sender_of
from migration.commands.interpreting import Rejected, Taken, TakenRound, interpret
from migration.commands.replaying import (
    CHANGED,
    WHOLE,
    edits_of,
    facility_batches,
    with_edits,
)
from migration.models import ImportBatch, ImportChunk, Quarantine
from records.commands.bulk_load import source_key
from records.commands.linking import content_hash

Statement = tuple[str, str]  # key and content hash of what a system says about a person


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
            self.rounds.add(round_of(one))
            return
        self.statements.add(statement_of(one))
        if one.row.visit:
            self.visits.add(one.row.visit.key)

    def concerns(self, one: Judged, chunk_id: int) -> bool:
        """Whether this record has to run again: of the records about one visit the last, for its word stands."""
        if isinstance(one, TakenRound):
            return round_of(one) in self.rounds
        if one.row.visit:
            last = self.last.get(one.row.visit.key)
            return last is not None and (last.chunk_id, last.number) == (chunk_id, one.raw.number)
        return statement_of(one) in self.statements


def what_it_said(batch: ImportBatch) -> Said:
    """Every key the batch's file names, in the chunks that were loaded."""
    said = Said()
    for chunk in done_chunks(batch):
        for one in judged_records(chunk):
            said.add(one)
    return said


def done_chunks(batch: ImportBatch) -> Iterator[ImportChunk]:
    """Loaded chunks of a batch, in the file's order."""
    chunks = batch.chunks.filter(state=ImportChunk.State.DONE).order_by("no")
    yield from chunks.select_related("batch__facility", "batch__profile")


def judged_records(chunk: ImportChunk) -> Iterator[Judged]:
    """The chunk's records as people mended them, those that can be loaded."""
    sender, edits = sender_of(chunk.batch), edits_of(chunk)
    for raw in raw_records(chunk):
        judged = interpret(with_edits(raw, edits.get(raw.number, {})), sender)
        if not isinstance(judged, Rejected):
            yield judged


def statement_of(one: Taken) -> Statement:
    """The key of what a record states of a person."""
    digest = content_hash(one.row.person)
    return source_key(one.row, digest), digest


def round_of(one: TakenRound) -> tuple[str, str, int]:
    """The key of a screening round."""
    return one.row.programme, one.row.person_key, one.row.round


def waiting_numbers(chunk: ImportChunk) -> set[int]:
    """Records that wait for people, or that people gave up."""
    states = (Quarantine.State.OPEN, Quarantine.State.MENDED, Quarantine.State.DROPPED)
    return set(chunk.quarantine.filter(table=WHOLE, state__in=states).values_list("record_no", flat=True))


def chunks_of_others(batch: ImportBatch) -> Iterator[ImportChunk]:
    """Loaded chunks of other batches of the same system, in the order in which they were done."""
    others = facility_batches(batch.facility_id, batch.profile.spec["system"], but=batch.pk)
    yield from _in_order(others)


def _in_order(batches: list[ImportBatch]) -> Iterator[ImportChunk]:
    found = ImportChunk.objects.filter(batch__in=batches, state=ImportChunk.State.DONE)
    yield from found.select_related("batch__facility", "batch__profile").order_by("finished_at", "id")


def last_to_say(batch: ImportBatch, said: Said) -> dict[str, Last]:
    """Of every visit the batch spoke of: the other record that did so last, and whether it repeated the one before it."""
    last: dict[str, Last] = {}
    before: dict[str, str] = {}
    others = facility_batches(batch.facility_id, batch.profile.spec["system"], but=batch.pk)
    for chunk in _in_order([*others, batch]) if said.visits else ():
        waiting = waiting_numbers(chunk) - set(changed_rows(chunk))
        for one in judged_records(chunk):
            if isinstance(one, TakenRound) or one.row.visit is None or one.raw.number in waiting:
                continue
            key, words = one.row.visit.key, repr((statement_of(one), one.row.visit.facts, one.row.facts))
            if key in said.visits and chunk.batch_id != batch.pk:
                last[key] = Last(chunk.pk, one.raw.number, repeated=before.get(key) == words)
            before[key] = words
    return last


def changed_rows(chunk: ImportChunk) -> dict[int, Quarantine]:
    """Records that wait because another content was on file."""
    rows = chunk.quarantine.filter(table=WHOLE, state=Quarantine.State.OPEN)
    return {row.record_no: row for row in rows if {one["code"] for one in row.reasons} == {CHANGED}}


def done_after(chunk: ImportChunk, batch: ImportBatch) -> bool:
    """Whether the chunk was done after the batch's first one."""
    first = batch.chunks.filter(state=ImportChunk.State.DONE).order_by("finished_at").first()
    return bool(first and first.finished_at and chunk.finished_at and chunk.finished_at > first.finished_at)
