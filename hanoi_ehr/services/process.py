"""Starting, recognising and ending operating-system processes without ever touching somebody else's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SUPERVISED = "EHR_SUPERVISED"
"""Environment variable that every child carries: its value is the data folder it belongs to."""

_PR_SET_PDEATHSIG = 1


class ServerFailed(RuntimeError):
    """A server's program is missing or ended with an error; its own words are in the message."""


@dataclass(frozen=True)
class Command:
    """How one child is run. ``stopping`` lists (signal, seconds to wait after it), mildest first."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    account: tuple[int, int] | None = None
    stopping: Sequence[tuple[signal.Signals, float]] = field(default=((signal.SIGTERM, 10.0),))


@dataclass(frozen=True)
class Mark:
    """A process that cannot be mistaken for a later one with the same number. ``started`` is in ticks since boot."""

    pid: int
    started: int


def mark(pid: int) -> Mark | None:
    """The living process ``pid``, or None when there is none or only its zombie is left."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if after_name[0] in "ZX" else Mark(pid, int(after_name[19]))


def is_alive(process: Mark) -> bool:
    """Whether exactly this process still runs."""
    return mark(process.pid) == process


def _die_with_parent(how: signal.Signals, parent: int) -> None:
    """Runs in the child before exec: the kernel sends ``how`` when the supervisor dies, even by kill -9."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def spawn(command: Command, log: Path) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, its output appended to ``log``."""
    uid, gid = command.account or (None, None)
    parent, how = os.getpid(), command.stopping[0][0]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own binaries with our own arguments
            list(command.argv),
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=uid,
            group=gid,
            extra_groups=[] if uid is not None else None,
            preexec_fn=lambda: _die_with_parent(how, parent),  # noqa: PLW1509 - the supervisor has one thread
        )


def send(process: Mark, how: signal.Signals) -> None:
    """Signal this very process, if it still lives."""
    if is_alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, how)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def descendants(ancestor: int) -> list[Mark]:
    """The process ``ancestor`` and all that it started, as far as they still live and are its own line."""
    parents = {pid: _parent(pid) for pid in (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))}
    line, newest = {ancestor}, {ancestor}
    while newest:
        newest = {pid for pid, parent in parents.items() if parent in newest} - line
        line |= newest
    return [found for found in map(mark, sorted(line)) if found is not None]


def kill_group(leader: int) -> None:
    """End what a dead child left behind in its own session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def wait_gone(processes: Iterable[Mark], seconds: float) -> list[Mark]:
    """Wait until all are gone; returns those still there when time is up."""
    deadline = time.monotonic() + seconds
    left = [each for each in processes if is_alive(each)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [each for each in left if is_alive(each)]
    return left


def end(child: subprocess.Popen[bytes], stopping: Sequence[tuple[signal.Signals, float]]) -> None:
    """Stop a child of ours: each signal with its patience, then kill -9 for it and its group."""
    for how, seconds in (*stopping, (signal.SIGKILL, 5.0)):
        if child.poll() is not None:
            break
        child.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    kill_group(child.pid)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _points_to(link: Path) -> str:
    try:
        return str(link.readlink()).removesuffix(" (deleted)")
    except OSError:
        return ""


def _belongs(folder: Path, marker: bytes, homes: Mapping[Path, str]) -> bool:
    """By the marker, or, for the servers that overwrite their environment with a title, by program and folder."""
    if marker in _read(folder / "environ").split(b"\0"):
        return True
    program = homes.get(Path(_points_to(folder / "cwd")))
    return program is not None and Path(_points_to(folder / "exe")).name == program


def orphans(var: Path, homes: Mapping[Path, str]) -> list[Mark]:
    """Living processes that an earlier supervisor of ``var`` left behind.

    ``homes`` maps the working directory of each server to the name of its program; both have to match.
    """
    marker = f"{SUPERVISED}={var}".encode()
    numbers = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    ours = [pid for pid in numbers if pid != os.getpid() and _belongs(Path(f"/proc/{pid}"), marker, homes)]
    return [found for found in map(mark, ours) if found is not None]


def end_orphans(left: Sequence[Mark], patience: float = 15.0) -> None:
    """Stop processes that are no children of ours: SIGTERM and SIGINT (fast stop for PostgreSQL), then kill -9."""
    for how in (signal.SIGTERM, signal.SIGINT):
        for process in left:
            send(process, how)
    for process in wait_gone(left, patience):
        send(process, signal.SIGKILL)
    wait_gone(left, 5.0)
