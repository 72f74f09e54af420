"""DBF (dBase, FoxPro, Visual FoxPro): records of fixed width, so any span that begins at a record can be read alone.

Layout: 32 bytes of header, 32 bytes a field until 0x0D, then the records, each after a flag (space live, * deleted).
Source: dBase file structure, and Microsoft's "Table File Structure" of Visual FoxPro (.dbc, .dbf, .frx, ...).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from migration.readers.columns import SAMPLE_RECORDS, Columns, read_fields, row_plan
from migration.readers.records import ROUNDS_IN_CHUNK, Layout, Raw, Span, SpanMaker
from migration.rules.faults import Fault, FileRefused
from migration.rules.profiles import ROUNDS, Profile
from registry.rules.phrases import Phrase

LIVE, DELETED = b" ", b"*"
_FIELD = 32
_FIELDS_MOST = 512
_BLOCK_RECORDS = 2000
_FOXPRO = b"\x30\x31\x32"
_JULIAN_OF_DAY_0 = 1721425  # Julian day number of the day before date.fromordinal(1)
_MEMO_KINDS = frozenset("MGP")


@dataclass(frozen=True, slots=True)
class FieldAt:
    """One field: its name, type letter, place within the record (the flag is at 0), decimals."""

    name: str
    kind: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Form:
    """A table's header. records: as it says; first: where the first record begins; width: bytes of a record."""

    version: int
    records: int
    first: int
    width: int
    fields: tuple[FieldAt, ...]

    @property
    def memos(self) -> tuple[str, ...]:
        """Fields whose text stands in the memo file."""
        return tuple(one.name for one in self.fields if is_memo(one, self.version))


def is_memo(field: FieldAt, version: int) -> bool:
    """Whether a field only points into the memo file (B is a double in Visual FoxPro, a memo in dBase)."""
    return field.kind in _MEMO_KINDS or (field.kind == "B" and version not in _FOXPRO)


def read_form(file: BinaryIO) -> Form:
    """The header. Raises FileRefused(dbf-broken)."""
    file.seek(0)
    head = file.read(_FIELD)
    if len(head) < _FIELD:
        raise _broken()
    records, first, width = struct.unpack_from("<IHH", head, 4)
    fields: list[FieldAt] = []
    at = 1
    while len(fields) < _FIELDS_MOST and file.tell() < first:
        told = file.read(_FIELD)
        if told[:1] in (b"\r", b"") or len(told) < _FIELD:
            break
        kind, length = chr(told[11]), told[16] + (256 * told[17] if told[11:12] == b"C" else 0)
        name = told[:11].partition(b"\x00")[0].decode("latin-1").strip()
        if kind != "0":  # FoxPro's own column of null flags stands last
            fields.append(FieldAt(name, kind, at, at + length))
        at += length
    if not fields or at > width or first <= _FIELD:
        raise _broken()
    return Form(head[0], records, first, width, tuple(fields))


def _broken() -> FileRefused:
    return FileRefused("dbf-broken", "Phần đầu của tệp DBF hỏng: không đọc được danh sách cột. Hãy sao chép lại tệp.")


def _plain(cell: bytes) -> bytes:
    return cell.strip(b" \x00")


def _day(cell: bytes) -> bytes:
    return b"" if not cell.strip(b" \x000") else cell.strip()


def _logical(cell: bytes) -> bytes:
    """Spelt out, so that an F of a yes/no column is never taken for "female"."""
    return {b"T": b"true", b"Y": b"true", b"F": b"false", b"N": b"false"}.get(cell.upper(), b"")


def _integer(cell: bytes) -> bytes:
    return str(int.from_bytes(cell, "little", signed=True)).encode()


def _double(cell: bytes) -> bytes:
    if len(cell) != struct.calcsize("<d"):
        return _plain(cell)
    (value,) = struct.unpack("<d", cell)
    return f"{value:.15g}".encode()


def _currency(cell: bytes) -> bytes:
    return str(Decimal(int.from_bytes(cell, "little", signed=True)).scaleb(-4).normalize()).encode()


def _moment(cell: bytes) -> bytes:
    """Days of the Julian calendar and milliseconds; blank where there is none."""
    if len(cell) != struct.calcsize("<II"):
        return _plain(cell)
    day, milliseconds = struct.unpack("<II", cell)
    try:
        told = date.fromordinal(day - _JULIAN_OF_DAY_0)
    except (ValueError, OverflowError):
        return b""
    clock = timedelta(milliseconds=milliseconds)
    return f"{told.isoformat()} {clock}".encode() if clock else told.isoformat().encode()


_CELLS: Mapping[str, Callable[[bytes], bytes]] = {
    "D": _day, "L": _logical, "I": _integer, "+": _integer, "B": _double, "O": _double, "Y": _currency, "T": _moment,
    "@": _moment,
}  # fmt: skip


def cells_of(record: bytes, form: Form, memo: Memo | None = None) -> list[bytes]:
    """A record's cells; a memo without its file is empty."""
    cells = []
    for field in form.fields:
        cell = record[field.begin : field.end]
        if is_memo(field, form.version):
            cells.append(memo.text(cell) if memo else b"")
        else:
            cells.append(_CELLS.get(field.kind, _plain)(cell))
    return cells


class Memo:
    """The texts of a .fpt (FoxPro) or .dbt (dBase III, IV) file."""

    def __init__(self, file: BinaryIO, *, foxpro: bool, most: int = 256 * 1024) -> None:
        self._file, self._foxpro, self._most = file, foxpro, most
        head = file.read(512)
        size = int.from_bytes(head[6:8], "big") if foxpro else int.from_bytes(head[20:22], "little")
        self._block = size or (64 if foxpro else 512)

    def text(self, cell: bytes) -> bytes:
        """The text a record's cell points at; b"" where it points nowhere."""
        number = int.from_bytes(cell, "little") if len(cell) == 4 else _number(cell)  # noqa: PLR2004 - a 32-bit place
        if number <= 0:
            return b""
        self._file.seek(number * self._block)
        return (self._of_foxpro() if self._foxpro else self._of_dbase()).rstrip(b"\x00 ")

    def _of_foxpro(self) -> bytes:
        _, length = struct.unpack(">II", self._file.read(8).ljust(8, b"\x00"))
        return self._file.read(min(length, self._most))

    def _of_dbase(self) -> bytes:
        text = self._file.read(self._most)
        if text.startswith(b"\xff\xff\x08\x00"):  # dBase IV says how long
            return text[8 : int.from_bytes(text[4:8], "little")]
        return text.partition(b"\x1a")[0]


def _number(cell: bytes) -> int:
    text = cell.strip(b" \x00")
    return int(text) if text.isdigit() else 0


class Dbf:
    """The DBF reader of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.columns = Columns(profile)

    def scan(self, file: BinaryIO) -> Layout:
        """Columns, encodings, spans of live records; how many are deleted stands in the facts."""
        try:
            form = read_form(file)
            header = self.columns.header([[field.name.encode("latin-1") for field in form.fields]])
            return self._spans(file, form, header.facts())
        except FileRefused as refusal:
            return Layout((), {}, refusal)

    def _spans(self, file: BinaryIO, form: Form, facts: dict[str, Any]) -> Layout:
        maker = SpanMaker(most=ROUNDS_IN_CHUNK if self.profile.format == ROUNDS else None)
        sample: list[list[bytes]] = []
        deleted, seen, end = 0, 0, form.first
        for byte, record in records(file, form):
            seen += 1
            if record[:1] == DELETED:
                deleted += 1
                continue
            maker.start(byte, seen)
            maker.end()
            end = byte + form.width
            if len(sample) < SAMPLE_RECORDS:
                sample.append(cells_of(record, form))
        maker.close(end)
        if not maker.spans and seen >= form.records:
            return Layout((), {}, FileRefused("no-records", "Tệp DBF không có bản ghi nào (còn lại đều đã xoá)."))
        facts |= {"kind": "dbf", "deleted": deleted, "memos": list(form.memos), "form": _kept(form)}
        facts |= {"encodings": self.columns.encodings(facts["columns"], sample)}
        return Layout(tuple(maker.spans), facts, cut(form.records, seen) if seen < form.records else None)

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """The span's live records."""
        form = _form(facts["form"])
        number, plan = span.first_record, row_plan(facts)
        for at in range(0, len(data) - form.width + 1, form.width):
            record = data[at : at + form.width]
            if record[:1] == DELETED:
                continue
            faults = [] if record[:1] == LIVE else [Fault("dbf-flag", "Bản ghi hỏng: không rõ còn dùng hay đã xoá.")]
            fields = read_fields(cells_of(record, form), plan, faults)
            line, byte = span.first_line + at // form.width, span.byte_from + at
            yield Raw(number, line, byte, record, fields, faults=tuple(faults))
            number += 1


def records(file: BinaryIO, form: Form) -> Iterator[tuple[int, bytes]]:
    """(first byte, bytes) of each record the header counts, deleted ones too; what a cut file lacks is not there."""
    file.seek(form.first)
    byte, left = form.first, form.records
    while left and (block := file.read(form.width * min(left, _BLOCK_RECORDS))):
        for at in range(0, len(block) - form.width + 1, form.width):
            yield byte + at, block[at : at + form.width]
        left -= len(block) // form.width
        if len(block) % form.width:
            return
        byte += len(block)


def cut(told: int, found: int) -> FileRefused:
    """The refusal of a table that ends before its last record."""
    template = "Tệp DBF bị cụt: phần đầu ghi {told} bản ghi, chỉ đọc được {found}. Hãy sao chép lại tệp."
    return FileRefused("dbf-cut", Phrase(template, told=told, found=found), found)


def _kept(form: Form) -> dict[str, Any]:
    fields = [[one.name, one.kind, one.begin, one.end] for one in form.fields]
    return {
        "version": form.version,
        "records": form.records,
        "first": form.first,
        "width": form.width,
        "fields": fields,
    }


def _form(kept: Mapping[str, Any]) -> Form:
    fields: Sequence[Any] = kept["fields"]
    return Form(kept["version"], kept["records"], kept["first"], kept["width"], tuple(FieldAt(*one) for one in fields))
