"""bin/manage reverse_import ID --reason TEXT [--json]: take a whole batch back, even after later ones.

Exit code: 0 done, 1 refused. Standard output: what went, table by table, or JSON. Called again, it goes on.
"""

from __future__ import annotations

import json
import sys
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from migration.commands.reversing import reverse
from registry.kernel import Channel, Refused
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Take a batch back from the terminal."""

    help = "Hoàn tác trọn một đợt nạp: mọi dòng đợt đó ghi đều rút ra, đợt khác nói gì vẫn giữ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("batch", type=uuid.UUID, metavar="ID", help="mã đợt nạp")
        parser.add_argument("--reason", default="hoàn tác từ dòng lệnh", help="vì sao, ghi vào sổ")
        parser.add_argument("--json", action="store_true", help="in kết quả dạng JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reverse and report."""
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="reverse_import")
        try:
            done = reverse(ctx, options["batch"], options["reason"])
        except Refused as refusal:
            told = {"state": "refused", "code": refusal.code, "message": str(refusal.message)}
            self.stderr.write(str(refusal.message))
            if options["json"]:
                self.stdout.write(json.dumps(told, ensure_ascii=False))
            sys.exit(1)
        if options["json"]:
            self.stdout.write(json.dumps(done.to_json() | {"state": "reversed"}, ensure_ascii=False))
            return
        for table, rows in sorted(done.removed.items()):
            self.stdout.write(f"{table:<40} rút ra {rows:>9}")
        for table, rows in sorted(done.stayed.items()):
            self.stdout.write(f"{table:<40} giữ lại {rows:>8} (đã có việc khác dựa vào)")
        self.stdout.write(f"Chuyển cho đợt khác {done.passed_on} bản khai; nạp lại {done.written} hồ sơ của đợt khác.")
