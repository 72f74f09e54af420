"""Which pairs are worth comparing: those that share a key. Never a family name alone: a third of Hanoi shares one.

Keys are tried from the tightest to the loosest; each is counted before it is used, and one that would bring more pairs
than the budget leaves is passed over. A block that is a crowd (everybody born on "1 January") is no key either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

from records.rules.linkage.columns import Pairs, Table
from records.rules.linkage.model import Field

BLOCK = 250_000  # pairs inside one block: 500 x 500
PREFIX = 3

Hashes = Sequence[int | None]  # of a key's values, by row; None: the row has no such key


@dataclass(frozen=True, slots=True)
class Reading:
    """A part of a field's value to block on: the year of a birth, the last word of a name."""

    field: str
    name: str
    read: Callable[[Any], Any]

    def start(self) -> Reading:
        """Its first letters."""
        return Reading(self.field, f"start of {self.name}", lambda value: self.read(value)[:PREFIX])


@dataclass(frozen=True, slots=True)
class Key:
    """A way to block: rows meet where all its readings are equal. in_any_order: whichever reading is which."""

    name: str
    readings: tuple[Reading, ...]
    in_any_order: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """The fields it holds fixed."""
        return frozenset(one.field for one in self.readings)


@dataclass(frozen=True)
class Readings:
    """A table's readings and hashes, each worked out once."""

    table: Table
    _columns: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def column(self, one: Reading) -> list[Any]:
        """The reading of every row, None where there is none."""
        place = (one.field, one.name)
        if place not in self._columns:
            read = one.read
            self._columns[place] = [None if value is None else read(value) for value in self.table.values[one.field]]
        return self._columns[place]

    def hashes(self, key: Key) -> list[Hashes]:
        """The key's hashes: one column, or several where a cell holds several numbers."""
        columns = [self.column(one) for one in key.readings]
        if len(columns) == 1:
            return _alone(columns[0])
        if key.in_any_order:
            rows = (None if None in row else hash(tuple(sorted(row))) for row in zip(*columns, strict=True))
        else:
            rows = (None if None in row else hash(row) for row in zip(*columns, strict=True))
        return [list(rows)]


def _alone(column: Sequence[Any]) -> list[Hashes]:
    if not any(isinstance(value, tuple) for value in column):
        return [[None if value is None else hash(value) for value in column]]
    cells = [value or () for value in column]
    return [[None if one is None else hash(one) for one in place] for place in zip(*_turned(cells), strict=True)]


def _turned(cells: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """Rows of several numbers as rows of equal width."""
    width = max(map(len, cells), default=0)
    return [[*cell, *[None] * (width - len(cell))] for cell in cells]


def keys_for(fields: Sequence[Field]) -> list[Key]:
    """Every key these fields allow, from tight to loose."""
    words = _words(fields)
    births = [one.name for one in fields if one.kind.name == "birth"]
    places = [
        Reading(one.name, one.name, _text) for one in fields if one.kind.name in ("place", "code") and one.name != "sex"
    ]
    numbers = [one.name for one in fields if one.kind.name == "number"]
    found = [Key(f"{number} equal", (Reading(number, number, lambda value: value),)) for number in numbers]
    found += [key for birth in births for key in _birth_keys(birth, words)]
    found += _name_keys(fields, words, births)
    found += _place_keys(words, births, places)
    found += [Key("birth", (_whole(birth),)) for birth in births]
    found += [Key(f"{word.name}, year", (word, _year(birth))) for birth in births for word in words]
    return found + list(_loose_keys(words, births))


def _loose_keys(words: Sequence[Reading], births: Sequence[str]) -> Iterator[Key]:
    """For small files, whose budget is not spent yet. The family name alone is not among them."""
    for one, other in combinations(words, 2):
        yield Key(f"start of {one.name} and {other.name}", (one.start(), other.start()))
    for birth in births:
        yield Key("year and month", (_year(birth), _month(birth)))
        yield Key("day and month", (_day_month(birth),))
    for word in words:
        if word.name not in ("first word", "family_name"):
            yield Key(f"{word.name} alone", (word,))


def _words(fields: Sequence[Field]) -> list[Reading]:
    """Words of the name: what stands in for the given or the family name."""
    found = []
    for one in fields:
        if one.kind.name == "name":
            found.append(Reading(one.name, "last word", lambda value: value.last))
            found.append(Reading(one.name, "first word", lambda value: value.first))
        if one.kind.name == "part":
            found.append(Reading(one.name, one.name, _text))
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value.text)


def _whole(birth: str) -> Reading:
    return Reading(birth, "day", lambda value: value.digits if value.whole else None)


def _year(birth: str) -> Reading:
    return Reading(birth, "year", lambda value: value.year)


def _month(birth: str) -> Reading:
    return Reading(birth, "month", lambda value: value.digits[2:4] if value.whole else None)


def _day_month(birth: str) -> Reading:
    return Reading(birth, "day and month", lambda value: value.digits[:4] if value.whole else None)


def _swapped(value: Any) -> str | None:
    """The date as it is and as it reads with day and month exchanged, whichever is smaller: both meet."""
    if not value.whole:
        return None
    digits: str = value.digits
    return min(digits, digits[2:4] + digits[:2] + digits[4:])


def _birth_keys(birth: str, words: Sequence[Reading]) -> Iterator[Key]:
    either = Reading(birth, "day, or day and month exchanged", _swapped)
    day_month = _day_month(birth)
    for word in words:
        yield Key(f"birth, {word.name}", (either, word))
    for one, other in combinations(words, 2):
        yield Key(f"year, start of {one.name} and {other.name}", (_year(birth), one.start(), other.start()))
    for word in words:
        yield Key(f"day and month, {word.name}", (day_month, word))
        yield Key(f"birth, start of {word.name}", (_whole(birth), word.start()))


def _name_keys(fields: Sequence[Field], words: Sequence[Reading], births: Sequence[str]) -> Iterator[Key]:
    for one in fields:
        if one.kind.name == "name":
            ordered = Reading(one.name, "words", lambda value: value.words)
            for birth in births:
                yield Key("name in any order, year", (ordered, _year(birth)))
            yield Key("name in any order", (ordered,))
    parts = tuple(word for word in words if word.field == word.name)
    if len(parts) > 1:
        yield Key("both parts of the name", parts, in_any_order=True)


def _place_keys(words: Sequence[Reading], births: Sequence[str], places: Sequence[Reading]) -> Iterator[Key]:
    for place in places:
        for word in words:
            yield Key(f"{place.name}, {word.name}", (place, word))
        for birth in births:
            yield Key(f"{place.name}, birth", (place, _whole(birth)))
    for first, second in combinations(places, 2):
        yield Key(f"{first.name}, {second.name}", (first, second))


Index = list[tuple[Key, list[Hashes], Mapping[int, list[int]]]]


def blocks_of(key: Key, one: Readings, other: Readings, block: int = BLOCK) -> dict[int, int]:
    """Pairs of each block both tables have, crowds of more than `block` pairs left out."""
    left = Counter(chain.from_iterable(one.hashes(key)))
    right = left if one is other else Counter(chain.from_iterable(other.hashes(key)))
    return {h: size for h, count in left.items() if h is not None and 0 < (size := count * right[h]) <= block}


def rows_by_block(key: Key, table: Readings, wanted: Mapping[int, int]) -> dict[int, list[int]]:
    """The rows of each wanted block."""
    index: dict[int, list[int]] = {}
    for column in table.hashes(key):
        for row, h in enumerate(column):
            if h in wanted:
                index.setdefault(h, []).append(row)  # type: ignore[arg-type]  # None is never wanted
    return index


def choose_keys(keys: Sequence[Key], one: Readings, other: Readings, budget: int) -> Index:
    """The keys that fit into `budget` pairs, tight ones first, each with the second table's rows by block."""
    chosen: Index = []
    for key in keys:
        sizes = blocks_of(key, one, other)
        cost = sum(sizes.values())
        if budget >= cost > 0:
            budget -= cost
            chosen.append((key, one.hashes(key), rows_by_block(key, other, sizes)))
    return chosen


def candidates(index: Index, rows: int, *, same: bool, chunk: int) -> Iterator[Pairs]:
    """Every pair once, in chunks of about `chunk` pairs. same: the two tables are one, so each pair counts one way."""
    pairs = Pairs.empty()
    lookups = [(column, blocks.get) for _, columns, blocks in index for column in columns]
    for row in range(rows):
        others: set[int] = set()
        for column, get in lookups:
            found = get(column[row])  # type: ignore[arg-type]  # None is in no block
            if found:
                others.update(found)
        if others:
            pairs.add(row, sorted(o for o in others if o > row) if same else sorted(others))
        if len(pairs) >= chunk:
            yield pairs
            pairs = Pairs.empty()
    if len(pairs):
        yield pairs
