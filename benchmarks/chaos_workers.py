"""Celery workers as the deployment runs them, each in its own network namespace, made to be killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.chaos_network import Network
from benchmarks.database import ROOT
from hanoi_ehr.services.process import Command, kill_group, spawn


class Workers:
    """So many workers of one process each; one that dies, by our hand or by its own fault, is started again."""

    def __init__(self, count: int, environment: Mapping[str, str], log: Path, network: Network | None) -> None:
        self.environment, self.log, self.network = environment, log, network
        self.processes: list[subprocess.Popen[bytes]] = [self._start(number) for number in range(count)]
        self.deaths = 0  # that nobody here caused

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        inside = self.network.inside(number) if self.network else []
        argv = [
            *inside, sys.executable, "-m", "celery", "-A", "hanoi_ehr", "worker", "-Q", "default,import",
            "--concurrency", "1", "--prefetch-multiplier", "1", "-n", f"worker{number}@%h", "--without-gossip",
            "--without-mingle", "-l", "INFO",
        ]  # fmt: skip
        # The first way of stopping is also what the kernel does to it should this process die.
        command = Command(argv, self.environment, ROOT, stopping=((signal.SIGKILL, 5.0),))
        return spawn(command, self.log / f"worker-{number}.log")

    def kill(self, number: int) -> None:
        """SIGKILL to the worker and its children at once, as a machine that loses power; another takes its place."""
        _kill(self.processes[number])
        self.processes[number] = self._start(number)

    def revive(self) -> None:
        """What a service manager does: a worker that ended is started again."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                self.deaths += 1
                self.kill(number)

    def stop(self) -> None:
        """All of them, for good."""
        for process in self.processes:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    kill_group(process.pid)
    process.wait()
