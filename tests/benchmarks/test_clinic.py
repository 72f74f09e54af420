"""The morning's script on one small clinic: everybody goes from the desk to the door, over HTTP, with no error."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.clinic import MOST_MS, table
from benchmarks.database import ROOT
from tests.databases import TestDatabase

EVERY_DESK = {
    "desk: check in", "nurse: vitals", "doctor: draft", "doctor: order", "lab: result", "doctor: sign prescription",
    "doctor: close", "till: pay", "pharmacy: hand over", "wall", "day board",
}  # fmt: skip


def test_a_morning_passes_with_no_error(test_database: TestDatabase) -> None:
    arguments = ["--residents", "1000", "--clinics", "1", "--share", "0.2", "--rates", "40", "--to-the-end", "--json"]
    times = ["--seconds", "4", "--settle", "1", "--floor-seconds", "0.05", "--think", "0.02"]
    database = ["--template", test_database.template, "--database", f"{test_database.name}_morning"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "clinic", *arguments, *times, *database],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.stdout, done.stderr
    facts = json.loads(done.stdout)
    assert facts["steps"][0]["faults"] == []
    assert facts["visits"] >= 5
    assert set(facts["asked"]) >= EVERY_DESK
    assert {one["name"] for one in facts["floors"]} == {"constant view", "bare audited ORM read"}


def test_the_table_says_which_rate_was_kept() -> None:
    kind = {"name": "wall", "good": 3, "p50": 2.0, "p95": 4.0}
    slow = {"wanted": 10.0, "per_second": 9.9, "visits_a_minute": 20.0, "p50": 100.0, "p95": MOST_MS, "p99": 500.0,
            "errors": 0, "steal": 1.0, "kinds": [kind], "good": False}  # fmt: skip
    kept = slow | {"wanted": 5.0, "per_second": 4.9, "p95": MOST_MS - 1, "good": True}
    told = table({"floors": [], "steps": [kept, slow], "best": kept})
    assert "under 300 ms and no error: 4.9 requests/s" in told
    assert "No step stayed" in table({"floors": [], "steps": [slow], "best": None})
