"""`bin/bench search`: reads and searches over HTTP beside their floors, in one run."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import date
from typing import Any

import django
import psycopg2
from django.db import connections

from benchmarks.database import ROOT, BenchDatabase
from benchmarks.loading import load_people
from benchmarks.report import Figures, as_json, table, with_ratios
from benchmarks.serving import serving

SEED = 8_500_000
TODAY = date(2026, 11, 22)  # fixed: the same people in every run


def say(line: str) -> None:
    """Progress goes to standard error: standard output is the result."""
    print(f"  {line}", file=sys.stderr, flush=True)


def run(options: argparse.Namespace) -> int:
    """Load, serve, drive, print. 0 when every answer was good and every read audited."""
    database = BenchDatabase.from_environment(options.database)
    facts: dict[str, Any] = {
        "residents": options.residents,
        "connections": options.connections,
        "rounds": options.rounds,
    }
    facts["load_seconds"] = _fill(database, options)
    questions = [
        question for question in _questions(database) if any(word in question.name for word in options.only.split(","))
    ]
    facts |= _server_facts(database)
    before = _audit_rows(database)
    with ExitStack() as stack:
        env = database.environment()
        ports = {
            "app": stack.enter_context(serving(env, "hanoi_ehr.settings", "/suc-khoe/")),
            "bare": stack.enter_context(serving(env, "benchmarks.bare_settings", "/constant/")),
        }
        figures = with_ratios(measure(questions, ports, database, options))
    facts["audit_rows"] = _audit_rows(database) - before
    facts["answers"] = sum(one.good + one.bad for one in figures)
    faults = _faults(questions, figures, facts)
    print(json.dumps(as_json(figures, facts), ensure_ascii=False) if options.json else table(figures, _notes(facts)))
    for fault in faults:
        say(fault)
    if not options.keep:
        _close()
        database.drop()
    return 1 if faults else 0


def _questions(database: BenchDatabase) -> list[Any]:
    """Django is set up on the benchmark's database, then everything that needs its models is imported."""
    os.environ.update(database.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "hanoi_ehr.settings"
    django.setup()
    from benchmarks.preparation import prepare  # noqa: PLC0415
    from benchmarks.questions import all_questions  # noqa: PLC0415

    return all_questions(prepare())


def _fill(database: BenchDatabase, options: argparse.Namespace) -> dict[str, float]:
    if options.keep and database.exists() and _count(database) == options.residents:
        say(f"{database.name} is kept from the last run")
        return {}
    say("create and migrate")
    database.create()
    took = load_people(database, options.residents, SEED, TODAY, say)
    say(f"{options.residents / sum(took.values()):,.0f} residents/s in all")
    return took


def _one(database: BenchDatabase, statement: str) -> Any:
    with closing(psycopg2.connect(database.owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
        return row[0] if row else None


def _count(database: BenchDatabase) -> int:
    return int(_one(database, "SELECT count(*) FROM records_patient"))


def _audit_rows(database: BenchDatabase) -> int:
    return int(_one(database, "SELECT count(*) FROM registry_auditevent"))


def _server_facts(database: BenchDatabase) -> dict[str, Any]:
    names = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
    facts = {name: _one(database, f"SHOW {name}") for name in names}
    facts["database_mb"] = round(int(_one(database, "SELECT pg_database_size(current_database())")) / 2**20)
    return facts | {"cores": os.cpu_count()}


def measure(
    questions: Sequence[Any], ports: dict[str, int], database: BenchDatabase, options: argparse.Namespace
) -> list[Figures]:
    """Every question once a round, in turn, each round beginning where the last ended in the drawn people."""
    rates: dict[str, list[float]] = defaultdict(list)
    latencies: dict[str, list[float]] = defaultdict(list)
    bad: dict[str, int] = defaultdict(int)
    driver = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.driver"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with closing(driver.stdin), driver:  # type: ignore[type-var]
        for turn in range(-1, options.rounds):  # round -1 warms both sides and is not counted
            for question in questions:
                began, seconds = time.perf_counter(), options.seconds if turn >= 0 else min(0.3, options.seconds)
                answer = _drive(driver, _task(question, ports, database, options, seconds, turn))
                if turn < 0:
                    continue
                rates[question.name].append(len(answer["good"]) / (time.perf_counter() - began))
                latencies[question.name] += answer["good"]
                bad[question.name] += answer["bad"]
                if answer["bad"]:
                    say(f"{question.name}: {answer['bad']} bad, e.g. {answer['sample']}")
            say(f"round {turn + 1} of {options.rounds}" if turn >= 0 else "warmed up")
    return [Figures.of(q.name, rates[q.name], latencies[q.name], bad[q.name]) for q in questions]


def _task(
    question: Any,
    ports: dict[str, int],
    database: BenchDatabase,
    options: argparse.Namespace,
    seconds: float,
    turn: int,
) -> dict[str, Any]:
    if question.face == "sql":
        return {
            "kind": "sql", "dsn": database.url, "statement": question.statement, "parameters": question.parameters,
            "seconds": seconds,
        }  # fmt: skip
    return {
        "kind": "http", "port": ports[question.face], "questions": question.asked, "headers": question.headers,
        "connections": options.connections, "seconds": seconds, "start": max(turn, 0) * 97,
    }  # fmt: skip


def _drive(driver: subprocess.Popen[str], task: dict[str, Any]) -> dict[str, Any]:
    if driver.stdin is None or driver.stdout is None:
        raise RuntimeError("the driver has no pipes")
    driver.stdin.write(json.dumps(task) + "\n")
    driver.stdin.flush()
    answer: dict[str, Any] = json.loads(driver.stdout.readline())
    return answer


def _faults(questions: Sequence[Any], figures: Sequence[Figures], facts: dict[str, Any]) -> list[str]:
    """What makes the run a failure: bad answers, or reads without an audit row."""
    faults = [f"{one.name}: {one.bad} bad answers" for one in figures if one.bad or not one.good]
    audited = {question.name for question in questions if question.audited and question.name != "constant view"}
    reads = sum(one.good for one in figures if one.name in audited)
    if facts["audit_rows"] < reads:
        faults.append(f"{reads} audited answers but {facts['audit_rows']} audit rows")
    return faults


def _notes(facts: dict[str, Any]) -> list[str]:
    load = ", ".join(f"{step} {seconds:.0f} s" for step, seconds in facts["load_seconds"].items())
    lines = [
        (
            f"{facts['residents']:,} residents, {facts['database_mb']:,} MB;"
            f" PostgreSQL {facts['server_version'].split()[0]},"
            f" fsync {facts['fsync']}, synchronous_commit {facts['synchronous_commit']}; {facts['cores']} cores;"
            f" {facts['connections']} connections, {facts['rounds']} interleaved rounds; medians of the rounds' rates."
        ),
        f"{facts['answers']:,} answers, {facts['audit_rows']:,} audit rows committed.",
    ]
    return [*lines, f"Load: {load}."] if load else lines


def _close() -> None:
    connections.close_all()
