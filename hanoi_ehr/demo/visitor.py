"""A visitor who signs in through the real form and looks at pages as a browser gets them."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookiejar import CookieJar

PATIENCE = 60.0  # seconds for one page
_VIETNAMESE = re.compile("[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE)
_TRACEBACK = ("Traceback (most recent call last)", "Exception Type:", "DJANGO_SETTINGS_MODULE")


class _Reader(HTMLParser):
    """Headings, links and form fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.links: list[str] = []
        self.navigation: list[str] = []
        self.fields: dict[str, str] = {}
        self._heading = False
        self._nav = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what opens."""
        values = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._heading = True
            self.headings.append("")
        if tag == "nav":
            self._nav += 1
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
            if self._nav:
                self.navigation.append(values["href"])
        if tag == "input" and values.get("name"):
            self.fields.setdefault(values["name"], values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Note what closes."""
        if tag == "h1":
            self._heading = False
        if tag == "nav":
            self._nav -= 1

    def handle_data(self, data: str) -> None:
        """Text of headings."""
        if self._heading:
            self.headings[-1] += data


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: the address it was asked at and came from in the end, its status, its text and how long it took."""

    asked: str
    address: str
    status: int
    text: str
    seconds: float

    @property
    def read(self) -> _Reader:
        """The page's structure."""
        reader = _Reader()
        reader.feed(self.text)
        return reader

    @property
    def path(self) -> str:
        """Where one stands, without the host."""
        return urllib.parse.urlsplit(self.address).path

    def faults(self, status: int = 200, *, heading: bool = True) -> list[str]:
        """What is wrong with it; empty when nothing is."""
        found = [] if self.status == status else [f"status {self.status}, not {status}"]
        if any(sign in self.text for sign in _TRACEBACK):
            found.append("a traceback")
        if heading and not any(_VIETNAMESE.search(text) for text in self.read.headings):
            found.append("no Vietnamese heading")
        return found


class SignInFailed(Exception):
    """The form did not let the account in."""


class Visitor:
    """One browser's worth of cookies at one address."""

    def __init__(self, base_url: str) -> None:
        self.base = base_url.rstrip("/")
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Page:
        """The page at a path or address of this site, redirects followed."""
        return self._send(path, None)

    def post(self, path: str, fields: dict[str, str]) -> Page:
        """Send a form."""
        return self._send(path, urllib.parse.urlencode(fields).encode())

    def _send(self, path: str, data: bytes | None) -> Page:
        address = urllib.parse.quote(urllib.parse.urljoin(self.base + "/", path), safe=":/?&=%#+,;@")
        if not address.startswith(self.base + "/"):
            raise ValueError(f"{address} is not on {self.base}")
        request = urllib.request.Request(address, data, {"Referer": address, "Accept-Language": "vi"})  # noqa: S310 - checked
        began = time.monotonic()
        try:
            with self.opener.open(request, timeout=PATIENCE) as answer:
                status, where, body = answer.status, answer.url, answer.read()
        except urllib.error.HTTPError as error:
            status, where, body = error.code, error.url or address, error.read()
        return Page(path, where, status, body.decode("utf-8", "replace"), time.monotonic() - began)

    def sign_in(self, username: str, password: str, code: Callable[[], str]) -> Page:
        """Through the login form, and the second factor's form when it is asked. The page one lands on.

        A code that was used a moment ago is refused, so the next one is waited for once. Raises SignInFailed.
        """
        form = self.get("tai-khoan/login/")
        page = self.fill(form, {"login": username, "password": password})
        for attempt in range(2):
            if "code" not in page.read.fields:
                break
            if attempt:
                time.sleep(30 - time.time() % 30 + 0.5)
            page = self.fill(page, {"code": code()})
        if page.status != 200 or {"password", "code"} & page.read.fields.keys():  # noqa: PLR2004 - HTTP's OK
            raise SignInFailed(f"{username}: {page.status} at {page.path}")
        return page

    def fill(self, form: Page, values: dict[str, str]) -> Page:
        """Send the form of a page with these values and its hidden ones."""
        hidden = {name: value for name, value in form.read.fields.items() if name in {"csrfmiddlewaretoken", "next"}}
        return self.post(form.address, hidden | values)

    def doors(self, page: Page) -> Iterator[str]:
        """Paths of the page's navigation, each once, without those that leave or sign out."""
        seen = set()
        for link in page.read.navigation:
            address = urllib.parse.urljoin(page.address, link)
            path = urllib.parse.urlsplit(address).path
            if address.startswith(self.base + "/") and path not in seen and "logout" not in path:
                seen.add(path)
                yield path
