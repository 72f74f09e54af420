"""Files damaged at random, of every format: nothing crashes or hangs, and every record is taken or has its reasons.

25 of each always; 5,000 of each under --long. The seed is the format and the number, so a failure names what to run again.
"""

from __future__ import annotations

import gzip
import io
import random
import time
import zipfile
from functools import cache

import pytest

from tests.migration import formats

FORMATS = tuple(formats.every_format(1))
ALWAYS, LONG = 25, 5000
SECONDS = 20.0  # the longest any file of a few kilobytes may take on a busy machine
MOST_BLOCK = 60
MARKS = b"\"',;\t\r\n\x00<>{}()|^\\"


@cache
def _good() -> dict[str, tuple[bytes, str]]:
    return formats.every_format(4)


def mutated(content: bytes, dice: random.Random) -> bytes:
    """One to four of: bytes flipped, cut out, put in, doubled; the end cut off."""
    spoiled = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randrange(len(spoiled) + 1), dice.randint(1, MOST_BLOCK)
        match dice.choice(("flip", "cut", "insert", "double", "truncate")):
            case "flip" if spoiled:
                for _ in range(dice.randint(1, 8)):
                    spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
            case "cut":
                del spoiled[at : at + length]
            case "insert":
                spoiled[at:at] = dice.randbytes(length) if dice.random() < 0.5 else [dice.choice(MARKS)]
            case "double":
                spoiled[at:at] = spoiled[at : at + length]
            case "truncate":
                del spoiled[at:]
        spoiled = spoiled or bytearray(b"\n")
    return bytes(spoiled)


def _within(content: bytes, dice: random.Random) -> bytes:
    """One member of an archive or workbook damaged, and packed again: its checksums are right."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.compress(mutated(gzip.decompress(content), dice), mtime=0)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = [len(inner) for inner in members.values()]
    (chosen,) = dice.choices(list(members), weights)
    return formats.packed(members | {chosen: mutated(members[chosen], dice)})


def _try(name: str, number: int) -> str:
    content, profile = _good()[name]
    dice = random.Random(f"{name}/{number}")
    inside = number % 4 and content.startswith((b"PK", b"\x1f\x8b"))
    spoiled = _within(content, dice) if inside else mutated(content, dice)
    began = time.monotonic()
    found = formats.read(spoiled, profile)
    assert time.monotonic() - began < SECONDS
    assert len(found.taken) + len(found.rejected) == found.layout.records == len(found.raws)
    for one in found.rejected:
        assert one.faults
        assert all(fault.code and fault.message for fault in one.faults)
    if found.layout.refusal:
        assert found.layout.refusal.code
        assert found.layout.refusal.message
        return "refused"
    assert found.raws
    return "read"


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_refused_or_read_with_every_record_accounted_for(name: str) -> None:
    assert {_try(name, number) for number in range(ALWAYS)} <= {"refused", "read"}


@pytest.mark.long
@pytest.mark.parametrize("name", FORMATS)
def test_five_thousand_damaged_files_of_each_format(name: str) -> None:
    assert {_try(name, number) for number in range(ALWAYS, LONG)} == {"refused", "read"}
