"""bin/manage receive_results FILE … --facility 01M03: files of HL7 v2 results of an analyser, each message once."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinics.commands.result_messages import MAX_BYTES, receive_results
from registry.kernel import Channel, Refused
from registry.queries.contexts import get_facility, system_context


class Command(BaseCommand):
    """Takes in ORU^R01 files."""

    help = "Nhận tệp kết quả HL7 v2 (ORU^R01) của máy xét nghiệm. Nhận lại cùng bản tin không làm thay đổi gì."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE …, --facility MA_CSKCB, --ack FOLDER."""
        parser.add_argument("files", nargs="+", type=Path, metavar="TỆP")
        parser.add_argument("--facility", required=True, metavar="MA_CSKCB")
        parser.add_argument("--ack", type=Path, metavar="THƯ_MỤC", help="ghi câu trả lời (ACK) của mỗi tệp vào đây")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a message; CommandError for the first file that is refused."""
        facility = get_facility(options["facility"])
        if facility is None:
            raise CommandError(f"Không có cơ sở mã {options['facility']}.")
        for path in options["files"]:
            ctx = system_context(
                timezone.now(), facility=facility, channel=Channel.COMMAND_LINE, label="receive_results"
            )
            try:
                with path.open("rb") as file:
                    done = receive_results(ctx, content=file.read(MAX_BYTES + 1), file_name=path.name)
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}") from error
            except Refused as refusal:
                raise CommandError(f"{path}: {refusal.message}") from refusal
            for one in done:
                said = "đã có từ trước" if one.known else f"nhận {one.landed} chỉ số, {one.problems} mục chờ xử lý"
                self.stdout.write(f"{path.name}  {one.control_id or '–':<20} {one.outcome}  {said}")
            if options["ack"]:
                answer = options["ack"] / f"{path.stem}.ack.hl7"
                answer.write_text("".join(one.ack for one in done), encoding="utf-8", newline="")
