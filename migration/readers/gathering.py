"""What belongs to one visit stands scattered over a file of messages or resources: gathered on disk, in bounded memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from migration.readers.records import MAX_RECORD_BYTES

_CACHE_KIBIBYTES = 8 * 1024


class Gathering:
    """Pieces by key, given back a key at a time in the order in which keys first came. A passing database on disk."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="gom-")
        self.database = sqlite3.connect(Path(self._folder.name) / "gom.sqlite", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        self.database.execute("CREATE TABLE piece (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, body BLOB NOT NULL)")
        self.database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.database.close()
        self._folder.cleanup()

    def add(self, key: str, body: bytes) -> None:
        """One piece more of this key."""
        self.database.execute("INSERT INTO piece (key, body) VALUES (?, ?)", (_storable(key), body))

    def groups(self) -> Iterator[list[bytes]]:
        """The pieces of each key; a key with more than a record may hold comes in several groups."""
        self.database.execute("CREATE INDEX piece_key ON piece (key, seq)")
        found = self.database.execute(
            "SELECT p.key, p.body FROM (SELECT key, min(seq) AS first FROM piece GROUP BY key) AS k "
            "JOIN piece p ON p.key = k.key ORDER BY k.first, p.seq"
        )
        current, pieces, size = "", list[bytes](), 0
        for key, body in found:
            if pieces and (key != current or size + len(body) > MAX_RECORD_BYTES // 4):
                yield pieces
                pieces, size = [], 0
            current = key
            pieces.append(body)
            size += len(body)
        if pieces:
            yield pieces


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
