"""`bin/bench link`: an old hospital's list into a city that knows most of its people, by the import itself, and by Splink.

The register is loaded as residents, the list goes through `import_legacy --profile person-csv`, and `export_links` says whom
each row went to. Splink gets the same rows, prepared, in the same run. People and errors: benchmarks/registers.py.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.database import ROOT, BenchDatabase
from benchmarks.households import Row
from benchmarks.linkage import CITY, city_rows, contend, prepare, say
from benchmarks.loading import load_people
from benchmarks.population import COLUMNS, FACILITIES
from benchmarks.registers import Files, make_files
from records.rules.person import name_keys
from registry.rules.tables import reference_rows
from registry.rules.text import fold

LIST = ("source_id", "full_name", "birth_date", "sex", "cccd", "bhyt", "phone", "address", "ward_code")
SEXES = {"male": "M", "female": "F", "unknown": ""}
FACILITY = "01B01"
BLOCK = 20_000
SAFE = 0.999


def run(options: argparse.Namespace) -> int:
    """Load, import, export, measure; 0 when the bars of a million residents are met (smaller cities: when it worked)."""
    files = make_files(options.seed, options.register, options.hospital)
    database = BenchDatabase.from_environment(options.database)
    database.create(options.template)
    load_people(database, 0, 0, date(2026, 1, 1), say, blocks=residents(files.register))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text(as_list(files.hospital), encoding="utf-8")
        told = imported(path, database.environment())
        ours = measures(told.pop("rows"), files) | told
        say(f"ours: {ours}")
        theirs = splink(Path(folder) / "splink", files) if options.splink else {}
    database.drop()
    result = {"register": options.register, "hospital": options.hospital, "ours": ours, "splink": theirs}
    print(json.dumps(result) if options.json else table(result))
    return 0 if holds(ours) else 1


def person_id(place: int) -> uuid.UUID:
    """The number of the register's row: older than any that the import makes."""
    return uuid.UUID(int=(1 << 64) + place)


def residents(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The register as COPY text, a block at a time, with its columns."""
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        yield ("id", *COLUMNS), "".join("\t".join(_columns(start + at, row)) + "\n" for at, row in enumerate(block))


def _columns(place: int, row: Row) -> tuple[str, ...]:
    keys = name_keys(row.name)
    return (
        str(person_id(place)), row.name, keys.name_key, keys.given_key, keys.family_key, keys.sort_key,
        row.birth.value.isoformat(), row.birth.precision, row.sex, row.phone, row.address, ward_code(row.ward), row.ward,
        row.cccd, row.bhyt, str(place % FACILITIES + 1),
    )  # fmt: skip


@cache
def _wards() -> dict[str, str]:
    return {fold(row["name"]): row["code"] for row in reference_rows("units") if row["level"] == "commune"}


def ward_code(name: str) -> str:
    """The ward's code, "" for a name that nobody has."""
    return _wards().get(fold(name), "")


def as_list(rows: Iterable[Row]) -> str:
    """The hospital's rows as the profile `person-csv` takes them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(LIST)
    for place, row in enumerate(rows):
        ward = ward_code(_restored(row.ward))
        writer.writerow(
            (f"h{place}", row.name, row.birth.display, SEXES[row.sex], row.cccd, row.bhyt, row.phone, row.address, ward)
        )
    return out.getvalue()


def _restored(ward: str) -> str:
    from migration.rules.repairs import repair_text  # noqa: PLC0415 - what writes the list knows its ward's code

    return repair_text(ward)


def imported(path: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The import and its links: rows, and how long it took."""
    began = time.monotonic()
    told = json.loads(
        _manage(environment, "import_legacy", str(path), "--facility", FACILITY, "--profile", "person-csv", "--json")
    )
    seconds = time.monotonic() - began
    say(f"imported {told['rows_in']:,} rows in {seconds:.0f} s")
    rows = list(csv.DictReader(io.StringIO(_manage(environment, "export_links", "--batch", told["batch"]))))
    return {"rows": rows, "seconds": round(seconds, 1), "rows_per_second": round(len(rows) / seconds, 1)}


def _manage(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=os.environ | environment, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    return done.stdout


def measures(rows: Sequence[dict[str, str]], files: Files) -> dict[str, Any]:
    """Precision, recall and F1 of what was linked or named to people; recall where one link in a thousand is wrong."""
    truth = {f"h{mine}": str(person_id(theirs)) for mine, theirs in files.truth.items()}
    decisions = Counter(row["decision"] for row in rows)
    named = [row for row in rows if row["decision"] in ("auto", "review")]
    ranked = sorted(named, key=lambda row: -float(row["weight"]))
    return (
        _quality(named, truth, "")
        | _quality([row for row in named if row["decision"] == "auto"], truth, "auto_")
        | {"recall_safe": _recall_safe(ranked, truth), "review": decisions["review"] / len(rows)}
        | {"quarantined": decisions["quarantined"]}
    )


def _quality(rows: Sequence[dict[str, str]], truth: dict[str, str], prefix: str) -> dict[str, float]:
    right = sum(truth.get(row["source_key"]) == row["patient_id"] for row in rows)
    precision, recall = right / max(len(rows), 1), right / max(len(truth), 1)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {f"{prefix}precision": precision, f"{prefix}recall": recall, f"{prefix}f1": f1}


def _recall_safe(ranked: Sequence[dict[str, str]], truth: dict[str, str]) -> float:
    right, best = 0, 0
    for count, row in enumerate(ranked, start=1):
        right += truth.get(row["source_key"]) == row["patient_id"]
        if right / count >= SAFE:
            best = right
    return best / max(len(truth), 1)


def splink(folder: Path, files: Files) -> dict[str, Any]:
    """The peer on the same rows."""
    pairs = [(f"h{mine}", f"r{theirs}") for mine, theirs in files.truth.items()]
    prepare(folder, CITY, [city_rows(files.hospital, "h"), city_rows(files.register, "r")], pairs)
    return contend("splink", folder)


def holds(ours: dict[str, Any]) -> bool:
    """The bars of the design: F1 0.99, recall 0.98 where one link in a thousand is wrong, at most 2 % to people."""
    return bool(ours["f1"] >= 0.99 and ours["recall_safe"] >= 0.98 and ours["review"] <= 0.02)


def table(result: dict[str, Any]) -> str:
    """As the README shows it."""
    ours, theirs = result["ours"], result["splink"]
    lines = [
        "| matcher | F1 | precision | recall | recall at 99.9 % | by itself: precision | recall | to people | rows/s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        "| the import | {f1:.4f} | {precision:.4f} | {recall:.4f} | {recall_safe:.4f} | {auto_precision:.4f} |"
        " {auto_recall:.4f} | {review:.2%} | {rows_per_second:,} |".format(**ours),
    ]
    if theirs:
        lines.append(
            f"| Splink (best F1 {theirs['best_f1']:.4f}) | {theirs['f1']:.4f} | {theirs['precision']:.4f} |"
            f" {theirs['recall']:.4f} | | | | | {result['hospital'] / theirs['wall']:,.0f} |"
        )
    return "\n".join([*lines, "", f"{result['hospital']:,} rows, {result['register']:,} residents."]) + "\n"
