"""Loading immunisation schedules: rows as text, checked by the rule that will read them, written once, corrected in place.

A correction keeps the row as it was by the table's history; a new version is a new `version` with its own validity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from records.models import ImmunizationSchedule
from records.rules.schedules import SCHEDULE_FILE, planned_dose
from registry.commands.reference import Loaded
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

_KEY = ("version", "series", "dose_number")


@command(Permission.REFERENCE_MANAGE)
def load_schedule(ctx: Context, *, rows: Sequence[Mapping[str, str]]) -> Loaded:
    """Write planned doses (columns as in records/data/immunisation_schedule.tsv), or none of them.

    Raises Refused(schedule-row) naming the first row that cannot be read. Rows the list does not name stay as they are.
    """
    stored = {
        (one.version, one.series, one.dose_number): one
        for one in ImmunizationSchedule.objects.filter(version__in={row.get("version", "") for row in rows})
    }
    loaded = Loaded()
    for number, row in enumerate(rows, start=2):
        columns = _columns(row, number)
        known = stored.get(tuple(columns[name] for name in _KEY))
        loaded += _write(known, columns)
    record_audit(ctx, "load", target=("reference", "immunisation_schedule"), detail=asdict(loaded))
    return loaded


def load_own_schedule(ctx: Context) -> Loaded:
    """The schedule that the repository carries; for settings.REFERENCE_LOADERS."""
    return load_schedule(ctx, rows=read_tsv(SCHEDULE_FILE))


def _write(known: ImmunizationSchedule | None, columns: dict[str, Any]) -> Loaded:
    if known is None:
        ImmunizationSchedule.objects.create(**columns)
        return Loaded(added=1)
    if all(getattr(known, name) == value for name, value in columns.items()):
        return Loaded(unchanged=1)
    ImmunizationSchedule.objects.filter(pk=known.pk).update(**columns)
    return Loaded(changed=1)


def _columns(row: Mapping[str, str], number: int) -> dict[str, Any]:
    try:
        planned_dose(row)
        return {
            **{name: row[name] for name in _TEXTS},
            "position": int(row["position"]),
            "dose_number": int(row["dose_number"]),
            "confirmed": row["confirmed"] == "1",
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        }
    except (KeyError, ValueError) as error:
        raise Refused(
            "schedule-row", Phrase("Dòng {number}: cột thiếu hoặc ghi sai.", number=number), "rows"
        ) from error


_TEXTS = (
    "version", "programme", "series", "series_name", "vaccine_code", "sex", "due_age", "overdue_age", "earliest_age",
    "latest_age", "minimum_interval", "note", "source",
)  # fmt: skip
