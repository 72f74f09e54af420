"""bin/manage load_reference: the repository's reference data into the database; running it again changes nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry.commands.reference import Loaded
from registry.commands.reference_files import load_reference, reference_loaders
from registry.kernel import Channel, Refused
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Loads units, facilities and code systems."""

    help = "Nạp dữ liệu danh mục đi kèm (đơn vị hành chính, cơ sở y tế, bảng mã). Chạy lại không làm thay đổi gì."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--only PART …: some parts instead of all."""
        parser.add_argument("--only", nargs="+", default=[], metavar="PHẦN", help=", ".join(reference_loaders()))

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, one line per part, and the total."""
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="load_reference")
        total = Loaded()
        try:
            for name, loaded in load_reference(ctx, frozenset(options["only"])):
                total += loaded
                self._say(name, loaded)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self._say("tổng cộng", total)

    def _say(self, name: str, loaded: Loaded) -> None:
        added, changed, closed, unchanged = loaded.counts
        self.stdout.write(f"{name:<24} thêm {added:>5}  sửa {changed:>5}  đóng {closed:>5}  giữ nguyên {unchanged:>5}")
