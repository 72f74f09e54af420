"""A file that holds several: the rows file that a ZIP, workbook, dump or bundle is turned into, and how its parts are read.

The rows file is its parts one after another, each in a form that any span of bytes can be read from; spans point into it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Protocol

from migration.readers.records import Layout, Raw, Reader, Span
from migration.rules.faults import FileRefused
from registry.rules.phrases import Phrase

# A table without these is no list of people, or an empty one: passed over where the file holds another that is.
_PASSED_OVER = frozenset({"column-missing", "no-records", "file-empty", "delimiter-unknown"})
_BUFFER = 256 * 1024
_TOLD = 20  # parts named to people


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes [byte_from, byte_to) of a rows file. form: how they are read; name: of the member, sheet or table."""

    form: str
    name: str
    byte_from: int
    byte_to: int


class PartScanner(Protocol):
    """What reads one part's layout by its form."""

    def __call__(self, form: str, file: BinaryIO) -> Layout:
        """As Reader.scan."""


def scan_parts(file: BinaryIO, parts: Sequence[Part], scan: PartScanner) -> Layout:
    """The layouts of all parts as one. Parts that are no lists of people are named in the facts' `passed_over`."""
    spans: list[Span] = []
    kept: list[dict[str, Any]] = []
    passed: list[tuple[Part, FileRefused]] = []
    for part in parts:
        window = io.BufferedReader(_Window(file, part.byte_from, part.byte_to), _BUFFER)
        layout = scan(part.form, window)
        if layout.refusal and layout.refusal.code in _PASSED_OVER and len(parts) > 1:
            passed.append((part, layout.refusal))
            continue
        spans += _moved(layout.spans, part.byte_from, sum(span.records for span in spans))
        facts = dict(layout.facts)
        kept.append({"form": part.form, "name": part.name, "from": part.byte_from, "to": part.byte_to, "facts": facts})
        if layout.refusal:
            return Layout(tuple(spans), _facts(kept, passed), _of_part(part, layout.refusal, len(parts)))
    if not kept:
        refusal = _of_part(*passed[0], len(parts)) if passed else _nothing()
        return Layout((), {}, refusal)
    return Layout(tuple(spans), _facts(kept, passed))


def _facts(kept: Sequence[Mapping[str, Any]], passed: Sequence[tuple[Part, FileRefused]]) -> dict[str, Any]:
    """The first part's facts speak for the file where one answer is wanted."""
    first = kept[0]["facts"] if kept else {}
    every = [part["facts"] for part in kept]
    return {
        **first,
        "parts": list(kept),
        "passed_over": [part.name for part, _ in passed[:_TOLD]],
        "deleted": sum(facts.get("deleted", 0) for facts in every),
        "memos": sorted({name for facts in every for name in facts.get("memos", ())}),
    }


def _of_part(part: Part, refusal: FileRefused, count: int) -> FileRefused:
    if count == 1 and not part.name:
        return refusal
    message = Phrase("{name}: {problem}", name=part.name[:80], problem=refusal.message)
    return FileRefused(refusal.code, message, refusal.line)


def _nothing() -> FileRefused:
    return FileRefused("no-records", "Tệp không chứa dữ liệu nào đọc được theo hồ sơ ánh xạ này.")


def _moved(spans: Sequence[Span], byte: int, records: int) -> Iterator[Span]:
    for span in spans:
        yield replace(
            span,
            byte_from=span.byte_from + byte,
            byte_to=span.byte_to + byte,
            first_record=span.first_record + records,
        )


class Parts:
    """A reader of whole files that reads the parts of a rows file as well."""

    def __init__(self, whole: Reader, of_form: Mapping[str, Reader]) -> None:
        self.whole, self.of_form = whole, of_form

    def scan(self, file: BinaryIO) -> Layout:
        """A whole file."""
        return self.whole.scan(file)

    def scan_parts(self, file: BinaryIO, parts: Sequence[Part]) -> Layout:
        """A rows file."""
        return scan_parts(file, parts, lambda form, window: self.of_form[form].scan(window))

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """A span of either."""
        for part in facts.get("parts", ()):
            if part["from"] <= span.byte_from < part["to"]:
                return self.of_form[part["form"]].read(data, span, part["facts"])
        return self.whole.read(data, span, facts)


class _Window(io.RawIOBase):
    """A part seen as a file of its own."""

    def __init__(self, file: BinaryIO, begin: int, end: int) -> None:
        self._file, self._begin, self._end = file, begin, end
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end - self._begin}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._begin + self._at)
        block = self._file.read(min(len(buffer), max(0, self._end - self._begin - self._at)))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)
