"""bin/manage export_links --batch ID [--output FILE.csv]

CSV on standard output: source_key, patient_id, weight (bits), decision (auto, review, new, quarantined); see
migration.queries.links. Exit code: 0 done; 1 no such batch.
"""

from __future__ import annotations

import csv
import sys
import uuid
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from migration.queries.links import list_links
from registry.kernel import Channel, NotFound
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Whom each row of a batch was linked to."""

    help = "Xuất kết quả ghép của một đợt nạp: mỗi dòng của tệp gắn với ai, theo trọng số nào, ai quyết định."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("--batch", type=uuid.UUID, required=True, metavar="ID", help="số của đợt nạp")
        parser.add_argument("--output", type=Path, metavar="FILE.csv", help="ghi ra tệp này thay vì ra màn hình")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the rows as they come."""
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="export_links")
        path: Path | None = options["output"]
        opened = path.open("w", encoding="utf-8", newline="") if path else nullcontext(self.stdout)
        try:
            with opened as file, transaction.atomic():  # the cursor lives as long as the transaction
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(("source_key", "patient_id", "weight", "decision"))
                for link in list_links(ctx, options["batch"]):
                    weight = "" if link.weight is None else f"{link.weight:.3f}"
                    writer.writerow((link.key, link.patient_id or "", weight, link.decision.value))
        except NotFound:
            raise CommandError(f"Không có đợt nạp {options['batch']}.") from None
        except BrokenPipeError:  # the reader has seen enough
            sys.stderr.close()
