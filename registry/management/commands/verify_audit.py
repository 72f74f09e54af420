"""`verify_audit`: is the audit trail as it was sealed?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.commands.seals import find_audit_faults, seal_audit_trail
from registry.models import AuditSeal


class Command(BaseCommand):
    """Recompute every seal from the rows and report what does not add up; exit code 1 when something does not."""

    help = "Kiểm tra chuỗi niêm phong của nhật ký truy cập."

    def add_arguments(self, parser: Any) -> None:
        """--seal seals first what is not sealed yet."""
        parser.add_argument("--seal", action="store_true", help="niêm phong phần mới trước khi kiểm tra")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each fault on standard error, a summary on standard output."""
        if options["seal"]:
            self.stdout.write(f"Niêm phong thêm {seal_audit_trail()} dòng.")
        faults = list(find_audit_faults())
        for fault in faults:
            self.stderr.write(f"Niêm phong {fault.seal}: {fault.what}")
        seals = AuditSeal.objects.count()
        if faults:
            raise CommandError(f"Nhật ký KHÔNG nguyên vẹn: {len(faults)} sai lệch trong {seals} niêm phong.")
        self.stdout.write(f"Nhật ký nguyên vẹn: {seals} niêm phong đều khớp.")
