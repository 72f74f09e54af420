"""PDF: whole, readable without a password, and unable to act. ISO 32000-2, sections 7.5 (structure) and 12.6 (actions).

What a PDF may do is written in its objects, which stand between the streams or, since PDF 1.5, packed inside object
streams. Both are read; pictures and text inside other streams are not.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from records.rules.file_types.kinds import Content, FileKind, Recognised, cut_short, glued, refuse

_HEAD = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n \t]")
_TAIL = re.compile(rb"startxref[\s]+(\d{1,12})[\s]+%%EOF[\s\x00]*\Z")
_TAIL_WINDOW = 2048
_TABLE = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_STREAM = re.compile(rb"\bstream\r?\n")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PACKED = re.compile(rb"/Type\s*/ObjStm\b")
_DEFLATED = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*(?:/|>>)")
_FILTERED = re.compile(rb"/Filter\b")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_LOCKED = re.compile(rb"/Encrypt(?![A-Za-z])")
_ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia|XFA|EmbeddedFiles?|ImportData|SubmitForm)(?![A-Za-z0-9])")
_MOST_UNPACKED = 64 * 1024 * 1024
_DICTIONARY = 4096  # bytes before `stream` in which its dictionary stands


def read_pdf(content: Content) -> Recognised:
    """A PDF; raises Invalid (file-broken, file-polyglot, pdf-locked, pdf-active, pdf-bomb)."""
    if _HEAD.match(content) is None:
        raise cut_short("PDF")
    _check_tail(content)
    pages = 0
    for text in _objects(content):
        plain = _ESCAPED.sub(lambda found: bytes([int(found.group(1), 16)]), text)
        if _LOCKED.search(plain):
            raise refuse("pdf-locked", "Tệp PDF có mật khẩu hoặc bị khoá. Hãy in lại thành PDF thường rồi nộp.")
        if _ACTS.search(plain):
            raise refuse(
                "pdf-active",
                "Tệp PDF có mã lệnh, biểu mẫu động hoặc tệp đính kèm. Hãy in lại thành PDF thường rồi nộp.",
            )
        pages += len(_PAGE.findall(plain))
    if not pages:
        raise cut_short("PDF")
    return Recognised(FileKind.PDF, pages)


def _check_tail(content: Content) -> None:
    """The file ends with %%EOF, and the table it points at is there."""
    tail = content[-_TAIL_WINDOW:]
    found = _TAIL.search(tail)
    if found is None:
        raise glued("PDF") if re.search(rb"startxref\s+\d+\s+%%EOF", tail) else cut_short("PDF")
    offset = int(found.group(1))
    if offset >= len(content) or _TABLE.match(content[offset : offset + 64]) is None:
        raise cut_short("PDF")


def _objects(content: Content) -> Iterator[bytes]:
    """The text of the objects: what stands outside streams, and what object streams unpack to."""
    at, unpacked = 0, 0
    while (opening := _STREAM.search(content, at)) is not None:
        between = content[at : opening.start()]
        yield between
        close = content.find(b"endstream", opening.end())
        if close < 0:
            raise cut_short("PDF")
        dictionary = _ESCAPED.sub(lambda found: bytes([int(found.group(1), 16)]), between[-_DICTIONARY:])
        dictionary = dictionary[max(dictionary.rfind(b" obj"), 0) :]
        if _PACKED.search(dictionary):
            text = _unpack(dictionary, content[opening.end() : close], _MOST_UNPACKED - unpacked)
            unpacked += len(text)
            yield text
        at = close + len(b"endstream")
    yield content[at:]


def _unpack(dictionary: bytes, packed: bytes, most: int) -> bytes:
    """An object stream as plain text; one that is packed in a way that cannot be looked into is refused."""
    if not _FILTERED.search(dictionary):
        return packed
    if not _DEFLATED.search(dictionary):
        raise refuse("pdf-active", "Tệp PDF được nén theo cách không kiểm tra được. Hãy in lại thành PDF thường.")
    try:
        unfold = zlib.decompressobj()
        text = unfold.decompress(packed, most)
    except zlib.error as error:
        raise cut_short("PDF") from error
    if unfold.unconsumed_tail:
        raise refuse("pdf-bomb", "Tệp PDF giải nén ra quá lớn nên không được nhận.")
    return text
