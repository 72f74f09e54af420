"""`create_administrator`: the first account of a new installation."""

from __future__ import annotations

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry.commands.first_administrator import create_administrator
from registry.kernel import Channel, Refused
from registry.queries.contexts import system_context


class Command(BaseCommand):
    """Ask for what is missing; the password is never an argument, so it never stands in a shell's history."""

    help = "Tạo tài khoản quản trị đầu tiên của Sở Y tế."

    def add_arguments(self, parser: Any) -> None:
        """Name, login and facility; all are asked for when left out."""
        parser.add_argument("--username", help="tên đăng nhập")
        parser.add_argument("--full-name", help="họ và tên")
        parser.add_argument("--facility", help="mã CSKCB của Sở Y tế hoặc cơ quan quản lý")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the account; refuse with the reason."""
        answers = {
            "username": options["username"] or input("Tên đăng nhập: "),
            "full_name": options["full_name"] or input("Họ và tên: "),
            "facility_code": options["facility"] or input("Mã cơ sở: "),
        }
        password = getpass("Mật khẩu (từ 12 ký tự): ")
        if password != getpass("Nhập lại mật khẩu: "):
            raise CommandError("Hai lần nhập mật khẩu không giống nhau.")
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="create_administrator")
        try:
            create_administrator(ctx, password=password, **answers)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write("Đã tạo. Lần đăng nhập đầu sẽ yêu cầu cài mã xác thực hai lớp (TOTP).")
