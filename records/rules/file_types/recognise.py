"""One door: which kind a file is, and whether it is whole and only that."""

from __future__ import annotations

import re
from collections.abc import Callable

import puremagic

from records.rules.file_types.dicom import PREAMBLE, read_dicom
from records.rules.file_types.images import read_jpeg, read_png, read_webp
from records.rules.file_types.kinds import (
    Content,
    FileKind,
    Limits,
    Recognised,
    cut_short,
    glued,
    refuse,
    too_large,
)
from records.rules.file_types.pdf import read_pdf
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

HEAD = 4096
_ARCHIVE_END = b"PK\x05\x06"  # what a ZIP reader looks for, from the end of any file
_ARCHIVE_WINDOW = 65_557
_MARKUP_AHEAD = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|svg|iframe|\?php)|%PDF-|PK\x03\x04", re.IGNORECASE
)
_MARKUP_ANYWHERE = re.compile(rb"<script[\s>]|<\?php\s", re.IGNORECASE)
_NAMES = {
    FileKind.PDF: "PDF",
    FileKind.JPEG: "JPEG",
    FileKind.PNG: "PNG",
    FileKind.WEBP: "WebP",
    FileKind.DICOM: "DICOM",
}
_READERS: dict[FileKind, Callable[[Content, Limits], Recognised]] = {
    FileKind.PDF: lambda content, _: read_pdf(content),
    FileKind.JPEG: read_jpeg,
    FileKind.PNG: read_png,
    FileKind.WEBP: read_webp,
    FileKind.DICOM: lambda content, _: read_dicom(content),
}


def recognise(content: Content, limits: Limits) -> Recognised:
    """The kind of a file, checked from beginning to end.

    Raises Invalid at `file`: file-empty, file-kind, file-too-large, file-broken, file-polyglot, image-too-big, image-bomb,
    pdf-locked, pdf-active, pdf-bomb.
    """
    if not len(content):
        raise refuse("file-empty", "Tệp rỗng, không có dữ liệu.")
    head = content[:HEAD]
    kind = _kind(head)
    if kind is None or not _agrees(head, kind):
        raise _unknown(head)
    limit = limits.dicom if kind is FileKind.DICOM else limits.paper
    if len(content) > limit:
        raise too_large(len(content), limit, _NAMES[kind])
    _only_itself(content, head, kind)
    try:
        return _READERS[kind](content, limits)
    except IndexError as error:  # a header that ends in the middle of a number
        raise cut_short(_NAMES[kind]) from error


def _kind(head: bytes) -> FileKind | None:
    """By the magic at its own place: a kind whose mark stands further behind is somebody hiding."""
    if head.startswith(b"%PDF-"):
        return FileKind.PDF
    if head.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return FileKind.WEBP
    return FileKind.DICOM if head[PREAMBLE : PREAMBLE + 4] == b"DICM" else None


def _agrees(head: bytes, kind: FileKind) -> bool:
    """Whether the second opinion, a table of a few thousand magics, knows it as this kind too."""
    return any(one.mime_type == kind.value for one in _second_opinion(head))


def _second_opinion(head: bytes) -> list[puremagic.main.PureMagicWithConfidence]:
    try:
        return list(puremagic.magic_string(head))
    except (puremagic.PureError, ValueError):
        return []


def _unknown(head: bytes) -> Invalid:
    """What it is instead, where that can be told, for somebody chose the wrong file or the wrong format."""
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        return refuse(
            "file-kind",
            "Ảnh HEIC hoặc AVIF của điện thoại chưa được nhận: hãy đổi sang JPEG (máy ảnh: Tương thích nhất).",
        )
    seen = next((one.extension.lstrip(".").upper() for one in _second_opinion(head) if one.extension), "")
    if not seen:
        return refuse("file-kind", "Chỉ nhận PDF, ảnh JPEG, PNG, WebP và DICOM.")
    return refuse("file-kind", Phrase("Đây là tệp {kind}. Chỉ nhận PDF, ảnh JPEG, PNG, WebP và DICOM.", kind=seen))


def _only_itself(content: Content, head: bytes, kind: FileKind) -> None:
    """No second format inside: no archive at the end, no page at the beginning, no script in a picture."""
    ahead = head[5:] if kind is FileKind.PDF else head
    if _MARKUP_AHEAD.search(ahead[:1024] if kind is FileKind.PDF else ahead) or _has_archive(content):
        raise glued(_NAMES[kind])
    if kind.is_image and _MARKUP_ANYWHERE.search(content):
        raise glued(_NAMES[kind])


def _has_archive(content: Content) -> bool:
    """Whether a ZIP's end record stands where a ZIP reader would find it, with a comment that fits."""
    tail = content[-_ARCHIVE_WINDOW:]
    at = tail.rfind(_ARCHIVE_END)
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        if len(tail) - at - 22 >= comment and len(tail) - at >= 22:  # noqa: PLR2004 - the record's fixed size
            return True
        at = tail.rfind(_ARCHIVE_END, 0, at)
    return False
