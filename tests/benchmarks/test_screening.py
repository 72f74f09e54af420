"""The screening benchmark on a small city: every question is answered, beside its floor. No timings."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.database import ROOT
from benchmarks.screening import table
from tests.databases import TestDatabase


def test_every_question_is_answered_beside_the_bare_scan(test_database: TestDatabase) -> None:
    database = ["--template", test_database.template, "--database", f"{test_database.name}_rounds"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "screening", "--residents", "2000", "--rounds", "1", "--json", *database],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    answers = {one["name"]: one["answer"] for one in told["questions"]}
    screened = sum(1 for n in range(1, 2001) if n % 10 < 3 and n % 7 < 4)
    assert answers.pop("eligible people of the city") > 500
    assert set(answers.values()) == {screened}
    assert "times the scan" in table(told)
