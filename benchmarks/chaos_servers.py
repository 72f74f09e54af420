"""PostgreSQL and Valkey of the chaos benchmark's own: as the deployment sets them up, made to be killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hanoi_ehr.services import ports
from hanoi_ehr.services.credentials import write_private
from hanoi_ehr.services.installation import Installation, outer_environment
from hanoi_ehr.services.ports import LOOPBACK
from hanoi_ehr.services.postgres import Postgres
from hanoi_ehr.services.process import end, kill_group, spawn
from hanoi_ehr.services.supervisor import StartFailed
from hanoi_ehr.services.valkey import Valkey

PATIENCE = 60.0  # seconds a server may take to start, recovery of the write-ahead log included


@dataclass(frozen=True)
class BridgedPostgres(Postgres):
    """The embedded server, durable as in the field, that answers the workers' namespaces too. subnet: "" for none."""

    subnet: str = ""

    def prepare(self) -> None:
        """As the embedded one, and the subnet of the namespaces may come, by password."""
        super().prepare()
        rules = self.folder / "pg_hba.conf"
        line = f"host all all {self.subnet} scram-sha-256\n" if self.subnet else ""
        write_private(rules, line + rules.read_text(), owner=self.place.account)


@dataclass(frozen=True)
class BridgedValkey(Valkey):
    """The embedded broker without a memory on disk, so that a killed one comes back empty. address: "" for loopback."""

    address: str = ""

    def prepare(self) -> None:
        """As the embedded one, and it listens on the bridge as well."""
        super().prepare()
        rules = self.folder / "valkey.conf"
        line = f"bind {LOOPBACK} {self.address}\n" if self.address else ""
        write_private(rules, rules.read_text() + line, owner=self.place.account)


class Server:
    """One running server, that can be stopped in several ways and started again at the same address."""

    def __init__(self, service: Postgres | Valkey, log: Path) -> None:
        self.service, self.log = service, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers; raises StartFailed."""
        self.service.prepare()
        self.process = spawn(self.service.command(), self.log)
        deadline = time.monotonic() + PATIENCE
        while not self.service.is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise StartFailed(f"{self.service.name}: see {self.log}")
            time.sleep(0.05)

    def restart(self, how: signal.Signals, away: float) -> None:
        """Send this signal, wait for its end, stay away for so many seconds, start again."""
        assert self.process is not None  # noqa: S101 - started before
        self.process.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE / 2)
        kill_group(self.process.pid)
        self.process.wait()
        time.sleep(away)
        self.start()

    def stop(self) -> None:
        """For good."""
        if self.process is not None:
            end(self.process, self.service.command().stopping)


class Servers:
    """Both servers in a folder of their own. address, subnet: of the bridge, "" where workers are plain processes."""

    def __init__(self, folder: Path, address: str, subnet: str) -> None:
        folder.chmod(0o711)  # under root the servers run as another account
        self.installation = Installation.open(folder / "var", outer_environment(throw_away=True))
        place, secrets = self.installation.place, self.installation.secrets
        chosen = ports.choose(place.ports, ("postgres", "valkey"))
        listening = f"listen_addresses={LOOPBACK},{address}" if address else ""
        self.address, self.place = address or LOOPBACK, place
        self.postgres = Server(
            BridgedPostgres(place, chosen["postgres"], secrets, overrides=listening, subnet=subnet),
            place.log / "postgres.log",
        )
        self.valkey = Server(
            BridgedValkey(place, chosen["valkey"], secrets["EHR_VALKEY_PASSWORD"], durable=False, address=address),
            place.log / "valkey.log",
        )

    def start(self) -> None:
        """Start both, and make the roles and the empty database."""
        self.postgres.start()
        self.postgres.service.provision()
        self.valkey.start()

    def stop(self) -> None:
        """Stop both and remove what they wrote, wherever their account made us put it."""
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self.place.servers, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """What commands and workers need to reach these servers: at the bridge's address, from everywhere."""
        addresses = {
            name: value.replace(f"@{LOOPBACK}:", f"@{self.address}:")
            for name, value in self.installation.endpoints().environment().items()
        }
        own = {"EHR_ENV": "test", "EHR_DEMO": "0", "SECURE_SSL": "0", "DJANGO_DEBUG": "0"}
        settings = {"DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"}
        given = {name: value for name, value in os.environ.items() if name != "EHR_DEMO_PASSWORD"}
        return given | self.installation.environment() | addresses | own | settings
