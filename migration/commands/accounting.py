"""Counting a chunk: every record and every row of every table goes to exactly one column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from migration.commands.interpreting import Rejected, Taken, TakenRound
from migration.models import ChunkMoney, ChunkTable, ImportChunk, Quarantine
from migration.readers.records import Raw
from migration.rules.faults import Fault
from migration.rules.money import money_of
from migration.rules.papers import LOADED_TABLES
from records.commands.bulk_clinical import REPLACED_HERE, UNKNOWN_VACCINE
from records.commands.bulk_rows import Outcome

RAW_KEPT = 1024 * 1024  # bytes of a quarantined record kept beside its reasons; longer ones are read from the kept file
_CHANGED = Fault(
    "changed-since",
    "Lượt khám này đã nạp trước đây với nội dung khác; cần người xem hai bản trước khi thay.",
    "MA_LK",
)
_DOUBLED = Fault(
    "person-round-doubled",
    "Tệp có hai dòng khác nhau cho cùng một người, một vòng; dòng đứng trước được nạp. Hãy giữ lại một dòng đúng.",
    "round",
)
# Why a row of a clinical table was not taken although it could be read, by what the loader said became of it.
_NOT_TAKEN = {
    REPLACED_HERE: Fault(
        "changed-by-hand", "Dòng này đã được nhân viên y tế sửa trong hồ sơ; bản mới trong tệp khác, cần người xem."
    ),
    UNKNOWN_VACCINE: Fault("vaccine-unknown", "Vắc xin này không có trong danh mục.", "MAVACXIN"),
}
_SHOWN = 400  # characters of a field shown to people


@dataclass
class Money:
    """One table's rows and dong in one month: in the record, and waiting in quarantine."""

    rows: int = 0
    amount: Decimal = Decimal(0)
    waiting_rows: int = 0
    waiting_amount: Decimal = Decimal(0)

    def add(self, rows: int, amount: Decimal, *, waiting: bool) -> None:
        """Count so many rows more."""
        if waiting:
            self.waiting_rows += rows
            self.waiting_amount += amount
        else:
            self.rows += rows
            self.amount += amount


@dataclass(frozen=True, slots=True)
class Waiting:
    """What goes to quarantine: a record, or of table "condition" or XML2 and so on, something in it. row: the bad row."""

    raw: Raw
    table: str
    faults: tuple[Fault, ...]
    row: Mapping[str, str] | None = None


@dataclass
class Account:
    """The sums of one chunk. tables: table -> column -> rows; money: (table, month) -> dong."""

    records: Counter[str] = field(default_factory=Counter)
    tables: dict[str, Counter[str]] = field(default_factory=dict)
    money: dict[tuple[str, date], Money] = field(default_factory=dict)
    notices: Counter[str] = field(default_factory=Counter)
    waiting: list[Waiting] = field(default_factory=list)

    def reject(self, one: Rejected) -> None:
        """A record that was not taken; its rows of other tables stay in the kept file with it."""
        self.records["quarantined"] += 1
        self.waiting.append(Waiting(one.raw, "record", one.faults))
        self._count_rows_of_waiting(one.raw)
        self._bill(one.raw, waiting=True)
        for table in self._tables_of(one.raw):
            self._add(table, "quarantined")

    def settle(self, one: Taken, outcome: Outcome) -> None:
        """A record that was taken, or was there already."""
        record = "quarantined" if outcome.record == "changed" else outcome.record
        self.records[record] += 1
        self._bill(one.raw, waiting=record == "quarantined")
        self._add("person", outcome.person)
        if outcome.doubtful:
            self.notices["possible-duplicate"] += 1
        if outcome.record == "changed":
            self.waiting.append(Waiting(one.raw, "record", (_CHANGED,)))
        if one.row.visit:
            self._add("encounter", record)
            self._settle_diagnoses(one, outcome, record)
        if outcome.record == "changed":
            self._count_rows_of_waiting(one.raw)
        else:
            self._settle_rows(one, outcome, record)
        if outcome.corrected:
            self.notices["corrected"] += 1
        if record in ("loaded", "linked"):
            self.notices.update(one.notices)

    def merge(self, other: Account) -> None:
        """Add another account's counts to this one."""
        self.records.update(other.records)
        self.notices.update(other.notices)
        self.waiting += other.waiting
        for table, counts in other.tables.items():
            self.tables.setdefault(table, Counter()).update(counts)
        for key, money in other.money.items():
            mine = self.money.setdefault(key, Money())
            mine.add(money.rows, money.amount, waiting=False)
            mine.add(money.waiting_rows, money.waiting_amount, waiting=True)

    def settle_round(self, one: TakenRound, outcome: str) -> None:
        """A round that was taken, was there already, or contradicts another row of the same file."""
        became = "quarantined" if outcome == "doubled" else outcome
        self.records[became] += 1
        self._add("round", became)
        if outcome == "doubled":
            self.waiting.append(Waiting(one.raw, "record", (_DOUBLED,)))
        elif outcome != "skipped":
            self.notices.update(one.row.notices)

    def _settle_diagnoses(self, one: Taken, outcome: Outcome, record: str) -> None:
        told = [fact.row for fact in one.row.facts if fact.table == "condition"]
        for at in told:
            became = outcome.rows.get(("condition", at), "quarantined")
            self._add("condition", became if became in ("loaded", "skipped") else "quarantined")
            if became in _NOT_TAKEN:
                self.waiting.append(Waiting(one.raw, "condition", (_NOT_TAKEN[became],)))
        self._add("condition", "skipped" if record == "skipped" else "quarantined", len(one.faults))
        if one.faults and record in ("loaded", "linked"):
            self.waiting.append(Waiting(one.raw, "condition", one.faults))

    def _settle_rows(self, one: Taken, outcome: Outcome, record: str) -> None:
        """Every row of the other tables; a row that the record has no place for stays in the kept file."""
        for table, count in one.raw.tables.items():
            for at in range(count if table != "XML1" else 0):
                faults = one.bad.get((table, at), ())
                became = outcome.rows.get((table, at), "kept")
                if became in _NOT_TAKEN:
                    faults = (replace(_NOT_TAKEN[became], table=table),)
                if not faults:
                    self._add(table, became)
                elif record == "skipped" and became not in _NOT_TAKEN:
                    self._add(table, "skipped")  # it waits since the file that brought the visit
                else:
                    self._add(table, "quarantined")
                    self.waiting.append(Waiting(one.raw, table, faults, one.raw.row(table, at)))

    def _count_rows_of_waiting(self, raw: Raw) -> None:
        """Rows of a record that waits wait with it; those of tables nobody loads stay in the kept file."""
        for table, count in raw.tables.items():
            if table != "XML1":
                self._add(table, "quarantined" if table in LOADED_TABLES else "kept", count)

    def _bill(self, raw: Raw, *, waiting: bool) -> None:
        for one in money_of(raw.fields, raw.rows):
            self.money.setdefault((one.table, one.month), Money()).add(one.rows, one.amount, waiting=waiting)
            if one.unreadable:
                self.notices["amount-unreadable"] += one.unreadable

    def _add(self, table: str, column: str, rows: int = 1) -> None:
        if rows:
            self.tables.setdefault(table, Counter())[column] += rows

    def _tables_of(self, raw: Raw) -> tuple[str, ...]:
        """A record of a QĐ 3176 file is a person and a visit; of a patients' list, a person; of screening, a round."""
        if "programme" in raw.fields:
            return ("round",)
        visit = "MA_LK" in raw.fields or raw.raw.lstrip().startswith(b"<")
        return ("person", "encounter") if visit else ("person",)


def account_for(rejected: Iterable[Rejected], settled: Iterable[tuple[Any, Any]]) -> Account:
    """The account of one chunk. settled: (Taken, Outcome) or (TakenRound, what became of it), one for each record."""
    account = Account()
    for bad in rejected:
        account.reject(bad)
    for one, outcome in settled:
        if isinstance(one, TakenRound):
            account.settle_round(one, outcome)
        else:
            account.settle(one, outcome)
    return account


def write_account(chunk: ImportChunk, account: Account) -> None:
    """Quarantine, table counts and money of a chunk, inside the transaction that loads it."""
    Quarantine.objects.bulk_create(quarantine_rows(chunk, account), batch_size=200)
    ChunkTable.objects.bulk_create(
        [
            ChunkTable(chunk=chunk, table=table, rows_in=counts.total(), **dict(counts))
            for table, counts in sorted(account.tables.items())
        ]
    )
    ChunkMoney.objects.bulk_create(
        [
            ChunkMoney(chunk=chunk, table=table, month=month, **asdict(one))
            for (table, month), one in sorted(account.money.items())
        ]
    )


def quarantine_rows(chunk: ImportChunk, account: Account) -> Iterator[Quarantine]:
    """Rows for what waits, in the file's order; not yet written."""
    for one in sorted(account.waiting, key=lambda one: one.raw.number):
        raw, whole = one.raw, one.row is None and len(one.raw.raw) <= RAW_KEPT
        yield Quarantine(
            batch_id=chunk.batch_id,
            chunk=chunk,
            record_no=raw.number,
            line=raw.line,
            table=one.table,
            byte_from=raw.byte_from,
            byte_to=raw.byte_from + len(raw.raw),
            raw=raw.raw if whole else b"",
            shown=_shown(raw.fields if one.row is None else one.row),
            reasons=[fault.to_json() for fault in one.faults],
        )


def _shown(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: text.replace("\x00", "\ufffd")[:_SHOWN] for name, text in fields.items() if text}
