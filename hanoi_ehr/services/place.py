"""Where an installation keeps its files, and which account its servers run as.

PostgreSQL refuses to run as root. Under root the two servers therefore run as ``nobody``, and their folders are given to
it; nothing is changed on the folders above. Where ``nobody`` cannot get to the data folder (a clone under /root or in
a home of mode 700) the servers' data, and a copy of their programs, live under /var/lib instead.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hanoi_ehr.services.process import ServerFailed

ROOT_HOME = Path("/var/lib/hanoi-ehr")


@dataclass(frozen=True)
class Place:
    """The data folder of one installation. ``account`` is the (uid, gid) of the servers, None for our own."""

    var: Path
    servers: Path
    account: tuple[int, int] | None

    @property
    def log(self) -> Path:
        """Folder of every child's log file."""
        return self.var / "log"

    @property
    def secrets(self) -> Path:
        """The generated secrets."""
        return self.var / "secrets.env"

    @property
    def ports(self) -> Path:
        """The remembered ports."""
        return self.var / "ports.json"

    @property
    def state(self) -> Path:
        """What the running supervisor says of itself."""
        return self.var / "supervisor.json"

    @property
    def lock(self) -> Path:
        """Held by the one supervisor of this folder."""
        return self.var / "supervisor.lock"

    @property
    def users(self) -> Path:
        """Shared by every command that uses servers somebody else started."""
        return self.var / "users.lock"


def can_reach(folder: Path, account: tuple[int, int]) -> bool:
    """Whether ``account`` can enter ``folder``: tried, not reckoned from mode bits."""
    tried = subprocess.run(  # noqa: S603 - constant program
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        user=account[0],
        group=account[1],
        extra_groups=[],
        stderr=subprocess.DEVNULL,
        check=False,
        cwd="/",
    )
    return tried.returncode == 0


def _account() -> tuple[int, int] | None:
    """``nobody`` under root, else ourselves; raises ServerFailed for a user number without a name."""
    if os.geteuid() != 0:
        _require_a_name(os.geteuid())
        return None
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _require_a_name(uid: int) -> None:
    """PostgreSQL's initdb looks its user up; containers started with a bare number have none."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise ServerFailed(
            f"người dùng số {uid} không có tên trong /etc/passwd, PostgreSQL không chạy được; dùng một tài khoản có tên / "
            f"user number {uid} has no name in /etc/passwd, which PostgreSQL needs; use an account with a name"
        ) from None


def _private_name(var: Path) -> str:
    return hashlib.sha256(str(var).encode()).hexdigest()[:12]


def _servers_folder(var: Path, account: tuple[int, int] | None) -> Path:
    if account is None or can_reach(var, account):
        return var / "servers"
    ROOT_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
    return ROOT_HOME / _private_name(var)


def settle(var: Path) -> Place:
    """Make the folders of ``var`` and decide where its servers live."""
    var.mkdir(parents=True, exist_ok=True)
    var = var.resolve()
    (var / "log").mkdir(exist_ok=True)
    account = _account()
    servers = _servers_folder(var, account)
    servers.mkdir(mode=0o711, exist_ok=True)
    return Place(var=var, servers=servers, account=account)


def own_folder(place: Place, name: str) -> Path:
    """A folder of mode 700 that belongs to the account of the servers."""
    folder = place.servers / name
    folder.mkdir(mode=0o700, exist_ok=True)
    if place.account is not None:
        os.chown(folder, *place.account)
    return folder


def runnable(place: Place, package: Path, version: str) -> Path:
    """``package`` itself, or a copy of it where the account of the servers cannot reach ours.

    The copy is named by version, so that an upgrade of the wheel brings a new one.
    """
    if place.account is None or can_reach(package, place.account):
        return package
    copy = ROOT_HOME / f"{package.name}-{version}"
    if not copy.exists():
        ROOT_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
        half = copy.with_name(f"{copy.name}.{os.getpid()}.new")
        shutil.copytree(package, half / package.name)
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, half / libraries.name)
        half.rename(copy)
    return copy / package.name
