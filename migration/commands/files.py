"""The kept files: named by their hash, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from migration.queries.kept import path_of
from registry.kernel import Refused
from registry.rules.phrases import Phrase

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the store."""

    sha256: str
    size: int


def keep_file(blocks: Iterable[bytes], announced: int | None = None) -> Kept:
    """Stream to disk while hashing, then give the file its name.

    Raises Refused(file-too-large) past settings.IMPORT_MAX_BYTES, at once when the announced size says so, and
    Refused(file-empty). Nothing of a refused file stays.
    """
    if announced is not None and announced > settings.IMPORT_MAX_BYTES:
        raise _too_large(announced)
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix="dang-nhan-", dir=folder)
    try:
        kept = _write(handle, blocks)
        target = path_of(kept.sha256)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return kept


def _write(handle: int, blocks: Iterable[bytes]) -> Kept:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(handle, "wb") as file:
        for block in blocks:
            size += len(block)
            if size > settings.IMPORT_MAX_BYTES:
                raise _too_large(size)
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise Refused("file-empty", "Tệp rỗng, không có dữ liệu.", "file")
    return Kept(digest.hexdigest(), size)


def _too_large(size: int) -> Refused:
    limit = settings.IMPORT_MAX_BYTES // _MEGABYTE
    told = max(size // _MEGABYTE, limit)
    return Refused(
        "file-too-large",
        Phrase(
            "Tệp quá lớn: {size} MB, giới hạn là {limit} MB."
            " Hãy chia tệp thành nhiều phần (ví dụ theo tháng) rồi nộp từng phần.",
            size=told,
            limit=limit,
        ),
        "file",
    )
