"""bin/manage import_legacy FILE --profile NAME [--facility CODE] [--dry-run] [--json] [--strict]

A file of the whole city's screening needs no facility: it is the Department's own then.

Exit code: 0 done; 1 refused or failed; 2 done with rows in quarantine, under --strict only. Standard output carries the
reconciliation (text, or JSON with --json); progress and everything said to people goes to standard error.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from migration.commands.batches import start_batch
from migration.commands.receiving import Received, receive_file
from migration.commands.working import work_off, workers_listen
from migration.models import ImportBatch
from migration.queries.reconciliation import Line, Totals, count_batch
from migration.rules.profiles import BUILT_IN
from registry.kernel import Channel, Context, Refused
from registry.queries.contexts import find_authority, get_facility, system_context

_BLOCK = 1024 * 1024
_STARTABLE = (ImportBatch.State.READY, ImportBatch.State.FAILED)


class Command(BaseCommand):
    """Import a hospital's file from the terminal."""

    help = "Nạp một tệp dữ liệu cũ của cơ sở y tế, chờ đến khi xong và in bảng đối soát."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("file", type=Path, help="tệp cần nạp")
        parser.add_argument("--facility", metavar="CODE", help="mã CSKCB của cơ sở nộp tệp (bỏ trống: Sở Y tế)")
        parser.add_argument("--profile", required=True, metavar="NAME", help=f"hồ sơ ánh xạ: {', '.join(BUILT_IN)}")
        parser.add_argument("--dry-run", action="store_true", help="chạy thử: làm hết mọi bước rồi hoàn lại")
        parser.add_argument("--json", action="store_true", help="in bảng đối soát dạng JSON ra stdout")
        parser.add_argument("--strict", action="store_true", help="mã thoát 2 khi còn dòng cách ly")

    def handle(self, *args: Any, **options: Any) -> None:
        """Receive, start, wait or work, report."""
        self.console = Console(stderr=True)
        sys.exit(self._run(options))

    def _run(self, options: dict[str, Any]) -> int:
        code: str | None = options["facility"]
        facility = get_facility(code) if code else find_authority()
        path: Path = options["file"]
        if facility is None:
            told = f"Không có cơ sở mang mã {code}." if code else "Hãy nêu cơ sở nộp tệp: --facility MÃ."
            return self._refuse("facility-unknown", told, options)
        if not path.is_file():
            return self._refuse("file-missing", f"Không đọc được tệp {path}.", options)
        ctx = system_context(timezone.now(), facility=facility, channel=Channel.COMMAND_LINE, label="import_legacy")
        try:
            received = self._receive(ctx, path, options)
        except Refused as refusal:
            return self._refuse(refusal.code, refusal.message, options)
        return self._work(ctx, received, options)

    def _receive(self, ctx: Context, path: Path, options: dict[str, Any]) -> Received:
        size = path.stat().st_size
        with path.open("rb") as file, self._progress() as progress:
            bar = progress.add_task("Nhận tệp", total=size)
            return receive_file(
                ctx,
                profile=options["profile"],
                file_name=path.name,
                blocks=_blocks(file, progress, bar),
                size=size,
                dry_run=options["dry_run"],
            )

    def _work(self, ctx: Context, received: Received, options: dict[str, Any]) -> int:
        batch = ImportBatch.objects.get(pk=received.batch_id)
        if batch.state == ImportBatch.State.REFUSED:
            return self._refuse(batch.refusal_code, batch.refusal, options, batch)
        if received.again:
            self.console.print(f"Tệp này đã nhận ngày {timezone.localtime(batch.received_at):%d/%m/%Y %H:%M}.")
        began = time.monotonic()
        if batch.state in (*_STARTABLE, ImportBatch.State.RUNNING):
            batch.state = self._finish(ctx, batch)
        self._report(batch, count_batch(batch.pk), time.monotonic() - began, options)
        if batch.state != ImportBatch.State.DONE:
            return 1
        return 2 if options["strict"] and count_batch(batch.pk).quarantined else 0

    def _finish(self, ctx: Context, batch: ImportBatch) -> str:
        listening = workers_listen()
        if batch.state in _STARTABLE:
            start_batch(ctx, batch_id=batch.pk, send=listening)
        self.console.print("Tiến trình nền đang nạp." if listening else "Không có tiến trình nền: nạp ngay tại đây.")
        with self._progress() as progress:
            bar = progress.add_task("Nạp dữ liệu", total=None)

            def watch(totals: Totals) -> None:
                progress.update(bar, total=totals.records, completed=totals.rows_in)

            return work_off(batch.pk, watch, helping=not listening)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=self.console,
        )

    def _refuse(self, code: str, message: str, options: dict[str, Any], batch: ImportBatch | None = None) -> int:
        self.console.print(message, style="red", markup=False, highlight=False)
        if options["json"]:
            told = {"state": "refused", "code": code, "message": message, "batch": str(batch.pk) if batch else None}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        return 1

    def _report(self, batch: ImportBatch, totals: Totals, seconds: float, options: dict[str, Any]) -> None:
        rate = totals.rows_in / seconds if seconds > 0 else 0.0
        if options["json"]:
            told = totals.to_json() | {
                "batch": str(batch.pk),
                "state": batch.state,
                "dry_run": batch.dry_run,
                "sha256": batch.sha256,
                "seconds": round(seconds, 3),
                "rows_per_second": round(rate, 1),
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            Console(file=cast("IO[str]", self.stdout), width=110).print(_table(totals))
        self.console.print(
            f"Đợt {batch.pk}: {batch.get_state_display().lower()}{' (chạy thử)' if batch.dry_run else ''}, "
            f"{totals.rows_in} hồ sơ, {rate:.0f} hồ sơ/giây."
        )


def _blocks(file: BinaryIO, progress: Progress, bar: TaskID) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        progress.advance(bar, len(block))
        yield block


def _table(totals: Totals) -> Table:
    table = Table(title="Đối soát: vào = nạp mới + gắn + bỏ qua + cách ly")
    table.add_column("Bảng")
    for name in ("Vào", "Nạp mới", "Gắn", "Bỏ qua", "Cách ly", "Giữ nguyên, chưa nạp"):
        table.add_column(name, justify="right")
    whole = Line("Hồ sơ", totals.rows_in, totals.loaded, totals.linked, totals.skipped, totals.quarantined)
    for line in (whole, *totals.tables):
        counts = (line.rows_in, line.loaded, line.linked, line.skipped, line.quarantined, line.kept)
        table.add_row(line.title, *map(str, counts))
    return table
