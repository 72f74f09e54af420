"""The chaos proof in the small: a real import through killed workers, an emptied broker and a database that goes away.

Servers of its own, so that no other test loses one. The ledger's clock is moved on while the import stands still
(`--hurry`): leases and the sweep's patience take minutes, and `bin/bench chaos` waits for them in full.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path

from benchmarks.chaos import blows, table
from benchmarks.chaos_file import write_list
from benchmarks.database import ROOT
from tests.databases import TestDatabase, with_database

ROWS = 1_500  # six chunks of the product's own size


def test_nothing_is_lost_or_doubled_when_everything_is_killed(test_database: TestDatabase) -> None:
    # This worker's own copy, not the template: a template somebody reads cannot be copied meanwhile.
    migrated = with_database(test_database.owner_url, test_database.name)
    options = ["--rows", str(ROWS), "--workers", "2", "--kills", "2", "--broker", "1", "--database", "1", "--hurry"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "chaos", *options, "--template", migrated, "--limit", "240", "--json"],
        cwd=ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"}, capture_output=True, text=True,
        check=False, timeout=420,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = json.loads(done.stdout)
    assert told["checks"]["rows in"] == [ROWS, ROWS]
    assert told["checks"]["rows lost"] == [0, 0]
    assert told["dealt"]["worker"] == 2
    assert "**WRONG**" not in table(told)


def test_a_table_with_a_difference_says_so() -> None:
    told = {
        "rows": 2, "workers": 1, "namespaces": False, "seed": 1, "hurry": False, "seconds": 1.0, "looks": 1,
        "looks without a database": 0, "workers that died by themselves": 0, "most attempts": 1,
        "checks": {"rows lost": [0, 1]},
    }  # fmt: skip
    assert "| rows lost | 0 | 1 | **WRONG** |" in table(told)
    assert "NO namespaces" in table(told)


def test_the_list_holds_every_kind_of_row_and_the_blows_are_those_asked_for(tmp_path: Path) -> None:
    expected = write_list(tmp_path / "list.csv", 1_000, 7)
    assert expected.loaded + expected.linked + expected.skipped + len(expected.bad) == 1_000
    assert min(expected.linked, expected.skipped, len(expected.bad)) > 10
    assert len(expected.keys) == expected.loaded + expected.linked
    drawn = list(blows(Namespace(rows=1_000, kills=5, broker=2, database=3, seed=7, hurry=True)))
    assert Counter(blow.what for blow in drawn) == {
        "worker": 5, "broker": 2, "database, immediate": 2, "database, fast": 1,
    }  # fmt: skip
    assert [blow.share for blow in drawn] == sorted(blow.share for blow in drawn)
    assert drawn[-1].share < 1
