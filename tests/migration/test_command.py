"""bin/manage import_legacy: its output, its exit codes, and who does the work."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.management import call_command

from hanoi_ehr.celery import app
from records.models import Encounter
from registry.models import AuditEvent
from tests.migration import files

GOOD = files.envelope(files.visit(files.visit_no(number)) for number in range(1, 4))
ONE_BAD = files.envelope([files.visit(files.visit_no(1)), files.visit(files.visit_no(2, NGAY_SINH=""))])


@pytest.fixture(autouse=True)
def _own_queue(settings: Any, live_city: Any) -> None:
    settings.IMPORT_QUEUE = f"thu-{uuid.uuid4().hex[:10]}"


def import_legacy(path: Path, *options: str, facility: str = "01T01", profile: str = "qd3176") -> tuple[int, str]:
    """(exit code, standard output)."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_legacy", str(path), "--facility", facility, "--profile", profile, *options, stdout=out)
    return int(ended.value.code or 0), out.getvalue()


def file_of(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "tep.xml"
    path.write_bytes(content)
    return path


def test_without_workers_it_does_the_chunks_itself_and_repeats_nothing(tmp_path: Path) -> None:
    path = file_of(tmp_path, GOOD)
    code, out = import_legacy(path, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["state"], told["rows_in"], told["loaded"], told["closes"]) == ("done", 3, 3, True)
    assert told["rows_per_second"] > 0
    assert set(AuditEvent.objects.filter(action="import.chunk").values_list("channel", flat=True)) == {"command-line"}
    again = json.loads(import_legacy(path, "--json")[1])
    assert again["batch"] == told["batch"]
    assert Encounter.objects.count() == 3


def test_with_a_worker_it_waits_for_it(tmp_path: Path, settings: Any) -> None:
    with start_worker(app, pool="solo", queues=[settings.IMPORT_QUEUE], perform_ping_check=False):
        code, out = import_legacy(file_of(tmp_path, GOOD), "--json")
    assert code == 0
    assert json.loads(out)["loaded"] == 3
    assert set(AuditEvent.objects.filter(action="import.chunk").values_list("channel", flat=True)) == {"task"}


def test_a_trial_writes_nothing_and_says_so(tmp_path: Path) -> None:
    code, out = import_legacy(file_of(tmp_path, GOOD), "--dry-run", "--json")
    told = json.loads(out)
    assert (code, told["dry_run"], told["loaded"]) == (0, True, 3)
    assert not Encounter.objects.exists()


def test_quarantine_is_reported_and_counts_as_a_fault_only_when_asked(tmp_path: Path) -> None:
    path = file_of(tmp_path, ONE_BAD)
    code, out = import_legacy(path)
    assert code == 0
    assert "Cách ly" in out
    assert import_legacy(path, "--strict")[0] == 2


def test_what_is_refused_ends_with_1_and_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = file_of(tmp_path, GOOD[:-60])
    code, out = import_legacy(broken, "--json")
    told = json.loads(out)
    assert (code, told["state"], told["code"]) == (1, "refused", "envelope-broken")
    assert "dòng" in told["message"]
    for path, options in (
        (broken, {"facility": "09999"}),
        (tmp_path / "khong-co.xml", {}),
        (broken, {"profile": "dbf"}),
    ):
        assert import_legacy(path, **options)[0] == 1
        assert capsys.readouterr().err.strip()
