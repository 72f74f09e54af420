"""Servers that start when the first command needs them and stop when the last one has ended.

Each command holds a shared lock on ``users.lock``. A keeper, a supervisor of the two servers, stays until it can take
that lock for itself: then nobody is left, and newcomers wait for the few moments it needs to stop. The kernel frees
the locks of a killed command, so nothing is counted and nothing can go stale.
"""

from __future__ import annotations

import contextlib
import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from hanoi_ehr.services.installation import CLONE, Installation
from hanoi_ehr.services.place import Place
from hanoi_ehr.services.process import Mark, descendants, send, wait_gone
from hanoi_ehr.services.supervisor import AlreadyRunning, StartFailed, Supervisor, held, running

_PATIENCE = 90.0


def _try_lock(handle: TextIO, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def up(installation: Installation, when_ready: Callable[[], None]) -> int:
    """The two servers in the foreground until a signal comes."""
    supervisor = Supervisor(installation.place)
    with held(installation.place.lock), supervisor.signals():
        try:
            installation.start_servers(supervisor)
            supervisor.announce(ready=True)
            when_ready()
            supervisor.run()
        finally:
            supervisor.stop_all()
    return 0


def keep(installation: Installation) -> int:
    """The two servers until nobody holds ``users.lock`` any more."""
    supervisor = Supervisor(installation.place)
    with installation.place.users.open("a") as users:

        def nobody_left() -> bool:
            return _try_lock(users, fcntl.LOCK_EX)

        try:
            with held(installation.place.lock), supervisor.signals():
                try:
                    installation.start_servers(supervisor)
                    supervisor.announce(ready=True, transient=True)
                    supervisor.run(until=nobody_left, every=0.2)
                finally:
                    supervisor.stop_all()
        except AlreadyRunning:
            pass  # two commands called a keeper at once: one is enough
    return 0


def _supervisor_mark(place: Place) -> Mark | None:
    state = running(place)
    own = state.get("self") if state is not None else None
    return Mark(int(own["pid"]), int(own["started"])) if isinstance(own, dict) else None


def stop(place: Place) -> int:
    """Ask the supervisor of this place to stop and wait until it has; 1 when it did not within a minute."""
    supervisor = _supervisor_mark(place)
    if supervisor is None:
        return 0
    send(supervisor, signal.SIGTERM)
    return 1 if wait_gone([supervisor], 60.0) else 0


def is_ready(place: Place) -> bool:
    """Whether a supervisor runs here, has its servers up and is not about to stop them."""
    state = running(place)
    return state is not None and bool(state.get("ready")) and not state.get("stopping")


def _call_keeper(installation: Installation) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "hanoi_ehr.services", "keep", "--var", str(installation.place.var)]
    if installation.throw_away:
        argv.append("--throw-away")
    with (installation.place.log / "keeper.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - ourselves
            argv, env=dict(installation.given), cwd=CLONE, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def _await_servers(installation: Installation) -> None:
    """Return once servers are up, calling a keeper whenever no supervisor is there to bring them up."""
    deadline = time.monotonic() + _PATIENCE
    keeper: subprocess.Popen[bytes] | None = None
    failed = 0
    while not is_ready(installation.place):
        if keeper is not None and keeper.poll() is not None:
            failed, keeper = failed + (keeper.returncode != 0), None
        if failed > 1 or time.monotonic() > deadline:
            raise StartFailed(f"xem / see {installation.place.log}")
        if keeper is None and running(installation.place) is None:
            keeper = _call_keeper(installation)
        time.sleep(0.05)


@contextlib.contextmanager
def servers(installation: Installation) -> Iterator[None]:
    """The servers are up inside this block, started here or by somebody else."""
    with installation.place.users.open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        _await_servers(installation)
        try:
            yield
        finally:
            if is_transient(installation.place) and _try_lock(users, fcntl.LOCK_EX):
                stop(installation.place)


def is_transient(place: Place) -> bool:
    """Whether the supervisor here stays only for as long as somebody uses its servers."""
    state = running(place)
    return state is not None and bool(state.get("transient"))


def run_with(installation: Installation, command: Sequence[str]) -> int:
    """Run a command with the servers up and give its exit code (128 + signal when one ended it)."""
    if not installation.needs_servers():
        return _foreground(command, installation.environment())
    with servers(installation):
        return _foreground(command, installation.environment())


def _end_line(pid: int) -> None:
    """A shell does not hand SIGTERM on to what it waits for, so all of them get it."""
    for process in descendants(pid):
        send(process, signal.SIGTERM)


def _foreground(command: Sequence[str], env: dict[str, str]) -> int:
    """The command keeps our terminal: Ctrl-C reaches it from there, a SIGTERM to us is handed on."""
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(  # noqa: S603 - the caller's own command
            command,
            env=env,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as child:
            signal.signal(signal.SIGTERM, lambda _number, _frame: _end_line(child.pid))
            code = child.wait()
    finally:
        signal.signal(signal.SIGINT, kept)
    return code if code >= 0 else 128 - code
