"""The line of time of an opened record: entries of every kind and every facility, newest first, by key.

What other apps have to tell (screening) comes through settings.TIMELINE_SOURCES: kind -> a function that takes the access
and a Span and gives Entries, at most span.limit, newest first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, cast

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string

from records.queries import timeline_sql as kinds
from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters
from records.rules.vitals import BY_CODE
from registry.kernel import Refused
from registry.rules.text import fold

PAGE = 25
END = datetime(9998, 12, 31, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_BRANCHES: dict[str, tuple[kinds.Branch, ...]] = {
    "visit": (kinds.ENCOUNTER,),
    "diagnosis": (kinds.CONDITION,),
    "result": (kinds.RESULT, kinds.REPORT),
    "procedure": (kinds.PROCEDURE,),
    "medication": (kinds.MEDICATION,),
    "immunisation": (kinds.IMMUNIZATION,),
    "document": (kinds.DOCUMENT,),
}
_EVERY = (
    kinds.ENCOUNTER,
    kinds.CONDITION,
    kinds.OBSERVATION,
    kinds.REPORT,
    kinds.PROCEDURE,
    kinds.MEDICATION,
    kinds.IMMUNIZATION,
    kinds.DOCUMENT,
)
_KNOWN = """
SELECT DISTINCT f.id, f.short_name FROM records_recordlink l JOIN records_sourcerecord s ON s.id = l.record_id
JOIN registry_facility f ON f.id = s.facility_id WHERE l.patient_id = %(patient)s ORDER BY f.short_name LIMIT 100
"""
_BEGAN = f"""
SELECT extract(year FROM least({
    ", ".join(
        f"(SELECT min(t.{branch.moment}){'::timestamptz' if branch.dated else ''} FROM {branch.table} t"
        " WHERE t.patient_id = %(patient)s)"
        for branch in _EVERY
    )
}) AT TIME ZONE 'Asia/Ho_Chi_Minh')::int
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader wants to see: a kind (a key of filters().kinds, empty for all), a facility, a year, words."""

    kind: str = ""
    facility_id: int | None = None
    year: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch a source is asked for: entries before (at, id) and not before since; text is folded, empty for all."""

    at: datetime
    id: uuid.UUID
    since: datetime
    facility_id: int | None
    text: str
    limit: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on the line of time. conditions: (code, display, role), the main one first; here: written by the reader's
    facility; imported: it came from another system, whose own key is source_key. carried: what a visit brought with it,
    (kind, title, text); earlier: versions this one replaced, (when written, why replaced), newest first.
    """

    at: datetime
    id: uuid.UUID
    kind: str
    code: str
    title: str
    text: str
    said_by: str
    facility: str
    here: bool
    system: str = "ehr"
    source_key: str = ""
    status: str = ""
    conditions: tuple[tuple[str, str, str], ...] = ()
    carried: tuple[tuple[str, str, str], ...] = ()
    earlier: tuple[tuple[datetime, str], ...] = ()

    @property
    def imported(self) -> bool:
        """Whether another system wrote it."""
        return self.system != "ehr"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some entries, newest first, and the cursor of those before, empty at the end."""

    entries: tuple[Entry, ...]
    before: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What can be chosen on this record: kinds, facilities (id, name), the years from now back to the first entry."""

    kinds: tuple[str, ...]
    facilities: tuple[tuple[int, str], ...]
    years: tuple[int, ...]


EVERYTHING = Wanted()


def get_timeline(
    access: RecordAccess, *, before: str = "", limit: int = PAGE, wanted: Wanted = EVERYTHING, brief: bool = False
) -> Timeline:
    """A page of the line of time, in one statement and one a source.

    brief: without what visits carry and without earlier versions. Raises Refused for a bad cursor, kind or year.
    """
    limit = max(1, min(limit, PAGE))
    span = _span(before, wanted, limit + 1)
    found = [*_own(access, wanted, span, brief=brief), *_from_sources(access, wanted, span)]
    found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    entries = tuple(found[:limit])
    last = entries[-1] if len(found) > limit else None
    return Timeline(entries, f"{last.at.isoformat()}~{last.id}" if last else "")


def get_filters(access: RecordAccess) -> Filters:
    """The choices of this record, in two short statements however long it is."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"patient": access.patient_id})
        facilities = tuple(cursor.fetchall())
        cursor.execute(_BEGAN, {"patient": access.patient_id})
        (first,) = cursor.fetchone() or (None,)
    this = timezone.localdate(access.ctx.at).year
    years = tuple(range(this, max(first, _FIRST_YEAR) - 1, -1)) if first else ()
    return Filters((*_BRANCHES, *settings.TIMELINE_SOURCES), facilities, years)


def _own(access: RecordAccess, wanted: Wanted, span: Span, *, brief: bool) -> list[Entry]:
    branches = _BRANCHES.get(wanted.kind, ()) if wanted.kind else _EVERY
    if not branches:
        return []
    statement = kinds.line_of_time(branches, alone=not wanted.kind, searched=bool(span.text), brief=brief)
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(access, span))
        return [_entry(row, access) for row in cursor.fetchall()]


def _from_sources(access: RecordAccess, wanted: Wanted, span: Span) -> list[Entry]:
    found: list[Entry] = []
    for kind, name in settings.TIMELINE_SOURCES.items():
        if wanted.kind in ("", kind):
            source = cast("Callable[[RecordAccess, Span], Iterable[Entry]]", import_string(name))
            found += source(access, span)
    return found


def _parameters(access: RecordAccess, span: Span) -> dict[str, Any]:
    escaped = span.text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return reader_parameters(access) | {
        "patient": access.patient_id,
        "at": span.at,
        "id": span.id,
        "from_at": span.since,
        "until_day": timezone.localdate(span.at),
        "from_day": timezone.localdate(span.since),
        "facility": span.facility_id,
        "like": f"%{escaped}%",
        "vitals": list(BY_CODE),
        "limit": span.limit,
    }


def _span(before: str, wanted: Wanted, limit: int) -> Span:
    if wanted.kind and wanted.kind not in (*_BRANCHES, *settings.TIMELINE_SOURCES):
        raise Refused("no-such-kind", "Loại mục này không có trên dòng thời gian.", "loai")
    if wanted.year is not None and not _FIRST_YEAR <= wanted.year <= _LAST_YEAR:
        raise Refused("no-such-year", "Năm không hợp lệ.", "nam")
    at, identity = cursor_of(before) if before else (END, uuid.UUID(int=0))
    since = datetime(1, 1, 2, tzinfo=UTC)
    if wanted.year is not None:
        since, after = _midnight(wanted.year), _midnight(wanted.year + 1)
        at, identity = min((at, identity), (after, uuid.UUID(int=0)))
    return Span(at, identity, since, wanted.facility_id, fold(wanted.text), limit)


def _midnight(year: int) -> datetime:
    return datetime.combine(date(year, 1, 1), datetime.min.time(), timezone.get_default_timezone())


def cursor_of(text: str) -> tuple[datetime, uuid.UUID]:
    """Where the last page ended; Refused(bad-cursor)."""
    at, _, identity = text.partition("~")
    try:
        moment, key = datetime.fromisoformat(at), uuid.UUID(identity)
    except ValueError as error:
        raise Refused("bad-cursor", "Liên kết trang không đúng; hãy mở lại từ đầu danh sách.") from error
    return moment if moment.tzinfo else replace_zone(moment), key


def replace_zone(moment: datetime) -> datetime:
    """A moment typed without its zone is Hanoi's."""
    return moment.replace(tzinfo=timezone.get_default_timezone())


def _entry(row: Sequence[Any], access: RecordAccess) -> Entry:
    at, identity, kind, code, title, text, said_by, facility_id, facility, system, key, status, *more = row
    conditions, carried, earlier = (_json(value) for value in more)
    told = sorted(map(tuple, conditions), key=lambda one: one[2] != "main")
    entry = Entry(at, identity, kind, code, title, text, said_by, facility, facility_id == access.facility_id)
    return replace(
        entry,
        system=system,
        source_key=key,
        status=status,
        conditions=tuple(told),
        carried=tuple(map(tuple, carried)),
        earlier=tuple((datetime.fromisoformat(when), why) for when, why in earlier),
    )


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
