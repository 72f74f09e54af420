"""Which parts of a shown name met the search, so that the eye finds the reason."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from records.rules.slips import one_slip_apart
from registry.rules.text import display_key, fold

Segment = tuple[str, bool]


def mark_name(name: str, typed: Sequence[str]) -> tuple[Segment, ...]:
    """The name in pieces: (text, whether it met what was typed). typed: folded words; initials mark first letters.

    >>> mark_name("Nguyễn Thị An", ["an", "ngu"])
    (('Ngu', True), ('yễn Thị ', False), ('An', True))
    """
    words = name.split()
    letters = _initials(words, typed)
    met = [1 if letters else _met(word, typed) for word in words]
    pieces: list[Segment] = []
    for number, word in enumerate(words):
        if number:
            pieces.append((" ", met[number - 1] == len(words[number - 1]) and met[number] > 0))
        pieces += [(word[: met[number]], True), (word[met[number] :], False)]
    return _joined(pieces)


def _joined(pieces: Sequence[Segment]) -> tuple[Segment, ...]:
    """Neighbours of one kind as one piece, so that a whole name that met is whole in the page."""
    kinds = groupby((piece for piece in pieces if piece[0]), key=lambda piece: piece[1])
    return tuple(("".join(text for text, _ in group), met) for met, group in kinds)


def _initials(words: Sequence[str], typed: Sequence[str]) -> bool:
    """Whether one typed word is the first letters of all words."""
    return len(words) > 1 and len(typed) == 1 and typed[0] == "".join(fold(word)[:1] for word in words)


def _met(word: str, typed: Sequence[str]) -> int:
    """How many letters of the word met a typed one: all when it is the word or one slip away, or its beginning."""
    folded = fold(word)
    if any(one == folded or (len(one) > 2 and one_slip_apart([one], [folded])) for one in typed):  # noqa: PLR2004
        return len(word)
    begun = [len(one) for one in typed if folded.startswith(one)]
    return max(begun, default=0) if len(folded) == len(word) else 0


def accents_met(name: str, typed: str) -> int:
    """How many typed words with diacritics are words of the name exactly; 0 when none was typed with diacritics."""
    words = {display_key(word) for word in name.split()}
    return sum(1 for word in typed.split() if not word.isascii() and display_key(word) in words)
