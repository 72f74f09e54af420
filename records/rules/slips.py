"""One slip of the keyboard: which names a typed one may stand for, and whether two names differ by one slip only.

A slip is a letter missing, too many, wrong, or two neighbours swapped (optimal string alignment distance of one), or two
words run together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import OSA

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST = 2  # letters of a word in which a slip is believed; in one letter everything is like everything


def neighbours(text: str) -> list[str]:
    """Every folded text one slip away, spaces included, in a fixed order; at most about 54 a letter."""
    cuts = [(text[:at], text[at:]) for at in range(len(text) + 1)]
    missing = {before + after[1:] for before, after in cuts if after}
    swapped = {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    wrong = {before + letter + after[1:] for before, after in cuts if after for letter in LETTERS}
    added = {before + letter + after for before, after in cuts for letter in LETTERS + " "}
    tidy = {" ".join(one.split()) for one in missing | swapped | wrong | added}
    return sorted(tidy - {text, ""})


def one_slip_apart(typed: Sequence[str], name: Sequence[str]) -> bool:
    """Whether the typed words, in any order, are words of the name but for one slip. The name may have further words."""
    strange = list((Counter(typed) - Counter(name)).elements())
    unmet = list((Counter(name) - Counter(typed)).elements())
    if not strange:
        return True
    if len(strange) > 1:
        return _run_together("".join(unmet), strange)
    (word,) = strange
    alike = any(_alike(word, other) for other in unmet)
    return alike or word in {first + second for first in unmet for second in unmet}


def _alike(word: str, other: str) -> bool:
    return min(len(word), len(other)) >= SHORTEST and OSA.distance(word, other, score_cutoff=1) <= 1


def _run_together(unmet: str, strange: list[str]) -> bool:
    """Whether somebody put a space into one word."""
    return unmet == "".join(strange)


def initials_fit(typed: Sequence[str], name: Sequence[str]) -> bool:
    """Whether the typed words, some of one letter, are the name's words in order: n t an, nguyen t an."""
    rest = iter(name)
    return all(any(word == part or (len(word) == 1 and word == part[0]) for part in rest) for word in typed)
