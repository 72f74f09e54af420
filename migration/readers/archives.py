"""ZIP and gzip: unpacked one member at a time; bombs and trick paths are refused before anything is read."""

from __future__ import annotations

import gzip
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, BinaryIO

from migration.rules.faults import FileRefused
from registry.rules.phrases import Phrase

MOST_MEMBERS = 2000
MOST_RATIO = 200  # tables full of blanks pack to a fiftieth; a bomb to a thousandth
_SMALL = 10 * 1024 * 1024  # members below may pack as well as they like
_BLOCK = 1024 * 1024
_ENCRYPTED = 0x1
# What Python's own readers raise at damaged archives, some of it by accident.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError, LookupError,
    ArithmeticError,
)  # fmt: skip


def check_members(archive: zipfile.ZipFile, most: int, too_large: FileRefused) -> list[zipfile.ZipInfo]:
    """The files of an archive. Raises FileRefused archive-members, archive-path, archive-ratio, or too_large."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) > MOST_MEMBERS:
        template = "Gói ZIP có {count} tệp, giới hạn là {limit}. Hãy chia thành nhiều gói."
        raise FileRefused("archive-members", Phrase(template, count=len(members), limit=MOST_MEMBERS))
    for one in members:
        _check_member(one)
    if sum(one.file_size for one in members) > most:
        raise too_large
    return members


def _check_member(one: zipfile.ZipInfo) -> None:
    name = one.filename
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or ".." in PureWindowsPath(name).parts:
        template = "Gói ZIP có tên tệp trỏ ra ngoài gói: {name}. Hệ thống không nhận."
        raise FileRefused("archive-path", Phrase(template, name=name[:80]))
    if one.file_size > _SMALL and one.file_size > MOST_RATIO * max(1, one.compress_size):
        template = "Tệp {name} trong gói ZIP nén quá {ratio} lần: có dấu hiệu bom nén, hệ thống không nhận."
        raise FileRefused("archive-ratio", Phrase(template, name=name[:80], ratio=MOST_RATIO))
    if one.flag_bits & _ENCRYPTED:
        raise FileRefused("archive-password", "Gói ZIP có mật khẩu. Hãy nén lại không đặt mật khẩu.")


@contextmanager
def open_archive(file: BinaryIO, most: int) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """An archive and its files. most: bytes it may hold unpacked. Raises FileRefused."""
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGED as problem:
        raise FileRefused("archive-broken", "Gói ZIP hỏng hoặc bị cụt, không mở được. Hãy nén lại.") from problem
    with archive:
        yield archive, check_members(archive, most, too_large(most))


def too_large(most: int) -> FileRefused:
    """The refusal of what unpacks to more than `most` bytes."""
    template = "Gói nén mở ra quá {limit} MB. Hãy chia thành nhiều gói."
    return FileRefused("archive-too-large", Phrase(template, limit=most // (1024 * 1024)))


@contextmanager
def unpacked(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    """One member as a file that can be moved about in. Raises FileRefused(archive-broken)."""
    with tempfile.TemporaryFile() as out:
        try:
            with archive.open(one) as member:
                _copy(member, out, one.file_size, archive_broken(one.filename))
        except DAMAGED as problem:
            raise archive_broken(one.filename) from problem
        out.seek(0)
        yield out


@contextmanager
def gunzipped(file: BinaryIO, most: int) -> Iterator[BinaryIO]:
    """What a gzip file holds. Raises FileRefused archive-broken, archive-too-large."""
    size = file.seek(0, 2)
    file.seek(0)
    bound = min(most, max(_SMALL, MOST_RATIO * size))
    with tempfile.TemporaryFile() as out:
        try:
            with gzip.GzipFile(fileobj=file) as member:
                _copy(member, out, bound, too_large(bound))
        except DAMAGED as problem:
            raise archive_broken("gzip") from problem
        out.seek(0)
        yield out


def archive_broken(name: str) -> FileRefused:
    """The refusal of a member that does not unpack."""
    return FileRefused("archive-broken", Phrase("Tệp {name} trong gói nén bị hỏng. Hãy nén lại.", name=name[:80]))


def _copy(source: IO[bytes] | gzip.GzipFile, out: IO[bytes], most: int, refusal: FileRefused) -> None:
    copied = 0
    while block := source.read(_BLOCK):
        copied += len(block)
        if copied > most:
            raise refusal
        out.write(block)
