"""A member of staff at the pages: one keep-alive connection, one session, every answer timed. Standard library only."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.csrf import CSRF

IDLE = 1.5  # seconds after which gunicorn may have closed a connection
PATIENCE = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: ([^\r]+)", re.IGNORECASE)


class Unexpected(Exception):
    """An answer that ends a person's visit: what was asked and what came."""


@dataclass
class Answer:
    """Status, where it leads, and the page."""

    status: int
    location: str
    text: str

    def one(self, pattern: str) -> str:
        """The first group of the pattern in the page. Raises Unexpected when it is not there."""
        found = re.search(pattern, self.text)
        if not found:
            raise Unexpected(f"no {pattern} in {self.text[:200]!r}")
        return found[1]

    def all(self, pattern: str) -> list[str]:
        """Each different first group, in order."""
        return list(dict.fromkeys(re.findall(pattern, self.text)))


@dataclass
class Ledger:
    """Seconds of every good answer by kind, while it is open; and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    counts: bool = False
    asked: Counter[str] = field(default_factory=Counter)  # good answers by kind, whether it is open or not

    def add(self, kind: str, seconds: float) -> None:
        """One good answer."""
        self.asked[kind] += 1
        if self.counts:
            self.seconds[kind].append(seconds)


class Browser:
    """One session. A question at a time; a closed connection is opened again, as browsers do."""

    def __init__(self, port: int, cookie: str, ledger: Ledger) -> None:
        self.port, self.cookie, self.ledger = port, cookie, ledger
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.last = 0.0

    async def get(self, kind: str, path: str, **headers: str) -> Answer:
        """A page that must be there. kind: the row of the table."""
        return await self._timed(kind, "GET", path, b"", headers, (200,))

    async def post(self, kind: str, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Send a form that must be taken: answered with the way on, or with a part of a page when htmx asks."""
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": CSRF, **fields}).encode()
        taken = (200,) if headers else (302,)
        return await self._timed(kind, "POST", path, body, headers, taken)

    async def _timed(
        self, kind: str, method: str, path: str, body: bytes, headers: Mapping[str, str], taken: tuple[int, ...]
    ) -> Answer:
        began = time.perf_counter()
        answer = await asyncio.wait_for(self._ask(method, path, body, headers), PATIENCE)
        if answer.status not in taken:
            said = re.sub(r"<[^>]*>|\s+", " ", answer.text.partition("<main")[2])[:400]
            raise Unexpected(f"{kind}: {method} {re.sub('[0-9a-f-]{36}', '…', path)} → {answer.status} {said}")
        self.ledger.add(kind, time.perf_counter() - began)
        return answer

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self.writer is None or time.perf_counter() - self.last > IDLE:
            self.close()
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        assert self.reader is not None  # noqa: S101 - opened with the writer
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n{more}{form}\r\n"
        self.writer.write(head.encode() + body)
        top = await self.reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(top)
        text = await self.reader.readexactly(int(length[1]) if length else 0)
        self.last = time.perf_counter()
        if b"\r\nConnection: close" in top:
            self.close()
        where = _LOCATION.search(top)
        return Answer(int(top[9:12]), where[1].decode() if where else "", text.decode("utf-8", "replace"))

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()
        self.writer = None
