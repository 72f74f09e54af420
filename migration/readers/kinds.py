"""What a file is, by its content: names and extensions of hospitals' files say little."""

from __future__ import annotations

import re
import struct
import zipfile
from enum import StrEnum
from typing import BinaryIO

from migration.readers.archives import DAMAGED

HEAD = 64 * 1024


class Kind(StrEnum):
    """What holds the data."""

    TEXT = "text"  # CSV, TSV, or anything else that is not recognised
    DBF = "dbf"
    WORKBOOK = "workbook"  # XLSX, XLS, XLSB, ODS
    SQL = "sql"
    HL7 = "hl7"
    JSON = "json"
    XML = "xml"
    UTF16 = "utf-16"
    ZIP = "zip"
    GZIP = "gzip"
    PG_ARCHIVE = "pg-archive"  # pg_dump in its own format, which only PostgreSQL reads


_DBF_VERSIONS = b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8c\x8e\xcb\xe5\xf5\xfb"
_FIELD = 32
_MESSAGE = re.compile(rb"\x0b?(?:MSH|FHS|BHS)[^\w\s]")
_DUMP_BEGINS = re.compile(rb"--|/\*|(?:SET|USE|INSERT|REPLACE|COPY|CREATE|DROP|BEGIN|GO|PRAGMA|LOCK)\b", re.IGNORECASE)
_DUMP_HOLDS = re.compile(
    rb"^\s*(?:INSERT\s+\S|REPLACE\s+INTO\s|COPY\s+\S+\s*\(|CREATE\s+TABLE\s)|database dump|MySQL dump",
    re.IGNORECASE | re.MULTILINE,
)
_HALF = 0.4  # share of zeros in every second byte that tells UTF-16 without its mark


def recognise(file: BinaryIO) -> Kind:
    """The kind, from the first bytes; the file then stands at its beginning."""
    file.seek(0)
    head = file.read(HEAD)
    kind = _by_magic(file, head) or _by_text(head)
    file.seek(0)
    return kind


def _by_magic(file: BinaryIO, head: bytes) -> Kind | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.WORKBOOK if _is_workbook(file) else Kind.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Kind.WORKBOOK
    if head.startswith(b"\x1f\x8b"):
        return Kind.GZIP
    if head.startswith(b"PGDMP"):
        return Kind.PG_ARCHIVE
    if _is_dbf(head):
        return Kind.DBF
    return Kind.UTF16 if utf16_order(head) else None


def _by_text(head: bytes) -> Kind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _MESSAGE.match(text):
        return Kind.HL7
    if text.startswith((b"{", b"[")):
        return Kind.JSON
    if text.startswith(b"<"):
        return Kind.XML
    return Kind.SQL if _DUMP_BEGINS.match(text) and _DUMP_HOLDS.search(text) else Kind.TEXT


def _is_workbook(file: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except DAMAGED:
        return False
    return any(name.startswith("xl/") for name in names) or "content.xml" in names


def _is_dbf(head: bytes) -> bool:
    if len(head) < 2 * _FIELD or head[0] not in _DBF_VERSIONS:
        return False
    month, day = head[2], head[3]
    header, record = struct.unpack_from("<HH", head, 8)
    ends = head.find(b"\r", _FIELD, header + 1)
    return month <= 12 and day <= 31 and header > _FIELD and record > 1 and ends > 0  # noqa: PLR2004 - a calendar


def utf16_order(head: bytes) -> str:
    """ "utf-16-le" or "utf-16-be" when the bytes are UTF-16, with or without its mark; else ""."""
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    even, odd = head[0:4096:2], head[1:4096:2]
    if len(odd) < 4:  # noqa: PLR2004 - too little to tell
        return ""
    if odd.count(0) > _HALF * len(odd) and even.count(0) < odd.count(0) / 8:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > _HALF * len(even) and odd.count(0) < even.count(0) / 8 else ""
