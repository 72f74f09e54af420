"""HL7 v2 messages as they stand scattered over a file, gathered by patient and visit: a later one completes an earlier one.

In the rows file each record is framed as MLLP frames a block (0x0B ... 0x1C 0x0D), after a ZDG segment with its line in the
file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from migration.readers.gathering import Gathering
from migration.readers.messages import BLOCK_BEGIN, BLOCK_END, LINE_SEGMENT, Message

_READ = 256 * 1024
_MOST_OF_A_SEGMENT = 8 * 1024 * 1024
_MOST_SEGMENTS = 20_000
_ENDS = re.compile(rb"[\r\n\x1c\x0b]")
_SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}(?=[^A-Za-z0-9\s]|$)")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")


def gather_messages(file: BinaryIO, gathering: Gathering) -> None:
    """Put every message of a file where its visit is gathered."""
    for line, segments in _messages(file):
        for person in _by_person(segments):
            gathering.add(_key(person, line), LINE_SEGMENT + str(line).encode() + b"\r" + b"\r".join(person))


def framed(groups: Iterable[Sequence[bytes]]) -> Iterator[bytes]:
    """The rows file of gathered messages."""
    for pieces in groups:
        yield BLOCK_BEGIN + b"\r".join(pieces) + BLOCK_END


def _messages(file: BinaryIO) -> Iterator[tuple[int, list[bytes]]]:
    """(line, segments) of each message; text outside any message is one without a header."""
    began, message = 0, list[bytes]()
    for line, segment in _segments(file):
        name = segment[:3]
        if name == b"MSH" and message:
            yield began, message
            message = []
        if name in _ENVELOPE and _SEGMENT.match(segment):
            continue
        if not message:
            began = line
        if message and not _SEGMENT.match(segment):  # a line break within a text
            message[-1] += b"\\.br\\" + segment
        else:
            message.append(segment)
        if sum(map(len, message[-2:])) > _MOST_OF_A_SEGMENT or len(message) > _MOST_SEGMENTS:
            yield began, message
            message = []
    if message:
        yield began, message


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(line, segment) of what is not blank, whichever line ends the file uses."""
    rest, line = b"", 1
    first = file.read(3)
    block = b"" if first == b"\xef\xbb\xbf" else first
    while True:
        more = file.read(_READ)
        lines = _ENDS.split(rest + block + more)
        block = b""
        rest = lines.pop()
        for one in lines:
            if one.strip():
                yield line, one.strip()
                line += 1
        if len(rest) > _MOST_OF_A_SEGMENT or (not more and rest.strip()):
            yield line, rest.strip()
            rest = b""
        if not more:
            return


def _by_person(segments: list[bytes]) -> Iterator[list[bytes]]:
    """A message for each person of it: ORU^R01 may carry several, each with its PID."""
    places = [at for at, one in enumerate(segments) if one.startswith(b"PID")]
    if len(places) < 2:  # noqa: PLR2004 - one person
        yield segments
        return
    head = segments[: places[0]]
    for begin, end in zip(places, [*places[1:], len(segments)], strict=True):
        yield head + segments[begin:end]


def _key(segments: Sequence[bytes], line: int) -> str:
    """Which visit of which person a message is about; a message that does not say is a record of its own."""
    message = Message(segments)
    person, visit = message.first("PID"), message.first("PV1")
    if person is None or not (number := message.part(person, 3) or message.part(person, 2)):
        return f"{line}"
    told = visit and (message.part(visit, 19) or message.part(visit, 50) or message.part(visit, 44)[:8])
    return f"{number}\x1f{told or ''}"
