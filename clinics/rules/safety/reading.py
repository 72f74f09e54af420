"""Reading a knowledge set from its tables: every fault by table and line, and nothing of a faulty set is taken.

Tables and columns: clinics/data/safety/README.md. Cells are text; lists are separated by semicolons; an empty cell says
nothing. A class is written with its sign (@nsaid) wherever it is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from clinics.rules.safety.knowledge import (
    CLASS_SIGN,
    Caution,
    DoseLimit,
    DrugClass,
    Evidence,
    Ingredient,
    KnowledgeSet,
    Pair,
    Severity,
    Span,
)
from registry.rules.phrases import Phrase
from registry.rules.text import fold

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]
TABLES = (
    "set", "classes", "ingredients", "cross", "interactions", "doses", "ages", "states", "renal", "conditions",
)  # fmt: skip
STATES = ("pregnancy", "lactation")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where: table, line of its file (the heading is line 1), Vietnamese words."""

    table: str
    line: int
    message: Phrase

    @property
    def said(self) -> Phrase:
        """The fault with its place."""
        return Phrase("{table}, dòng {line}: {message}", table=self.table, line=self.line, message=self.message)


class Bad(ValueError):
    """A cell that cannot be read."""

    def __init__(self, message: Phrase) -> None:
        super().__init__("bad cell")
        self.message = message


@dataclass
class _Reader:
    """Reads one set; `faults` gathers what was wrong, `known` the targets rows may name, `allergies` the allergy classes."""

    tables: Tables
    faults: list[Fault] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    allergies: set[str] = field(default_factory=set)

    def each(self, table: str, make: Callable[[Row], R]) -> Iterator[R]:
        for number, row in enumerate(self.tables.get(table, ()), start=2):
            try:
                yield make(row)
            except Bad as bad:
                self.faults.append(Fault(table, number, bad.message))

    def target(self, row: Row, column: str) -> str:
        value = text(row, column)
        if value not in self.known:
            raise Bad(Phrase("“{value}” không có trong bảng hoạt chất hay nhóm.", value=value))
        return value

    def pair(self, row: Row) -> Pair:
        one, other = self.target(row, "one"), self.target(row, "other")
        if one == other:
            raise Bad(Phrase("Hai bên là một: {value}.", value=one))
        effect = row.get("effect", "").strip()
        return Pair(one, other, severity(row), effect, row.get("mend", "").strip(), evidence(row))

    def crossing(self, row: Row) -> Pair:
        """Allergy words are understood of allergy classes only: a row about anything else would never speak."""
        pair = self.pair(row)
        for end in (pair.one, pair.other):
            if end not in self.allergies:
                raise Bad(Phrase("{value} không phải nhóm dị ứng (allergy = 1).", value=end))
        return pair

    def interaction(self, row: Row) -> Pair:
        text(row, "effect"), text(row, "mend")
        return self.pair(row)

    def dose(self, row: Row) -> DoseLimit:
        limits = {name: amount(row, name) for name in ("single", "daily", "single_kg", "daily_kg")}
        if not any(limits.values()):
            raise Bad(Phrase("Không có giới hạn nào."))
        first, last = span(row, "age_from") or Span(0, "d"), span(row, "age_to")
        if last is not None and last.days() <= first.days():
            raise Bad(Phrase("Tuổi kết thúc phải sau tuổi bắt đầu."))
        key = self.target(row, "ingredient")
        if key.startswith(CLASS_SIGN):
            raise Bad(Phrase("Liều phải ghi cho từng hoạt chất."))
        return DoseLimit(
            key, row.get("route", ""), first, last, unit=text(row, "unit"), evidence=evidence(row), **limits
        )

    def caution(self, row: Row) -> dict[str, Any]:
        return {
            "target": self.target(row, "target"),
            "severity": severity(row),
            "reason": text(row, "reason"),
            "mend": text(row, "mend"),
            "evidence": evidence(row),
        }

    def age(self, row: Row) -> Caution:
        return Caution(**self.caution(row), below_age=needed(span(row, "below"), "below"))

    def state(self, row: Row) -> Caution:
        if row.get("state") not in STATES:
            raise Bad(Phrase("Trạng thái phải là pregnancy hoặc lactation."))
        return Caution(**self.caution(row), state=row["state"])

    def kidneys(self, row: Row) -> Caution:
        below = needed(amount(row, "below"), "below")
        return Caution(**self.caution(row), egfr_below=below, daily=amount(row, "daily"))

    def condition(self, row: Row) -> Caution:
        within = amount(row, "within")
        codes = tuple(filter(None, (code.strip() for code in text(row, "codes").split(";"))))
        return Caution(**self.caution(row), codes=codes, within=int(within) if within else None)


def read_set(tables: Tables) -> tuple[KnowledgeSet | None, list[Fault]]:
    """The set, or every fault. Tables that are missing count as faults: a set without doses is not half a set."""
    reader = _Reader(tables)
    reader.faults += [Fault(name, 1, Phrase("Thiếu bảng này.")) for name in TABLES if not tables.get(name)]
    head = {row.get("key", ""): row.get("value", "") for row in tables.get("set", ())}
    classes = {one.key: one for one in reader.each("classes", _drug_class)}
    reader.known |= classes.keys()
    reader.allergies |= {key for key, one in classes.items() if one.allergy}
    ingredients = {one.key: one for one in reader.each("ingredients", lambda row: _ingredient(row, classes))}
    reader.known |= ingredients.keys()
    rows: dict[str, Any] = {
        "cross": tuple(reader.each("cross", reader.crossing)),
        "interactions": tuple(reader.each("interactions", reader.interaction)),
        "doses": tuple(reader.each("doses", reader.dose)),
        "ages": tuple(reader.each("ages", reader.age)),
        "states": tuple(reader.each("states", reader.state)),
        "renal": tuple(reader.each("renal", reader.kidneys)),
        "conditions": tuple(reader.each("conditions", reader.condition)),
    }
    reader.faults += _twice(tables)
    try:
        made = KnowledgeSet(*_head(head), ingredients, classes, **rows)
    except Bad as bad:
        return None, [Fault("set", 2, bad.message), *reader.faults]
    return (None, reader.faults) if reader.faults else (made, [])


def _head(head: Row) -> tuple[str, str, date, date]:
    try:
        first, last = date.fromisoformat(head["valid_from"]), date.fromisoformat(head["valid_to"])
    except (KeyError, ValueError) as error:
        raise Bad(Phrase("Cần valid_from và valid_to dạng yyyy-MM-dd.")) from error
    if last < first:
        raise Bad(Phrase("valid_to trước valid_from."))
    return text(head, "version"), text(head, "name"), first, last


def _twice(tables: Tables) -> Iterator[Fault]:
    """The same key, the same pair, or the same limits said twice: nobody could tell which holds."""
    identity: dict[str, Callable[[Row], object]] = {
        "classes": lambda row: row.get("key"),
        "ingredients": lambda row: row.get("key"),
        "cross": lambda row: frozenset({row.get("one"), row.get("other")}),
        "interactions": lambda row: frozenset({row.get("one"), row.get("other")}),
        "doses": lambda row: (row.get("ingredient"), row.get("route"), row.get("age_from"), row.get("age_to")),
        "ages": lambda row: (row.get("target"), row.get("below")),
        "states": lambda row: (row.get("target"), row.get("state")),
        "renal": lambda row: (row.get("target"), row.get("below"), row.get("daily")),
    }
    for table, identify in identity.items():
        seen: set[object] = set()
        for number, row in enumerate(tables.get(table, ()), start=2):
            if identify(row) in seen:
                yield Fault(table, number, Phrase("Dòng này đã có ở trên."))
            seen.add(identify(row))


def _drug_class(row: Row) -> DrugClass:
    key = text(row, "key")
    if not key.startswith(CLASS_SIGN):
        raise Bad(Phrase("Tên nhóm phải bắt đầu bằng @."))
    return DrugClass(
        key, text(row, "name"), row.get("allergy") == "1", row.get("duplicate") == "1", words(row), evidence(row)
    )


def _ingredient(row: Row, classes: Mapping[str, DrugClass]) -> Ingredient:
    named = [name.strip() for name in row.get("classes", "").split(";") if name.strip()]
    for name in named:
        if name not in classes:
            raise Bad(Phrase("Nhóm {value} không có trong bảng nhóm.", value=name))
    key = text(row, "key")
    return Ingredient(key, text(row, "name"), row.get("atc", ""), frozenset(named), tuple({fold(key), *words(row)}))


def words(row: Row) -> tuple[str, ...]:
    """The folded words of a row, its name among them."""
    said = [row.get("name", ""), *row.get("words", "").split(";")]
    return tuple(dict.fromkeys(folded for one in said if (folded := fold(one))))


def text(row: Row, column: str) -> str:
    """A cell that must say something."""
    value = (row.get(column) or "").strip()
    if not value:
        raise Bad(Phrase("Cột {column} trống.", column=column))
    return value


def amount(row: Row, column: str) -> Decimal | None:
    """A positive number with a point, or None."""
    value = (row.get(column) or "").strip()
    if not value:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise Bad(Phrase("Cột {column}: “{value}” không phải số dương.", column=column, value=value))
    return number


def span(row: Row, column: str) -> Span | None:
    """An age like 12y, 6m, 28d, or None."""
    value = (row.get(column) or "").strip()
    if not value:
        return None
    if value[-1] not in "dmy" or not value[:-1].isdecimal():
        raise Bad(Phrase("Cột {column}: “{value}” không phải tuổi (ví dụ 12y, 6m, 28d).", column=column, value=value))
    return Span(int(value[:-1]), value[-1])


def severity(row: Row) -> Severity:
    """block, reason or note."""
    try:
        return Severity(row.get("severity", ""))
    except ValueError as error:
        raise Bad(Phrase("Mức độ phải là block, reason hoặc note.")) from error


def evidence(row: Row) -> Evidence:
    """Every row names its source; verified is 1 when somebody read it there, 0 when it is from memory."""
    if row.get("verified") not in {"0", "1"}:
        raise Bad(Phrase("Cột verified phải là 0 hoặc 1."))
    return Evidence(text(row, "source"), row["verified"] == "1")


def needed(value: R | None, column: str) -> R:
    """A value that must be there."""
    if value is None:
        raise Bad(Phrase("Cột {column} trống.", column=column))
    return value
