"""Text that was read in the wrong encoding somewhere before, repaired value by value where the value itself proves it.

For files whose columns mix encodings (tables gathered from several systems), where `decide_encoding` rightly refuses the
column. A value is changed only when not all of its marked words are Vietnamese syllables as they stand and all of them are
after repair, so names of other languages stay as they are. Where signs stand among the letters (¬ © §), which no language
writes, most of the words are enough: old files have slips of the keyboard, too.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from migration.rules.encodings import Encoding, Undecodable, decode, decode_name, decode_text
from migration.rules.syllables import is_syllable, marked_words

_READINGS = (Encoding.TCVN3_VIA_1252, Encoding.UTF8_VIA_1252, Encoding.VNI_VIA_1252)
_BYTE_READINGS = (Encoding.TCVN3, Encoding.VNI, Encoding.CP1258)
_REMEMBERED = 100  # bytes: names and addresses come again, long texts only fill memory
_BELIEVED = 0.5  # share of marked words that must be syllables before bytes or signs are believed to be Vietnamese


@lru_cache(maxsize=1 << 16)
def repair_text(text: str) -> str:
    """NguyÔn V¨n §øc -> Nguyễn Văn Đức; anything that reads as Vietnamese already, or never will, as it is."""
    reading = _damage(text)
    return decode_name(text.encode(), reading) if reading else text


def read_mixed(value: bytes, *, person: bool) -> str:
    """A value of a column that mixes encodings, read by itself; raises Undecodable. person: it is a name."""
    return _read_remembered(value, person=person) if len(value) < _REMEMBERED else _read_mixed(value, person=person)


@lru_cache(maxsize=1 << 16)
def _read_remembered(value: bytes, *, person: bool) -> str:
    return _read_mixed(value, person=person)


def _read_mixed(value: bytes, *, person: bool) -> str:
    read = decode_name if person else decode_text
    try:
        text = decode(value, Encoding.UTF8)
    except Undecodable:
        return read(value, _byte_reading(value))
    return read(value, _damage(text) or Encoding.UTF8)


def _damage(text: str) -> Encoding | None:
    """What was done to a text, where undoing it makes its marked words Vietnamese."""
    if text.isascii():
        return None
    words = marked_words(text)
    if words and all(map(is_syllable, words)):
        return None
    shares = {reading: _share(text.encode(), reading) for reading in _READINGS}
    best = max(shares, key=lambda reading: shares[reading])
    return best if shares[best] >= (_BELIEVED if _has_signs(text) else 1.0) else None


def _has_signs(text: str) -> bool:
    """Whether a sign stands where only letters do: what TCVN3 letters become when they are read as Windows-1252."""
    return any(not char.isascii() and unicodedata.category(char)[0] in "SCN" for char in text)


def _byte_reading(value: bytes) -> Encoding:
    """The one-byte encoding that makes most marked words Vietnamese; raises Undecodable when none is believable."""
    shares = {reading: _share(value, reading) for reading in _BYTE_READINGS}
    best = max(shares, key=lambda reading: shares[reading])
    if shares[best] < _BELIEVED:
        raise Undecodable(value, Encoding.UTF8)
    return best


def _share(value: bytes, reading: Encoding) -> float:
    try:
        text = decode(value, reading)
    except Undecodable:
        return 0.0
    words = marked_words(text)
    return sum(map(is_syllable, words)) / len(words) if words else 0.0
