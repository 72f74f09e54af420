"""SQL dumps read as data, never run: COPY blocks and INSERT statements of PostgreSQL, MySQL and SQL Server.

Everything else in a dump (functions, triggers, settings) is passed over. Which tables are wanted is asked by their columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from migration.rules.faults import FileRefused
from registry.rules.phrases import Phrase

_BLOCK = 1024 * 1024
MOST_OF_A_ROW = 8 * 1024 * 1024
_HEAD = 64 * 1024
_NAME = rb"""(?:`[^`]+`|"[^"]+"|\[[^\]]+\]|[\w$]+)"""
_TABLE = rb"(" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb"){0,2})"
_COLUMNS = rb"\(([^()]*)\)"
_COPY = re.compile(rb"\s*COPY\s+" + _TABLE + rb"\s*" + _COLUMNS + rb"\s*FROM\s+stdin\b[^;]*;\s*$", re.IGNORECASE)
_INSERT = re.compile(
    rb"\s*(?:SET\s+IDENTITY_INSERT[^\n]*?\bON\b;?\s*)?(?:INSERT|REPLACE)\s+(?:IGNORE\s+|LOW_PRIORITY\s+)?(?:INTO\s+)?"
    + _TABLE + rb"\s*(?:" + _COLUMNS + rb"\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s*)?VALUES\s*(?=\()",
    re.IGNORECASE,
)  # fmt: skip
_INSERT_BEGINS = re.compile(rb"\s*(?:SET\s+IDENTITY_INSERT\b[^\n]*\bINSERT|INSERT|REPLACE)\s", re.IGNORECASE)
_CREATE = re.compile(rb"\s*CREATE\s+(?:\w+\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _TABLE + rb"\s*\(", re.IGNORECASE)
_NO_COLUMN = re.compile(
    rb"\s*(?:PRIMARY|KEY|UNIQUE|CONSTRAINT|INDEX|FOREIGN|CHECK|FULLTEXT|SPATIAL|EXCLUDE|LIKE|PERIOD)\b", re.IGNORECASE
)
_OPENING = rb"(?:[NnEeBbXx]|_\w+\s*)?'"
_PLAIN_TEXT = re.compile(_OPENING + rb"([^']*(?:''[^']*)*)'(?!')")
_SLASH_TEXT = re.compile(_OPENING + rb"([^'\\]*(?:(?:''|\\.)[^'\\]*)*)'(?!')", re.DOTALL)
_WORD = re.compile(rb"[^\s,()']+")
_SPACE = re.compile(rb"\s*")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"", b"b": b"", b"Z": b"", b"f": b"", b"v": b""}
_UNESCAPE = re.compile(rb"\\(.)|''", re.DOTALL)
_UNCOPY = re.compile(rb"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)", re.DOTALL)
_DEEPEST = 8


@dataclass(slots=True)
class Table:
    """A table of a dump: its name, columns in order, whether its rows are wanted, how many there were."""

    name: str
    columns: tuple[str, ...]
    wanted: bool
    rows: int = 0


class _Partial(Exception):
    """The text ends within what is being read: more of the file is needed."""


@dataclass
class Dump:
    """One pass over a dump. wanted: whether rows of a table with these columns are given."""

    file: BinaryIO
    wanted: Callable[[Sequence[str]], bool]
    tables: dict[str, Table] = field(default_factory=dict)
    _columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _data: bytes = b""
    _at: int = 0
    _ended: bool = False
    _line: int = 1
    _text: re.Pattern[bytes] = _PLAIN_TEXT

    def rows(self) -> Iterator[tuple[Table, int, list[bytes]]]:
        """(table, line, cells) of every row of a wanted table; NULL is an empty cell.

        Raises FileRefused(sql-broken) at a row that does not end.
        """
        head = self.file.read(_HEAD)
        self._data = head
        self._text = _SLASH_TEXT if b"`" in head or b"MySQL dump" in head or b"MariaDB dump" in head else _PLAIN_TEXT
        while (line := self._peek_line()) is not None:
            copy = _COPY.match(line)
            if copy:
                self._pass(len(line))
                yield from self._copied(self._table(copy[1], _names(copy[2])))
            elif _INSERT_BEGINS.match(line):
                yield from self._inserted(len(line))
            elif _CREATE.match(line):
                self._created()
            else:
                self._pass(len(line))

    # ---------------------------------------------------------------------------------------------------------- the text

    def _more(self) -> bool:
        block = b"" if self._ended else self.file.read(_BLOCK)
        self._ended = not block
        self._data = self._data[self._at :] + block
        self._at = 0
        return bool(block)

    def _pass(self, count: int) -> None:
        self._line += self._data.count(b"\n", self._at, self._at + count)
        self._at += count

    def _peek_line(self) -> bytes | None:
        """The next line with its end, or as much of it as one row may have; None at the end of the file."""
        while True:
            end = self._data.find(b"\n", self._at)
            if end >= 0:
                return self._data[self._at : end + 1]
            if len(self._data) - self._at > MOST_OF_A_ROW or not self._more():
                return self._data[self._at :] or None

    def _broken(self, table: str) -> FileRefused:
        template = "Dòng {line}: câu lệnh SQL của bảng {table} bị cụt hoặc hỏng. Hãy xuất lại tệp."
        return FileRefused("sql-broken", Phrase(template, line=self._line, table=table[:60]), self._line)

    # ------------------------------------------------------------------------------------------------------------ tables

    def _table(self, written: bytes, columns: tuple[str, ...]) -> Table:
        name = _plain_name(written)
        columns = columns or self._columns.get(name, ())
        known = self.tables.get(name)
        if known is None or (columns and known.columns != columns):
            table = Table(name, columns, bool(columns) and self.wanted(columns), known.rows if known else 0)
            self.tables[name] = table
            return table
        return known

    def _created(self) -> None:
        """Column names of a CREATE TABLE, for INSERTs that name none."""
        depth = 0
        text = b""
        while len(text) < _BLOCK and (line := self._peek_line()) is not None:
            self._pass(len(line))
            text += line
            depth += line.count(b"(") - line.count(b")")
            if depth <= 0:
                break
        found = _CREATE.match(text)
        if found:
            inside = _top_level(text[found.end() :])
            columns = [_NAME_FIRST.match(part) for part in inside if not _NO_COLUMN.match(part)]
            self._columns[_plain_name(found[1])] = tuple(_plain_name(one[1]) for one in columns if one)

    # ---------------------------------------------------------------------------------------------------------- COPY rows

    def _copied(self, table: Table) -> Iterator[tuple[Table, int, list[bytes]]]:
        while (line := self._peek_line()) is not None:
            at = self._line
            self._pass(len(line))
            row = line.rstrip(b"\r\n")
            if row == b"\\.":
                return
            table.rows += 1
            if table.wanted:
                yield table, at, [_uncopied(cell) for cell in row.split(b"\t")]
        raise self._broken(table.name)

    # -------------------------------------------------------------------------------------------------------- INSERT rows

    def _inserted(self, length: int) -> Iterator[tuple[Table, int, list[bytes]]]:
        found = _INSERT.match(self._data, self._at)
        while found is None and len(self._data) - self._at < _HEAD and self._more():
            found = _INSERT.match(self._data, self._at)
        if found is None:  # INSERT ... SELECT, or a line of a function that begins so
            self._pass(length if self._at + length <= len(self._data) else len(self._data) - self._at)
            return
        table = self._table(found[1], _names(found[2] or b""))
        self._pass(found.end() - self._at)
        while True:
            at = self._line
            row, end, again = self._whole_row(table)
            self._pass(end - self._at)
            table.rows += 1
            if table.wanted:
                yield table, at, row
            if not again:
                return

    def _whole_row(self, table: Table) -> tuple[list[bytes], int, bool]:
        """(cells, end, whether another row follows) of the row that begins here."""
        while True:
            try:
                row, end = self._row(self._at)
                end = self._past_space(end)
                if self._data[end : end + 1] != b",":
                    return row, end, False
                end = self._past_space(end + 1)
                return row, end, self._data[end : end + 1] == b"("
            except _Partial:
                if len(self._data) - self._at > MOST_OF_A_ROW or not self._more():
                    raise self._broken(table.name) from None

    def _past_space(self, at: int) -> int:
        found = _SPACE.match(self._data, at)
        end = found.end() if found else at
        if end == len(self._data) and not self._ended:
            raise _Partial
        return end

    def _row(self, at: int) -> tuple[list[bytes], int]:
        row: list[bytes] = []
        at += 1  # the bracket
        while True:
            cell, at = self._value(at)
            row.append(cell)
            mark = self._data[at : at + 1]
            at += 1
            if mark == b")":
                return row, at

    def _value(self, at: int, depth: int = 0) -> tuple[bytes, int]:
        """One value up to the comma or bracket after it: the last text of it, else its last word.

        CAST(N'1980-03-12' AS DateTime), CONVERT(...) and ::type give the text within.
        """
        texts: list[bytes] = []
        words: list[bytes] = []
        while True:
            at = self._past_space(at)
            mark = self._data[at : at + 1]
            if mark in (b",", b")", b""):
                if not mark:
                    raise _Partial
                return (texts[0] if texts else _word(words)), at
            if mark == b"(":
                inner, at = self._inside(at, depth)
                texts += inner
                continue
            text = self._text.match(self._data, at)
            if text is None and mark == b"'":
                raise _Partial
            if text:
                if text.end() == len(self._data) and not self._ended:
                    raise _Partial  # a second quote may follow
                texts.append(self._unquoted(text))
                at = text.end()
                continue
            word = _WORD.match(self._data, at)
            if word is None or (word.end() == len(self._data) and not self._ended):
                raise _Partial
            if self._data[word.end() : word.end() + 1] == b"'":  # N'...' that does not end yet
                raise _Partial
            words.append(word[0])
            at = word.end()

    def _inside(self, at: int, depth: int) -> tuple[list[bytes], int]:
        """The values within brackets: (the first of them in a list, place after the closing bracket)."""
        if depth > _DEEPEST:
            raise self._broken("")
        found: list[bytes] = []
        while True:
            cell, at = self._value(at + 1, depth + 1)
            found.append(cell)
            if self._data[at : at + 1] == b")":
                return found[:1], at + 1

    def _unquoted(self, text: re.Match[bytes]) -> bytes:
        inner, slashed = text[1], self._text is _SLASH_TEXT or text[0][:1] in b"eE"
        if b"'" not in inner and (b"\\" not in inner or not slashed):
            return inner
        if not slashed:
            return inner.replace(b"''", b"'")
        return _UNESCAPE.sub(_unescaped, inner)


_NAME_FIRST = re.compile(rb"\s*(" + _NAME + rb")")


def _unescaped(found: re.Match[bytes]) -> bytes:
    mark: bytes | None = found[1]
    return b"'" if mark is None else _ESCAPES.get(mark, mark)


def _word(words: Sequence[bytes]) -> bytes:
    if not words or words[0].upper() in (b"NULL", b"DEFAULT"):
        return b""
    return words[0].partition(b"::")[0]


def _uncopied(cell: bytes) -> bytes:
    """A cell of COPY's text format (PostgreSQL documentation, COPY, "Text Format")."""
    if cell == b"\\N":
        return b""
    return _UNCOPY.sub(_uncopied_mark, cell) if b"\\" in cell else cell


def _uncopied_mark(found: re.Match[bytes]) -> bytes:
    mark = found[1]
    if mark[:1] == b"x" and len(mark) > 1:
        return bytes([int(mark[1:], 16)])
    if mark.isdigit():
        return bytes([int(mark, 8) & 0xFF]) if set(mark) <= set(b"01234567") else mark
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"", b"f": b"", b"v": b""}.get(mark, mark)


def _names(written: bytes) -> tuple[str, ...]:
    return tuple(_plain_name(part) for part in written.split(b",") if part.strip())


def _plain_name(written: bytes) -> str:
    """The last part of a.b.c without its quotes."""
    last: bytes = (re.findall(_NAME, written) or [written.strip()])[-1]
    return last.strip(b'`"[]').decode("utf-8", "replace")


def _top_level(text: bytes) -> list[bytes]:
    """What stands between commas outside all brackets, up to the bracket that closes."""
    parts, depth, begin = [], 0, 0
    for found in re.finditer(rb"[(),]", text):
        mark = found[0]
        if mark == b"(":
            depth += 1
        elif mark == b")" and depth:
            depth -= 1
        elif depth == 0:
            parts.append(text[begin : found.start()])
            begin = found.end()
            if mark == b")":
                return parts
    return [*parts, text[begin:]]
