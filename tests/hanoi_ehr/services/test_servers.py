"""The embedded servers as a clinic gets them: real processes, killed and stopped for real."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from hanoi_ehr.services.credentials import parse_env
from hanoi_ehr.services.installation import CLONE
from hanoi_ehr.services.process import descendants, is_alive, orphans
from hanoi_ehr.services.valkey import ask

OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "AUDIT_SEAL_KEY", "EHR_VAR")
PATIENCE = 90.0


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OWN}


def until(met: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, psycopg2.Error):
            if found := met():
                return found
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE} s: {what}")


@dataclass
class Servers:
    var: Path
    process: subprocess.Popen[str] | None = None

    def start(self) -> dict[str, str]:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hanoi_ehr.services", "up", "--var", str(self.var)],
            env=clean_environment(), cwd=CLONE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until(self.is_ready, "ready")
        return self.environment()

    def is_ready(self) -> bool:
        """By our own supervisor's word, not by that of a killed one."""
        state = self.state()
        return self.process is not None and state["self"]["pid"] == self.process.pid and bool(state.get("ready"))

    def environment(self) -> dict[str, str]:
        command = [sys.executable, "-m", "hanoi_ehr.services", "env", "--var", str(self.var)]
        done = subprocess.run(command, env=clean_environment(), cwd=CLONE, capture_output=True, text=True, check=True)
        return parse_env(done.stdout)

    def state(self) -> dict[str, Any]:
        assert self.process is None or self.process.poll() is None, "the supervisor ended"
        return dict(json.loads((self.var / "supervisor.json").read_text()))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(60)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self.process = None
        return code

    def left_behind(self) -> list[Any]:
        homes = {self.var / "servers/postgres/data": "postgres", self.var / "servers/valkey": "valkey-server"}
        return orphans(self.var, homes)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    # Directly under /tmp: pytest's own folders have mode 700, which sends the servers' data elsewhere under root.
    folder = Path(tempfile.mkdtemp(prefix="ehr-", dir="/tmp"))
    folder.chmod(0o755)
    running = Servers(folder / "var")
    running.start()
    yield running
    if running.process is not None:
        running.stop()
    shutil.rmtree(folder)


def run_sql(url: str, statement: str, **changes: Any) -> Any:
    with contextlib.closing(psycopg2.connect(url, **changes)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None


def test_the_application_role_owns_nothing_and_the_owner_is_no_superuser(servers: Servers) -> None:
    env = servers.environment()
    flags = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert run_sql(env["DATABASE_URL"], flags) == (False, False, False, False)
    assert run_sql(env["DATABASE_OWNER_URL"], flags) == (False, False, False, True), "copies databases for tests"
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run_sql(env["DATABASE_URL"], "CREATE TABLE mine (a int)")
    run_sql(env["DATABASE_OWNER_URL"], "CREATE TABLE theirs (a int); DROP TABLE theirs")


@pytest.mark.parametrize("role", ["ehr_app", "ehr_owner", "postgres"])
@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_is_trusted(servers: Servers, role: str, password: str) -> None:
    url = urlsplit(servers.environment()["DATABASE_URL"])
    with pytest.raises(psycopg2.OperationalError, match="password"):
        run_sql("", "SELECT 1", host=url.hostname, port=url.port, dbname="ehr", user=role, password=password)
    rules = (servers.var / "servers/postgres/data/pg_hba.conf").read_text().split("\n")
    assert not [rule for rule in rules if not rule.startswith("#") and "trust" in rule]


def test_the_broker_asks_for_its_password_and_never_drops_a_key(servers: Servers) -> None:
    url = urlsplit(servers.environment()["REDIS_URL"])
    assert url.port is not None
    assert b"NOAUTH" in ask(url.port, ["PING"])
    settings = ask(
        url.port, ["AUTH", url.password or ""], ["CONFIG", "GET", "maxmemory-policy"], ["CONFIG", "GET", "appendonly"]
    )
    assert b"noeviction" in settings
    assert b"yes" in settings


def test_secrets_are_readable_by_their_owner_only(servers: Servers) -> None:
    assert (servers.var / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert (servers.var / "supervisor.json").stat().st_mode & 0o077 == 0
    listed = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
    words = parse_env((servers.var / "secrets.env").read_text())
    assert not [name for name, value in words.items() if value in listed], "a password stands on a command line"


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_comes_back_with_its_data(servers: Servers, name: str) -> None:
    env = servers.environment()
    broker = urlsplit(env["REDIS_URL"])
    assert broker.port is not None
    login = ["AUTH", broker.password or ""]
    run_sql(env["DATABASE_OWNER_URL"], f"CREATE TABLE kept_{name} AS SELECT 42 AS answer")
    ask(broker.port, login, ["SET", "kept", "42"])
    time.sleep(1.2)  # the broker promises what is older than a second
    before = servers.state()["children"][name]
    os.kill(before, signal.SIGKILL)
    until(lambda: servers.state()["children"][name] != before, "restarted")
    until(lambda: run_sql(env["DATABASE_OWNER_URL"], f"SELECT answer FROM kept_{name}") == (42,), "the row is back")
    until(lambda: b"42" in ask(broker.port or 0, login, ["GET", "kept"]), "the key is back")


def test_two_supervisors_never_share_a_folder(servers: Servers) -> None:
    command = [sys.executable, "-m", "hanoi_ehr.services", "up", "--var", str(servers.var)]
    second = subprocess.run(command, env=clean_environment(), cwd=CLONE, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "another process uses this data folder" in second.stderr


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_cannot_mend(servers: Servers) -> None:
    env = servers.environment()
    run_sql(env["DATABASE_OWNER_URL"], "CREATE TABLE before_the_crash AS SELECT 7 AS n")
    servers.stop(signal.SIGKILL)
    again = servers.start()
    assert again == env, "addresses and secrets stay"
    assert run_sql(again["DATABASE_OWNER_URL"], "SELECT n FROM before_the_crash") == (7,)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_process_and_keeps_the_data(servers: Servers, how: signal.Signals) -> None:
    env = servers.environment()
    run_sql(env["DATABASE_OWNER_URL"], "CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n")
    assert servers.left_behind(), "the search finds the servers while they run"
    assert servers.stop(how) == 0
    assert servers.left_behind() == []
    assert not (servers.var / "supervisor.json").exists()
    servers.start()
    assert run_sql(env["DATABASE_OWNER_URL"], "SELECT n FROM kept") == (1,)


def test_commands_at_the_same_time_share_the_servers_and_the_last_one_stops_them(servers: Servers) -> None:
    servers.stop()
    work = """import os, psycopg2, sys, time
psycopg2.connect(os.environ["DATABASE_URL"]).close()
time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]))"""
    command = [sys.executable, "-m", "hanoi_ehr.services", "with", "--var", str(servers.var), "--"]
    command += [sys.executable, "-c", work]
    calls = [
        subprocess.Popen([*command, str(index / 2), str(index)], env=clean_environment(), cwd=CLONE)
        for index in range(3)
    ]
    assert [call.wait(PATIENCE) for call in calls] == [0, 1, 2], "each gets its own exit code"
    until(lambda: not servers.left_behind(), "the keeper stopped")
    servers.start()


def test_lost_secrets_are_said_not_replaced(servers: Servers) -> None:
    servers.stop()
    secrets = servers.var / "secrets.env"
    hidden = secrets.rename(servers.var / "hidden")
    command = [sys.executable, "-m", "hanoi_ehr.services", "up", "--var", str(servers.var)]
    tried = subprocess.run(command, env=clean_environment(), cwd=CLONE, capture_output=True, text=True, check=False)
    hidden.rename(secrets)
    servers.start()
    assert tried.returncode == 1
    assert "is missing although data exist" in tried.stderr


def test_a_command_that_is_told_to_end_takes_what_it_started_along(servers: Servers) -> None:
    command = [sys.executable, "-m", "hanoi_ehr.services", "with", "--var", str(servers.var), "--"]
    inner = "echo $$; sleep 300; true"  # `true` keeps the shell from becoming the sleep
    asked = subprocess.Popen([*command, "sh", "-c", inner], env=clean_environment(), cwd=CLONE, stdout=subprocess.PIPE)
    assert asked.stdout is not None
    shell = int(asked.stdout.readline())
    line = until(lambda: found if len(found := descendants(shell)) > 1 else None, "the sleep runs")
    asked.terminate()
    assert asked.wait(PATIENCE) == 128 + signal.SIGTERM
    asked.stdout.close()
    until(lambda: not any(is_alive(process) for process in line), "shell and sleep are gone")
