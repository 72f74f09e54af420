"""`visit_pages --base-url URL`: looks at every public page and every role's pages as a browser would."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from hanoi_ehr.demo import credentials
from hanoi_ehr.demo.facilities import ACCOUNTS, Account
from hanoi_ehr.demo.visitor import Page, SignInFailed, Visitor
from registry.rules.permissions import Permission, permissions_of

PUBLIC = (
    ("tai-khoan/login/", 200, True),
    ("suc-khoe/", 200, False),
    ("khong-co-trang-nay/", 404, True),
    ("fhir/R4/metadata", 200, False),
    ("api/schema/", 200, False),
    ("api/tai-lieu/", 200, False),
)
"""Path, status, whether it is a page for people with a Vietnamese heading."""

_RECORD = re.compile(r"/ho-so/[0-9a-f]{8}-[0-9a-f-]{27}/")
NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Vũ", "Hoàng")


@dataclass(frozen=True, slots=True)
class Seen:
    """One visited page: who, where, its status and time, what is wrong."""

    who: str
    path: str
    status: int
    seconds: float
    faults: str


class Command(BaseCommand):
    """Prints a table; exit code 1 when a page is wrong."""

    help = "Visits every public page and one page or more per role; exit 0 when all are as they should be."

    def add_arguments(self, parser: CommandParser) -> None:
        """--base-url."""
        parser.add_argument("--base-url", default=settings.EHR_BASE_URL)

    def handle(self, *args: Any, **options: Any) -> None:
        """Visit, print, judge."""
        seen = [*_public(Visitor(options["base_url"]))]
        if settings.EHR_DEMO:
            for account in ACCOUNTS:
                seen += _pages_of(options["base_url"], account)
        self._print(seen)
        wrong = sum(bool(page.faults) for page in seen)
        self.stdout.write(f"  {len(seen)} trang / pages, {wrong} lỗi / wrong")
        if wrong:
            sys.exit(1)

    def _print(self, seen: list[Seen]) -> None:
        for page in seen:
            mark = "✗" if page.faults else "✓"
            self.stdout.write(
                f"  {mark} {page.who:<14} {page.status:>3} {page.seconds * 1000:>6.0f} ms  {page.path}  {page.faults}"
            )


def _public(visitor: Visitor) -> Iterator[Seen]:
    for path, status, heading in PUBLIC:
        page = visitor.get(path)
        yield _seen("công khai", page, page.faults(status, heading=heading))


def _seen(who: str, page: Page, faults: list[str]) -> Seen:
    return Seen(who, page.path, page.status, page.seconds, ", ".join(faults))


def _pages_of(base_url: str, account: Account) -> Iterator[Seen]:
    """The page one lands on, every door of its navigation, and a record where the role may find one."""
    visitor, username = Visitor(base_url), account.username
    try:
        home = visitor.sign_in(username, credentials.password(), lambda: credentials.totp_code(username))
    except SignInFailed as error:
        yield Seen(username, "tai-khoan/login/", 0, 0.0, str(error))
        return
    yield _seen(username, home, home.faults())
    for path in visitor.doors(home):
        if path != home.path:
            yield _look(visitor, username, path)
    yield from _record(visitor, account)


def _look(visitor: Visitor, username: str, path: str) -> Seen:
    page = visitor.get(path)
    admin = path.startswith("/quan-tri/")  # unfold's pages carry their heading elsewhere
    return _seen(username, page, page.faults(heading=not admin))


def _record(visitor: Visitor, account: Account) -> Iterator[Seen]:
    """Search as people do, and open the first record offered that is open here, where the role reads records."""
    rights = permissions_of(account.role)
    if Permission.RESIDENT_SEARCH not in rights:
        return
    box = visitor.get("ho-so/tim/")
    for name in NAMES:
        found = visitor.fill(box, {"q": name})
        yield _seen(account.username, found, found.faults())
        if Permission.RECORD_READ not in rights:
            return
        record = _own_record(visitor, account.username, found)
        if record:
            yield record
            return
    yield Seen(account.username, box.path, box.status, 0.0, "no record found is open")


def _own_record(visitor: Visitor, username: str, found: Page) -> Seen | None:
    """The first record of the results that is open; the others must answer with the page that offers emergency access."""
    for link in filter(_RECORD.search, dict.fromkeys(found.read.links)):
        page = visitor.get(link)
        if page.status != 403:  # noqa: PLR2004 - HTTP's Forbidden
            return _seen(username, page, page.faults())
        if faults := page.faults(403):
            return _seen(username, page, faults)
    return None
