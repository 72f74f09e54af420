"""Keeping uploaded files: streamed to disk while they are hashed, named by their hash, written once, never changed.

A file gets its name before the transaction that names it ends, so that no row ever names a file that is not there. What a
transaction leaves behind when it fails, the nightly sweep takes away: one lock per content keeps the two apart.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.db import connection

from registry.kernel import Refused

FOLDER_MODE = 0o700
PASSING = "dang-nhan-"
LOOKED_UP_AT_ONCE = 1_000
MOST_REMOVED = 1_000  # a sweep holds one lock for each; the next night takes the rest
_NAMED = re.compile(r"[0-9a-f]{64}")
Named = Callable[[Collection[str]], Collection[str]]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that has arrived whole but has no name yet. sha256: in hexadecimal; size: bytes."""

    path: Path
    sha256: str
    size: int


@contextmanager
def receive(
    folder: Path, blocks: Iterable[bytes], most: int, too_large: Callable[[int], Refused]
) -> Iterator[Incoming]:
    """Stream blocks into `folder` under a passing name, owner's eyes only; what is not settled is gone at the end.

    Raises what too_large(bytes so far) makes, as soon as more than `most` bytes have come.
    """
    _private(folder)
    handle, name = tempfile.mkstemp(prefix=PASSING, dir=folder)
    try:
        yield _write(handle, Path(name), blocks, most, too_large)
    finally:
        Path(name).unlink(missing_ok=True)


def settle(incoming: Incoming, target: Path) -> None:
    """Give the file its name for good: atomic, and on the disk before anybody is told of it.

    Inside the transaction that will name it: until that ends, no sweep takes this content for forgotten.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_number(incoming.sha256)])
    _private(target.parent)
    incoming.path.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove_unnamed(folder: Path, named: Named, before: datetime) -> int:
    """Remove what arrived in `folder` before that time and no row names; how many files went.

    named: of these hashes, those that a row names. Inside the caller's transaction, which keeps whoever brings the same
    content waiting at settle() until the file is gone.
    """
    old = (path for path in _files(folder) if _arrived_before(path, before))
    removed = 0
    while some := list(islice(old, LOOKED_UP_AT_ONCE)):
        hashes = [path.name for path in some if _NAMED.fullmatch(path.name)]
        known = set(named(hashes)) if hashes else set()
        for path in some:
            removed += path.name not in known and _remove(path, named, before)
            if removed == MOST_REMOVED:
                return removed
    return removed


def _remove(path: Path, named: Named, before: datetime) -> bool:
    """Remove one file, if it still is what it was taken for once its content is locked; what is not ours stays."""
    if path.name.startswith(PASSING):
        path.unlink(missing_ok=True)
        return True
    if not _NAMED.fullmatch(path.name) or not _locked(path.name):
        return False
    if named([path.name]) or not _arrived_before(path, before):
        return False
    path.unlink(missing_ok=True)
    return True


def _locked(sha256: str) -> bool:
    """Whether nobody is bringing this content right now; nobody can, then, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_number(sha256)])
        (free,) = cursor.fetchone()
    return bool(free)


def _lock_number(sha256: str) -> int:
    digest = hashlib.blake2b(f"registry.file_store/{sha256}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _files(folder: Path) -> Iterator[Path]:
    """Every file beneath; memory does not grow with the store."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def _arrived_before(path: Path, before: datetime) -> bool:
    """Whether it is there and that old; a file that came again is as young as its last coming."""
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _private(folder: Path) -> None:
    """Make the folder and what is missing above it, each for its owner's eyes only."""
    if not folder.is_dir():
        _private(folder.parent)
        folder.mkdir(exist_ok=True, mode=FOLDER_MODE)


def _write(
    handle: int, path: Path, blocks: Iterable[bytes], most: int, too_large: Callable[[int], Refused]
) -> Incoming:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(handle, "wb") as file:
        for block in blocks:
            size += len(block)
            if size > most:
                raise too_large(size)
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return Incoming(path, digest.hexdigest(), size)
