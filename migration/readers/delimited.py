"""CSV and TSV: bytes in, one record at a time; quoted line breaks respected, encodings decided per column on a sample.

Every old Vietnamese encoding keeps ASCII as it is, which makes delimiters, quotes and line ends safe to find in bytes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from migration.readers.columns import HEADER_ROWS, SAMPLE_RECORDS, Columns, Header, read_fields, row_plan
from migration.readers.records import ROUNDS_IN_CHUNK, Layout, Raw, Span, SpanMaker
from migration.rules.faults import Fault, FileRefused
from migration.rules.profiles import ROUNDS, Profile
from registry.rules.phrases import Phrase

_DELIMITERS = ",;\t|^~\x1f\x01:"  # in the order of belief where two cut a header equally well
_BOM = b"\xef\xbb\xbf"
_HEAD = 64 * 1024
_SEPARATOR_LINE = re.compile(rb"sep=(.)\r?\n?", re.IGNORECASE)  # what Excel writes above a list
_STRANGE = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1a\x1b\x1f\x01\x00"))
_MOST_STRANGE = 50  # one control character in so many bytes, and it is no text
MAX_RECORD_LINES = 200  # an open quote that swallows more lines than this is a stray quote
MAX_RECORD = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """One record's bytes: where it begins, its first line, whether its quotes close."""

    byte_from: int
    line: int
    raw: bytes
    closed: bool = True


class Delimited:
    """The CSV reader of one profile. rows: it reads what we wrote ourselves, a row of a sheet or table in every record."""

    def __init__(self, profile: Profile, *, rows: bool = False) -> None:
        self.profile, self.rows = profile, rows
        self.columns = Columns(profile)

    def scan(self, file: BinaryIO) -> Layout:
        """Header, delimiter, encodings, spans. A file that cannot be used is a refusal that says why."""
        try:
            return self._scan(file)
        except FileRefused as refusal:
            return Layout((), {}, refusal)

    def _scan(self, file: BinaryIO) -> Layout:
        head = file.read(_HEAD)
        _refuse_binary(head)
        marks = {"line_end": "\r"} if b"\r" in head and b"\n" not in head and not self.rows else {}
        if marks:
            file = old_mac(file)
        delimiter, header, byte, line = self._header(file, len(_BOM) if head.startswith(_BOM) and not self.rows else 0)
        file.seek(byte)
        maker = SpanMaker(most=ROUNDS_IN_CHUNK if self.profile.format == ROUNDS else None)
        sample: list[list[bytes]] = []
        end = byte
        for piece in pieces(file, delimiter, byte=byte, line=line, by_row=self.rows):
            if not piece.raw.strip():
                continue
            maker.start(piece.byte_from, piece.line)
            maker.end()
            end = piece.byte_from + len(piece.raw)
            if len(sample) < SAMPLE_RECORDS:
                sample.append(cells(piece.raw, delimiter))
        maker.close(end)
        if not maker.spans:
            raise FileRefused("no-records", "Tệp chỉ có dòng tiêu đề, không có dòng dữ liệu nào.", line - 1)
        encodings = self.columns.encodings(header.columns, sample)
        facts = {"delimiter": delimiter, **header.facts(), "encodings": encodings, **marks}
        return Layout(tuple(maker.spans), facts)

    def _header(self, file: BinaryIO, byte: int) -> tuple[str, Header, int, int]:
        """(delimiter, header, first byte after it, line after it), whichever delimiter finds the columns."""
        file.seek(byte)
        told = None if self.rows else _SEPARATOR_LINE.fullmatch(file.readline(MAX_RECORD))
        line = 1
        if told:
            byte, line = file.tell(), 2
        marks = [told[1].decode("latin-1")] if told else [","] if self.rows else self._candidates(file, byte)
        problem: FileRefused | None = None
        for mark in marks:
            file.seek(byte)
            first = list(islice(pieces(file, mark, byte=byte, line=line, by_row=self.rows), HEADER_ROWS))
            try:
                header = self.columns.header([cells(one.raw, mark) for one in first], [one.line for one in first])
            except FileRefused as refusal:
                problem = problem or refusal
                continue
            at = first[header.at]
            lines = 1 if self.rows else max(1, at.raw.count(b"\n"))
            return mark, header, at.byte_from + len(at.raw), at.line + lines
        raise problem or _no_delimiter()

    def _candidates(self, file: BinaryIO, byte: int) -> list[str]:
        """Delimiters that occur in the first lines, the one that cuts some line most often first."""
        file.seek(byte)
        lines = [file.readline(MAX_RECORD) for _ in range(HEADER_ROWS)]
        counts = {mark: max(_unquoted(line).count(mark.encode()) for line in lines) for mark in _DELIMITERS}
        found = sorted((mark for mark in counts if counts[mark]), key=lambda mark: -counts[mark])
        if not found:
            raise _no_delimiter()
        return found

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """The span's records, decoded column by column."""
        number, delimiter, expected = span.first_record, facts["delimiter"], len(facts["columns"])
        plan, old_mac_ends = row_plan(facts), facts.get("line_end") == "\r"
        turned = io.BytesIO(data.replace(b"\r", b"\n") if old_mac_ends else data)
        for piece in pieces(turned, delimiter, byte=span.byte_from, line=span.first_line, by_row=self.rows):
            if piece.raw.strip():
                values = cells(piece.raw, delimiter)
                faults = _shape_faults(values, piece, expected)
                fields = read_fields(values, plan, faults)
                at = piece.byte_from - span.byte_from
                raw = data[at : at + len(piece.raw)] if old_mac_ends else piece.raw
                yield Raw(number, piece.line, piece.byte_from, raw, fields, faults=tuple(faults))
                number += 1


def _shape_faults(values: Sequence[bytes], piece: Piece, expected: int) -> list[Fault]:
    if not piece.closed:
        return [Fault("quote-open", 'Dấu nháy kép (") mở mà không đóng ở dòng này.')]
    if len(values) != expected:
        template = "Dòng có {count} cột, tiêu đề có {expected} cột."
        return [Fault("column-count", Phrase(template, count=len(values), expected=expected))]
    return []


def _refuse_binary(head: bytes) -> None:
    if not head:
        raise FileRefused("file-empty", "Tệp rỗng, không có dữ liệu.")
    strange = len(head) - len(head.translate(None, _STRANGE))
    if strange * _MOST_STRANGE > len(head):
        raise FileRefused("file-binary", "Không nhận ra định dạng: tệp không phải văn bản, bảng tính, DBF hay gói ZIP.")


def _no_delimiter() -> FileRefused:
    told = "Dòng 1 không có dấu phân cách cột (phẩy, chấm phẩy, tab hoặc |)."
    return FileRefused("delimiter-unknown", told, 1)


class _OldMac(io.RawIOBase):
    """A file whose lines end in \\r alone, seen with \\n in their place: byte for byte, so that places stay true."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        block = self._file.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(block)] = block
        return len(block)


def old_mac(file: BinaryIO) -> BinaryIO:
    """The file with its line ends turned, at the same places."""
    file.seek(0)
    return io.BufferedReader(_OldMac(file))


def _unquoted(line: bytes) -> bytes:
    return re.sub(rb'"[^"]*"', b"", line)


def cells(raw: bytes, delimiter: str) -> list[bytes]:
    """The cells of one record, as bytes."""
    if b'"' not in raw and b"\x00" not in raw:
        return raw.rstrip(b"\r\n").split(delimiter.encode())
    reader = csv.reader(io.StringIO(raw.replace(b"\x00", b"").decode("latin-1"), newline=""), delimiter=delimiter)
    try:
        row = next(reader, [])
    except csv.Error:  # a cell longer than the csv module reads: one cell, and the count of columns tells the fault
        return [raw]
    return [cell.encode("latin-1") for cell in row]


def pieces(file: BinaryIO, delimiter: str, *, byte: int, line: int, by_row: bool = False) -> Iterator[Piece]:
    """Records as bytes; a quote that does not close within reason is a fault of its own line only.

    by_row: every record counts as one line, however many it is written over.
    """
    mark = delimiter.encode()
    waiting: list[bytes] = []
    while current := (waiting.pop(0) if waiting else file.readline(MAX_RECORD)):
        lines, inside = [current], quote_open(current, mark, inside=False)
        while inside and len(lines) < MAX_RECORD_LINES and sum(map(len, lines)) < MAX_RECORD:
            more = waiting.pop(0) if waiting else file.readline(MAX_RECORD)
            if not more:
                break
            lines.append(more)
            inside = quote_open(more, mark, inside=True)
        if inside:
            waiting, lines = lines[1:] + waiting, lines[:1]
        raw = b"".join(lines)
        yield Piece(byte, line, raw, closed=not inside)
        byte += len(raw)
        line += 1 if by_row else len(lines)


def quote_open(text: bytes, delimiter: bytes, *, inside: bool) -> bool:
    """Whether a quoted cell is still open after this text. A quote opens only at the start of a cell."""
    at = text.find(b'"')
    while at >= 0:
        if inside:
            if text[at + 1 : at + 2] == b'"':
                at += 1
            else:
                inside = False
        elif at == 0 or text[at - 1 : at] == delimiter:
            inside = True
        at = text.find(b'"', at + 1)
    return inside
