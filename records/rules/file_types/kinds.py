"""The kinds of files a record takes, and the words of a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from mmap import mmap

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

Content = bytes | mmap
MEGABYTE = 1024 * 1024
LONGEST_SIDE = 30_000  # pixels; browsers give up near here, and no scanner of paper reaches it


class FileKind(StrEnum):
    """A kind of file; the value is the media type it is stored and served under."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    DICOM = "application/dicom"

    @property
    def suffix(self) -> str:
        """The ending a downloaded file gets."""
        return _SUFFIXES[self]

    @property
    def is_image(self) -> bool:
        """Whether a page can show it as a picture."""
        return self in (FileKind.JPEG, FileKind.PNG, FileKind.WEBP)


_SUFFIXES = {
    FileKind.PDF: "pdf",
    FileKind.JPEG: "jpg",
    FileKind.PNG: "png",
    FileKind.WEBP: "webp",
    FileKind.DICOM: "dcm",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much: bytes of a paper, bytes of a DICOM file, pixels of a picture."""

    paper: int = 25 * MEGABYTE
    dicom: int = 300 * MEGABYTE
    pixels: int = 100_000_000

    @property
    def largest(self) -> int:
        """The most bytes of any kind."""
        return max(self.paper, self.dicom)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file that may be kept. pages: of a PDF, 1 for a picture, None for DICOM. width, height: pixels of a picture."""

    kind: FileKind
    pages: int | None = None
    width: int | None = None
    height: int | None = None


def refuse(code: str, message: str | Phrase) -> Invalid:
    """A refusal at the form's file field."""
    return Invalid(code, message, "file")


def cut_short(what: str) -> Invalid:
    """The file ends too early or does not hold together."""
    return refuse(
        "file-broken",
        Phrase("Tệp {what} bị hỏng hoặc chưa tải lên hết. Hãy quét hoặc chụp lại rồi nộp lại.", what=what),
    )


def glued(what: str) -> Invalid:
    """Something else stands inside the file or behind its end."""
    return refuse("file-polyglot", Phrase("Tệp {what} có lẫn nội dung khác bên trong nên không được nhận.", what=what))


def too_large(size: int, limit: int, what: str = "") -> Invalid:
    """More bytes than the limit."""
    told = max(-(-size // MEGABYTE), limit // MEGABYTE + 1)
    values: dict[str, str | int] = {"told": told, "limit": limit // MEGABYTE}
    if not what:
        return refuse("file-too-large", Phrase("Tệp quá lớn: {told} MB, giới hạn là {limit} MB.", **values))
    return refuse(
        "file-too-large", Phrase("Tệp {what} quá lớn: {told} MB, giới hạn là {limit} MB.", what=what, **values)
    )


def picture(kind: FileKind, width: int, height: int, limits: Limits) -> Recognised:
    """A picture of believable size; raises Invalid(image-too-big) for one that would fill a reader's memory."""
    if not width or not height:
        raise cut_short("ảnh")
    if width * height > limits.pixels or max(width, height) > LONGEST_SIDE:
        raise refuse(
            "image-too-big",
            Phrase(
                "Ảnh quá nhiều điểm ảnh ({width} × {height}); hãy quét ở 300 dpi hoặc thấp hơn.",
                width=width,
                height=height,
            ),
        )
    return Recognised(kind, 1, width, height)
