"""Loading reference data: code systems with validity, administrative units and their successors, facilities.

Everything may be loaded again: what is already there stays untouched, what changed is counted. A change of a code's meaning
closes the old row and opens a new one (registry/rules/code_versions.py), so that old encounters keep their words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import orjson
from django.db import connection

from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.models import CodeSystem, Concept
from registry.rules.code_lists import CodeRow, read_code_list
from registry.rules.code_versions import StoredCode, plan_version
from registry.rules.phrases import Phrase

MAX_FAULTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: rows added, corrected in place, closed (given a last day), and left as they were."""

    added: int = 0
    changed: int = 0
    closed: int = 0
    unchanged: int = 0

    def __add__(self, other: Loaded) -> Loaded:
        return Loaded(*(one + two for one, two in zip(self.counts, other.counts, strict=True)))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """(added, changed, closed, unchanged)."""
        return self.added, self.changed, self.closed, self.unchanged


@dataclass(frozen=True, slots=True)
class SystemCard:
    """What a code system is: stable key, Vietnamese name, canonical address, origin, and whether the list is official."""

    key: str
    name: str
    uri: str = ""
    source: str = ""
    official: bool = False


@command(Permission.REFERENCE_MANAGE)
def load_code_system(
    ctx: Context, *, system: SystemCard, rows: Sequence[CodeRow], valid_from: date, complete: bool = False
) -> Loaded:
    """Load a version of a code list, in force from `valid_from` where a row states no day of its own.

    complete: codes in force that the version does not list are closed the day before. A list that is not official never
    overwrites one that is. Nothing is deleted.
    """
    loaded = write_code_system(system, rows, valid_from, complete=complete)
    _audit(ctx, system.key, loaded)
    return loaded


@command(Permission.REFERENCE_MANAGE)
def import_code_list(
    ctx: Context, *, system: SystemCard, content: bytes, valid_from: date, complete: bool = True
) -> Loaded:
    """Load an uploaded list (UTF-8, separated by tabs, semicolons or commas, with a heading line), or nothing of it.

    Refused: file-encoding, and one refusal per faulty line (its code is the fault's, its message begins "Dòng N:").
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = Phrase("Tệp không phải bảng mã UTF-8 (lỗi ở dòng {line}). Hãy lưu lại dạng CSV UTF-8.", line=line)
        raise Refused("file-encoding", message, "file") from error
    listed = read_code_list(text)
    if listed.faults:
        shown = listed.faults[:MAX_FAULTS_SHOWN]
        raise Refused.several([Refused(fault.code, fault.said, "file") for fault in shown])
    if not listed.rows:
        raise Refused("file-empty", "Tệp không có dòng mã nào.", "file")
    loaded = write_code_system(system, listed.rows, valid_from, complete=complete)
    _audit(ctx, system.key, loaded)
    return loaded


@command(Permission.REFERENCE_MANAGE)
def load_units(
    ctx: Context, *, units: Sequence[Mapping[str, str]], successions: Sequence[Mapping[str, str]] = ()
) -> Loaded:
    """Load administrative units and successions; columns as in registry/data/units.tsv and unit_successions.tsv."""
    loaded = _write(_UNITS, units)
    _write(_PARENTS, units)
    loaded += _write(_SUCCESSIONS, successions)
    _audit(ctx, "units", loaded)
    return loaded


@command(Permission.REFERENCE_MANAGE)
def load_facilities(ctx: Context, *, facilities: Sequence[Mapping[str, str]], source: str, valid_from: date) -> Loaded:
    """Load facilities by MA_CSKCB (columns code, name, short_name, kind).

    A facility already there is corrected only when it came from the same source: a stale list never overwrites what
    somebody entered or a newer list brought.
    """
    stated = [{**row, "source": source, "valid_from": valid_from.isoformat()} for row in facilities]
    loaded = _write(_FACILITIES, stated)
    _audit(ctx, "facilities", loaded)
    return loaded


def _audit(ctx: Context, key: str, loaded: Loaded) -> None:
    record_audit(ctx, "load", target=("reference", key), detail=asdict(loaded))


def write_code_system(card: SystemCard, rows: Sequence[CodeRow], valid_from: date, *, complete: bool = False) -> Loaded:
    """The writing part of the two commands above, inside their transaction."""
    system, created = CodeSystem.objects.select_for_update().get_or_create(key=card.key, defaults=asdict(card))
    if system.official and not card.official:
        return Loaded(unchanged=len(rows))
    if not created:
        CodeSystem.objects.filter(pk=system.pk).exclude(**asdict(card)).update(**asdict(card))
    plan = plan_version(_stored(system), rows, valid_from, complete=complete)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [_json({"id": key, "valid_to": day} for key, day in plan.closed.items())])
        cursor.execute(_CORRECT, [_json({"id": key, **_columns(row)} for key, row in plan.changed.items())])
        cursor.execute(_ADD, [system.pk, _json(map(_columns, plan.added))])
    return Loaded(len(plan.added), len(plan.changed), len(plan.closed), plan.unchanged)


def _stored(system: CodeSystem) -> list[StoredCode]:
    columns = ("code", "display", "display_en", "valid_from", "valid_to", "properties")
    rows = Concept.objects.filter(system=system).values_list("id", *columns)
    return [StoredCode(key, CodeRow(*values)) for key, *values in rows]


def _columns(row: CodeRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "display": row.display,
        "display_en": row.display_en,
        "search_key": row.search_key,
        "properties": dict(row.properties),
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(rows)).decode()


def _write(statement: str, rows: Sequence[Mapping[str, str]]) -> Loaded:
    """Run an upsert over rows of texts ('' as NULL); the statement answers (added, changed)."""
    stated = [{name: value or None for name, value in row.items()} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(stated)])
        added, changed = cursor.fetchone() or (0, 0)
    return Loaded(added, changed, 0, len(rows) - added - changed)


_ADD = """
INSERT INTO registry_concept (system_id, code, display, display_en, search_key, properties, valid_from, valid_to)
SELECT %s, code, display, display_en, search_key, properties, valid_from, valid_to
  FROM jsonb_to_recordset(%s::jsonb) AS stated
       (code text, display text, display_en text, search_key text, properties jsonb, valid_from date, valid_to date)
"""
_CORRECT = """
UPDATE registry_concept AS c
   SET display = stated.display, display_en = stated.display_en, search_key = stated.search_key,
       properties = stated.properties, valid_to = stated.valid_to
  FROM jsonb_to_recordset(%s::jsonb) AS stated
       (id bigint, display text, display_en text, search_key text, properties jsonb, valid_to date)
 WHERE c.id = stated.id
"""
_CLOSE = """
UPDATE registry_concept AS c SET valid_to = stated.valid_to
  FROM jsonb_to_recordset(%s::jsonb) AS stated (id bigint, valid_to date)
 WHERE c.id = stated.id
"""
# A last day that the file does not state stays as somebody set it. xmax is 0 on a row this statement inserted.
_UNITS = """
WITH stated AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS t
        (level text, code text, name text, name_key text, kind text, valid_from date, valid_to date, source text)
), written AS (
    INSERT INTO registry_administrativeunit AS u (level, code, name, name_key, kind, valid_from, valid_to, source)
    SELECT level, code, name, name_key, kind, valid_from, valid_to, COALESCE(source, '') FROM stated
    ON CONFLICT (level, code, valid_from) DO UPDATE
       SET name = EXCLUDED.name, name_key = EXCLUDED.name_key, kind = EXCLUDED.kind, source = EXCLUDED.source,
           valid_to = COALESCE(EXCLUDED.valid_to, u.valid_to)
     WHERE (u.name, u.name_key, u.kind, u.source, u.valid_to) IS DISTINCT FROM
           (EXCLUDED.name, EXCLUDED.name_key, EXCLUDED.kind, EXCLUDED.source, COALESCE(EXCLUDED.valid_to, u.valid_to))
    RETURNING (xmax = 0) AS added
)
SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM written
"""
_PARENTS = """
WITH stated AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS t
        (level text, code text, valid_from date, parent_level text, parent_code text)
), written AS (
    UPDATE registry_administrativeunit AS u SET parent_id = p.id
      FROM stated JOIN registry_administrativeunit AS p
        ON p.level = stated.parent_level AND p.code = stated.parent_code AND p.valid_from <= stated.valid_from
           AND (p.valid_to IS NULL OR p.valid_to >= stated.valid_from)
     WHERE (u.level, u.code, u.valid_from) = (stated.level, stated.code, stated.valid_from)
           AND u.parent_id IS DISTINCT FROM p.id
    RETURNING 1
)
SELECT 0, count(*) FROM written
"""
_SUCCESSIONS = """
WITH stated AS (
    SELECT former.id AS former_id, successor.id AS successor_id, t.split = '1' AS split
      FROM jsonb_to_recordset(%s::jsonb) AS t
           (level text, former_code text, former_from date, successor_code text, successor_from date, split text)
      JOIN registry_administrativeunit AS former
        ON (former.level, former.code, former.valid_from) = (t.level, t.former_code, t.former_from)
      JOIN registry_administrativeunit AS successor
        ON (successor.level, successor.code, successor.valid_from) = (t.level, t.successor_code, t.successor_from)
), written AS (
    INSERT INTO registry_unitsuccession AS s (former_id, successor_id, split) SELECT * FROM stated
    ON CONFLICT (former_id, successor_id) DO UPDATE SET split = EXCLUDED.split WHERE s.split <> EXCLUDED.split
    RETURNING (xmax = 0) AS added
)
SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM written
"""
_FACILITIES = """
WITH stated AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS t
        (code text, name text, short_name text, name_key text, kind text, source text, valid_from date)
), written AS (
    INSERT INTO registry_facility AS f
           (code, name, short_name, name_key, kind, source, valid_from, gln, care_level, address)
    SELECT code, name, short_name, name_key, kind, source, valid_from, '', '', '' FROM stated
    ON CONFLICT (code) DO UPDATE
       SET name = EXCLUDED.name, short_name = EXCLUDED.short_name, name_key = EXCLUDED.name_key, kind = EXCLUDED.kind
     WHERE f.source = EXCLUDED.source AND (f.name, f.short_name, f.name_key, f.kind) IS DISTINCT FROM
           (EXCLUDED.name, EXCLUDED.short_name, EXCLUDED.name_key, EXCLUDED.kind)
    RETURNING (xmax = 0) AS added
)
SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM written
"""
