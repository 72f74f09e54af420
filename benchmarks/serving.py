"""gunicorn as bin/run starts it, on a free port, for as long as the measurement lasts."""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from benchmarks.database import ROOT
from hanoi_ehr.services.application import Web
from hanoi_ehr.services.launch import COLLECT_STATIC
from hanoi_ehr.services.ports import free_port


@contextmanager
def serving(environment: Mapping[str, str], settings: str, path: str) -> Iterator[int]:
    """The port of a server with these settings that answers 200 at `path`. Raises RuntimeError when it does not start."""
    collect_static(environment)
    port = free_port()
    env = {**environment, "DJANGO_SETTINGS_MODULE": settings, "EHR_BASE_URL": f"http://127.0.0.1:{port}"}
    web = Web(env, ROOT, "127.0.0.1", port)
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(web.command().argv, env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait(process, port, path, log)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def collect_static(environment: Mapping[str, str]) -> None:
    """The pages' hashed files: made when there are none, or when a file of the pages has changed since."""
    manifest = Path(environment.get("EHR_VAR", ROOT / "var")) / "static" / "staticfiles.json"
    made = manifest.stat().st_mtime if manifest.exists() else 0.0
    if any(path.stat().st_mtime > made for path in ROOT.glob("*/static/**/*") if path.is_file()):
        subprocess.run([sys.executable, "manage.py", *COLLECT_STATIC], env=dict(environment), cwd=ROOT, check=True)


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: IO[str]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port, path):
            return
        time.sleep(0.2)
    log.seek(0)
    raise RuntimeError(f"gunicorn did not answer at {path}:\n{log.read()[-3000:]}")


def _answers(port: int, path: str) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", path)
        return link.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        link.close()
