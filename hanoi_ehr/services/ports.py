"""Free ports on loopback, chosen once and remembered, so that addresses written down stay true."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now; old connections in TIME_WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def remembered(path: Path) -> dict[str, int]:
    """The ports of last time, by name."""
    try:
        return {str(name): int(port) for name, port in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def choose(path: Path, names: Iterable[str]) -> dict[str, int]:
    """The port of each name: the one of last time while it is free, else a new one; written to ``path``."""
    before = remembered(path)
    chosen: dict[str, int] = dict(before)
    for name in names:
        port = before.get(name)
        chosen[name] = port if port is not None and is_free(port) else free_port()
    if chosen != before:
        path.write_text(json.dumps(chosen))
    return chosen
