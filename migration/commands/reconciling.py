"""Answering for a batch: the hospital enters its own totals, signs, and then the Department, another person, does."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from migration.commands.reversing import held_batch
from migration.models import ControlTotal, ImportBatch, SignOff
from migration.queries.books import Books, books_of
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit, require
from registry.models import Staff
from registry.rules.phrases import Phrase

COLUMNS = ("table", "month", "rows", "amount")
_MONTH = re.compile(r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})|(?P<m2>\d{1,2})/(?P<y2>\d{4}))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """One control total: table, first day of the month or None for all, rows, dong."""

    table: str
    month: date | None
    rows: int | None
    amount: Decimal | None


@command(Permission.IMPORT_RUN)
def tell_totals(ctx: Context, *, batch_id: uuid.UUID, told: Iterable[Told]) -> int:
    """Put the hospital's own totals in place of those told before; how many. Raises NotFound, Refused(control-doubled)."""
    batch = held_batch(ctx, batch_id)
    rows = list(told)
    lines = {(one.table, one.month): one for one in rows}
    if len(lines) != len(rows):
        raise Refused("control-doubled", "Một bảng trong một tháng chỉ khai một dòng.", "file")
    ControlTotal.objects.filter(batch=batch).delete()
    ControlTotal.objects.bulk_create(
        ControlTotal(
            batch=batch, table=one.table, month=one.month, rows=one.rows, amount=one.amount,
            entered_by_id=ctx.actor.staff_id, entered_at=ctx.at,
        )
        for one in lines.values()
    )  # fmt: skip
    record_audit(ctx, "import.control-totals", target=("ImportBatch", batch.pk), detail={"lines": len(lines)})
    return len(lines)


def read_totals(content: bytes) -> list[Told]:
    """Control totals of a CSV (table,month,rows,amount; month as 09/2024 or 2024-09, empty for all) or a JSON list of
    objects of the same names. Raises Refused: file-columns, control-row.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = _of_json(text) if text.lstrip().startswith("[") else _of_csv(text)
        return [_told(no, row) for no, row in enumerate(rows, start=1)]
    except (UnicodeDecodeError, orjson.JSONDecodeError, csv.Error):
        raise Refused("file-columns", "Tệp số kiểm soát phải là CSV hoặc JSON, mã UTF-8.", "file") from None


def _of_json(text: str) -> Iterator[Mapping[str, Any]]:
    for one in orjson.loads(text):
        if not isinstance(one, dict):
            raise Refused("file-columns", "Tệp JSON phải là danh sách các dòng table, month, rows, amount.", "file")
        yield one


def _of_csv(text: str) -> Iterator[Mapping[str, Any]]:
    first = text.split("\n", 1)[0]
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    if "table" not in (lines.fieldnames or ()):
        named = ", ".join(COLUMNS)
        raise Refused("file-columns", Phrase("Tệp số kiểm soát cần các cột: {columns}.", columns=named), "file")
    yield from lines


def _told(no: int, row: Mapping[str, Any]) -> Told:
    cells = {name: str(row.get(name) if row.get(name) is not None else "").strip() for name in COLUMNS}
    wrong = Phrase("Dòng {no}: bảng, tháng, số dòng hoặc số tiền không đọc được.", no=no)
    try:
        rows = int(cells["rows"]) if cells["rows"] else None
        amount = Decimal(cells["amount"].replace(",", ".")) if cells["amount"] else None
        month = _month(cells["month"]) if cells["month"] else None
    except (ValueError, InvalidOperation):
        raise Refused("control-row", wrong, "file") from None
    good_numbers = (rows is None or rows >= 0) and (amount is None or amount.is_finite())
    if not cells["table"] or len(cells["table"]) > 20 or (rows is None and amount is None) or not good_numbers:  # noqa: PLR2004
        raise Refused("control-row", wrong, "file")
    return Told(cells["table"], month, rows, amount)


def _month(text: str) -> date:
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found["y"] or found["y2"]), int(found["m"] or found["m2"]), 1)


@command(Permission.IMPORT_READ)
def sign_batch(ctx: Context, *, batch_id: uuid.UUID, digest: str, side: str) -> Books:
    """Sign the totals that were shown (digest). side: "facility" first, then "department", each another person.

    Raises NotFound; Forbidden; Conflict: batch-state, totals-changed (something moved since they were shown), signed;
    Refused: facility-first, same-person, person-required.
    """
    batch = held_batch(ctx, batch_id)
    if side not in SignOff.Side.values:
        raise Refused("side-unknown", "Hãy chọn bên ký: cơ sở hoặc Sở Y tế.")
    own = ctx.facility is not None and ctx.facility.id == batch.facility_id
    department = side == SignOff.Side.DEPARTMENT
    require(ctx, Permission.IMPORT_APPROVE if department else Permission.IMPORT_RUN)
    if not department and not own:
        raise Refused("facility-first", "Chỉ người của chính cơ sở ký thay mặt cơ sở.")
    if batch.dry_run or batch.state != ImportBatch.State.DONE:
        raise Conflict("batch-state", "Chỉ ký đối soát được đợt nạp thật đã xong.")
    books = books_of(batch)
    if books.digest != digest:
        raise Conflict("totals-changed", "Số liệu vừa thay đổi. Hãy xem lại bảng đối soát rồi ký.")
    _check_hands(ctx, books, side)
    person = Staff.objects.get(pk=ctx.actor.staff_id or 0)
    SignOff.objects.create(
        batch=batch, side=side, by=person, name=person.full_name, totals=books.signed, digest=digest, at=ctx.at
    )
    record_audit(ctx, "import.sign", target=("ImportBatch", batch.pk), detail={"side": side, "digest": digest})
    return books_of(batch)


def _check_hands(ctx: Context, books: Books, side: str) -> None:
    if ctx.actor.staff_id is None:
        raise Refused("person-required", "Đối soát do người ký, không ký tự động.")
    if books.signature(side):
        raise Conflict("signed", "Bên này đã ký các số liệu này.")
    if side == SignOff.Side.DEPARTMENT:
        if not books.signature(SignOff.Side.FACILITY):
            raise Refused("facility-first", "Cơ sở ký trước, Sở Y tế ký sau.")
        if SignOff.objects.filter(batch=books.batch, digest=books.digest, by_id=ctx.actor.staff_id).exists():
            raise Refused("same-person", "Hai bên phải là hai người khác nhau.")
