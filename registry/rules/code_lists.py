"""Reading a code list that somebody uploads: columns, dates, duplicates, each fault with its line number.

Columns `code` and `display` are required; `display_en`, `valid_from`, `valid_to` are known; any other column becomes a
property of the code where it is not empty. Tabs, semicolons and commas separate.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.rules.dates import LATEST_YEAR, parse_partial_date
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase, as_phrase
from registry.rules.text import clean_line, fold

MAX_CODE, MAX_DISPLAY = 50, 500
_KNOWN = {"code", "display", "display_en", "valid_from", "valid_to"}
_LATEST = date(LATEST_YEAR, 12, 31)

# Vietnamese headings that hospitals and the Ministry's spreadsheets use for the known columns.
_HEADINGS = {
    "ma": "code",
    "ma benh": "code",
    "ten": "display",
    "ten tieng viet": "display",
    "ten benh": "display",
    "ten tieng anh": "display_en",
    "hieu luc tu": "valid_from",
    "tu ngay": "valid_from",
    "den ngay": "valid_to",
    "hieu luc den": "valid_to",
}


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code as a list states it; dates are None where the list states none."""

    code: str
    display: str
    display_en: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def search_key(self) -> str:
        """What a search matches: the code as typed without its dot, and the folded names."""
        return f"{self.code.replace('.', '').lower()} {fold(self.display)} {fold(self.display_en)}".strip()[:600]


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong at a line (1 = heading) of an uploaded list, in Vietnamese."""

    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return self.said

    @property
    def said(self) -> Phrase:
        """The fault with its line."""
        return Phrase("Dòng {line}: {message}", line=self.line, message=as_phrase(self.message))


@dataclass(frozen=True, slots=True)
class ReadList:
    """The rows that could be read and the faults of those that could not."""

    rows: tuple[CodeRow, ...]
    faults: tuple[LineFault, ...]


def _heading(text: str) -> str:
    folded = fold(text)
    plain = folded.replace(" ", "_")
    return plain if plain in _KNOWN else _HEADINGS.get(folded, plain)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    parsed = parse_partial_date(text, _LATEST)
    if parsed.precision != "day":
        message = Phrase("“{text}” phải ghi đủ ngày, tháng, năm.", text=clean_line(text))
        raise Invalid("date-precision", message, "valid_from")
    return parsed.value


def _row(cells: Mapping[str, str]) -> CodeRow:
    code, display = clean_line(cells.get("code", "")), clean_line(cells.get("display", ""))
    if not code:
        raise Invalid("code-empty", "Thiếu mã.", "code")
    if not display:
        raise Invalid("display-empty", Phrase("Mã {code} thiếu tên.", code=code[:MAX_CODE]), "display")
    if len(code) > MAX_CODE or len(display) > MAX_DISPLAY:
        template = "Mã dài quá {code} hoặc tên dài quá {name} ký tự."
        raise Invalid("code-long", Phrase(template, code=MAX_CODE, name=MAX_DISPLAY), "code")
    first, last = _day(cells.get("valid_from", "")), _day(cells.get("valid_to", ""))
    if first and last and last < first:
        message = Phrase("Mã {code}: ngày hết hiệu lực trước ngày bắt đầu.", code=code)
        raise Invalid("period-reversed", message, "valid_to")
    extra = {name: clean_line(text) for name, text in cells.items() if name not in _KNOWN and text.strip()}
    return CodeRow(code, display, clean_line(cells.get("display_en", ""))[:MAX_DISPLAY], first, last, extra)


def read_code_rows(records: Iterable[tuple[int, Mapping[str, str]]]) -> ReadList:
    """Rows of numbered records; a code stated twice for one first day is a fault at its second line."""
    rows: list[CodeRow] = []
    faults: list[LineFault] = []
    seen: dict[tuple[str, date | None], int] = {}
    for line, cells in records:
        try:
            row = _row(cells)
        except Invalid as problem:
            faults.append(LineFault(line, problem.code, problem.message))
            continue
        first = seen.setdefault((row.code, row.valid_from), line)
        if first != line:
            message = Phrase("Mã {code} đã có ở dòng {line}.", code=row.code, line=first)
            faults.append(LineFault(line, "code-twice", message))
            continue
        rows.append(row)
    return ReadList(tuple(rows), tuple(faults))


def _records(lines: Sequence[list[str]], heading: Sequence[str]) -> Iterable[tuple[int, dict[str, str]]]:
    for line, cells in enumerate(lines, start=2):
        if any(cell.strip() for cell in cells):
            yield line, dict(zip(heading, cells, strict=False))


def read_code_list(text: str) -> ReadList:
    """A whole list as text with a heading line; nothing is read when the heading lacks `code` or `display`."""
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=first.count)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    heading = [_heading(cell) for cell in lines[0]] if lines else []
    missing = [name for name in ("code", "display") if name not in heading]
    if missing:
        template = "Dòng tiêu đề phải có cột code (mã) và display (tên); đang thiếu: {columns}."
        return ReadList((), (LineFault(1, "heading", Phrase(template, columns=", ".join(missing))),))
    return read_code_rows(_records(lines[1:], heading))
