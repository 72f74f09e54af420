"""Running some of a batch's records again by the same code, and moving their counts to where they stand now.

The ledger stays exact without remembering where each record was counted: what a record was counted as follows from the same
rules that counted it (Account), so the difference of two accounts is added to the chunk.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from migration.commands.accounting import Account, Money, account_for
from migration.commands.chunks import Judged, load_judged, raw_records, sender_of
from migration.commands.interpreting import Rejected, Taken, TakenRound, interpret
from migration.models import ChunkMoney, ChunkTable, ImportBatch, ImportChunk, Quarantine
from migration.readers.records import Raw
from migration.rules.faults import Fault
from records.commands.bulk_rows import Outcome
from registry.kernel import Context

CHANGED, DOUBLED = "changed-since", "person-round-doubled"
WHOLE = "record"  # Quarantine.table of a record that waits as a whole
_COUNTS = ("rows_in", "loaded", "linked", "skipped", "quarantined", "kept")


@dataclass(frozen=True, slots=True)
class Rerun:
    """Records run again, and what became of each; settled and rejected as account_for takes them."""

    settled: tuple[tuple[Judged, Any], ...]
    rejected: tuple[Rejected, ...]

    @property
    def account(self) -> Account:
        """Where they are counted now."""
        return account_for(self.rejected, self.settled)


def edits_of(chunk: ImportChunk) -> dict[int, dict[str, str]]:
    """What people changed in records of this chunk that were loaded so: record number -> field -> text."""
    mended = chunk.quarantine.filter(state=Quarantine.State.LOADED, table=WHOLE).exclude(edited=None)
    return {number: dict(edited or {}) for number, edited in mended.values_list("record_no", "edited")}


def with_edits(raw: Raw, edits: Mapping[str, str]) -> Raw:
    """The record as a person mended it. What reading found wrong with a mended field, or with the row as a whole, is settled
    by the person's word; the rules judge the text anew.
    """
    if not edits:
        return raw
    left = tuple(fault for fault in raw.faults if fault.field and fault.field not in edits)
    return replace(raw, fields={**raw.fields, **edits}, faults=left)


def records_of(chunk: ImportChunk, numbers: Collection[int]) -> dict[int, Raw]:
    """Some of a chunk's records, as received and mended so far."""
    edits = edits_of(chunk)
    found = (raw for raw in raw_records(chunk) if raw.number in numbers)
    return {raw.number: with_edits(raw, edits.get(raw.number, {})) for raw in found}


def run_again(ctx: Context, batch: ImportBatch, raws: Iterable[Raw], *, restoring: bool = False) -> Rerun:
    """Interpret and load these records, inside the caller's transaction."""
    sender = sender_of(batch)
    judged = [interpret(raw, sender) for raw in raws]
    taken = [one for one in judged if not isinstance(one, Rejected)]
    outcomes = load_judged(ctx, batch, taken, restoring=restoring) if taken else []
    rejected = tuple(one for one in judged if isinstance(one, Rejected))
    return Rerun(tuple(zip(taken, outcomes, strict=True)), rejected)


def as_counted(batch: ImportBatch, waiting: Sequence[tuple[Raw, Sequence[Mapping[str, Any]]]]) -> Account:
    """How records that wait as a whole were counted: (the record as received, the reasons kept with it)."""
    sender = sender_of(batch)
    account = Account()
    for raw, reasons in waiting:
        codes = {one["code"] for one in reasons}
        judged = interpret(raw, sender)
        if codes == {CHANGED} and isinstance(judged, Taken):
            account.settle(judged, Outcome(raw.number, "changed", "skipped"))
        elif codes == {DOUBLED} and isinstance(judged, TakenRound):
            account.settle_round(judged, "doubled")
        else:
            account.reject(Rejected(raw, tuple(Fault(one["code"], one["message"], one["field"]) for one in reasons)))
    return account


def recount(chunk: ImportChunk, before: Account, after: Account) -> None:
    """Move the counts of some records of a chunk; every sum of the ledger closes as before."""
    row = ImportChunk.objects.select_for_update().get(pk=chunk.pk)
    moved = _difference(before.records, after.records)
    notices = Counter(row.notices)
    notices.update(after.notices)
    notices.subtract(before.notices)
    ImportChunk.objects.filter(pk=row.pk).update(
        notices=dict(+notices), **{name: getattr(row, name) + by for name, by in moved.items()}
    )
    for table in sorted({*before.tables, *after.tables}):
        _recount_table(row, table, _difference(before.tables.get(table, {}), after.tables.get(table, {})))
    for key in sorted({*before.money, *after.money}):
        _recount_money(row, key, before.money.get(key, Money()), after.money.get(key, Money()))


def _difference(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    both = {name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after}}
    return {name: by for name, by in both.items() if by}


def _recount_table(chunk: ImportChunk, table: str, moved: Mapping[str, int]) -> None:
    if not moved:
        return
    line, _ = ChunkTable.objects.get_or_create(chunk=chunk, table=table)
    counts = {name: getattr(line, name) + moved.get(name, 0) for name in _COUNTS[1:]}
    ChunkTable.objects.filter(pk=line.pk).update(**counts, rows_in=sum(counts.values()))


def _recount_money(chunk: ImportChunk, key: tuple[str, date], before: Money, after: Money) -> None:
    if before == after:
        return
    line, _ = ChunkMoney.objects.get_or_create(chunk=chunk, table=key[0], month=key[1])
    ChunkMoney.objects.filter(pk=line.pk).update(
        rows=line.rows + after.rows - before.rows,
        amount=line.amount + after.amount - before.amount,
        waiting_rows=line.waiting_rows + after.waiting_rows - before.waiting_rows,
        waiting_amount=line.waiting_amount + after.waiting_amount - before.waiting_amount,
    )


def move_part(chunk: ImportChunk, table: str, rows: int) -> None:
    """So many single rows of a table went from quarantine into the record."""
    line = ChunkTable.objects.select_for_update().filter(chunk=chunk, table=table).first()
    if line and line.quarantined >= rows:
        ChunkTable.objects.filter(pk=line.pk).update(quarantined=line.quarantined - rows, loaded=line.loaded + rows)


def facility_batches(facility_id: int, system: str, *, but: uuid.UUID) -> list[ImportBatch]:
    """Other batches of this facility's system that wrote something, in the order in which they began."""
    states = ImportBatch.State
    found = ImportBatch.objects.filter(facility_id=facility_id, dry_run=False, profile__spec__system=system)
    closed = [states.READY, states.REFUSED, states.REVERSING, states.REVERSED]
    return list(
        found.exclude(pk=but)
        .exclude(state__in=closed)
        .exclude(started_at=None)
        .select_related("facility", "profile")
        .order_by("started_at", "id")
    )
