"""What bin/run does: servers, migration, static files, demonstration data, web, worker, beat; and its check."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hanoi_ehr.services import sharing
from hanoi_ehr.services.application import Beat, Web, Worker
from hanoi_ehr.services.installation import CLONE, Installation
from hanoi_ehr.services.ports import free_port, is_free
from hanoi_ehr.services.supervisor import StartFailed, Supervisor, held

# The pages of these two parts are never shown (no Redoc, no browsable API); compressing them would take half the time.
COLLECT_STATIC = ("collectstatic", "--noinput", "--clear", "--verbosity", "0", "-i", "redoc", "-i", "rest_framework")


class StepFailed(StartFailed):
    """A step of the start ended with an error."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C while we were starting."""


def say(line: str) -> None:
    """One line for the person who watches."""
    print(line, flush=True)


@dataclass
class Launch:
    """One run of bin/run. ``empty`` without demonstration data; ``check`` visits every page and stops."""

    installation: Installation
    port: int
    host: str
    check: bool
    empty: bool
    supervisor: Supervisor = field(init=False)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Ready to start; nothing runs yet."""
        self.supervisor = Supervisor(self.installation.place, say=say)
        if self.check:
            self.port = free_port()

    def run(self) -> int:
        """Start, serve until asked to stop (or checked), stop everything. The exit code."""
        if not is_free(self.port):
            say(f"Cổng {self.port} đang bận, chọn cổng khác bằng --port N / port {self.port} is taken, choose another.")
            return 1
        with held(self.installation.place.lock, wait=self._wait_for_others), self.supervisor.signals():
            try:
                return self._serve()
            except Stopped:
                return 130
            finally:
                with self._step("Dừng / stop"):
                    self.supervisor.stop_all()

    def _wait_for_others(self) -> bool:
        """A bin/manage that borrowed the servers is waited for; another bin/run is not."""
        if not sharing.is_transient(self.installation.place):
            return False
        say("Đợi lệnh bin/manage đang chạy kết thúc / waiting for a running bin/manage to end …")
        time.sleep(1.0)
        return True

    def _serve(self) -> int:
        self._start()
        say("")
        say(f"  Địa chỉ / address:  {self.env['EHR_BASE_URL']}/")
        if self.env["EHR_DEMO"] == "1":
            self._manage("demo_logins")
        self._say_total()
        if self.check:
            return self._visit()
        say("  Ctrl-C để dừng / to stop.")
        self.supervisor.run()
        return 0

    def _start(self) -> None:
        with self._step("Khởi động PostgreSQL, Valkey / start services"):
            self.installation.start_servers(self.supervisor)
            self.env = self._environment()
        place = self.installation.place
        if not place.servers.is_relative_to(place.var):
            say(f"           Dữ liệu máy chủ nằm ở / the servers' data are in {place.servers}")
        # Compressing static files is all processor, migrating mostly waits: side by side.
        title = "Cập nhật cơ sở dữ liệu, gom tệp tĩnh / migrate, collect static files"
        with self._step(title), self._static_files():
            self._manage("migrate", "--noinput", log="migrate")
        if self.env["EHR_DEMO"] == "1":
            with self._step("Dữ liệu trình diễn / demonstration data"):
                self._manage("load_demo")
        with self._step("Khởi động web, worker, beat"):
            programs = Web(self.env, CLONE, self.host, self.port), Worker(self.env, CLONE), Beat(self.env, CLONE)
            self.supervisor.start(*programs)
        self.supervisor.announce(ready=True, url=self.env["EHR_BASE_URL"])

    def _environment(self) -> dict[str, str]:
        """The installation's variables and those that follow from our address; what was given from outside wins."""
        base = f"http://{self.host}:{self.port}"
        derived = {
            "EHR_DEMO": "1" if self.installation.on_own_servers and not self._stays_empty() else "0",
            "EHR_BASE_URL": base,
            "ALLOWED_HOSTS": ",".join(
                dict.fromkeys(["localhost", "127.0.0.1", "[::1]", self.host, socket.gethostname()])
            ),
            "CSRF_TRUSTED_ORIGINS": f"{base},http://localhost:{self.port}",
        }
        given = {name: value for name, value in self.installation.given.items() if value or name not in derived}
        return self.installation.environment() | derived | given

    def _stays_empty(self) -> bool:
        """Whether this installation has no demonstration data: said once, remembered, so that real work stays clean."""
        marker = self.installation.place.var / "empty"
        if self.empty:
            marker.touch()
        return marker.exists()

    @contextlib.contextmanager
    def _static_files(self) -> Iterator[None]:
        """Collect static files beside what happens in the block; only when one changed since the last time."""
        stamp, now = self.installation.place.var / "static.stamp", _static_state(CLONE)
        if stamp.exists() and stamp.read_text() == now:
            yield
            return
        with self._beside(*COLLECT_STATIC, log="collectstatic"):
            yield
        stamp.write_text(now)

    def _manage(self, *arguments: str, log: str | None = None) -> None:
        """One management command, the children watched meanwhile; raises StepFailed or Stopped."""
        with self._beside(*arguments, log=log):
            pass

    @contextlib.contextmanager
    def _beside(self, *arguments: str, log: str | None = None) -> Iterator[None]:
        """A management command that runs while the block does, and is waited for at its end."""
        step = self._command(arguments, log)
        try:
            yield
            self.supervisor.run(until=lambda: step.poll() is not None, every=0.2)
        finally:
            if step.poll() is None:
                step.terminate()
            code = step.wait()
        if self.supervisor.stopping:
            raise Stopped
        if code != 0:
            raise StepFailed(f"manage.py {arguments[0]} ({code})\n{self._tail(log)}")

    def _command(self, arguments: Sequence[str], log: str | None) -> subprocess.Popen[bytes]:
        with contextlib.ExitStack() as stack:
            path = self.installation.place.log / f"{log}.log"
            output = stack.enter_context(path.open("wb")) if log else None
            return subprocess.Popen(  # noqa: S603 - our own commands
                [sys.executable, "manage.py", *arguments],
                env=self.env,
                cwd=CLONE,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _tail(self, log: str | None) -> str:
        if log is None:
            return ""
        text = (self.installation.place.log / f"{log}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-20:])

    def _visit(self) -> int:
        code = 0
        try:
            self._manage("visit_pages", "--base-url", self.env["EHR_BASE_URL"])
        except StepFailed:
            code = 1
        place = self.installation.place
        apart = [] if place.servers.is_relative_to(place.var) else [place.servers]
        for folder in (Path(sys.prefix), place.var, *apart):
            say(f"  {size(folder) / 2**20:8.0f} MB  {folder}")
        return code

    def _say_total(self) -> None:
        began = float(self.env.get("EHR_BEGAN") or time.time())
        say(f"  Sẵn sàng sau / ready after {time.time() - began:.1f} s")

    @contextlib.contextmanager
    def _step(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        say(f"  {time.monotonic() - began:6.1f} s  {title}")


def _static_state(clone: Path) -> str:
    """Changes whenever a static file of ours or an installed package does."""
    files = sorted(path for path in clone.glob("*/static/**/*") if path.is_file())
    seen = [f"{path.relative_to(clone)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    locked = (clone / "requirements.txt").read_bytes()
    return hashlib.sha256("\n".join(seen).encode() + locked).hexdigest()


def size(folder: Path) -> int:
    """Bytes that the files under ``folder`` take on disk; what we may not read counts as nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).lstat().st_blocks * 512
    return total
