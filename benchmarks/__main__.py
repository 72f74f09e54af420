"""`python -m benchmarks NAME`: what bin/bench runs."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import Any


def _add_clinic(commands: Any) -> None:
    clinic = commands.add_parser("clinic", help="a morning of 300 staff over HTTP, faster until it saturates")
    clinic.add_argument("--residents", type=int, default=60_000, metavar="N", help="people to load (default 60,000)")
    clinic.add_argument("--clinics", type=int, default=6, help="clinics of fifty staff (default 6)")
    clinic.add_argument("--share", type=float, default=1.0, help="of the fifty who work (default all)")
    clinic.add_argument(
        "--rates", type=float, nargs="+", default=[5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100], metavar="R",
        help="requests a second offered, step after step",
    )  # fmt: skip
    clinic.add_argument("--seconds", type=float, default=40.0, metavar="S", help="counted of each step (default 40)")
    clinic.add_argument("--settle", type=float, default=20.0, metavar="S", help="before each step counts (default 20)")
    clinic.add_argument(
        "--think", type=float, default=1.0, metavar="X", help="times the seconds between two requests (default 1)"
    )
    clinic.add_argument("--floor-seconds", type=float, default=2.0, help="of each floor and round (default 2)")
    clinic.add_argument("--to-the-end", action="store_true", help="all steps, also after one was too slow")
    clinic.add_argument(
        "--template", default="", metavar="NAME", help="copy this migrated database with its reference data"
    )
    clinic.add_argument("--database", default="ehr_bench_clinic", help="its own database (default ehr_bench_clinic)")
    clinic.add_argument("--json", action="store_true", help="machine-readable result on standard output")
    clinic.add_argument("--keep", action="store_true", help="keep the database afterwards")


def _add_screening(commands: Any) -> None:
    screening = commands.add_parser("screening", help="the city's eligibility and indicators beside the bare scan")
    screening.add_argument("--residents", type=int, default=8_500_000, metavar="N", help="people (default 8,500,000)")
    screening.add_argument("--rounds", type=int, default=3, help="times each is asked (default 3)")
    screening.add_argument("--template", default="", metavar="NAME", help="copy this migrated database")
    screening.add_argument("--database", default="ehr_bench_screening", help="its own database")
    screening.add_argument("--json", action="store_true", help="machine-readable result on standard output")
    screening.add_argument("--keep", action="store_true", help="keep the database, and reuse it when it is there")


def _add_link(commands: Any) -> None:
    link = commands.add_parser("link", help="a hospital's list into the city by the import itself, Splink beside it")
    link.add_argument("--register", type=int, default=1_000_000, metavar="N", help="residents (default 1,000,000)")
    link.add_argument("--hospital", type=int, default=200_000, metavar="N", help="rows of the list (default 200,000)")
    link.add_argument("--seed", type=int, default=2026, help="of people and errors (default 2026)")
    link.add_argument("--no-splink", dest="splink", action="store_false", help="ours alone")
    link.add_argument("--template", default="", metavar="NAME", help="copy this migrated database")
    link.add_argument("--database", default="ehr_bench_link", help="its own database (default ehr_bench_link)")
    link.add_argument("--json", action="store_true", help="machine-readable result on standard output")


def _add_chaos(commands: Any) -> None:
    chaos = commands.add_parser(
        "chaos", help="one import while workers, broker and database are killed: every row counted"
    )
    chaos.add_argument("--rows", type=int, default=100_000, metavar="N", help="rows of the file (default 100,000)")
    chaos.add_argument("--kills", type=int, default=50, help="workers killed by SIGKILL (default 50)")
    chaos.add_argument("--broker", type=int, default=5, help="times the broker is killed and emptied (default 5)")
    chaos.add_argument("--database", type=int, default=3, help="times PostgreSQL is restarted (default 3)")
    chaos.add_argument("--workers", type=int, default=3, help="each in its own network namespace (default 3)")
    chaos.add_argument("--seed", type=int, default=2026, help="of people, victims and moments (default 2026)")
    chaos.add_argument("--limit", type=float, default=5400.0, metavar="S", help="seconds it may take (default 5,400)")
    chaos.add_argument(
        "--hurry", action="store_true", help="move the ledger's clock on whenever the import stands still"
    )
    chaos.add_argument("--template", default="", metavar="URL", help="copy this migrated database with reference data")
    chaos.add_argument("--keep-logs", action="store_true", help="leave the logs of workers and servers")
    chaos.add_argument("--json", action="store_true", help="machine-readable result on standard output")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    search = commands.add_parser(
        "search", help="reads and searches over HTTP with permission check and committed audit"
    )
    search.add_argument(
        "--residents", type=int, default=1_000_000, metavar="N", help="people to load (default 1,000,000)"
    )
    search.add_argument("--seconds", type=float, default=2.0, metavar="S", help="per question and round (default 2)")
    search.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    search.add_argument("--connections", type=int, default=4, help="keep-alive connections (default 4)")
    search.add_argument(
        "--only", default="", help="only questions whose name contains one of these words, separated by commas"
    )
    search.add_argument("--database", default="ehr_bench", help="its own database (default ehr_bench)")
    search.add_argument("--json", action="store_true", help="machine-readable result on standard output")
    search.add_argument(
        "--keep", action="store_true", help="keep the database, and reuse it when it has as many people"
    )
    record = commands.add_parser("record", help="a record's pages with 50 and with 2,000 entries")
    record.add_argument("--residents", type=int, default=20_000, metavar="N", help="people to load (default 20,000)")
    record.add_argument("--seconds", type=float, default=2.0, metavar="S", help="per question and round (default 2)")
    record.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    record.add_argument("--connections", type=int, default=4, help="keep-alive connections (default 4)")
    record.add_argument("--database", default="ehr_bench_record", help="its own database (default ehr_bench_record)")
    record.add_argument("--json", action="store_true", help="machine-readable result on standard output")
    record.add_argument("--keep", action="store_true", help="keep the database afterwards")
    _add_clinic(commands)
    _add_screening(commands)
    _add_link(commands)
    _add_chaos(commands)
    linkage = commands.add_parser("linkage", help="the matcher beside Splink, and one person among a million")
    linkage.add_argument("--sets", nargs="+", default=["febrl", "city"], choices=["febrl", "city"], help="data sets")
    linkage.add_argument("--register", type=int, default=200_000, metavar="N", help="people in the city's register")
    linkage.add_argument("--hospital", type=int, default=50_000, metavar="N", help="rows of the old hospital's file")
    linkage.add_argument(
        "--residents", type=int, default=1_000_000, metavar="N", help="people on file for the look-ups (0: none)"
    )
    linkage.add_argument("--people", type=int, default=1000, help="people asked for")
    linkage.add_argument("--database", default="ehr_bench", help="its own database (default ehr_bench)")
    linkage.add_argument("--json", action="store_true", help="machine-readable result on standard output")
    linkage.add_argument("--keep", action="store_true", help="keep the database, and reuse it when it is there")
    return parser


def main() -> int:
    """Exit code: 0 when every answer was good and audited."""
    options = _parser().parse_args()
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        if not os.environ.get(name):
            print(f"{name} is not set: run bin/bench, which starts the services", file=sys.stderr)
            return 1
    bench = import_module(f"benchmarks.{options.name}")  # only now: it needs the environment checked above
    return int(bench.run(options))


if __name__ == "__main__":
    sys.exit(main())
