"""One installation: its place, its secrets, its ports, and the servers that its environment does not name already."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hanoi_ehr.services import credentials, ports
from hanoi_ehr.services.credentials import SERVER_ONLY, Credentials
from hanoi_ehr.services.endpoints import Endpoints
from hanoi_ehr.services.place import Place, settle
from hanoi_ehr.services.postgres import Postgres
from hanoi_ehr.services.process import end_orphans, orphans
from hanoi_ehr.services.supervisor import Service, Supervisor
from hanoi_ehr.services.valkey import Valkey

CLONE = Path(__file__).resolve().parents[2]


_NEVER_IN_TESTS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
_OUR_DOING = "DJANGO_SETTINGS_MODULE"
"""Importing this very package sets it as a side effect of Celery's; each command below chooses its own."""


def outer_environment(*, throw_away: bool) -> dict[str, str]:
    """The process environment over the clone's ``.env``; throw-away servers never touch the addresses named there."""
    outer = {name: value for name, value in os.environ.items() if name != _OUR_DOING}
    if throw_away:
        return {name: value for name, value in outer.items() if name not in _NEVER_IN_TESTS}
    file = CLONE / ".env"
    return (credentials.parse_env(file.read_text()) if file.exists() else {}) | outer


@dataclass(frozen=True)
class Installation:
    """What is under one data folder. ``given`` is the environment it was opened with."""

    place: Place
    secrets: Credentials
    given: Mapping[str, str]
    throw_away: bool = False

    @classmethod
    def open(cls, var: Path, given: Mapping[str, str], *, throw_away: bool = False) -> Installation:
        """Make the folders and the secrets where they are missing; raises SecretsMissing."""
        place = settle(var)
        data_exist = (place.servers / "postgres" / "data").exists()
        return cls(place, credentials.load(place.secrets, data_exist=data_exist), given, throw_away)

    def _servers(self) -> list[Postgres | Valkey]:
        chosen = ports.choose(self.place.ports, ("postgres", "valkey"))
        overrides = self.given.get("EHR_POSTGRES_OPTIONS", "")
        postgres = Postgres(self.place, chosen["postgres"], self.secrets, self.throw_away, overrides)
        valkey = Valkey(self.place, chosen["valkey"], self.secrets["EHR_VALKEY_PASSWORD"], not self.throw_away)
        wanted: list[tuple[str, Postgres | Valkey]] = [("DATABASE_URL", postgres), ("REDIS_URL", valkey)]
        return [server for variable, server in wanted if not self.given.get(variable)]

    def start_servers(self, supervisor: Supervisor) -> Endpoints:
        """Stop what a killed supervisor left, then start the servers this environment does not name.

        The caller holds the lock of the place.
        """
        homes = {self.place.servers / "postgres" / "data": "postgres", self.place.servers / "valkey": "valkey-server"}
        end_orphans(orphans(self.place.var, homes))
        servers: list[Service] = list(self._servers())
        supervisor.start(*servers)
        return self.endpoints()

    def endpoints(self) -> Endpoints:
        """Addresses at the remembered ports."""
        remembered = ports.remembered(self.place.ports)
        return Endpoints.embedded(self.secrets, remembered["postgres"], remembered["valkey"])

    @property
    def on_own_servers(self) -> bool:
        """Whether the database is the embedded one; somebody else's is treated as production unless they say not."""
        return not self.given.get("DATABASE_URL")

    def needs_servers(self) -> bool:
        """Whether any server has to be started here."""
        return not all(self.given.get(name) for name in ("DATABASE_URL", "REDIS_URL"))

    def _addresses(self) -> dict[str, str]:
        if not self.needs_servers():
            return {}
        addresses = self.endpoints().environment()
        if not self.on_own_servers:
            del addresses["DATABASE_OWNER_URL"]  # the owner of somebody else's server is somebody else's to name
        return addresses

    def environment(self) -> dict[str, str]:
        """Everything a child or a command needs; what was given from outside wins."""
        made = {
            **self._addresses(),
            **{name: value for name, value in self.secrets.items() if name not in SERVER_ONLY},
            **({"EHR_ENV": "demo", "EHR_DEMO": "1"} if self.on_own_servers else {"EHR_DEMO": "0"}),
            "EHR_VAR": str(self.place.var),
            "PYTHONUNBUFFERED": "1",
        }
        return made | {name: value for name, value in self.given.items() if value or name not in made}
