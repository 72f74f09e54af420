"""`load_demo`: the demonstration city, once."""

from __future__ import annotations

import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hanoi_ehr.demo.commands.load import RESIDENTS, SEED, has_reference, is_loaded, load_city
from records.commands.candidates import sweep_duplicates
from registry.kernel import Channel, Context
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Refuses unless EHR_DEMO is on; does nothing when the city stands."""

    help = "Loads the demonstration city (synthetic residents, facilities, accounts) once."

    def add_arguments(self, parser: CommandParser) -> None:
        """--residents, --seed."""
        parser.add_argument("--residents", type=int, default=RESIDENTS, metavar="N")
        parser.add_argument("--seed", type=int, default=SEED, metavar="S")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load with progress on standard error."""
        if not settings.EHR_DEMO:
            raise CommandError("EHR_DEMO đang tắt: không nạp dữ liệu trình diễn / EHR_DEMO is off: nothing is loaded.")
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="load_demo")
        if is_loaded(ctx):
            return
        if not has_reference(ctx):
            call_command("load_reference", stdout=self.stdout, stderr=self.stderr)
        self._load(ctx, options["residents"], options["seed"])

    def _sweep(self, ctx: Context) -> int:
        """What the nightly sweep would find, now: the queue of possible duplicates shows something at once."""
        swept = sweep_duplicates(ctx)
        pairs = swept.pairs
        while swept.last is not None:
            swept = sweep_duplicates(ctx, after=swept.last)
            pairs += swept.pairs
        return pairs

    def _load(self, ctx: Any, count: int, seed: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        began = time.monotonic()
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
            steps = progress.add_task("Dữ liệu trình diễn", total=STEPS)

            def say(step: str, rows: int) -> None:
                progress.update(steps, advance=1, description=f"{step}: {rows:,}")

            loaded = load_city(ctx, count=count, seed=seed, say=say)
            say("MatchCandidate", self._sweep(ctx))
        rows = sum(loaded.counts.values())
        self.stderr.write(f"{count:,} người, {rows:,} dòng, {time.monotonic() - began:.1f} s")


STEPS = 24  # tables and scenes `load_city` tells of, and the sweep
