"""A schedule's row as text (records/data/immunisation_schedule.tsv) read into the rule's dataclass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from records.rules.immunisation import PlannedDose, parse_span

SCHEDULE_FILE = Path(__file__).resolve().parent.parent / "data" / "immunisation_schedule.tsv"


def planned_dose(row: Mapping[str, str]) -> PlannedDose:
    """The planned dose of a row of texts. Raises ValueError for a bad duration, number or date, KeyError for no column."""
    return PlannedDose(
        programme=row["programme"],
        series=row["series"],
        series_name=row["series_name"],
        position=int(row["position"]),
        number=int(row["dose_number"]),
        vaccine=row["vaccine_code"],
        sex=row["sex"],
        due=parse_span(row["due_age"]),
        overdue=parse_span(row["overdue_age"]),
        earliest=parse_span(row["earliest_age"]),
        latest=parse_span(row["latest_age"]),
        interval=parse_span(row["minimum_interval"]),
        note=row["note"],
        source=row["source"],
        confirmed=row["confirmed"] == "1",
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )
