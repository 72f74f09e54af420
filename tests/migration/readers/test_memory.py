"""A file ten times longer takes no more memory to read: whole files are never held."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.migration import files, formats

ROOT = Path(__file__).resolve().parents[3]
_CACHES_KB = 16 * 1024  # what gathering on disk and remembering values may take, whatever the file's size
ALLOWED_KB = 2 * 1024  # half of the smallest file: one that is held whole cannot pass
LONG_BYTES = 200 * 1024 * 1024
BOUND_KB = 256 * 1024  # whatever the file's size; stated in docs/how-to/import-legacy-data.md
# Turns, scans and reads a file, as planning and the workers do, and prints its peak memory in KiB.
PROGRAM = """
import re, sys, tempfile
from migration.readers.formats import reader_for
from migration.readers.turning import turning_of
from migration.rules.profiles import BUILT_IN
profile = BUILT_IN[sys.argv[2]]
reader = reader_for(profile, "01T01")
with open(sys.argv[1], "rb") as file, tempfile.TemporaryFile() as rows:
    turning = turning_of(file, profile)
    if turning is None:
        layout = reader.scan(file)
    else:
        rows.writelines(turning.blocks())
        layout, file = reader.scan_parts(rows, turning.parts), rows
    assert layout.refusal is None, layout.refusal.message
    for span in layout.spans[:: max(1, len(layout.spans) // 4)]:
        file.seek(span.byte_from)
        assert sum(1 for _ in reader.read(file.read(span.byte_to - span.byte_from), span, layout.facts)) == span.records
# VmHWM belongs to this program alone; ru_maxrss would still hold what the parent had when it forked.
print(layout.records, re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def of_records(form: str, count: int) -> bytes:
    """A file of so many records, one person's over and over."""
    if form == "qd3176":
        record = files.visit(files.visit_no(1), ("XML2", files.packed(files.drugs(10))))
        return files.envelope(record for _ in range(count))
    if form == "dbf":
        one = formats.dbf([files.patient_no(1)])
        first, width = struct.unpack_from("<HH", one, 8)
        return one[:4] + struct.pack("<I", count) + one[8:first] + one[first : first + width] * count
    if form == "sql":
        head, _, tail = formats.sql([files.patient_no(1)]).rpartition(b"FROM stdin;\n")
        return head + b"FROM stdin;\n" + tail.removesuffix(b"\\.\n") * count + b"\\.\n"
    if form == "hl7":
        return "".join(formats.adt(number, files.patient_no(1)) for number in range(count)).encode()
    header, _, line = files.patients([files.patient_no(1)]).partition(b"\r\n")
    listed = header + b"\r\n" + line * count
    return formats.packed({"a.csv": listed}) if form == "zip" else listed


PROFILES = {
    "qd3176": "qd3176", "csv": "csv-tcvn3", "mixed": "person-csv", "dbf": "csv-tcvn3", "zip": "csv-tcvn3", "sql": "csv-auto",
    "hl7": "hl7v2",
}  # fmt: skip


def peak(path: Path, profile: str) -> tuple[int, int]:
    """(records, peak KiB) of reading a file in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), profile], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"},
    )  # fmt: skip
    assert not done.returncode, done.stderr
    records, kilobytes = done.stdout.split()
    return int(records), int(kilobytes)


@pytest.mark.parametrize("form", PROFILES)
def test_ten_times_the_file_is_not_ten_times_the_memory(tmp_path: Path, form: str) -> None:
    sizes = {}
    for times in (1, 10):
        path = tmp_path / f"{times}"
        count = (1000 if form in ("qd3176", "hl7") else 4000) * times
        path.write_bytes(of_records(form, count))
        records, sizes[times] = peak(path, PROFILES[form])
        assert records == count
    assert sizes[10] - sizes[1] < ALLOWED_KB + (_CACHES_KB if form in ("hl7", "mixed") else 0)
    assert form == "zip" or path.stat().st_size > 4_000_000


@pytest.mark.long
@pytest.mark.parametrize("form", ["csv", "dbf", "qd3176", "sql", "hl7"])
def test_a_large_file_stays_under_the_stated_bound(tmp_path: Path, form: str) -> None:
    each = len(of_records(form, 2000)) // 2000
    count = LONG_BYTES // each
    path = tmp_path / form
    path.write_bytes(of_records(form, count))
    records, kilobytes = peak(path, PROFILES[form])
    assert records == count
    assert path.stat().st_size > LONG_BYTES * 0.9
    assert kilobytes < BOUND_KB
