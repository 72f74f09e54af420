"""Vietnamese personal names: họ - đệm - tên (family, middle, given), written in one field.

Staff lists sort by given name, then family, then middle. The embedded database has no ICU collation, so the order is
computed here as an ASCII key that the "C" collation sorts rightly.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import TONES, clean_line, mend_eth

MAX_NAME = 255  # QĐ 3176, HO_TEN

# Letters that follow their base letter in the alphabet a ă â b c d đ e ê … o ô ơ … u ư. The marks { and | sort after
# every ASCII letter, so "ăn" comes after "az"; combining breve, circumflex and horn are the decomposed marks.
_LATER_LETTER = {
    ("a", "\u0306"): "{",
    ("a", "\u0302"): "|",
    ("e", "\u0302"): "{",
    ("o", "\u0302"): "{",
    ("o", "\u031b"): "|",
    ("u", "\u031b"): "{",
}
_TONE_RANK = {mark: str(rank) for rank, mark in enumerate(TONES, start=1)}
_CASED_RUN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class NameParts:
    """Parts of a full name; family and middle are empty where the name has too few words."""

    family: str
    middle: str
    given: str


def clean_name(text: str) -> str:
    """A name as stored: one line, nothing invisible, Ð of old keyboards as Đ."""
    return mend_eth(clean_line(text))


def split_name(full: str) -> NameParts:
    """First word, words between, last word. Double family names are not guessed: nothing in the text shows them."""
    *before, given = full.split() or [""]
    return NameParts(before[0] if before else "", " ".join(before[1:]), given)


def proper_case_name(text: str) -> str:
    """Every word capitalised: NGUYỄN VĂN ĐỨC and nguyễn văn đức -> Nguyễn Văn Đức, H'HEN -> H'Hen."""
    return _CASED_RUN.sub(lambda word: word.group()[0].upper() + word.group()[1:].lower(), clean_name(text))


@lru_cache(maxsize=65_536)  # a city shares a few thousand syllables
def _word_keys(word: str) -> tuple[str, str]:
    """(letters, tone) of one word: letters in Vietnamese alphabet order, tone 0-5 in dictionary order."""
    letters: list[str] = []
    tone = "0"
    for char in unicodedata.normalize("NFKD", word.casefold()):
        if char in _TONE_RANK:
            tone = _TONE_RANK[char] if tone == "0" else tone
        elif char in "đð":
            letters.append("d{")
        elif char.isascii():
            letters.append(char.lower() if char.isalnum() else "")
        elif letters and (letters[-1], char) in _LATER_LETTER:
            letters.append(_LATER_LETTER[(letters[-1], char)])
        elif not unicodedata.combining(char):
            letters.append(f"}}{ord(char):05x}")
    return "".join(letters), tone


def _part_key(words: str) -> str:
    keys = [_word_keys(word) for word in re.split(r"[\s\-]+", words) if word]
    return "!".join(letters for letters, _ in keys) + " " + "".join(tone for _, tone in keys)


def sort_key(name: str) -> str:
    """ASCII key for "C" collation: given, family, middle; letters before tones; tones ngang huyền hỏi ngã sắc nặng.

    >>> sort_key("Nguyễn Văn Ân")
    'a|n 0 nguye{n 3 va{n 0'
    """
    parts = split_name(clean_name(name))
    return " ".join(_part_key(part) for part in (parts.given, parts.family, parts.middle)).rstrip()


_MARKUP = re.compile(r"[<>{}\[\]\\|&;=]|&#|javascript:", re.IGNORECASE)
_ALLOWED = re.compile(r"[^\W\d_]|[ '’.\-,()]")


def name_problem(text: str) -> Invalid | None:
    """Why `text` cannot be a person's name (code name-empty, name-markup, name-digits, name-characters, name-long)."""
    name = clean_name(text)
    if not any(char.isalpha() for char in name):
        return Invalid("name-empty", "Họ tên còn trống hoặc không có chữ cái nào.", "full_name")
    if _MARKUP.search(name):
        return Invalid("name-markup", "Họ tên chứa ký hiệu không dùng trong tên người (< > & { } …).", "full_name")
    if any(char.isdigit() for char in name):
        return Invalid("name-digits", "Họ tên không được có chữ số.", "full_name")
    if not all(_ALLOWED.match(char) or unicodedata.combining(char) for char in name):
        return Invalid("name-characters", "Họ tên chứa ký tự không dùng trong tên người.", "full_name")
    if len(name) > MAX_NAME:
        return Invalid("name-long", Phrase("Họ tên dài quá {most} ký tự.", most=MAX_NAME), "full_name")
    return None


def is_plausible_name(text: str) -> bool:
    """Whether `text` could be a person's name; `name_problem` says why not."""
    return name_problem(text) is None


def parse_name(text: str) -> str:
    """The cleaned name; raises Invalid as `name_problem` describes."""
    problem = name_problem(text)
    if problem:
        raise problem
    return clean_name(text)
