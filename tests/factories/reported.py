"""Rounds as another system reports them, taken in by the real command."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date

from screening.commands.reported import Reported, load_rounds
from screening.rules.reported import Codes, Round, read_round

TODAY = date(2026, 11, 23)


def report(facility_id: int, rows: Iterable[Mapping[str, str]]) -> int:
    """Take the rows in; how many."""
    read = []
    for number, row in enumerate(rows, start=1):
        found = read_round(row, TODAY, Codes({}, {}))
        assert isinstance(found, Round), f"row {number}: {found}"
        read.append(Reported(number, found))
    load_rounds(facility_id, uuid.uuid4(), read)
    return len(read)
