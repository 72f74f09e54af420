"""`bin/bench chaos`: one import while workers, broker and database are killed again and again; every row is counted after.

It starts a PostgreSQL and a Valkey of its own, durable as in the field, and workers in network namespaces of their own that
reach both over a bridge. The clock sends the sweep as Celery's beat does, only more often. Nothing of the import itself is
changed: leases, the sweep's patience and the sizes of chunks are the product's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.chaos_file import Expected, write_list
from benchmarks.chaos_network import Network, NoNamespaces
from benchmarks.chaos_servers import Servers
from benchmarks.chaos_workers import Workers
from benchmarks.database import ROOT

FACILITY = "01001"
LOOK, SWEEP, SAY = 0.25, 10.0, 5.0  # seconds between looks at the page, ticks of the clock, lines on the terminal
HURRIED, PATIENCE = 5.0, 30.0  # seconds, on average, until the next blow while an import stands still
TAIL = 750  # rows at the end that nothing befalls: an import that is over cannot be disturbed
STILL = 4.0  # seconds without progress after which --hurry lets the ledger's time pass
FATAL = ("failed", "refused", "stopped", "cancelled", "paused")


def run(options: argparse.Namespace) -> int:
    """0 when not a row is lost or doubled, progress was exact and every blow was dealt."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that namespaces and servers go too
    folder = Path(tempfile.mkdtemp(prefix="ehr-chaos-"))
    network = _network(options.workers)
    try:
        servers = Servers(folder, network.address if network else "", network.subnet if network else "")
        try:
            servers.start()
            return _run_on(options, folder, servers, network)
        finally:
            servers.stop()
    finally:
        if network:
            network.down()
        if not options.keep_logs:
            shutil.rmtree(folder, ignore_errors=True)


def _network(workers: int) -> Network | None:
    network = Network(workers)
    try:
        network.up()
    except NoNamespaces as error:
        say(f"NO NETWORK NAMESPACES ({error}): the workers are plain processes on loopback")
        return None
    say(f"{workers} network namespaces, {', '.join(network.names)}, on a bridge at {network.address}")
    return network


def _run_on(options: argparse.Namespace, folder: Path, servers: Servers, network: Network | None) -> int:
    environment = servers.environment()
    say("the database: migrations and reference data")
    _fill(options.template, environment, servers)
    expected = write_list(folder / "list.csv", options.rows, options.seed)
    os.environ.update(environment)
    import django  # noqa: PLC0415 - only now: settings read the environment

    django.setup()
    workers = Workers(options.workers, environment, folder, network)
    try:
        chaos = Chaos(options, servers, workers)
        chaos.import_file(folder / "list.csv", environment)
        chaos.go_on()
    finally:
        workers.stop()
    return _tell(options, chaos, expected, network)


def _fill(template: str, environment: dict[str, str], servers: Servers) -> None:
    """Migrations and reference data, or a copy of a database that has them."""
    if template:
        program = servers.postgres.service.command().argv[0].removesuffix("postgres")
        dump = [f"{program}pg_dump", "--no-owner", template]
        load = [f"{program}psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", environment["DATABASE_OWNER_URL"]]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as source:
            subprocess.run(load, stdin=source.stdout, stdout=subprocess.DEVNULL, check=True)
        if source.returncode:
            raise RuntimeError("pg_dump of the template failed")
        return
    for command in (["migrate", "--noinput", "--verbosity", "0"], ["load_reference"]):
        whole = [sys.executable, "manage.py", *command]
        subprocess.run(whole, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)


def say(line: str) -> None:
    """To the terminal; standard output carries the result alone."""
    print(line, file=sys.stderr, flush=True)


@dataclass
class Blow:
    """One thing that goes wrong: at this share of the rows, or after so many seconds of standing still."""

    what: str
    share: float
    patience: float


def blows(options: argparse.Namespace) -> Iterator[Blow]:
    """All of them, in the order drawn from the seed. The last comes before the import can have ended."""
    chance = Random(f"blows-{options.seed}")
    kinds = ["worker"] * options.kills + ["broker"] * options.broker
    kinds += [("database, immediate", "database, fast")[number % 2] for number in range(options.database)]
    chance.shuffle(kinds)
    last = min(0.9, max(0.1, 1 - TAIL / options.rows))
    shares = sorted(chance.uniform(0.01, last) for _ in kinds)
    for what, share in zip(kinds, shares, strict=True):
        yield Blow(what, share, chance.expovariate(1 / (HURRIED if options.hurry else PATIENCE)))


@dataclass
class Chaos:
    """One import and everything that happens to it."""

    options: argparse.Namespace
    servers: Servers
    workers: Workers
    dealt: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    watch: Any = None

    def __post_init__(self) -> None:
        from benchmarks import chaos_ledger  # noqa: PLC0415 - needs Django

        self.ledger = chaos_ledger
        self.chance = Random(f"victims-{self.options.seed}")
        self.blows = blows(self.options)
        self.next = next(self.blows, None)
        self.since = self.moved = self.swept = self.said = time.monotonic()

    def import_file(self, path: Path, environment: dict[str, str]) -> None:
        """Through the real command; once the import runs, its terminal is closed: from here on it is the workers'."""
        self._await_workers()
        argv = [
            sys.executable,
            "manage.py",
            "import_legacy",
            str(path),
            "--facility",
            FACILITY,
            "--profile",
            "person-csv",
        ]
        with (path.parent / "command.log").open("wb") as log:
            command = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                while (batch_id := self.ledger.find_batch()) is None:
                    if command.poll() is not None:
                        raise RuntimeError((path.parent / "command.log").read_text())
                    time.sleep(LOOK)
            finally:
                command.kill()
                command.wait()
        self.watch = self.ledger.Watch(batch_id)
        self.began = self.since = self.moved = time.monotonic()
        say(f"batch {batch_id} runs; the command that brought the file was killed")

    def _await_workers(self) -> None:
        from hanoi_ehr.celery import app  # noqa: PLC0415 - needs the environment

        deadline = time.monotonic() + 120
        while len(app.control.ping(timeout=1.0) or ()) < self.options.workers:
            self.workers.revive()
            if time.monotonic() > deadline:
                raise RuntimeError("the workers do not answer: see their logs")

    def go_on(self) -> None:
        """Until the batch is closed or the time is up; says what hangs then."""
        while self.watch.state not in ("done", *FATAL):
            if time.monotonic() - self.began > self.options.limit:
                say(f"NOT FINISHED after {self.options.limit:.0f} s. What hangs:")
                say("\n".join(self.ledger.what_hangs(self.watch.batch_id)))
                break
            self._look()
            self._strike()
            self.workers.revive()
            time.sleep(LOOK)
        self.watch.look()
        self.seconds = time.monotonic() - self.began

    def _look(self) -> None:
        before, now = self.watch.chunks, time.monotonic()
        self.watch.look()
        if self.watch.chunks != before:
            self.moved = now
        if now - self.swept > SWEEP:
            self.swept = now
            self.ledger.send_sweep()
        if self.options.hurry and now - self.moved > STILL:
            self.moved = self.swept = now
            self.ledger.age_ledger(self.watch.batch_id)
            self.ledger.send_sweep()
        if now - self.said > SAY:
            self.said = now
            dealt = ", ".join(f"{what} {count}" for what, count in sorted(self.dealt.items()))
            say(
                f"{now - self.began:5.0f} s  {self.watch.rows:,} of {self.watch.of:,} rows  killed: {dealt or 'none yet'}"
            )

    def _strike(self) -> None:
        blow, now = self.next, time.monotonic()
        if blow is None or self.watch.state != "running":
            return
        reached = self.watch.rows >= blow.share * self.watch.of
        if not reached and now - max(self.since, self.moved) < blow.patience:
            return
        if blow.what == "worker":
            self.workers.kill(self.chance.randrange(self.options.workers))
        elif blow.what == "broker":
            self.servers.valkey.restart(signal.SIGKILL, away=self.chance.uniform(0, 2))
        else:
            how = signal.SIGQUIT if "immediate" in blow.what else signal.SIGINT
            self.servers.postgres.restart(how, away=self.chance.uniform(0, 2))
        self.dealt[blow.what] += 1
        self.next, self.since = next(self.blows, None), time.monotonic()


def _tell(options: argparse.Namespace, chaos: Chaos, expected: Expected, network: Network | None) -> int:
    checks = chaos.ledger.checks(chaos.watch, expected)
    databases = sum(count for what, count in chaos.dealt.items() if what.startswith("database"))
    checks += [
        ("workers killed", options.kills, chaos.dealt["worker"]),
        ("broker killed and emptied", options.broker, chaos.dealt["broker"]),
        ("database restarted", options.database, databases),
    ]
    result = {
        "rows": options.rows, "workers": options.workers, "namespaces": network is not None, "seed": options.seed,
        "hurry": options.hurry, "seconds": round(chaos.seconds, 1), "looks": chaos.watch.looks,
        "looks without a database": chaos.watch.away, "workers that died by themselves": chaos.workers.deaths,
        "most attempts": chaos.ledger.most_attempts(chaos.watch.batch_id),
        "dealt": dict(chaos.dealt), "checks": {what: [wanted, found] for what, wanted, found in checks},
    }  # fmt: skip
    exact = all(wanted == found for _, wanted, found in checks)
    print(json.dumps(result, default=str) if options.json else table(result))
    say("exact" if exact else "NOT EXACT")
    return 0 if exact else 1


def table(result: dict[str, Any]) -> str:
    """As the README shows it."""
    where = "network namespaces" if result["namespaces"] else "plain processes, NO namespaces"
    lines = ["| what | must be | is | |", "|---|---:|---:|---|"]
    for what, (wanted, found) in result["checks"].items():
        lines.append(f"| {what} | {_cell(wanted)} | {_cell(found)} | {'exact' if wanted == found else '**WRONG**'} |")
    clock = ", the ledger's clock moved on while it stood still" if result["hurry"] else ""
    told = (
        f"{result['rows']:,} rows, {result['workers']} workers ({where}), seed {result['seed']},"
        f" {result['seconds']:,.0f} s{clock}; {result['looks']:,} looks at the progress page,"
        f" {result['looks without a database']} more found no database; {result['workers that died by themselves']}"
        " workers ended by themselves and were started again; the unluckiest chunk was begun"
        f" {result['most attempts']} times."
    )
    return "\n".join([*lines, "", told]) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " of ".join(map(_cell, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
