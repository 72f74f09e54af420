"""DICOM, kept unopened: only its head is read. DICOM PS3.10, section 7.1.

The 128 bytes before the mark are free for any use, so that a program can hide there (CVE-2019-11687): they must be zero,
or the head of a TIFF, which the standard names.
"""

from __future__ import annotations

import re

from records.rules.file_types.kinds import Content, FileKind, Recognised, cut_short, glued

PREAMBLE = 128
_GROUP_LENGTH = b"\x02\x00\x00\x00UL\x04\x00"
_LONG_FORM = (b"OB", b"OW", b"OF", b"SQ", b"UT", b"UN", b"OD", b"OL", b"UC", b"UR")
_TIFF = (b"II*\x00", b"MM\x00*")
_MEDIA_CLASS, _TRANSFER_SYNTAX = b"\x02\x00\x02\x00", b"\x02\x00\x10\x00"
_UID = re.compile(rb"[0-9]+(?:\.[0-9]+)+\x00?")


def read_dicom(content: Content) -> Recognised:
    """A DICOM file by its head; raises Invalid (file-broken, file-polyglot)."""
    preamble = content[:PREAMBLE]
    if preamble.strip(b"\x00") and not preamble.startswith(_TIFF):
        raise glued("DICOM")
    start = PREAMBLE + 4
    if content[start : start + 8] != _GROUP_LENGTH:
        raise cut_short("DICOM")
    first = start + 12
    end = first + int.from_bytes(content[start + 8 : first], "little")
    if end >= len(content):
        raise cut_short("DICOM")
    told = _elements(content, first, end)
    if not all(_UID.fullmatch(told.get(tag, b"")) for tag in (_MEDIA_CLASS, _TRANSFER_SYNTAX)):
        raise cut_short("DICOM")
    return Recognised(FileKind.DICOM)


def _elements(content: Content, at: int, end: int) -> dict[bytes, bytes]:
    """Tag -> value of the head's elements, explicit VR little endian."""
    told = {}
    while at < end:
        tag, form = content[at : at + 4], content[at + 4 : at + 6]
        if tag[:2] != b"\x02\x00" or not form.isalpha():
            raise cut_short("DICOM")
        wide = form in _LONG_FORM
        start = at + (12 if wide else 8)
        size = int.from_bytes(content[at + 8 : at + 12] if wide else content[at + 6 : at + 8], "little")
        at = start + size
        if at > end:
            raise cut_short("DICOM")
        told[tag] = content[start:at]
    return told
