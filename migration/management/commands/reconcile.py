"""bin/manage reconcile ID [--control FILE] [--json]: a batch against the hospital's own totals, by table and month.

Exit code: 0 agrees, 2 something differs, 1 refused. --control: the hospital's totals (CSV or JSON)
take the place of those told before.
"""

from __future__ import annotations

import json
import sys
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from migration.commands.reconciling import read_totals, tell_totals
from migration.queries.books import BookLine, get_books
from registry.kernel import Channel, Refused
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Reconcile a batch from the terminal."""

    help = "Đối soát một đợt nạp với số kiểm soát của cơ sở: từng bảng, từng tháng, số dòng và số tiền."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("batch", type=uuid.UUID, metavar="ID", help="mã đợt nạp")
        parser.add_argument("--control", type=Path, metavar="FILE", help="tệp số kiểm soát của cơ sở (CSV hoặc JSON)")
        parser.add_argument("--json", action="store_true", help="in bảng đối soát dạng JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the totals in where given, compare, report."""
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="reconcile")
        try:
            if options["control"]:
                tell_totals(ctx, batch_id=options["batch"], told=read_totals(options["control"].read_bytes()))
            books = get_books(ctx, options["batch"])
        except (Refused, OSError) as refusal:
            self.stderr.write(str(getattr(refusal, "message", refusal)))
            sys.exit(1)
        if options["json"]:
            self.stdout.write(json.dumps(books.to_json(), ensure_ascii=False))
        else:
            for line in books.lines:
                self.stdout.write(_line(line))
            self.stdout.write("Khớp." if books.agrees else "CÓ CHỖ CHƯA KHỚP.")
        sys.exit(0 if books.agrees else 2)


def _line(line: BookLine) -> str:
    month = f"{line.month:%m/%Y}" if line.month else ""
    told = "" if line.rows_off is None else f"  kiểm soát {line.told_rows:>9}  lệch {line.rows_off:>+7}"
    money = "" if line.amount is None else f"  {line.amount:>18,.0f} đ"
    off = "" if line.amount_off is None else f"  lệch {line.amount_off:>+14,.0f} đ"
    return f"{line.title:<28} {month:<8} {line.rows:>9}  chờ {line.waiting_rows:>6}{told}{money}{off}"
