"""`bin/bench screening`: the whole city's eligibility and its indicators, each beside the bare scan of the same rows."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import psycopg2

from benchmarks.database import BenchDatabase
from benchmarks.loading import load_people
from benchmarks.search import SEED, TODAY

SINCE, UNTIL = date(2025, 1, 1), date(2025, 12, 31)
# One round for everybody of the target, in the shares that Hanoi's programme published: three in ten invited, six in ten of
# those tested, one in twenty positive, nine in ten of those seen, one in three with a lesion.
_ROUNDS = """
INSERT INTO screening_reportedround (facility_id, programme, person_key, round, sex, birth_date, ward_code, target,
       invited_on, tested_on, test, result, verdict, assessed_on, assessment, findings, finding_on, treated_on, digest,
       batch_id, record_no)
SELECT (SELECT min(id) FROM registry_facility), 'colorectal', n::text, 1, CASE WHEN n % 2 = 0 THEN 'M' ELSE 'F' END,
       date '1950-01-01' + (n * 7919 % 9131)::int, lpad((n % 126)::text, 5, '0'), true,
       CASE WHEN n % 10 < 3 THEN date '2025-01-01' + (n % 365)::int END,
       CASE WHEN n % 10 < 3 AND n % 7 < 4 THEN date '2025-01-01' + (n % 365)::int END, 'fit', '',
       CASE WHEN n % 10 >= 3 OR n % 7 >= 4 THEN '' WHEN n % 19 = 0 THEN 'positive' ELSE 'negative' END,
       CASE WHEN n % 10 < 3 AND n % 7 < 4 AND n % 19 = 0 AND n % 11 > 0
            THEN date '2025-01-20' + (n % 365)::int + (n % 13)::int END,
       CASE WHEN n % 10 < 3 AND n % 7 < 4 AND n % 19 = 0
            THEN CASE WHEN n % 11 > 0 THEN 'done' ELSE 'unknown' END ELSE '' END,
       CASE WHEN n % 10 < 3 AND n % 7 < 4 AND n % 19 = 0 AND n % 11 > 0
            THEN CASE WHEN n % 3 = 0 THEN ARRAY['advanced_adenoma'] ELSE ARRAY['none'] END END,
       NULL, NULL, n, '00000000-0000-0000-0000-000000000000', n
  FROM generate_series(1, {people}::bigint) n
"""


def run(options: argparse.Namespace) -> int:
    """Load, then every question in turn with its floor, `rounds` times; 0 when every answer was good."""
    database = BenchDatabase.from_environment(options.database)
    if not (options.keep and database.exists()):
        _load(database, options)
    os.environ.update(database.environment())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanoi_ehr.settings")
    import django  # noqa: PLC0415 - needs the environment set above

    django.setup()
    with closing(psycopg2.connect(database.url)) as bare:
        bare.autocommit = True
        told = [_measured(name, floor, ours, bare, options.rounds) for name, floor, ours in _questions(options)]
    result = {
        "residents": options.residents,
        "questions": told,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(result) + "\n" if options.json else table(result))
    if not options.keep:
        from django.db import connection  # noqa: PLC0415 - needs the environment set above

        connection.close()
        database.drop()
    return 0 if all(one["answer"] for one in told) else 1


def _load(database: BenchDatabase, options: argparse.Namespace) -> None:
    _say("create, migrate, load people")
    database.create(options.template)
    load_people(database, options.residents, SEED, TODAY, _say)
    with closing(psycopg2.connect(database.owner_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            began = time.monotonic()
            cursor.execute(_ROUNDS.format(people=int(options.residents)))
            cursor.execute("VACUUM (ANALYZE) screening_reportedround")
            _say(f"{options.residents:,} rounds: {time.monotonic() - began:.1f} s")


def _questions(options: argparse.Namespace) -> list[tuple[str, str, Callable[[], int]]]:
    """(name, the bare statement that reads the same rows, ours)."""
    from django.db import transaction  # noqa: PLC0415 - needs the environment set above

    from registry.kernel import Channel  # noqa: PLC0415 - needs the environment set above
    from registry.queries.contexts import system_context  # noqa: PLC0415 - needs the environment set above
    from screening.queries.cohort import count_city  # noqa: PLC0415 - needs the environment set above
    from screening.queries.indicators import Asked, Basis, count_indicators  # noqa: PLC0415 - needs the environment set above

    ctx = system_context(datetime.now(tz=UTC), channel=Channel.COMMAND_LINE, label="bench")

    def indicators(*by: str) -> Callable[[], int]:
        def ask() -> int:
            with transaction.atomic():
                groups = count_indicators(ctx, Asked("colorectal", SINCE, UNTIL, Basis.YEAR, by))
            return int(groups[0].counts["screened"])

        return ask

    def eligible() -> int:
        with transaction.atomic():
            return sum(count_city(ctx, TODAY).values())

    people = "SELECT count(*) FILTER (WHERE birth_date < '1985-01-01' AND sex <> '') FROM records_patient"
    scan = "SELECT count(*) FILTER (WHERE verdict = 'positive') FROM screening_reportedround WHERE programme = 'colorectal'"
    return [
        ("eligible people of the city", people, eligible),
        ("indicators", scan, indicators()),
        ("indicators by age, sex", scan, indicators("age", "sex")),
        ("indicators by age, sex, ward, round", scan, indicators("age", "sex", "ward", "round")),
    ]


def _measured(name: str, floor: str, ours: Callable[[], int], bare: Any, rounds: int) -> dict[str, Any]:
    """The two in turn; medians of their seconds."""
    floors, times, answer = [], [], 0
    for _ in range(rounds):
        began = time.monotonic()
        with bare.cursor() as cursor:
            cursor.execute(floor)
        floors.append(time.monotonic() - began)
        began = time.monotonic()
        answer = ours()
        times.append(time.monotonic() - began)
    _say(f"{name}: {statistics.median(times):.2f} s, the bare scan {statistics.median(floors):.2f} s")
    return {
        "name": name, "answer": answer, "seconds": statistics.median(times), "floor_seconds": statistics.median(floors),
    }  # fmt: skip


def table(result: dict[str, Any]) -> str:
    """As the README shows it."""
    lines = ["| question | answer | s | bare scan s | times the scan |", "|---|---:|---:|---:|---:|"]
    for one in result["questions"]:
        times = one["seconds"] / one["floor_seconds"]
        lines.append(
            f"| {one['name']} | {one['answer']:,} | {one['seconds']:.2f} | {one['floor_seconds']:.2f} | {times:.1f} |"
        )
    return (
        "\n".join(
            [*lines, "", f"{result['residents']:,} residents; this process held {result['peak_mib']} MiB at most."]
        )
        + "\n"
    )


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
