"""A file as analysers write it: its messages cut apart, and the encoding each is read by."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

MOST_MESSAGES = 500
_FRAME = re.compile(rb"[\x0b\x1c]")
_ENDS = re.compile(rb"\r\n|\r|\n")
_BATCH = (b"FHS", b"BHS", b"BTS", b"FTS")
# MSH-18 (table 0211) to Python's names; what is not named here is read as UTF-8, else as Windows' Vietnamese page.
_CHARSETS = {
    "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "ASCII": "ascii", "8859/1": "iso-8859-1", "UNICODE UTF-16": "utf-16",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raw:
    """One message cut out of a file, before anything is read of it."""

    content: bytes
    sha256: str = field(default="")


def split_file(content: bytes) -> list[Raw]:
    """The messages of a file in their order. Raises Invalid: file-empty, file-no-message, file-messages."""
    if not content.strip():
        raise Invalid("file-empty", "Tệp trống.", "file")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16").encode()
    lines = [one for one in _ENDS.split(_FRAME.sub(b"\r", content.removeprefix(b"\xef\xbb\xbf"))) if one.strip()]
    found: list[list[bytes]] = []
    for line in lines:
        if line.startswith(b"MSH"):
            found.append([line])
        elif found and not line.startswith(_BATCH):
            found[-1].append(line)
    if not found:
        raise Invalid("file-no-message", "Tệp không có bản tin HL7 nào: không dòng nào bắt đầu bằng MSH.", "file")
    if len(found) > MOST_MESSAGES:
        raise Invalid("file-messages", Phrase("Một tệp có tối đa {most} bản tin.", most=MOST_MESSAGES), "file")
    return [Raw(whole, hashlib.sha256(whole).hexdigest()) for one in found if (whole := b"\r".join(one))]


def decode(content: bytes) -> tuple[str, str]:
    """The text of a message, NFC, and the encoding it was read by."""
    declared = _declared(content)
    for encoding in dict.fromkeys(("utf-8", declared, "cp1258", "iso-8859-1")):
        try:
            return unicodedata.normalize("NFC", content.decode(encoding)), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    raise Invalid("encoding", "Không đọc được bảng mã của bản tin.")  # pragma: no cover - latin-1 reads any byte


def _declared(content: bytes) -> str:
    head = _ENDS.split(content, maxsplit=1)[0]
    fields = head.split(head[3:4]) if len(head) > 3 else []  # noqa: PLR2004 - "MSH" and the separator
    said = fields[17].decode("ascii", errors="ignore").split("~")[0].strip().upper() if len(fields) > 17 else ""  # noqa: PLR2004
    return _CHARSETS.get(said, "utf-8")
