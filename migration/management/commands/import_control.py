"""bin/manage import_control ID pause|resume|cancel|show [--json]: hold an import still, let it go on, end it.

Paused: no further chunk is begun, those at work are finished. Exit code: 0 done, 1 refused.
"""

from __future__ import annotations

import json
import sys
import uuid
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from migration.commands.batches import cancel_batch, pause_batch, resume_batch
from migration.queries.progress import get_progress
from registry.kernel import Channel, Refused
from registry.queries.contexts import facility_ref, system_context

_ACTS = {"pause": pause_batch, "resume": resume_batch, "cancel": cancel_batch}


class Command(BaseCommand):
    """Control an import from the terminal."""

    help = "Tạm dừng, cho chạy tiếp hoặc huỷ một đợt nạp; show: chỉ xem tiến độ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("batch", type=uuid.UUID, metavar="ID", help="mã đợt nạp")
        parser.add_argument("act", choices=[*_ACTS, "show"], help="việc cần làm")
        parser.add_argument("--json", action="store_true", help="in tiến độ dạng JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and tell how the batch stands."""
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="import_control")
        try:
            progress = get_progress(ctx, options["batch"])
            if options["act"] in _ACTS:
                acting = replace(ctx, facility=facility_ref(progress.facility))
                _ACTS[options["act"]](acting, batch_id=options["batch"])
                progress = get_progress(ctx, options["batch"])
        except Refused as refusal:
            self.stderr.write(str(refusal.message))
            sys.exit(1)
        if options["json"]:
            self.stdout.write(json.dumps(progress.to_json(), ensure_ascii=False))
            return
        left = "" if progress.seconds_left is None else f", còn khoảng {progress.seconds_left} giây"
        self.stdout.write(f"{progress.state_label}: {progress.rate:.0f} hồ sơ/giây{left}")
        for stage in progress.stages:
            self.stdout.write(f"  {stage.title:<12} {stage.done:>10} / {stage.all:<10}")
        for worker in progress.workers:
            self.stdout.write(
                f"  {worker.name:<32} {worker.chunks:>6} phần, {worker.rows:>9} hồ sơ, {worker.rate:.0f}/giây"
            )
