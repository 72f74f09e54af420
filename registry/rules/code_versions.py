"""How a new version of a code list meets the one in force: what is new, what is corrected, what ends.

A code keeps its row while it means the same. A changed meaning closes the old row the day before and opens a new one. A
complete version also closes the codes it no longer lists. Loading the same version again plans nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from registry.rules.code_lists import CodeRow

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A row of the table: its key and what it says."""

    id: int
    row: CodeRow

    @property
    def first(self) -> date:
        """First day of validity, which every stored row has."""
        if self.row.valid_from is None:
            raise ValueError("a stored code has a first day")
        return self.row.valid_from


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: rows to add, corrected texts by key, last days by key; and how many rows stay as they are."""

    added: tuple[CodeRow, ...]
    changed: Mapping[int, CodeRow]
    closed: Mapping[int, date]
    unchanged: int


def _same(one: CodeRow, other: CodeRow) -> bool:
    return (one.display, one.display_en, dict(one.properties)) == (
        other.display,
        other.display_en,
        dict(other.properties),
    )


def _in_force(rows: Iterable[StoredCode], day: date) -> StoredCode | None:
    return next((s for s in rows if s.first <= day and (s.row.valid_to is None or s.row.valid_to >= day)), None)


def plan_version(
    stored: Sequence[StoredCode], incoming: Sequence[CodeRow], valid_from: date, *, complete: bool = False
) -> Plan:
    """Compare a version, in force from `valid_from` unless a row states its own day, with what is stored."""
    by_code: defaultdict[str, list[StoredCode]] = defaultdict(list)
    for entry in stored:
        by_code[entry.row.code].append(entry)
    added: list[CodeRow] = []
    changed: dict[int, CodeRow] = {}
    unchanged = 0
    for row in incoming:
        dated = row if row.valid_from else replace(row, valid_from=valid_from)
        known = _known(by_code[row.code], dated, stated=row.valid_from is not None)
        if known is None:
            added.append(dated)
        elif _same(known.row, dated) and dated.valid_to in {None, known.row.valid_to}:
            unchanged += 1
        else:
            changed[known.id] = replace(dated, valid_from=known.first, valid_to=dated.valid_to or known.row.valid_to)
    closed = _endings(by_code, added)
    if complete:
        closed |= _dropped(by_code, {row.code for row in incoming}, valid_from)
    return Plan(tuple(_bounded(by_code, added)), changed, closed, unchanged)


def _known(rows: Sequence[StoredCode], row: CodeRow, *, stated: bool) -> StoredCode | None:
    """The stored row that this one repeats or corrects: of the same first day, or still in force and saying the same."""
    exact = next((entry for entry in rows if entry.first == row.valid_from), None)
    if exact or stated or row.valid_from is None:
        return exact
    current = _in_force(rows, row.valid_from)
    return current if current and _same(current.row, row) else None


def _endings(by_code: Mapping[str, Sequence[StoredCode]], added: Iterable[CodeRow]) -> dict[int, date]:
    """Last days of stored rows that an added row replaces."""
    closed: dict[int, date] = {}
    for row in added:
        start = row.valid_from
        for entry in by_code.get(row.code, ()):
            if start and entry.first < start and (entry.row.valid_to is None or entry.row.valid_to >= start):
                closed[entry.id] = min(start - _DAY, closed.get(entry.id, start))
    return closed


def _dropped(by_code: Mapping[str, Sequence[StoredCode]], listed: set[str], day: date) -> dict[int, date]:
    """Codes in force before the version that it no longer lists."""
    return {
        entry.id: day - _DAY
        for code, entries in by_code.items()
        if code not in listed
        for entry in entries
        if entry.first < day and (entry.row.valid_to is None or entry.row.valid_to >= day)
    }


def _bounded(by_code: Mapping[str, Sequence[StoredCode]], added: Sequence[CodeRow]) -> Iterable[CodeRow]:
    """Added rows, ended the day before a later row of the same code, stored or added, begins."""
    starts: defaultdict[str, list[date]] = defaultdict(list)
    for row in added:
        if row.valid_from:
            starts[row.code] += [row.valid_from, *(entry.first for entry in by_code.get(row.code, ()))]
    for row in added:
        later = [start for start in starts[row.code] if row.valid_from and start > row.valid_from]
        ends = [day for day in (row.valid_to, min(later) - _DAY if later else None) if day]
        yield replace(row, valid_to=min(ends) if ends else None)
