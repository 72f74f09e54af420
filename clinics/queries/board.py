"""The day of a clinic in figures: per room and whole, by hour. It names nobody; four statements whatever the crowd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from clinics.queries.scope import facility_of, rooms_here, today_of
from registry.kernel import Context, Permission, query, record_audit
from registry.models import Room

COUNTS = 8  # the first columns of _ROOMS after the room; the rest are minutes

# Waiting: from check-in to the doctor's first look; whoever still waits counts for the longest, not for the average.
# With the doctor and for results: only what is over, all its turns of one visit together. The whole visit: closed ones.
_ROOMS = """
    WITH steps AS (
        SELECT s.visit_id, s.state, s.at, lead(s.at) OVER (PARTITION BY s.visit_id ORDER BY s.at, s.id) - s.at AS took
          FROM clinics_visitstatus s JOIN clinics_visit v ON v.id = s.visit_id
         WHERE v.facility_id = %(facility)s AND v.visit_date = %(day)s),
    told AS (
        SELECT visit_id, min(at) FILTER (WHERE state = 'in-consultation') AS seen,
               sum(took) FILTER (WHERE state = 'in-consultation') AS examined,
               sum(took) FILTER (WHERE state = 'awaiting-results') AS awaited,
               max(at) FILTER (WHERE state = 'closed') AS ended
          FROM steps GROUP BY visit_id),
    today AS (
        SELECT v.room_id, v.state, v.set_aside, v.checked_in_at, told.seen - v.checked_in_at AS waited,
               told.examined, told.awaited, told.ended - v.checked_in_at AS stayed
          FROM clinics_visit v JOIN told ON told.visit_id = v.id
         WHERE v.facility_id = %(facility)s AND v.visit_date = %(day)s)
    SELECT room_id, count(*),
           count(*) FILTER (WHERE state IN ('waiting', 'triaged') AND NOT set_aside),
           count(*) FILTER (WHERE state IN ('waiting', 'triaged') AND set_aside),
           count(*) FILTER (WHERE state = 'in-consultation'),
           count(*) FILTER (WHERE state = 'awaiting-results'),
           count(*) FILTER (WHERE state = 'closed'),
           count(*) FILTER (WHERE state = 'admitted'),
           count(*) FILTER (WHERE state IN ('left', 'cancelled')),
           extract(epoch FROM avg(waited)) / 60,
           extract(epoch FROM percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)) / 60,
           extract(epoch FROM max(%(now)s - checked_in_at) FILTER (WHERE state IN ('waiting', 'triaged'))) / 60,
           extract(epoch FROM avg(examined)) / 60,
           extract(epoch FROM avg(awaited)) / 60,
           extract(epoch FROM avg(stayed)) / 60
      FROM today GROUP BY ROLLUP (room_id)
"""
_HOURS = """
    SELECT hour, sum(came)::int, sum(seen)::int FROM (
        SELECT extract(hour FROM checked_in_at AT TIME ZONE %(zone)s)::int AS hour, 1 AS came, 0 AS seen
          FROM clinics_visit WHERE facility_id = %(facility)s AND visit_date = %(day)s
        UNION ALL
        SELECT extract(hour FROM min(s.at) AT TIME ZONE %(zone)s)::int, 0, 1
          FROM clinics_visit v JOIN clinics_visitstatus s ON s.visit_id = v.id AND s.state = 'in-consultation'
         WHERE v.facility_id = %(facility)s AND v.visit_date = %(day)s GROUP BY v.id) told
     GROUP BY hour ORDER BY hour
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of people today and minutes of waiting; None where nobody gives one."""

    came: int = 0
    waiting: int = 0
    set_aside: int = 0
    in_room: int = 0
    awaiting_results: int = 0
    done: int = 0
    admitted: int = 0
    gone: int = 0
    average: int | None = None
    ninth: int | None = None  # nine of ten waited at most so long
    longest: int | None = None
    examined: int | None = None  # with the doctor
    awaited: int | None = None  # for results, of those who were sent for them
    stayed: int | None = None  # from the desk to the end


@dataclass(frozen=True, slots=True)
class HourCount:
    """An hour of the day: how many came, how many the doctors began with."""

    hour: int
    came: int
    seen: int


@dataclass(frozen=True, slots=True)
class Board:
    """The clinic's day. rooms: only those that somebody came to."""

    at: datetime
    whole: Figures
    rooms: tuple[tuple[Room, Figures], ...]
    hours: tuple[HourCount, ...]


@query(Permission.QUEUE_READ)
def get_board(ctx: Context) -> Board:
    """Today's figures of the facility acted for. One audit row; no person is read by name."""
    given = {
        "facility": facility_of(ctx).id,
        "day": today_of(ctx),
        "now": ctx.at,
        "zone": settings.TIME_ZONE,
    }
    figures = {row[0]: _figures(row[1:]) for row in _rows(_ROOMS, given)}
    rooms = tuple((room, figures[room.pk]) for room in rooms_here(ctx) if room.pk in figures)
    record_audit(ctx, "list", target=("Board", str(today_of(ctx))), detail={"rooms": len(rooms)})
    hours = tuple(HourCount(*row) for row in _rows(_HOURS, given))
    return Board(ctx.at, figures.get(None, Figures()), rooms, hours)


def _rows(statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _figures(row: tuple[Any, ...]) -> Figures:
    counts, minutes = row[:COUNTS], row[COUNTS:]
    return Figures(*counts, *(None if one is None else round(one) for one in minutes))
