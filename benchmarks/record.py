"""`bin/bench record`: the pages of a record with few and with many entries, beside their floors, in one run.

What must hold: the same number of queries however long the record, and at most twice the time.
"""

from __future__ import annotations

import argparse
import json
import os
from contextlib import ExitStack, closing
from typing import Any

import django
import psycopg2
from django.db import connection, connections

from benchmarks.database import BenchDatabase
from benchmarks.loading import load_people
from benchmarks.report import Figures, as_json, table, with_ratios
from benchmarks.search import SEED, TODAY, measure, say
from benchmarks.serving import collect_static, serving

FEW, MANY = 50, 2_000
MOST_TIMES = 2.0
EACH = 8  # people of each length
BACKGROUND = 8  # entries of each of the others that have any, so that the tables are not theirs alone
CLINICAL = (
    "records_encounter", "records_condition", "records_observation", "records_procedure", "records_diagnosticreport",
    "records_medicationrequest", "records_immunization", "records_storedfile", "records_document", "records_otherissue",
)  # fmt: skip
# The pages: name, path after the record's address ({encounter}: the latest visit), a text every good answer holds.
PAGES = (
    ("record", "", "Vấn đề đang theo dõi"),
    ("timeline", "dong-thoi-gian/", "Dòng thời gian"),
    ("timeline: results", "dong-thoi-gian/?loai=ket-qua", "Dòng thời gian"),
    ("timeline: one year", "dong-thoi-gian/?nam=2026", "Dòng thời gian"),
    ("results", "ket-qua/", "Diễn tiến"),
    ("examination", "luot-kham/{encounter}/", "Tăng huyết áp vô căn"),
    ("history", "tien-su/", "Nhập viện lần"),
    ("documents", "giay-to/", "Giấy ra viện"),
    ("immunisation", "tiem-chung/", "Cúm mùa"),
    ("medication", "thuoc/", "Thuốc số"),
    ("summary", "tom-tat/", "</html>"),
)


def run(options: argparse.Namespace) -> int:
    """Load, give lives, count queries, serve, drive, print. 0 when both promises hold and every answer was good."""
    database = BenchDatabase.from_environment(options.database)
    say("create, migrate, load people")
    database.create()
    load_people(database, options.residents, SEED, TODAY, lambda _: None)
    _set_up(database)
    from benchmarks.preparation import prepare  # noqa: PLC0415 - needs Django set up

    prepared = prepare(max(2 * EACH + options.residents // 20, 2 * EACH))
    groups = give(prepared.people)
    _settle(database)
    collect_static(database.environment())  # the pages are asked in this process first
    counts = {size: queries_of(ids, prepared.web_headers) for size, ids in groups.items()}
    connections.close_all()
    questions = _questions(prepared, groups)
    with ExitStack() as stack:
        env = database.environment()
        ports = {
            "app": stack.enter_context(serving(env, "hanoi_ehr.settings", "/suc-khoe/")),
            "bare": stack.enter_context(serving(env, "benchmarks.bare_settings", "/constant/")),
        }
        figures = with_ratios(measure(questions, ports, database, options))
    compared = compare(figures, counts)
    _tell(figures, compared, options, groups)
    if not options.keep:
        connections.close_all()
        database.drop()
    faults = faults_of(figures, compared)
    for fault in faults:
        say(fault)
    return 1 if faults else 0


def _set_up(database: BenchDatabase) -> None:
    os.environ.update(database.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "hanoi_ehr.settings"
    django.setup()


def give(people: Any, each: int = EACH) -> dict[int, list[str]]:
    """Few and many entries for people alike in everything else that costs: grown-up, asked for by the same nurse."""
    from benchmarks.lives import give_lives, people_of  # noqa: PLC0415

    grown = [person.id for person in people if person.birth.year < 1990]
    groups = {FEW: grown[:each], MANY: grown[each : 2 * each]}
    for size, ids in groups.items():
        say(f"{size:,} entries for each of {len(ids)}: {give_lives(people_of(ids), size):,} rows")
    others = people_of(grown[2 * each :])
    say(f"{BACKGROUND} entries for each of {len(others)} others: {give_lives(others, BACKGROUND):,} rows")
    return groups


def _settle(database: BenchDatabase) -> None:
    with closing(psycopg2.connect(database.owner_url)) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            for name in CLINICAL:
                cursor.execute(f"VACUUM (ANALYZE) {name}")


def pages_of(ids: list[str]) -> dict[str, list[str]]:
    """The addresses of every page, of each of these people in turn."""
    from records.models import Encounter  # noqa: PLC0415

    visits = Encounter.objects.filter(patient_id__in=ids).order_by("started_at").values_list("patient_id", "pk")
    latest = {str(one): visit for one, visit in visits}
    return {name: [f"/ho-so/{one}/{path.format(encounter=latest[one])}" for one in ids] for name, path, _text in PAGES}


def queries_of(ids: list[str], headers: dict[str, str]) -> dict[str, set[int]]:
    """How many statements each page takes, for each of these people, in this process."""
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client = Client(headers={"cookie": headers["Cookie"]})
    counts: dict[str, set[int]] = {}
    texts = {name: text for name, _path, text in PAGES}
    client.get(f"/ho-so/{ids[0]}/")
    for name, addresses in pages_of(ids).items():
        counts[name] = set()
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address)
            if answer.status_code != 200 or texts[name] not in answer.content.decode():
                raise RuntimeError(f"{name}: no good answer ({answer.status_code})")
            counts[name].add(len(asked))
    return counts


def _questions(prepared: Any, groups: dict[int, list[str]]) -> list[Any]:
    from benchmarks.questions import Question, floors  # noqa: PLC0415

    addresses = {size: pages_of(ids) for size, ids in groups.items()}
    return [
        *floors(prepared),
        *(
            Question(
                f"page: {name}, {size:,} entries", "app",
                [(address, [text], "") for address in addresses[size][name]], prepared.web_headers,
            )
            for name, _path, text in PAGES
            for size in groups
        ),
    ]  # fmt: skip


def compare(figures: list[Figures], counts: dict[int, dict[str, set[int]]]) -> list[dict[str, Any]]:
    """Each page with few and with many entries: queries of both, median milliseconds of both, how many times as long."""
    by_name = {one.name: one for one in figures}
    rows = []
    for name, _path, _text in PAGES:
        few, many = (by_name[f"page: {name}, {size:,} entries"].p50 for size in (FEW, MANY))
        rows.append(
            {
                "page": name,
                "queries_few": sorted(counts[FEW][name]),
                "queries_many": sorted(counts[MANY][name]),
                "few_ms": few,
                "many_ms": many,
                "times": many / few if few else 0.0,
            }
        )
    return rows


def faults_of(figures: list[Figures], compared: list[dict[str, Any]]) -> list[str]:
    """What makes the run a failure."""
    faults = [f"{one.name}: {one.bad} bad answers" for one in figures if one.bad or not one.good]
    for row in compared:
        if row["queries_few"] != row["queries_many"] or len(row["queries_few"]) != 1:
            faults.append(f"{row['page']}: {row['queries_few']} queries, {row['queries_many']} with more entries")
        if row["times"] > MOST_TIMES:
            faults.append(f"{row['page']}: {row['times']:.2f} times as long")
    return faults


def _tell(
    figures: list[Figures], compared: list[dict[str, Any]], options: argparse.Namespace, groups: dict[int, list[str]]
) -> None:
    facts = {"residents": options.residents, "people_each": len(groups[MANY]), "compared": compared}
    if options.json:
        print(json.dumps(as_json(figures, facts), ensure_ascii=False))
        return
    lines = [
        f"| page | queries | p50 ms at {FEW} | p50 ms at {MANY:,} | times as long |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {row['page']} | {'/'.join(map(str, sorted({*row['queries_few'], *row['queries_many']})))} |"
            f" {row['few_ms']:.1f} | {row['many_ms']:.1f} | {row['times']:.2f} |"
            for row in compared
        ),
        "",
        (
            f"{options.residents:,} residents; {options.connections} connections, {options.rounds} interleaved rounds;"
            " queries include session, member of staff and assignment."
        ),
    ]
    print(table(figures, lines))
