"""Vietnamese text: one composition, one search key, one key for "the same word written in another house style".

Three strengths of sameness, weakest last:

* `clean_line` / `clean_note`: what is stored and shown. NFC, no invisible or direction-changing characters.
* `display_key`: equal when only letter case, spacing or tone placement differ (Hoà = Hòa).
* `fold`: equal when a person typing without diacritics would type the same (Hòa = Hoa, Đ = D).
"""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_APOSTROPHES = frozenset("'’‘`´ʼ′ʹ\"")  # H'Mông, K'Pă: the mark is dropped, the word stays whole
_ETH = str.maketrans({"\u00d0": "Đ", "\u00f0": "đ", "\u0189": "Đ", "\u0256": "đ"})

# Tone marks in Vietnamese dictionary order after the unmarked ngang: huyền, hỏi, ngã, sắc, nặng.
TONES = "\u0300\u0309\u0303\u0301\u0323"


def nfc(text: str) -> str:
    """The composed form every stored text has."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class _Invisible(dict[int, str | None]):
    """str.translate table, filled as characters are met: what must never reach a stored text.

    Policy: control characters, zero-width and bidirectional marks (they can reverse what a reader sees),
    private-use and unassigned code points and lone surrogates go; line ends and tabs become spaces.
    """

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        category = unicodedata.category(char)
        kept: str | None = char
        if char in "\t\n\r\x0b\x0c\x85" or category in {"Zs", "Zl", "Zp"}:
            kept = " "
        elif category.startswith("C"):
            kept = None
        self[point] = kept
        return kept


_INVISIBLE = _Invisible()


def clean_line(text: str) -> str:
    """One line as stored: NFC, nothing invisible, single spaces, trimmed."""
    return " ".join(nfc(text.translate(_INVISIBLE)).split())


def clean_note(text: str) -> str:
    """Narrative as stored: as `clean_line`, but line breaks stay (at most one empty line in a row)."""
    lines = [clean_line(line) for line in re.split(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]", text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def mend_eth(text: str) -> str:
    """Icelandic Ð/ð and African Ɖ, which old fonts and keyboards leave in place of Đ/đ, as Vietnamese letters."""
    return text.translate(_ETH)


class _Fold(dict[int, str | None]):
    """str.translate table over decomposed text, filled as characters are met."""

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        category = unicodedata.category(char)
        folded: str | None = char
        if char in "đĐðÐɖƉ":
            folded = "d"
        elif char.isspace() or (category.startswith(("P", "S", "Z")) and char not in _APOSTROPHES):
            folded = " "
        elif category.startswith(("M", "C")) or char in _APOSTROPHES:
            folded = None
        self[point] = folded
        return folded


_FOLD = _Fold()


def fold(text: str) -> str:
    """Search key: lower case, no diacritics, đ as d, punctuation as one space; the same for any composition.

    >>> fold("  NGUYỄN  Thị-Hoà ")
    'nguyen thi hoa'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(text.translate(_FOLD).lower().split())


# Old placement (hòa, khỏe, thủy) is the key: the commune lists of 2025 write Yên Hòa where those of 2024 wrote Yên Hoà.
# Only open syllables in oa, oe, uy differ between the two schools; after q the u belongs to the onset (quý stays).
_NEW_STYLE = re.compile(r"(?:(o)([àảãáạèẻẽéẹ])|(?<!q)(u)([ỳỷỹýỵ]))(?![^\W\d_])", re.IGNORECASE)


def _move_tone(match: re.Match[str]) -> str:
    first, second = match.group(1) or match.group(3), match.group(2) or match.group(4)
    decomposed = unicodedata.normalize("NFD", second)
    return unicodedata.normalize("NFC", first + decomposed[1]) + decomposed[0]


def normalise_tone_placement(text: str) -> str:
    """Text with the tone on the first vowel of final oa, oe, uy: Hoà -> Hòa, Thuỷ -> Thủy; quý and hoàng stay."""
    return _NEW_STYLE.sub(_move_tone, nfc(text))


def display_key(text: str) -> str:
    """Key under which two spellings show the same word: case, spacing and tone placement do not count."""
    return normalise_tone_placement(clean_line(text)).casefold()
