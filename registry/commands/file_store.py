"""Keeping uploaded files: streamed to disk while they are hashed, named by their hash, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.kernel import Refused

FOLDER_MODE = 0o700


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
    handle, name = tempfile.mkstemp(prefix="dang-nhan-", dir=folder)
    try:
        yield _write(handle, Path(name), blocks, most, too_large)
    finally:
        Path(name).unlink(missing_ok=True)


def settle(incoming: Incoming, target: Path) -> None:
    """Give the file its name for good: atomic, and on the disk before anybody is told of it."""
    _private(target.parent)
    incoming.path.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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
