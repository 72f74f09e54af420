"""In what encoding a form stands: by its marks and its declaration, proved by its bytes, decoded once.

XML 1.0, section 4.3.3 and appendix F: a byte order mark and the declaration must agree; without either it is UTF-8.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from registry.rules.phrases import Phrase

# What hospitals' exports declare; everything else is refused by name rather than guessed at.
TAKEN = ("utf-8", "utf-16", "ascii", "windows-1252", "windows-1258", "iso-8859-1")
_TAKEN = {codecs.lookup(name).name: name for name in TAKEN}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SILENT = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))
_DECLARED = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DECLARATION = re.compile(r"\s*<\?xml\s.*?\?>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class EncodingWrong(Exception):
    """The bytes are not what the file says of them. message: Vietnamese; line 0: the file as a whole."""

    code: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text without its declaration, its lines where they were. encoding: one of TAKEN."""

    text: str
    encoding: str


def decode(content: bytes) -> Decoded:
    """The text of an XML file. Raises EncodingWrong: encoding-unknown (none that is taken), encoding-wrong."""
    marked, codec = _marked(content)
    declared = _declared(content, codec)
    if marked and declared and declared != marked:
        raise _wrong(declared, marked)
    found = marked or declared or "utf-8"
    of_bytes = found not in {"utf-8", "utf-16", "ascii"} and _is_utf8(content)
    if of_bytes or (declared == "utf-16" and not marked):  # a declaration read byte by byte is not in UTF-16
        raise _wrong(found, "utf-8")
    try:
        text = content.decode(codec or found)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        template = (
            "Dòng {line}: tệp khai mã {declared} nhưng chữ trong tệp không phải mã đó. Hãy xuất lại tệp bằng UTF-8."
        )
        raise EncodingWrong("encoding-wrong", Phrase(template, line=line, declared=found.upper()), line) from error
    return Decoded(_undeclared(text.removeprefix("\ufeff")), found)


def _marked(content: bytes) -> tuple[str, str]:
    """The encoding that the first bytes show beyond doubt, and the codec that reads them; empty where they show none."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name, name
    return next((("utf-16", codec) for start, codec in _SILENT if content.startswith(start)), ("", ""))


def _declared(content: bytes, codec: str) -> str:
    """What the declaration says, as one of TAKEN; empty when it says nothing."""
    head = content[:1024]
    if codec.startswith("utf-16"):
        head = head.replace(b"\x00", b"").removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
    said = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if said is None:
        return ""
    name = said[1].decode("ascii")
    try:
        return _TAKEN[codecs.lookup(name).name]
    except LookupError as error:
        template = "Tệp khai mã “{declared}”, hệ thống không đọc được mã này. Hãy xuất lại tệp bằng UTF-8."
        raise EncodingWrong("encoding-unknown", Phrase(template, declared=name), 1) from error


def _is_utf8(content: bytes) -> bool:
    """Whether letters beyond ASCII stand in it, all of them as UTF-8 writes them: by chance that does not happen."""
    if content.isascii():
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _undeclared(text: str) -> str:
    """Without its declaration, which spoke of bytes; its line breaks stay, so that lines keep their numbers."""
    said = _DECLARATION.match(text)
    return "\n" * said[0].count("\n") + text[said.end() :] if said else text


def _wrong(declared: str, found: str) -> EncodingWrong:
    template = "Tệp khai mã {declared} nhưng chữ trong tệp là {found}. Hãy xuất lại tệp, khai đúng mã (nên dùng UTF-8)."
    return EncodingWrong("encoding-wrong", Phrase(template, declared=declared.upper(), found=found.upper()), 1)
