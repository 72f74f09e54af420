"""bin/run on a fresh copy of the clone, the way a newcomer meets it. Long: it installs everything anew."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hanoi_ehr.services.ports import free_port
from hanoi_ehr.services.process import orphans

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".env")
KEPT = ("PATH", "HOME", "LANG", "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_FIND_LINKS", "PIP_INDEX_URL")
pytestmark = pytest.mark.long


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ}


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ehr-clone-", dir="/tmp"))
    folder.chmod(0o755)
    yield Path(shutil.copytree(ROOT, folder / "ehr", ignore=LEFT_OUT))
    shutil.rmtree(folder)


def run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(clone / "bin/run"), *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=1500)


def left_behind(clone: Path) -> list[Any]:
    homes = {
        clone / "var/servers/postgres/data": "postgres",
        clone / "var/servers/valkey": "valkey-server",
    }
    return orphans(clone / "var", homes)


def until(met: Callable[[], Any], what: str, patience: float = 180.0) -> Any:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if found := met():
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(what)


def test_a_fresh_copy_runs_checks_itself_and_leaves_nothing(clone: Path) -> None:
    before = {path.name for path in clone.iterdir()}
    done = run(clone, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"ready after [\d.]+ s", done.stdout)
    assert {path.name for path in clone.iterdir()} - before == {".venv", "var"}
    assert left_behind(clone) == []


def test_a_second_start_is_quick_and_outlives_the_death_of_any_child(clone: Path) -> None:
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen([str(clone / "bin/run"), "--port", str(port)], env=environment(), stdout=subprocess.PIPE)

    def state() -> dict[str, Any]:
        assert process.poll() is None, "bin/run ended"
        return dict(json.loads((clone / "var/supervisor.json").read_text()))

    def serves() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/suc-khoe/", timeout=5) as answer:
            return bool(answer.status == 200)

    until(lambda: state().get("url"), "started")
    assert time.monotonic() - began < 60
    for name in ("web", "worker", "beat", "valkey", "postgres"):
        old = state()["children"][name]
        os.kill(old, signal.SIGKILL)
        until(lambda name=name, old=old: state()["children"][name] != old, f"{name} is back")
        until(serves, f"the site serves again after {name} was killed")
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 0
    assert left_behind(clone) == []
