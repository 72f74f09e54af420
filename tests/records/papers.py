"""Papers for tests, built byte by byte so that each fault can be put in on purpose."""

from __future__ import annotations

import base64
import struct
import zlib

# A 24 x 16 green picture, as Chromium's canvas writes it.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChn"
    "VFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAA"
    "b6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQA"
    "AAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAg"
    "ADIAMAAxADb/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBD"
    "ARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAQABgDASIAAhEB"
    "AxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAQF/8QAGxAAAgIDAQAAAAAAAAAAAAAAABEFExUjYUL/xAAXAQADAQAAAAAAAAAAAAAAAAAAAgMF"
    "/8QAGREBAAIDAAAAAAAAAAAAAAAAABESAiFR/9oADAMBAAIRAxEAPwC6Ji8lbuqrXltvvBLReNq3W2Pykl3pnAkxbY1iN9AABH//2Q=="
)
WEBP = base64.b64decode(
    "UklGRjICAABXRUJQVlA4WAoAAAAgAAAAFwAADwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChn"
    "VFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAA"
    "b6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQA"
    "AAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAg"
    "ADIAMAAxADZWUDggRAAAAHADAJ0BKhgAEAA+0VSjS6gkoyGwCAEAGgliAJ0ygAH2Jr0HAADskInoCYUvaX1QMolHdXw0udfFMi/ZzVJ7R1aj"
    "LQAA"
)
EOCD = b"PK\x05\x06" + bytes(18)
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>"


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk with its CRC."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int = 8, height: int = 8, *, lines: bytes | None = None, interlaced: bool = False, more: bytes = b""
) -> bytes:
    """A grey 8-bit PNG; lines: what IDAT unfolds to, right for the size by default; more: chunks before IDAT."""
    raw = (b"\x00" + b"\x80" * width) * height if lines is None else lines
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, int(interlaced))
    parts = [chunk(b"IHDR", header), more, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def stream(dictionary: bytes, data: bytes) -> bytes:
    """A PDF stream object's body."""
    return b"<< " + dictionary + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R", head: bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") -> bytes:
    """A whole PDF of these objects, numbered from 1, with a right table; a page of nothing by default."""
    out, offsets = head, []
    for number, body in enumerate(objects or (CATALOG, PAGES, PAGE), start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer\n<< /Size %d " % (len(offsets) + 1) + trailer + b" >>\nstartxref\n%d\n%%%%EOF\n" % table


def element(group: int, number: int, form: bytes, value: bytes) -> bytes:
    """One DICOM element, explicit VR little endian, short form."""
    return struct.pack("<HH", group, number) + form + struct.pack("<H", len(value)) + value


def dicom(preamble: bytes = bytes(128), *, told: bytes | None = None, data: bytes | None = None) -> bytes:
    """A DICOM file: CT image storage, explicit little endian, with one element of its data set."""
    meta = told
    if meta is None:
        meta = element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0") + element(2, 16, b"UI", b"1.2.840.10008.1.2.1\0")
    length = element(2, 0, b"UL", struct.pack("<I", len(meta)))
    return preamble + b"DICM" + length + meta + (element(8, 0x60, b"CS", b"CT") if data is None else data)
