"""Pictures: every marker and chunk is walked to the end, so that nothing can hide behind a right beginning.

JPEG: ITU-T T.81 annex B. PNG: W3C PNG third edition, sections 5, 8 and 11. WebP: RFC 9649.
"""

from __future__ import annotations

import re
import zlib

from records.rules.file_types.kinds import Content, FileKind, Limits, Recognised, cut_short, glued, picture, refuse

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_CHUNK_FRAME = 12  # length, type, CRC
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples a pixel by PNG colour type
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# Adam7: first column and row, step between columns and rows of each pass
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_BLOCK = 1024 * 1024
_MORE_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # the marker that ends a scan; stuffing and restarts do not
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END = 0xDA, 0xD9
_SAMSUNG_END = b"SEFT"


def read_png(content: Content, limits: Limits) -> Recognised:
    """A PNG; raises Invalid (file-broken, file-polyglot, image-too-big, image-bomb)."""
    chunks = _png_chunks(content)
    kind, start, size = chunks[0]
    if kind != b"IHDR" or size != 13:  # noqa: PLR2004 - the header's size in the standard
        raise cut_short("PNG")
    header = content[start : start + size]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour, interlaced = header[8], header[9], header[12]
    if depth not in _DEPTHS.get(colour, ()) or header[10] or header[11] or interlaced > 1:
        raise cut_short("PNG")
    found = picture(FileKind.PNG, width, height, limits)
    expected = _png_size(width, height, depth * _CHANNELS[colour], interlaced=bool(interlaced))
    _inflate(content, [(at, length) for name, at, length in chunks if name == b"IDAT"], expected)
    return found


def _png_chunks(content: Content) -> list[tuple[bytes, int, int]]:
    """(type, where its data begin, how long) of every chunk, each with a right CRC; the last is IEND and ends the file."""
    chunks, at, end = [], len(_PNG_MAGIC), len(content)
    while at + _CHUNK_FRAME <= end:
        size = int.from_bytes(content[at : at + 4], "big")
        kind, close = content[at + 4 : at + 8], at + 8 + size
        if close + 4 > end or zlib.crc32(content[at + 4 : close]) != int.from_bytes(content[close : close + 4], "big"):
            raise cut_short("PNG")
        chunks.append((kind, at + 8, size))
        at = close + 4
        if kind == b"IEND":
            if at != end:
                raise glued("PNG")
            return chunks
    raise cut_short("PNG")


def _png_size(width: int, height: int, bits: int, *, interlaced: bool) -> int:
    """Bytes the compressed lines must unfold to: one filter byte a line, and the line's bits rounded up."""
    parts = _PASSES if interlaced else ((0, 0, 1, 1),)
    total = 0
    for column, row, across, down in parts:
        wide, high = -(-(width - column) // across), -(-(height - row) // down)
        if wide > 0 and high > 0:
            total += high * (1 + -(-wide * bits // 8))
    return total


def _inflate(content: Content, parts: list[tuple[int, int]], expected: int) -> None:
    """Unfold the picture a block at a time, keeping nothing; more than the header promises is a bomb."""
    unfold, size = zlib.decompressobj(), 0
    try:
        for at, length in parts:
            waiting = content[at : at + length]
            while waiting and not unfold.eof:
                size += len(unfold.decompress(waiting, _BLOCK))
                waiting = unfold.unconsumed_tail
                if size > expected:
                    raise refuse("image-bomb", "Tệp PNG giải nén ra lớn hơn kích thước ảnh nên không được nhận.")
    except zlib.error as error:
        raise cut_short("PNG") from error
    if size != expected:
        raise cut_short("PNG")


def read_jpeg(content: Content, limits: Limits) -> Recognised:
    """A JPEG with a frame, a scan and an end; phones' second pictures behind the end are known and allowed."""
    at, frame, scans = 2, None, 0
    while True:
        marker, start, after = _jpeg_segment(content, at)
        if marker == _END:
            break
        if marker in _START_OF_FRAME:
            frame = content[start + 1 : start + 5]
        if marker == _START_OF_SCAN:
            scans += 1
            more = _MORE_PIXELS.search(content, after)
            if more is None:
                raise cut_short("JPEG")
            after = more.start()
        at = after
    if frame is None or not scans:
        raise cut_short("JPEG")
    _behind_jpeg(content, after)
    height, width = int.from_bytes(frame[:2], "big"), int.from_bytes(frame[2:], "big")
    return picture(FileKind.JPEG, width, height, limits)


def _jpeg_segment(content: Content, at: int) -> tuple[int, int, int]:
    """(marker, where its data begin, where it ends); raises Invalid where no marker stands."""
    while content[at : at + 2] == b"\xff\xff":
        at += 1
    if at + 2 > len(content) or content[at] != 0xFF:  # noqa: PLR2004 - the first byte of every marker
        raise cut_short("JPEG")
    marker = content[at + 1]
    if marker == _END:
        return marker, at + 2, at + 2
    size = int.from_bytes(content[at + 2 : at + 4], "big")
    if size < 2 or at + 2 + size > len(content):  # noqa: PLR2004 - the length counts itself
        raise cut_short("JPEG")
    return marker, at + 4, at + 2 + size


def _behind_jpeg(content: Content, end: int) -> None:
    """Phones append a preview or a second picture (CIPA DC-007) or Samsung's own trailer; all else is foreign."""
    tail = content[end : end + 64].lstrip(b"\x00")
    known = not tail or tail.startswith(b"\xff\xd8\xff") or content[-4:] == _SAMSUNG_END
    if not known:
        raise glued("JPEG")


def read_webp(content: Content, limits: Limits) -> Recognised:
    """A WebP whose container ends where the file ends."""
    size = int.from_bytes(content[4:8], "little") + 8
    if size > len(content):
        raise cut_short("WebP")
    if size != len(content):
        raise glued("WebP")
    at, sizes = 12, []
    while at < size:
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + length > size:
            raise cut_short("WebP")
        if kind in _WEBP_SIZES:
            sizes.append(_WEBP_SIZES[kind](content[at + 8 : at + 18]))
        at += 8 + length + length % 2
    if not sizes or not any(kind in content[12:16] for kind in _WEBP_SIZES):
        raise cut_short("WebP")
    for width, height in sizes:
        picture(FileKind.WEBP, width, height, limits)
    return picture(FileKind.WEBP, *sizes[0], limits)


def _vp8(head: bytes) -> tuple[int, int]:
    if head[3:6] != b"\x9d\x01\x2a":
        raise cut_short("WebP")
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def _vp8_lossless(head: bytes) -> tuple[int, int]:
    if head[:1] != b"\x2f":
        raise cut_short("WebP")
    bits = int.from_bytes(head[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _vp8_extended(head: bytes) -> tuple[int, int]:
    return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1


_WEBP_SIZES = {b"VP8 ": _vp8, b"VP8L": _vp8_lossless, b"VP8X": _vp8_extended}
