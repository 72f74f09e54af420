"""A million people into the record's tables: COPY into a staging table, INSERT ... SELECT from there."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import date

import psycopg2

from benchmarks.database import BenchDatabase, bulk_loading
from benchmarks.population import COLUMNS, FACILITIES, lines

Block = tuple[Sequence[str], str]
TABLES = (
    "records_patient", "records_sourcerecord", "records_recordlink", "records_patientidentifier", "records_accessgrant",
)  # fmt: skip
_PERSON = ", ".join(COLUMNS[:12])
_STAGING = """
    CREATE UNLOGGED TABLE bench_people (
        id uuid DEFAULT uuidv7(), record_id uuid DEFAULT uuidv7(), name text, name_key text, given_key text, family_key text,
        sort_key text, birth_date date, birth_precision text, sex text, phone text, address text, ward_code text,
        ward_name text, cccd text, bhyt text, facility bigint)
"""
_FACILITIES = f"""
    INSERT INTO registry_facility (code, gln, name, short_name, name_key, kind, care_level, address, source, valid_from)
    SELECT '01B' || lpad(n::text, 2, '0'), '', 'Cơ sở đo ' || n, 'Cơ sở đo ' || n, 'co so do ' || n, 'hospital', '', '',
           'benchmark', '2025-07-01'
    FROM generate_series(1, {FACILITIES}) n ORDER BY n
"""
_NUMBERED = (
    "(SELECT id AS facility_id, right(code, 2)::bigint AS number FROM registry_facility"
    " WHERE source = 'benchmark') numbered"
)
_SPREAD = (
    (f"INSERT INTO records_patient (id, {_PERSON}, version, created_at, changed_at)"
    f" SELECT id, {_PERSON}, 1, now(), now() FROM bench_people"),
    (f"INSERT INTO records_sourcerecord (id, {_PERSON}, facility_id, channel, system, key, content_hash, raw, recorded_at)"
    f" SELECT record_id, {_PERSON}, facility_id, 'demo', 'ehr', '', encode(sha256(id::text::bytea), 'hex'), '{{}}', now()"
    f" FROM bench_people JOIN {_NUMBERED} ON number = facility"),
    "INSERT INTO records_recordlink (record_id, patient_id) SELECT record_id, id FROM bench_people",
    ("INSERT INTO records_patientidentifier (id, source_record_id, patient_id, kind, value, value_key, issuer, state)"
    " SELECT uuidv7(), record_id, id, kind, value, key, '', 'active' FROM bench_people"
    " CROSS JOIN LATERAL (VALUES ('cccd', cccd, cccd), ('bhyt', bhyt, right(bhyt, 10))) n(kind, value, key)"
    " WHERE value <> ''"),
    ("INSERT INTO records_accessgrant (id, source_record_id, facility_id, basis, granted_at)"
    " SELECT uuidv7(), record_id, facility_id, 'encounter', now()"
    f" FROM bench_people JOIN {_NUMBERED} ON number = facility"),
)  # fmt: skip


def load_people(
    database: BenchDatabase,
    count: int,
    seed: int,
    today: date,
    say: Callable[[str], None],
    blocks: Iterable[Block] | None = None,
) -> dict[str, float]:
    """Load as the schema's owner, with the indexes as the application has them. Gives seconds by step.

    blocks: other people than the generated population, as (columns, COPY text).
    """
    took: dict[str, float] = {}
    with closing(psycopg2.connect(database.owner_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL work_mem = '256MB'")
        cursor.execute(_STAGING)
        cursor.execute(_FACILITIES)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks outstanding cannot be altered
        with _timed(took, "generate and COPY", say):
            _copy(cursor, blocks or ((COLUMNS, text) for text in lines(seed, count, today)))
        with bulk_loading(cursor, TABLES):
            with _timed(took, "INSERT … SELECT into five tables", say):
                for statement in _SPREAD:
                    cursor.execute(statement)
            began = time.monotonic()
        took["indexes, foreign keys, ANALYZE"] = time.monotonic() - began
        say(f"indexes, foreign keys, ANALYZE: {took['indexes, foreign keys, ANALYZE']:.1f} s")
        cursor.execute("DROP TABLE bench_people")
    _settle(database)
    return took


class _timed:  # noqa: N801 - reads as a word of its line
    """Seconds of a step, told and kept."""

    def __init__(self, took: dict[str, float], step: str, say: Callable[[str], None]) -> None:
        self.took, self.step, self.say = took, step, say

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.took[self.step] = time.monotonic() - self.began
        self.say(f"{self.step}: {self.took[self.step]:.1f} s")


def _copy(cursor: psycopg2.extensions.cursor, blocks: Iterable[Block]) -> None:
    for columns, text in blocks:
        cursor.copy_expert(f"COPY bench_people ({', '.join(columns)}) FROM STDIN", io.StringIO(text))


def _settle(database: BenchDatabase) -> None:
    """Visibility maps and statistics as a running database has them, and everything on disk before measuring."""
    with closing(psycopg2.connect(database.owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"VACUUM (ANALYZE) {table}")
