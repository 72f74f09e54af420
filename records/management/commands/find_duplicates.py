"""`find_duplicates`: look for people who may be on file twice, and put them in the review queue."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from records.commands.candidates import CHUNK, EVER, FIRST, sweep_duplicates
from registry.kernel import Channel
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Doing it again changes nothing; pairs that were decided never return."""

    help = "Looks for people who may be on file twice and puts the pairs in the Department of Health's queue."

    def add_arguments(self, parser: CommandParser) -> None:
        """--days, --limit, --chunk, --json."""
        parser.add_argument("--days", type=int, metavar="N", help="only people whose record changed in the last N days")
        parser.add_argument("--limit", type=int, metavar="N", help="look at this many people at most")
        parser.add_argument("--chunk", type=int, default=CHUNK, metavar="N")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep chunk by chunk, each a transaction of its own, with progress on standard error."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        began, now = time.monotonic(), timezone.now()
        since = now - timedelta(days=options["days"]) if options["days"] else EVER
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn()
        people = pairs = 0
        last = FIRST
        with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
            bar = progress.add_task("Rà soát trùng", total=options["limit"])
            while options["limit"] is None or people < options["limit"]:
                ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="find_duplicates")
                room = min(options["chunk"], (options["limit"] or people + options["chunk"]) - people)
                swept = sweep_duplicates(ctx, after=last, since=since, limit=room)
                if swept.last is None:
                    break
                people, pairs, last = people + swept.people, pairs + swept.pairs, swept.last
                progress.update(bar, completed=people)
        seconds = round(time.monotonic() - began, 1)
        told = {"people": people, "pairs": pairs, "seconds": seconds}
        self.stdout.write(json.dumps(told) if options["json"] else f"{people} người, {pairs} cặp, {seconds} giây.")
