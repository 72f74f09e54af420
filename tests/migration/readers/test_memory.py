"""A file ten times longer takes no more memory to read: whole files are never held."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migration import files

ROOT = Path(__file__).resolve().parents[3]
ALLOWED_KB = 2 * 1024  # half of the smallest file: one that is held whole cannot pass
# Scans the file and reads every span, as planning and the workers do, and prints its peak memory in KiB.
PROGRAM = """
import re, sys
from migration.readers.formats import reader_for
from migration.rules.profiles import BUILT_IN
reader = reader_for(BUILT_IN[sys.argv[2]], "01T01")
with open(sys.argv[1], "rb") as file:
    layout = reader.scan(file)
    assert layout.refusal is None, layout.refusal.message
    for span in layout.spans[:: max(1, len(layout.spans) // 4)]:
        file.seek(span.byte_from)
        assert sum(1 for _ in reader.read(file.read(span.byte_to - span.byte_from), span, layout.facts)) == span.records
# VmHWM belongs to this program alone; ru_maxrss would still hold what the parent had when it forked.
print(layout.records, re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def peak(path: Path, profile: str) -> tuple[int, int]:
    """(records, peak KiB) of reading a file in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), profile], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"},
    )  # fmt: skip
    assert not done.returncode, done.stderr
    records, kilobytes = done.stdout.split()
    return int(records), int(kilobytes)


@pytest.mark.parametrize("profile", ["qd3176", "csv-tcvn3"])
def test_ten_times_the_file_is_not_ten_times_the_memory(tmp_path: Path, profile: str) -> None:
    sizes = {}
    for times in (1, 10):
        path = tmp_path / f"{times}"
        count = (1000 if profile == "qd3176" else 4000) * times
        if profile == "qd3176":
            record = files.visit(files.visit_no(1), ("XML2", files.packed(files.drugs(10))))
            path.write_bytes(files.envelope(record for _ in range(count)))
        else:
            header, _, line = files.patients([files.patient_no(1)]).partition(b"\r\n")
            path.write_bytes(header + b"\r\n" + line * count)
        records, sizes[times] = peak(path, profile)
        assert records == count
    assert sizes[10] - sizes[1] < ALLOWED_KB
    assert path.stat().st_size > 4_000_000
