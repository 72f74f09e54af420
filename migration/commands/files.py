"""The kept files: named by their hash, written once, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from migration.queries.kept import imports_folder, named_imports, path_of
from registry.commands.file_store import receive, remove_unnamed, settle
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase

_MEGABYTE = 1024 * 1024
KEPT_FOR = timedelta(days=1)  # whatever brings a file has long ended by then


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the store."""

    sha256: str
    size: int


def keep_file(blocks: Iterable[bytes], announced: int | None, most: int) -> Kept:
    """Stream to disk while hashing, then give the file its name. most: bytes that files of its kind may have.

    Raises Refused(file-too-large) past `most`, at once when the announced size says so, and Refused(file-empty). Nothing of
    a refused file stays.
    """
    too_large = partial(_too_large, most)
    if announced is not None and announced > most:
        raise too_large(announced)
    with receive(imports_folder(), blocks, most, too_large) as incoming:
        if not incoming.size:
            raise Refused("file-empty", "Tệp rỗng, không có dữ liệu.", "file")
        settle(incoming, path_of(incoming.sha256))
    return Kept(incoming.sha256, incoming.size)


@command(Permission.IMPORT_RUN)
def sweep_kept_files(ctx: Context) -> int:
    """Remove what came more than a day ago and belongs to no batch: its transaction failed. How many files."""
    removed = remove_unnamed(imports_folder(), named_imports, ctx.at - KEPT_FOR)
    record_audit(ctx, "sweep-files", detail={"imports": removed})
    return removed


def _too_large(most: int, size: int) -> Refused:
    limit = most // _MEGABYTE
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
