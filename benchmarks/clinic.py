"""`bin/bench clinic`: a morning of 300 staff in six clinics, faster and faster until the server no longer keeps up.

Each step prints what was asked and answered a second; the result is the highest step whose p95 stays under 300 ms with no
error, beside the constant view and the bare audited read of the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django
from django.db import connections

from benchmarks.database import ROOT, BenchDatabase
from benchmarks.loading import load_people
from benchmarks.report import Figures
from benchmarks.search import SEED, TODAY, measure, say
from benchmarks.serving import serving

CLINICS = 6
MOST_MS = 300.0
PER_VISIT = 32  # requests of one visit, about: what turns visits a second into a step's name


def run(options: argparse.Namespace) -> int:
    """Load, staff, serve, raise the rate, print. 0 when at least the first step kept to 300 ms without an error."""
    database = BenchDatabase.from_environment(options.database)
    clinics = prepare(database, options)
    with ExitStack() as stack:
        env = database.environment()
        app = stack.enter_context(serving(env, "hanoi_ehr.settings", "/suc-khoe/"))
        bare = stack.enter_context(serving(env, "benchmarks.bare_settings", "/constant/"))
        floors = _floors(bare, app, database, options)
        steps, end = climb(app, clinics, options)
    best = max((one for one in steps if one["good"]), key=lambda one: one["per_second"], default=None)
    facts = end | {"floors": [asdict(one) for one in floors], "steps": steps, "best": best, "cores": os.cpu_count()}
    print(json.dumps(facts, ensure_ascii=False) if options.json else table(facts))
    if not options.keep:
        connections.close_all()
        database.drop()
    for fault in [fault for step in steps for fault in step["faults"][:3]]:
        say(fault)
    return 0 if best else 1


def prepare(database: BenchDatabase, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The database with people, reference data and staff that are signed in."""
    say("create, migrate, load people")
    database.create(options.template)
    load_people(database, options.residents, SEED, TODAY, lambda _: None)
    if not options.template:
        subprocess.run(
            [sys.executable, "manage.py", "load_reference"],
            cwd=ROOT, env=database.environment(), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    os.environ.update(database.environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "hanoi_ehr.settings"
    django.setup()
    from benchmarks.staffing import staff_clinics  # noqa: PLC0415 - needs Django set up

    clinics = staff_clinics(options.clinics, options.share)
    connections.close_all()
    say(f"{sum(len(who) for one in clinics for who in one['staff'].values())} staff signed in")
    return clinics


def _floors(bare: int, app: int, database: BenchDatabase, options: argparse.Namespace) -> list[Figures]:
    from benchmarks.preparation import prepare as prepare_people  # noqa: PLC0415
    from benchmarks.questions import floors  # noqa: PLC0415

    asked = argparse.Namespace(seconds=options.floor_seconds, rounds=3, connections=4)
    return measure(list(floors(prepare_people(100))), {"app": app, "bare": bare}, database, asked)


def climb(
    port: int, clinics: Sequence[dict[str, Any]], options: argparse.Namespace
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Step after step, each faster, until one is no longer good; then everybody under way is served to the end.

    Gives the steps, and of the whole morning: visits ended, how often each kind of request was answered.
    """
    driver = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.morning"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    steps: list[dict[str, Any]] = []
    with closing(driver.stdin), driver:  # type: ignore[type-var]
        _ask(driver, {"kind": "open", "port": port, "clinics": list(clinics), "seed": SEED, "think": options.think})
        for rate in options.rates:
            settle = options.settle * (2 if not steps else 1)
            before = _stolen()
            task = {"kind": "step", "rate": rate / PER_VISIT, "seconds": options.seconds, "settle": settle}
            steps.append(_told(rate, _ask(driver, task)) | {"steal": _stolen_since(before)})
            say(_line(steps[-1]))
            if not steps[-1]["good"] and not options.to_the_end:
                break
        last = _ask(driver, {"kind": "finish"})
        steps[-1]["faults"] += last["faults"]
        steps[-1]["errors"] = len(steps[-1]["faults"])
    return steps, {"visits": last["visits"], "asked": last["asked"]}


def _ask(driver: subprocess.Popen[str], task: dict[str, Any]) -> dict[str, Any]:
    if driver.stdin is None or driver.stdout is None:
        raise RuntimeError("the driver has no pipes")
    driver.stdin.write(json.dumps(task) + "\n")
    driver.stdin.flush()
    answer: dict[str, Any] = json.loads(driver.stdout.readline())
    return answer


def _told(rate: float, answer: dict[str, Any]) -> dict[str, Any]:
    kinds = [
        Figures.of(name, [len(found) / answer["seconds"]], found, 0) for name, found in sorted(answer["kinds"].items())
    ]
    every = [one for found in answer["kinds"].values() for one in found]
    whole = Figures.of("all", [len(every) / answer["seconds"]], every, 0)
    good = not answer["faults"] and bool(every) and whole.p95 < MOST_MS
    return {
        "wanted": rate, **{name: getattr(whole, name) for name in ("per_second", "p50", "p95", "p99")},
        "visits_a_minute": 60 * answer["visits"] / answer["seconds"], "errors": len(answer["faults"]),
        "faults": list(dict.fromkeys(answer["faults"]))[:20], "good": good, "kinds": [asdict(one) for one in kinds],
    }  # fmt: skip


def _stolen() -> tuple[int, int]:
    """Jiffies stolen by the host, and all of them, since the machine began."""
    fields = [int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[7], sum(fields)


def _stolen_since(before: tuple[int, int]) -> float:
    stolen, every = (now - then for now, then in zip(_stolen(), before, strict=True))
    return 100 * stolen / max(every, 1)


def _line(step: dict[str, Any]) -> str:
    return (
        f"{step['per_second']:.1f} req/s: p50 {step['p50']:.0f}, p95 {step['p95']:.0f}, p99 {step['p99']:.0f} ms,"
        f" {step['errors']} errors, steal {step['steal']:.0f} %"
    )


def table(facts: dict[str, Any]) -> str:
    """Markdown, as the README quotes it."""
    lines = [
        "| step | req/s | visits a minute | p50 ms | p95 ms | p99 ms | errors | steal % |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one['name']} | {one['per_second']:,.0f} | | {one['p50']:.1f} | {one['p95']:.1f} | {one['p99']:.1f}"
        f" | {one['bad']} | |"
        for one in facts["floors"]
    ]
    lines += [
        f"| the morning at {step['wanted']:g} | {step['per_second']:.1f} | {step['visits_a_minute']:.0f}"
        f" | {step['p50']:.0f} | {step['p95']:.0f} | {step['p99']:.0f} | {step['errors']} | {step['steal']:.0f} |"
        for step in facts["steps"]
    ]
    best = facts["best"]
    told = (
        f"Highest rate with p95 under {MOST_MS:.0f} ms and no error: {best['per_second']:.1f} requests/s"
        f" ({best['visits_a_minute']:.0f} visits ended a minute)."
        if best
        else f"No step stayed under {MOST_MS:.0f} ms without an error."
    )
    lines += ["", told, "", *_kinds(best or facts["steps"][0])]
    return "\n".join(lines)


def _kinds(step: dict[str, Any]) -> list[str]:
    """The requests of one step, the dearest in all first."""
    kinds = sorted(step["kinds"], key=lambda one: -one["p50"] * one["good"])
    return [
        f"| request, at {step['per_second']:.1f} req/s | asked | p50 ms | p95 ms |",
        "|---|---:|---:|---:|",
        *(f"| {one['name']} | {one['good']} | {one['p50']:.0f} | {one['p95']:.0f} |" for one in kinds),
    ]
