"""Two tables side by side: prepared values by field, and the levels of many pairs at once."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from records.rules.linkage.model import Field

Rows = array  # of row numbers, type "l"
Levels = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows: their keys, and by field the prepared value of every row (None: not stated)."""

    keys: Sequence[str]
    values: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows, as two arrays of the same length."""

    left: array[int]
    right: array[int]

    @classmethod
    def empty(cls) -> Pairs:
        """No pair yet."""
        return cls(array("l"), array("l"))

    def __len__(self) -> int:
        return len(self.left)

    def add(self, row: int, others: Sequence[int]) -> None:
        """One row of the first table beside rows of the second."""
        self.left.extend([row] * len(others))
        self.right.extend(others)


def levels_of(fields: Sequence[Field], one: Table, other: Table, pairs: Pairs) -> Iterator[Levels]:
    """The levels of each pair, in the order of the fields. Compared column by column: that is the fast way."""
    columns = []
    for each in fields:
        left, right = one.values[each.name], other.values[each.name]
        firsts, seconds = map(left.__getitem__, pairs.left), map(right.__getitem__, pairs.right)
        columns.append(bytes(starmap(each.kind.compare, zip(firsts, seconds, strict=True))))
    return zip(*columns, strict=True)


def shares_of(one: Field, *tables: Table) -> tuple[dict[str, float], int]:
    """How common each value is over the tables (0-1), and of how many rows that was counted."""
    counts: Counter[str] = Counter()
    for table in tables:
        values = (one.kind.shared(value) for value in table.values[one.name] if value is not None)
        counts.update(value for value in values if value is not None)
    total = counts.total()
    return {value: count / total for value, count in counts.items()}, total
