"""Two tables to be linked: a CSV file's named columns as texts, whatever its encoding and delimiter.

Simpler than `delimited`: nothing is stored, so a value that cannot be decoded is a value that says nothing, and columns
that mix encodings are repaired value by value.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from migration.rules.encodings import Encoding, decide_encoding, decoder
from migration.rules.repairs import repair_text
from registry.rules.phrases import Phrase

DELIMITERS = ",;\t|"
_HEAD = 1 << 20


class TableRefused(Exception):
    """A file or its description cannot be used. message: in Vietnamese, names the file and the column."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_columns(
    path: Path, names: Sequence[str], tell: Callable[[int], None] = lambda rows: None
) -> dict[str, list[str]]:
    """The named columns, a text for every row. tell(rows read so far). Raises TableRefused."""
    encoding, delimiter = _form(path)
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            return _read(path, file, delimiter, names, tell)  # type: ignore[arg-type]
    except (OSError, csv.Error) as problem:
        raise TableRefused(
            Phrase("Không đọc được tệp {file}: {problem}.", file=str(path), problem=str(problem))
        ) from problem


def _read(
    path: Path, lines: Sequence[str], delimiter: str, names: Sequence[str], tell: Callable[[int], None]
) -> dict[str, list[str]]:
    rows = csv.reader(lines, delimiter=delimiter)
    places = _places(path, next(rows, []), names)
    columns: dict[str, list[str]] = {name: [] for name in places}
    cells = [(at, columns[name].append) for name, at in places.items()]
    for number, row in enumerate(rows, start=1):
        if row:
            for at, append in cells:
                append(row[at].strip() if at < len(row) else "")
        if number % 5000 == 0:
            tell(number)
    if not any(columns.values()):
        raise TableRefused(Phrase("Tệp {file} không có dòng dữ liệu nào.", file=str(path)))
    return columns


def _places(path: Path, header: Sequence[str], names: Sequence[str]) -> Mapping[str, int]:
    """Where each column stands: its name as written, else the same name in other letter case or spacing."""
    exact = {name.strip(): at for at, name in reversed(list(enumerate(header)))}
    loose = {" ".join(name.split()).casefold(): at for at, name in reversed(list(enumerate(header)))}
    found, missing = {}, []
    for name in dict.fromkeys(names):
        at = exact.get(name.strip(), loose.get(" ".join(name.split()).casefold()))
        if at is None:
            missing.append(name)
        else:
            found[name] = at
    if missing:
        told = ", ".join(name.strip()[:40] for name in header[:40]) or "không có"
        raise TableRefused(
            Phrase(
                "Tệp {file} không có cột {missing}. Các cột của tệp: {told}.",
                file=str(path),
                missing=", ".join(missing),
                told=told,
            )
        )
    return found


def _form(path: Path) -> tuple[str, str]:
    """(encoding, delimiter). Raises TableRefused for what is no text table."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as problem:
        raise TableRefused(
            Phrase("Không mở được tệp {file}: {problem}.", file=str(path), problem=str(problem.strerror))
        ) from problem
    if not head.strip():
        raise TableRefused(Phrase("Tệp {file} rỗng.", file=str(path)))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or b"\x00" in head:
        raise TableRefused(
            Phrase("Tệp {file} không phải CSV (Excel, ZIP hoặc tệp nhị phân). Hãy lưu thành CSV.", file=str(path))
        )
    else:
        encoding = "utf-8-sig" if _is_utf8(head) else "cp1252"
    first = head.decode(encoding, "replace").lstrip("\ufeff").splitlines()[0]
    return encoding, max(DELIMITERS, key=first.count)


def _is_utf8(head: bytes) -> bool:
    """Whether the head is UTF-8; its end may cut a letter in two."""
    try:
        head[: len(head) - 4 if len(head) == _HEAD else None].decode("utf-8")
    except UnicodeDecodeError as problem:
        return len(head) == _HEAD and problem.start > len(head) - 8
    return True


def in_vietnamese(texts: Sequence[str]) -> list[str]:
    """A column's texts with what an old encoding did to them undone: decided for the column, else value by value."""
    marked = [text for text in texts if not text.isascii()]
    if not marked:
        return list(texts)
    decision = decide_encoding([text.encode() for text in marked[:2000]])
    if decision.encoding in (None, Encoding.ASCII, Encoding.UTF8):
        return [text if text.isascii() else repair_text(text) for text in texts]
    return [text if text.isascii() else _decoded(text, decoder(decision.encoding)) for text in texts]


def _decoded(text: str, decode: Callable[[bytes], str]) -> str:
    try:
        return decode(text.encode())
    except (UnicodeError, KeyError):
        return repair_text(text)
