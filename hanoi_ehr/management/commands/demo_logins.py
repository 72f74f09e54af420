"""`demo_logins`: who may sign in to the demonstration, with the password and the second factor's current code."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hanoi_ehr.demo import credentials
from hanoi_ehr.demo.commands.load import is_loaded, renew_secrets, secrets_fit
from hanoi_ehr.demo.facilities import ACCOUNTS, HOSPITAL, PLACES
from registry.kernel import Channel
from registry.queries.contexts import system_context
from registry.rules.permissions import ROLE_NAMES, Role


class Command(BaseCommand):
    """Prints to standard output; refuses unless EHR_DEMO is on."""

    help = "Prints the accounts of the demonstration city."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line an account, then the password, the code and the OAuth client."""
        if not settings.EHR_DEMO:
            raise CommandError("EHR_DEMO đang tắt: không có tài khoản trình diễn / EHR_DEMO is off.")
        ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="demo_logins")
        if not is_loaded(ctx):
            raise CommandError(
                "Cơ sở dữ liệu này chưa có thành phố trình diễn: hãy chạy manage.py load_demo trước"
                " / no demonstration city here: run manage.py load_demo first."
            )
        if not secrets_fit(ctx):
            renew_secrets(ctx)
        names = {place.code: place.short_name for place in PLACES}
        lines = ["", "  Tài khoản trình diễn / demo logins (dữ liệu giả lập / synthetic data)"]
        lines += [f"    {a.username:<15}{ROLE_NAMES[a.role]:<22}{names[a.facility]}" for a in ACCOUNTS]
        lines += ["", f"  Mật khẩu chung / password:  {credentials.password()}"]
        lines += [
            f"  Mã xác thực / code {a.username}:  {_code(a.username)}"
            for a in ACCOUNTS
            if a.role is Role.CITY_ADMINISTRATOR
        ]
        lines += [
            "",
            f"  OAuth ({names[HOSPITAL]}):  POST {settings.EHR_BASE_URL}/o/token/  grant_type=client_credentials",
            f"    client_id      {credentials.OAUTH_CLIENT}",
            f"    client_secret  {credentials.client_secret()}",
            "",
        ]
        self.stdout.write("\n".join(lines))


def _code(username: str) -> str:
    """The code now, and the secret for an authenticator app, because the code lives half a minute."""
    return f"{credentials.totp_code(username)}  (khoá cho ứng dụng / app key: {credentials.totp_secret(username)})"
