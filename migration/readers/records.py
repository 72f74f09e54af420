"""What every reader gives: a layout of the file before loading, then its records, one after another, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from migration.rules.faults import Fault, FileRefused

CHUNK_RECORDS = 250  # each person takes two or three advisory locks: the table for them must hold every worker at once
ROUNDS_IN_CHUNK = 20_000  # rows that take no lock: a chunk of about a second
CHUNK_BYTES = 8 * 1024 * 1024
MAX_RECORD_BYTES = 32 * 1024 * 1024  # one HOSO of a long stay with images of signatures stays well below


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [byte_from, byte_to) that hold `records` whole records; the first has this number (from 1) and line."""

    byte_from: int
    byte_to: int
    first_record: int
    first_line: int
    records: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What a scan found. refusal: why the file as a whole is not loaded; its spans then are what could be read before."""

    spans: tuple[Span, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    refusal: FileRefused | None = None

    @property
    def records(self) -> int:
        """Whole records found."""
        return sum(span.records for span in self.spans)


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as it stands in the file. raw: its exact bytes, from byte_from on. fields: decoded text by name.

    tables: how many rows of each table the record carries, by table name. rows: those rows, fields by the ministry's
    tag (QĐ 3176, QĐ 831), by table name; empty when a reader only counts. faults: what already could not be read.
    """

    number: int
    line: int
    byte_from: int
    raw: bytes
    fields: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def row(self, table: str, at: int) -> Mapping[str, str]:
        """A row of another table, counted from 0; the record's own fields where the reader only counted."""
        rows = self.rows.get(table, ())
        return rows[at] if at < len(rows) else self.fields


class Reader(Protocol):
    """One format."""

    def scan(self, file: BinaryIO) -> Layout:
        """Look through the whole file once. Raises FileRefused when nothing at all of it can be used."""

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """The records of one span, given its bytes and the layout's facts."""


class SpanMaker:
    """Groups records into spans of at most `most` records or about CHUNK_BYTES bytes."""

    def __init__(self, first_record: int = 1, most: int | None = None) -> None:
        self.most = most or CHUNK_RECORDS
        self.spans: list[Span] = []
        self.number = first_record
        self._open: tuple[int, int, int] | None = None  # byte_from, first_record, first_line

    def start(self, byte: int, line: int) -> None:
        """A record starts here; close the span before it when that one is full."""
        if self._open and (self.number - self._open[1] >= self.most or byte - self._open[0] >= CHUNK_BYTES):
            self.close(byte)
        if self._open is None:
            self._open = (byte, self.number, line)

    def end(self) -> None:
        """The record that started is whole."""
        self.number += 1

    def close(self, byte: int) -> None:
        """Close the open span at this byte, if it holds anything."""
        if self._open and self.number > self._open[1]:
            begin, first, line = self._open
            self.spans.append(Span(begin, byte, first, line, self.number - first))
        self._open = None
