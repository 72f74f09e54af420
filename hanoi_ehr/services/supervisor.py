"""Keeps a set of children running: starts them in order, brings back any that dies, stops them in reverse."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from hanoi_ehr.services.credentials import write_private
from hanoi_ehr.services.place import Place
from hanoi_ehr.services.process import SUPERVISED, Command, Mark, end, is_alive, kill_group, mark, spawn

_FIRST_PAUSE, _LONGEST_PAUSE, _SETTLED = 0.2, 10.0, 30.0


class Service(Protocol):
    """The one interface between the supervisor and what it runs: another wheel needs only these."""

    @property
    def name(self) -> str:
        """Short name: the log file and the state carry it."""

    def prepare(self) -> None:
        """Make what the process needs before it starts; called before every start."""

    def command(self) -> Command:
        """How it is run and stopped."""

    def is_up(self) -> bool:
        """Whether it serves now; asked of the server itself."""

    def provision(self) -> None:
        """Called once after the first start."""


class StartFailed(RuntimeError):
    """A service did not come up; the message ends with the last lines of its log."""


class AlreadyRunning(RuntimeError):
    """Another supervisor holds this data folder."""


@dataclass
class Child:
    """A service and its present process. ``failures`` counts deaths in a row, for the growing pause."""

    service: Service
    process: subprocess.Popen[bytes]
    command: Command
    since: float
    failures: int = 0
    again_at: float | None = None


@dataclass
class Supervisor:
    """Owns the lock of one data folder and the children in it. Single-threaded; runs in the main thread."""

    place: Place
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)
    children: dict[str, Child] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    stopping: bool = False
    _wake: tuple[int, int] | None = None

    def start(self, *services: Service, patience: float = 60.0) -> None:
        """Start services side by side and wait until each serves; raises StartFailed."""
        for service in services:
            service.prepare()
            self.children[service.name] = self._spawn(service)
        self._note()
        deadline = time.monotonic() + patience
        for service in services:
            self._await(self.children[service.name], deadline)
            service.provision()

    def _await(self, child: Child, deadline: float) -> None:
        while not child.service.is_up():
            if self.stopping:
                raise StartFailed(f"{child.service.name}: stopped while starting")
            if child.process.poll() is not None or time.monotonic() > deadline:
                raise StartFailed(f"{child.service.name}:\n{self._log_tail(child.service.name)}")
            time.sleep(0.03)

    def _spawn(self, service: Service) -> Child:
        command = service.command()
        marked = Command(
            argv=command.argv,
            env={**command.env, SUPERVISED: str(self.place.var)},
            cwd=command.cwd,
            account=command.account,
            stopping=command.stopping,
        )
        process = spawn(marked, self.place.log / f"{service.name}.log")
        return Child(service, process, marked, since=time.monotonic())

    def _log_tail(self, name: str) -> str:
        text = (self.place.log / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-15:])

    def run(self, until: Callable[[], bool] = lambda: False, every: float = 1.0) -> None:
        """Watch the children until a signal asks to stop or ``until`` says so (asked at least each ``every`` s)."""
        while not self.stopping and not until():
            self.revive()
            self._sleep(min(every, self._next_revival()))

    def _sleep(self, seconds: float) -> None:
        if self._wake is None:
            time.sleep(seconds)
            return
        with contextlib.suppress(InterruptedError):
            if select.select([self._wake[0]], [], [], seconds)[0]:
                os.read(self._wake[0], 4096)

    def _next_revival(self) -> float:
        waits = [c.again_at - time.monotonic() for c in self.children.values() if c.again_at is not None]
        return max(0.02, min(waits, default=60.0))

    def revive(self) -> None:
        """Notice dead children and start again those whose pause is over."""
        for child in self.children.values():
            if child.again_at is None and child.process.poll() is not None:
                self._bury(child)
            if child.again_at is not None and time.monotonic() >= child.again_at and not self.stopping:
                self._restart(child)

    def _bury(self, child: Child) -> None:
        kill_group(child.process.pid)
        settled = time.monotonic() - child.since > _SETTLED
        child.failures = 1 if settled else child.failures + 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (child.failures - 1))
        child.again_at = time.monotonic() + pause
        self.say(f"{child.service.name}: đã dừng (mã {child.process.returncode}), chạy lại sau {pause:.1f} s")

    def _restart(self, child: Child) -> None:
        try:
            child.service.prepare()
            fresh = self._spawn(child.service)
        except (OSError, RuntimeError) as error:
            self.say(f"{child.service.name}: {error}")
            child.again_at = time.monotonic() + _LONGEST_PAUSE
            return
        child.process, child.since, child.again_at = fresh.process, fresh.since, None
        self._note()

    def stop_all(self) -> None:
        """Stop in reverse order of start, so that nothing loses the server under it; leaves no process."""
        self.stopping = True
        self._note()
        for child in reversed(list(self.children.values())):
            if child.process.poll() is None:
                end(child.process, child.command.stopping)
            else:
                kill_group(child.process.pid)
        self.children.clear()
        self.place.state.unlink(missing_ok=True)

    def _note(self) -> None:
        processes = {name: child.process.pid for name, child in self.children.items()}
        state = {"self": asdict(_own_mark()), "stopping": self.stopping, "children": processes, **self.facts}
        write_private(self.place.state, json.dumps(state))

    def announce(self, **facts: object) -> None:
        """Add facts to the state that other commands read (``ready``, ``transient``, ``url``)."""
        self.facts.update(facts)
        self._note()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """SIGINT, SIGTERM and SIGHUP ask for an orderly stop; a second one changes nothing."""
        read, write = os.pipe()
        os.set_blocking(write, False)
        self._wake = (read, write)
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        kept = {each: signal.signal(each, self._asked) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        kept[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            self._wake = None
            os.close(read)
            os.close(write)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _own_mark() -> Mark:
    found = mark(os.getpid())
    assert found is not None  # noqa: S101 - we are alive
    return found


@contextlib.contextmanager
def held(path: Path, *, wait: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the lock of a data folder. Asks ``wait`` while another has it; raises AlreadyRunning when that says no.

    The lock belongs to the process: the kernel gives it back however the process ends, so it can never be stale.
    """
    with path.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not wait():
                    raise AlreadyRunning(str(path)) from None
        yield


def running(place: Place) -> Mapping[str, object] | None:
    """What the living supervisor of this folder says of itself, or None when there is none."""
    try:
        state: Mapping[str, object] = json.loads(place.state.read_text())
    except (OSError, ValueError):
        return None
    own = state.get("self")
    alive = isinstance(own, dict) and is_alive(Mark(int(own["pid"]), int(own["started"])))
    return state if alive else None
