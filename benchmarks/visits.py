"""Insurance XML visits a second into the record's tables, beside the bare parse of the same bytes.

The bare parse is lxml over the whole file with every base64 table decoded and parsed, which is the least any loader does.
The load is the import's own code on one connection: claim, read, judge, link, COPY, count, commit, chunk after chunk.
"""

from __future__ import annotations

import base64
import io
import time
from dataclasses import dataclass
from typing import Any

from lxml import etree

from migration.commands.batches import start_batch
from migration.commands.chunks import claim_next, run_claimed
from migration.commands.receiving import receive_file


@dataclass(frozen=True, slots=True)
class Pace:
    """visits: in the file; size: its bytes; bare, receive, load: seconds of the CPU and of the clock by step."""

    visits: int
    size: int
    bare: float
    receive: float
    load: float
    cpu: float

    @property
    def lines(self) -> list[str]:
        """As the table prints them."""
        return [
            f"{self.visits} visits, {self.size / 1e6:.1f} MB, XML1-5 and 7",
            f"bare parse (lxml, tables decoded and parsed): {self.visits / self.bare:,.0f} visits/s",
            f"receive (hash, keep, look through, plan): {self.visits / self.receive:,.0f} visits/s",
            f"load (read, judge, link, write, count): {self.visits / self.load:,.0f} visits/s",
            f"load, by this process's own CPU: {self.visits / self.cpu:,.0f} visits/s",
            f"load / bare parse: {self.bare / self.load:.3f}",
        ]


def bare_parse(content: bytes) -> int:
    """Parse the envelope and every table in it; gives the number of elements read."""
    found = 0
    for _, element in etree.iterparse(io.BytesIO(content), tag="NOIDUNGFILE", huge_tree=True):
        found += sum(1 for _ in etree.fromstring(base64.b64decode(element.text or "")).iter())
        element.clear()
    return found


def measure(ctx: Any, content: bytes, visits: int) -> Pace:
    """Load a file of that many visits. ctx: of a facility's import officer; the database is the connection in use."""
    began = time.perf_counter()
    bare_parse(content)
    bare = time.perf_counter() - began
    began = time.perf_counter()
    received = receive_file(ctx, profile="qd3176", file_name="do.xml", blocks=[content])
    start_batch(ctx, batch_id=received.batch_id, send=False)
    receive = time.perf_counter() - began
    began, busy = time.perf_counter(), time.process_time()
    while claim := claim_next(received.batch_id):
        if not run_claimed(claim):
            raise RuntimeError("a chunk failed")
    return Pace(visits, len(content), bare, receive, time.perf_counter() - began, time.process_time() - busy)
