"""A network namespace for every worker: a bridge, a pair of virtual cables each, and no way but through it."""

from __future__ import annotations

import ipaddress
import os
import shutil
import subprocess
from contextlib import suppress

PREFIX = "ehrc"  # an interface's name has at most fifteen letters


class NoNamespaces(RuntimeError):
    """This machine or account cannot make network namespaces; the message says what failed."""


class Network:
    """The bridge and the namespaces on it. address: the bridge's own, where the servers listen; subnet: all of them."""

    def __init__(self, workers: int) -> None:
        self.tag = f"{PREFIX}{os.getpid() % 100_000}"
        third = os.getpid() % 250 + 1
        self.subnet = f"10.231.{third}.0/24"
        hosts = ipaddress.ip_network(self.subnet).hosts()
        self.address = str(next(hosts))
        self.names = tuple(f"{self.tag}-{number}" for number in range(workers))
        self._addresses = tuple(str(next(hosts)) for _ in self.names)

    def up(self) -> None:
        """Make them all. Raises NoNamespaces, having taken away what was made."""
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise NoNamespaces("namespaces need root and the program ip")
        try:
            _ip("link", "add", self.tag, "type", "bridge")
            _ip("addr", "add", f"{self.address}/24", "dev", self.tag)
            _ip("link", "set", self.tag, "up")
            for number, name in enumerate(self.names):
                self._join(name, f"{self.tag}v{number}", self._addresses[number])
        except NoNamespaces:
            self.down()
            raise

    def _join(self, name: str, cable: str, address: str) -> None:
        _ip("netns", "add", name)
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("link", "set", cable, "master", self.tag, "up")
        _ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "link", "set", "lo", "up")

    def inside(self, worker: int) -> list[str]:
        """What comes before a command to run it in this worker's namespace."""
        return ["ip", "netns", "exec", self.names[worker]]

    def down(self) -> None:
        """Take everything away; what is not there is nothing to complain of."""
        for name in self.names:
            with suppress(NoNamespaces):
                _ip("netns", "del", name)
        with suppress(NoNamespaces):
            _ip("link", "del", self.tag)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNamespaces(f"ip {' '.join(words)}: {done.stderr.strip()}")
