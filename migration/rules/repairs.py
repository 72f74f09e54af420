"""Text that was read in the wrong encoding somewhere before, repaired value by value where the value itself proves it.

For files whose columns mix encodings (tables gathered from several systems), where `decide_encoding` rightly refuses the
column. A value is changed only when none of its marked words is a Vietnamese syllable as it stands and all of them are after
repair, so names of other languages stay as they are.
"""

from __future__ import annotations

from functools import lru_cache

from migration.rules.encodings import Encoding, Undecodable, decode_name
from migration.rules.syllables import is_syllable, marked_words

_READINGS = (Encoding.TCVN3_VIA_1252, Encoding.UTF8_VIA_1252, Encoding.VNI_VIA_1252)


@lru_cache(maxsize=1 << 16)
def repair_text(text: str) -> str:
    """NguyÔn V¨n §øc -> Nguyễn Văn Đức; anything that reads as Vietnamese already, or never will, as it is."""
    if text.isascii():
        return text
    words = marked_words(text)
    if words and all(map(is_syllable, words)):
        return text
    for reading in _READINGS:
        try:
            repaired = decode_name(text.encode(), reading)
        except Undecodable:
            continue
        marked = marked_words(repaired)
        if marked and all(map(is_syllable, marked)):
            return repaired
    return text
