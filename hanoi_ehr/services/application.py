"""The application's own processes as services of the supervisor: web, worker, beat."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hanoi_ehr.services.process import Command

HEALTH = "/suc-khoe/"


@dataclass(frozen=True)
class _Program:
    """What the three have in common: a module of the environment's Python, run in the clone."""

    env: Mapping[str, str]
    clone: Path

    def prepare(self) -> None:
        """Nothing to make."""

    def provision(self) -> None:
        """Nothing to do after the first start."""

    def _command(self, *arguments: str, patience: float) -> Command:
        argv: Sequence[str] = (sys.executable, "-m", *arguments)
        stopping = ((signal.SIGTERM, patience), (signal.SIGQUIT, 3.0))
        return Command(argv=argv, env=self.env, cwd=self.clone, stopping=stopping)


@dataclass(frozen=True)
class Web(_Program):
    """gunicorn with threads. No access log: addresses carry what people searched for."""

    host: str
    port: int
    name: str = "web"

    def command(self) -> Command:
        """Two processes; WEB_THREADS threads each."""
        beat_folder = ["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108
        return self._command(
            "gunicorn", "hanoi_ehr.wsgi:application", "--bind", f"{self.host}:{self.port}",
            "--worker-class", "gthread", "--workers", self.env.get("WEB_WORKERS") or "2",
            "--threads", self.env.get("WEB_THREADS") or "4", "--timeout", "60", "--graceful-timeout", "10",
            "--no-control-socket", *beat_folder, patience=15.0,
        )  # fmt: skip

    def is_up(self) -> bool:
        """Whether the health page answers 200: the page itself asks the database and the broker."""
        link = http.client.HTTPConnection(self._near(), self.port, timeout=5)
        try:
            link.request("GET", HEALTH, headers={"Host": "localhost"})
            return link.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def _near(self) -> str:
        """An address of this machine under which a server bound to ``host`` answers."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - read, not bound


@dataclass(frozen=True)
class Worker(_Program):
    """Celery, both queues; one message at a time, so that a killed worker holds back at most what it runs."""

    name: str = "worker"

    @property
    def node(self) -> str:
        """The name it answers to on the broker."""
        return f"worker@{socket.gethostname()}"

    def command(self) -> Command:
        """SIGTERM lets the running tasks end; what is still running after that is redelivered."""
        return self._command(
            "celery", "-A", "hanoi_ehr", "worker", "-Q", "default,import", "--concurrency", "2",
            "--prefetch-multiplier", "1", "-n", self.node, "--without-gossip", "--without-mingle", "-l", "INFO",
            patience=15.0,
        )  # fmt: skip

    def is_up(self) -> bool:
        """Whether it answers a ping through the broker."""
        asked = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "celery", "inspect", "ping", "-d", self.node, "-t", "2"],
            env={**self.env, "CELERY_BROKER_URL": self.env["REDIS_URL"]},
            capture_output=True, check=False, cwd=self.clone,
        )  # fmt: skip
        return asked.returncode == 0


@dataclass(frozen=True)
class Beat(_Program):
    """Celery's clock; its schedule is in the database."""

    name: str = "beat"

    def command(self) -> Command:
        """No pid file: the supervisor knows its child, and a file left by a killed one would block the next."""
        return self._command(
            "celery", "-A", "hanoi_ehr", "beat", "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler",
            "--pidfile=", "-l", "INFO", patience=10.0,
        )  # fmt: skip

    def is_up(self) -> bool:
        """It serves nobody that could ask: living is all there is to see, and the supervisor watches that."""
        return True
