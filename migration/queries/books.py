"""The reconciliation with the hospital's own books: what came in against what it says it has, by table and month."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db.models import Count, Q, Sum

from migration.models import ChunkMoney, ControlTotal, ImportBatch, Quarantine, SignOff
from migration.queries.batches import visible_batch
from migration.queries.reconciliation import TABLE_TITLES, Totals, count_batch
from registry.kernel import Context, Permission, query

Key = tuple[str, date | None]
WHOLE = "record"  # the table name of whole records in control totals


@dataclass(frozen=True, slots=True)
class BookLine:
    """One table and month (None: all months). rows, amount: in the record; waiting_*: in quarantine; told_*: what the
    hospital says, None where it does not. Amounts in dong.
    """

    table: str
    month: date | None
    rows: int
    amount: Decimal | None
    waiting_rows: int
    waiting_amount: Decimal | None
    told_rows: int | None = None
    told_amount: Decimal | None = None

    @property
    def title(self) -> str:
        """What people call the table."""
        return "Hồ sơ" if self.table == WHOLE else TABLE_TITLES.get(self.table, self.table)

    @property
    def rows_off(self) -> int | None:
        """Rows here less rows told: below zero, something is missing."""
        return None if self.told_rows is None else self.rows - self.told_rows

    @property
    def amount_off(self) -> Decimal | None:
        """Dong here less dong told."""
        return None if self.told_amount is None else (self.amount or Decimal(0)) - self.told_amount

    @property
    def agrees(self) -> bool:
        """Whether nothing told differs."""
        return not self.rows_off and not self.amount_off

    def to_json(self) -> dict[str, Any]:
        """Months as 2024-09, amounts as text with two decimals: the same text on every machine."""
        told = asdict(self) | {"rows_off": self.rows_off, "amount_off": self.amount_off}
        kept = {name: f"{value:.2f}" if isinstance(value, Decimal) else value for name, value in told.items()}
        return kept | {"month": f"{self.month:%Y-%m}" if self.month else None}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who answered for the totals. valid: they are the totals of today."""

    side: str
    side_label: str
    name: str
    at: datetime
    digest: str
    valid: bool


@dataclass(frozen=True, slots=True)
class Books:
    """A batch's reconciliation. digest: SHA-256 of what is signed; open: rows that still wait, dropped: given up."""

    batch: ImportBatch
    totals: Totals
    lines: tuple[BookLine, ...]
    open: int
    dropped: int
    signed: dict[str, Any]
    digest: str
    signatures: tuple[Signature, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the ledger closes and nothing the hospital told differs."""
        return self.totals.closes and all(line.agrees for line in self.lines)

    def signature(self, side: str) -> Signature | None:
        """The side's valid signature."""
        return next((one for one in self.signatures if one.side == side and one.valid), None)

    @property
    def certified(self) -> bool:
        """Whether both have signed today's totals."""
        return all(self.signature(side) for side in SignOff.Side.values)

    def to_json(self) -> dict[str, Any]:
        """As `reconcile --json` prints it."""
        signatures = [
            {"side": one.side, "name": one.name, "at": one.at.isoformat(), "digest": one.digest, "valid": one.valid}
            for one in self.signatures
        ]
        return self.signed | {
            "state": self.batch.state, "agrees": self.agrees, "digest": self.digest, "signatures": signatures,
            "certified": self.certified,
        }  # fmt: skip


@query(Permission.IMPORT_READ, audited=False)
def get_books(ctx: Context, batch_id: uuid.UUID) -> Books:
    """The reconciliation of one batch; names nobody but who signed. Raises NotFound."""
    return books_of(visible_batch(ctx, batch_id))


def books_of(batch: ImportBatch) -> Books:
    """The same for who holds the batch already."""
    totals = count_batch(batch.pk)
    lines = _lines(batch.pk, totals)
    states = Quarantine.State
    waiting = Quarantine.objects.filter(batch=batch).aggregate(
        open=Count("id", filter=Q(state__in=[states.OPEN, states.MENDED])),
        dropped=Count("id", filter=Q(state=states.DROPPED)),
    )
    signed: dict[str, Any] = {
        "batch": str(batch.pk), "facility": batch.facility.code, "sha256": batch.sha256, "dry_run": batch.dry_run,
        "totals": totals.to_json(), "books": [line.to_json() for line in lines], **waiting,
    }  # fmt: skip
    digest = hashlib.sha256(orjson.dumps(signed, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Books(batch, totals, lines, waiting["open"], waiting["dropped"], signed, digest, _signatures(batch, digest))


def _signatures(batch: ImportBatch, digest: str) -> tuple[Signature, ...]:
    return tuple(
        Signature(one.side, one.get_side_display(), one.name, one.at, one.digest, one.digest == digest)
        for one in SignOff.objects.filter(batch=batch).order_by("at")
    )


def _lines(batch_id: uuid.UUID, totals: Totals) -> tuple[BookLine, ...]:
    told = {(one.table, one.month): one for one in ControlTotal.objects.filter(batch_id=batch_id)}
    held = _held(batch_id, totals)
    found = []
    for key in sorted({*told, *held}, key=lambda key: (key[0] != WHOLE, key[0], key[1] or date.min)):
        rows, amount, waiting, waiting_amount = held.get(key, (0, None, 0, None))
        said = told.get(key)
        found.append(
            BookLine(
                *key, rows, amount, waiting, waiting_amount,
                said.rows if said else None, said.amount if said else None,
            )
        )  # fmt: skip
    return tuple(found)


def _held(batch_id: uuid.UUID, totals: Totals) -> Mapping[Key, tuple[int, Decimal | None, int, Decimal | None]]:
    """Tables as a whole, and money by table and month."""
    whole = totals.loaded + totals.linked + totals.skipped
    held: dict[Key, tuple[int, Decimal | None, int, Decimal | None]] = {
        (WHOLE, None): (whole, None, totals.quarantined, None)
    }
    for line in totals.tables:
        held[line.table, None] = (line.loaded + line.linked + line.skipped, None, line.quarantined, None)
    names = ("rows", "amount", "waiting_rows", "waiting_amount")
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in names}
    money = ChunkMoney.objects.filter(chunk__batch_id=batch_id).values("table", "month")
    for table, month, *counted in money.annotate(**sums).values_list("table", "month", *sums):
        held[table, month] = (counted[0], counted[1], counted[2], counted[3])
    return held
