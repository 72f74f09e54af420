"""Which pairs are worth comparing: those that share a key. Never a family name alone: a third of Hanoi shares one.

Keys are tried from the tightest to the loosest; each is counted before it is used, and one that would bring more pairs
than the budget leaves is passed over. A block that is a crowd (everybody born on "1 January") is no key either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from records.rules.linkage.columns import Pairs, Table
from records.rules.linkage.model import Field

BLOCK = 250_000  # pairs inside one block: 500 x 500
PREFIX = 3

Keys = Callable[[Table, int], Iterable[Hashable]]


@dataclass(frozen=True, slots=True)
class Key:
    """A way to block: its name, the fields it holds fixed, and the keys of a row."""

    name: str
    fields: frozenset[str]
    keys: Keys


@dataclass(frozen=True, slots=True)
class Atom:
    """A word of the name, by field: what stands in for the given or the family name."""

    field: str
    name: str
    read: Callable[[Any], str]


def _atoms(fields: Sequence[Field]) -> list[Atom]:
    found = []
    for one in fields:
        if one.kind.name == "name":
            found += [
                Atom(one.name, "last word", lambda value: value.last),
                Atom(one.name, "first word", lambda value: value.first),
            ]
        if one.kind.name == "part":
            found.append(Atom(one.name, one.name, lambda value: value.text))
    return found


def _read(field: str, read: Callable[[Any], Hashable | None]) -> Callable[[Table, int], Hashable | None]:
    def get(table: Table, row: int) -> Hashable | None:
        value = table.values[field][row]
        return None if value is None else read(value)

    return get


def _joined(name: str, *parts: tuple[str, Callable[[Any], Hashable | None]]) -> Key:
    """A key of several readings; a row that lacks one of them has no key."""
    readers = [_read(field, read) for field, read in parts]

    def keys(table: Table, row: int) -> Iterable[Hashable]:
        found = tuple(read(table, row) for read in readers)
        return () if None in found else (found,)

    return Key(name, frozenset(field for field, _ in parts), keys)


def _each(name: str, field: str) -> Key:
    def keys(table: Table, row: int) -> Iterable[Hashable]:
        return table.values[field][row] or ()

    return Key(name, frozenset({field}), keys)


def _digits(value: Any) -> str | None:
    return value.digits if value.whole else None


def _swapped(value: Any) -> str | None:
    """The date as it is and as it reads with day and month exchanged, whichever is smaller: both meet."""
    if not value.whole:
        return None
    digits: str = value.digits
    return min(digits, digits[2:4] + digits[:2] + digits[4:])


def _day_month(value: Any) -> str | None:
    return value.digits[:4] if value.whole else None


def _year(value: Any) -> int:
    return int(value.year)


def _prefix(read: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: read(value)[:PREFIX]


def keys_for(fields: Sequence[Field]) -> list[Key]:
    """Every key these fields allow, from tight to loose."""
    atoms, births, places, numbers = (
        _atoms(fields), _of(fields, "birth"), _of(fields, "place", "code"), _of(fields, "number"),
    )  # fmt: skip
    found = [_each(f"{number} equal", number) for number in numbers]
    found += [key for birth in births for key in _birth_keys(birth, atoms)]
    found += _name_keys(fields, atoms, births)
    found += _place_keys(atoms, births, [one for one in places if one != "sex"])
    found += [_joined("birth", (birth, _digits)) for birth in births]
    return found + [_joined(f"{a.name}, year", (a.field, a.read), (birth, _year)) for birth in births for a in atoms]


def _of(fields: Sequence[Field], *kinds: str) -> list[str]:
    return [one.name for one in fields if one.kind.name in kinds]


def _birth_keys(birth: str, atoms: Sequence[Atom]) -> Iterator[Key]:
    for a in atoms:
        yield _joined(f"birth, {a.name}", (birth, _swapped), (a.field, a.read))
    for a, b in combinations(atoms, 2):
        yield _joined(
            f"year, start of {a.name} and {b.name}",
            (birth, _year), (a.field, _prefix(a.read)), (b.field, _prefix(b.read)),
        )  # fmt: skip
    for a in atoms:
        yield _joined(f"day and month, {a.name}", (birth, _day_month), (a.field, a.read))
        yield _joined(f"birth, start of {a.name}", (birth, _digits), (a.field, _prefix(a.read)))


def _name_keys(fields: Sequence[Field], atoms: Sequence[Atom], births: Sequence[str]) -> Iterator[Key]:
    for one in _of(fields, "name"):
        for birth in births:
            yield _joined("name in any order, year", (one, lambda value: value.words), (birth, _year))
        yield _joined("name in any order", (one, lambda value: value.words))
    parts = [a for a in atoms if a.field == a.name]
    if len(parts) > 1:
        yield Key("both parts of the name", frozenset(a.field for a in parts), _sorted_parts([a.field for a in parts]))


def _sorted_parts(names: Sequence[str]) -> Keys:
    def keys(table: Table, row: int) -> Iterable[Hashable]:
        values = [table.values[name][row] for name in names]
        return () if None in values else (" ".join(sorted(value.text for value in values)),)

    return keys


def _place_keys(atoms: Sequence[Atom], births: Sequence[str], places: Sequence[str]) -> Iterator[Key]:
    for place in places:
        for a in atoms:
            yield _joined(f"{place}, {a.name}", (place, _text), (a.field, a.read))
        for birth in births:
            yield _joined(f"{place}, birth", (place, _text), (birth, _digits))
    for first, second in combinations(places, 2):
        yield _joined(f"{first}, {second}", (first, _text), (second, _text))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value.text)


def block_sizes(key: Key, one: Table, other: Table) -> dict[int, int]:
    """Pairs of each block both tables have, crowds left out."""
    left = Counter(hash(k) for row in range(len(one)) for k in key.keys(one, row))
    right = Counter(h for row in range(len(other)) for k in key.keys(other, row) if (h := hash(k)) in left)
    return {h: size for h, count in right.items() if (size := count * left[h]) <= BLOCK}


Index = list[tuple[Key, dict[int, list[int]]]]


def choose_keys(keys: Sequence[Key], one: Table, other: Table, budget: int) -> Index:
    """The keys that fit into `budget` pairs, tight ones first, each with the second table's rows by block."""
    chosen: Index = []
    for key in keys:
        sizes = block_sizes(key, one, other)
        cost = sum(sizes.values())
        if cost > budget or not cost:
            continue
        budget -= cost
        index: dict[int, list[int]] = {}
        for row in range(len(other)):
            for k in key.keys(other, row):
                if (h := hash(k)) in sizes:
                    index.setdefault(h, []).append(row)
        chosen.append((key, index))
    return chosen


def candidates(index: Index, one: Table, *, same: bool, chunk: int) -> Iterator[Pairs]:
    """Every pair once, in chunks of about `chunk` pairs. same: the two tables are one, so each pair counts one way."""
    pairs = Pairs.empty()
    for row in range(len(one)):
        others: set[int] = set()
        for key, rows in index:
            for k in key.keys(one, row):
                others.update(rows.get(hash(k), ()))
        found = sorted(o for o in others if o > row) if same else sorted(others)
        pairs.add(row, found)
        if len(pairs) >= chunk:
            yield pairs
            pairs = Pairs.empty()
    if len(pairs):
        yield pairs
