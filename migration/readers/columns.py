"""Rows of cells under a header, whatever file held them: what each column means, its encoding, what is wrong with a row.

A format only yields rows of bytes with their place; everything said about cells is said here, once. Cells stay bytes until
their column's encoding is known, so nothing is decoded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from migration.rules.encodings import Decision, Encoding, Undecodable, decide_encoding, decode, decode_name, decode_text
from migration.rules.faults import Fault, FileRefused
from migration.rules.profiles import MIXED, NAME_COLUMNS, REQUIRED_COLUMNS, Profile
from migration.rules.repairs import read_mixed
from registry.rules.phrases import Phrase, as_phrase, joined

SAMPLE_RECORDS = 3000
HEADER_ROWS = 20  # a hospital's list begins with its name, a title, the day: the header stands among the first lines
ENCODING_NAMES = {
    Encoding.ASCII: "ASCII", Encoding.UTF8: "UTF-8 (Unicode)", Encoding.TCVN3: "TCVN3", Encoding.VNI: "VNI",
    Encoding.CP1258: "Windows-1258", Encoding.UTF8_VIA_1252: "UTF-8 bị đọc sai một lần",
    Encoding.TCVN3_VIA_1252: "TCVN3 đã chuyển sai sang UTF-8", Encoding.VNI_VIA_1252: "VNI đã chuyển sai sang UTF-8",
    Encoding.CP1258_VIA_1252: "Windows-1258 đã chuyển sai sang UTF-8",
}  # fmt: skip
_OLD_HEADERS = (Encoding.TCVN3, Encoding.VNI, Encoding.CP1258, Encoding.TCVN3_VIA_1252, Encoding.VNI_VIA_1252)


@dataclass(frozen=True, slots=True)
class Header:
    """Row `at` (from 0) names the columns. columns: canonical names by position, "" where the profile maps none."""

    at: int
    names: tuple[str, ...]
    columns: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """As a batch's layout keeps them."""
        return {"header": list(self.names), "columns": list(self.columns)}


class Columns:
    """What a profile makes of tables."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.required = REQUIRED_COLUMNS[profile.format]

    def header(self, rows: Sequence[Sequence[bytes]], lines: Sequence[int] = ()) -> Header:
        """The first of these rows that names every required column.

        lines: where each row stands in the file. Raises FileRefused column-missing, column-doubled about the row that comes
        nearest.
        """
        found = [self._named(at, row) for at, row in enumerate(rows)]
        for one in found:
            if not self._missing(one):
                self._check_once(one, _line(one, lines))
                return one
        best = max(found, key=lambda one: len(set(one.columns)), default=Header(0, (), ()))
        told = ", ".join(name[:30] for name in best.names[:12])
        template = "Dòng {line} thiếu cột bắt buộc {missing}. Các cột đọc được: {read}."
        missing = ", ".join(self._missing(best))
        line = _line(best, lines)
        raise FileRefused("column-missing", Phrase(template, line=line, missing=missing, read=told), line)

    def fits(self, names: Sequence[str]) -> bool:
        """Whether a table with these columns holds what the profile asks for."""
        return not self._missing(self._named(0, [name.encode() for name in names]))

    def _named(self, at: int, row: Sequence[bytes]) -> Header:
        names = tuple(self._name(cell) for cell in row)
        return Header(at, names, tuple(self.profile.canonical(name) for name in names))

    def _name(self, cell: bytes) -> str:
        """A column's name; old systems wrote those in their old fonts as well."""
        text = cell.decode("utf-8", "replace").strip().lstrip("\ufeff")
        if cell.isascii() or self.profile.canonical(text):
            return text
        for encoding in _OLD_HEADERS:
            try:
                old = decode(cell.strip(), encoding)
            except Undecodable:
                continue
            if self.profile.canonical(old):
                return old
        return text

    def _missing(self, header: Header) -> list[str]:
        return [name for name in self.required if name not in header.columns]

    def _check_once(self, header: Header, line: int) -> None:
        doubled = sorted({name for name in header.columns if name and header.columns.count(name) > 1})
        if doubled:
            template = "Dòng {line} có hai cột cùng nghĩa: {columns}."
            raise FileRefused("column-doubled", Phrase(template, line=line, columns=", ".join(doubled)), line)

    def encodings(self, columns: Sequence[str], sample: Sequence[Sequence[bytes]]) -> dict[str, str]:
        """Column -> encoding, decided on a sample of rows. Raises FileRefused when one cannot be told or is not allowed."""
        values = {name: [row[at] for row in sample if at < len(row)] for at, name in enumerate(columns) if name}
        first = {name: decide_encoding(cells_of) for name, cells_of in values.items()}
        if MIXED in self.profile.encodings:
            return dict.fromkeys(first, MIXED)
        prior = _prevailing(first.values())
        decided = {
            name: one if one.encoding else decide_encoding(values[name], prior=prior) for name, one in first.items()
        }
        for name, one in decided.items():
            self._check_encoding(name, one)
        # A column without a Vietnamese letter in the sample reads later ones as the rest of the file does.
        kept = {name: one.encoding or Encoding.ASCII for name, one in decided.items()}
        return {name: (prior or one if one is Encoding.ASCII else one).value for name, one in kept.items()}

    def _check_encoding(self, name: str, decision: Decision) -> None:
        allowed = [Encoding(value) for value in self.profile.encodings]
        if decision.encoding is None:
            message = Phrase("Cột {column}: {problem}", column=name, problem=as_phrase(decision.message))
            raise FileRefused(decision.refused_reason.replace("_", "-"), message)
        if decision.encoding not in allowed and decision.encoding is not Encoding.ASCII:
            expected = joined((ENCODING_NAMES[one] for one in allowed if one is not Encoding.ASCII), ", ")
            message = Phrase(
                "Cột {column} viết bằng {encoding}, hồ sơ ánh xạ “{profile}” cần {expected}."
                " Hãy chọn hồ sơ ánh xạ khác hoặc xuất lại tệp đúng bảng mã.",
                column=name,
                encoding=Phrase(ENCODING_NAMES[decision.encoding]),
                profile=self.profile.title,
                expected=expected,
            )
            raise FileRefused("encoding-unexpected", message)


def _line(header: Header, lines: Sequence[int]) -> int:
    return lines[header.at] if header.at < len(lines) else header.at + 1


def _prevailing(decisions: Iterable[Decision]) -> Encoding | None:
    """The encoding of the columns that left no doubt, weighed by their marked words."""
    weights: dict[Encoding, int] = {}
    for one in decisions:
        if one.encoding and one.encoding is not Encoding.ASCII:
            weights[one.encoding] = weights.get(one.encoding, 0) + one.words
    return max(weights, key=lambda encoding: weights[encoding], default=None)


Decode = Callable[[bytes], str]
Plan = Sequence[tuple[str, Decode | None, str]]
_ENCODINGS = {one.value: one for one in Encoding}


def row_plan(facts: Mapping[str, Any]) -> Plan:
    """For each column (name, how its cells are decoded, its encoding); no name where the profile maps none.

    No decoding is needed for cells in ASCII but those of names, whose capitals are restored.
    """
    encodings: Mapping[str, str] = facts["encodings"]
    return [
        (name, _decode_of(encodings[name], name) if name else None, encodings.get(name, ""))
        for name in facts["columns"]
    ]


def _decode_of(encoding: str, name: str) -> Decode:
    person = name in NAME_COLUMNS
    if encoding == MIXED:
        return partial(read_mixed, person=person)
    read, known = (decode_name if person else decode_text), _ENCODINGS[encoding]
    if known is Encoding.ASCII:  # decided from a sample in ASCII: its first Vietnamese letter is UTF-8 or a fault
        return lambda value: read(value, Encoding.ASCII if value.isascii() else Encoding.UTF8)
    return lambda value: read(value, known)


def read_fields(values: Sequence[bytes], plan: Plan, faults: list[Fault]) -> dict[str, str]:
    """A row's fields, decoded column by column. faults: of the row; what cannot be decoded is put to them."""
    fields = {}
    for (name, read, encoding), value in zip(plan, values, strict=False):
        if read is None:
            continue
        if value.isascii() and name not in NAME_COLUMNS:  # the same letters in every encoding
            fields[name] = value.decode("ascii")
            continue
        try:
            fields[name] = read(value)
        except Undecodable as problem:
            fields[name] = value.decode("ascii", "replace")
            faults.append(Fault(problem.code, _undecodable(name, encoding), name))
    return fields


def _undecodable(name: str, encoding: str) -> Phrase:
    if encoding == MIXED:
        return Phrase("Cột {column}: không nhận ra bảng mã của giá trị này.", column=name)
    template = "Cột {column} có ký tự không thuộc bảng mã {encoding} của cả cột."
    return Phrase(template, column=name, encoding=Phrase(ENCODING_NAMES[Encoding(encoding)]))
