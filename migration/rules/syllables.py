"""Every syllable Vietnamese spelling allows, so that a wrongly decoded word is recognised as no word at all.

Built from onset, rime and tone by the rules of quốc ngữ as schools teach them: stops (c, ch, p, t) carry only sắc
and nặng; k, gh, ngh stand before e, ê, i, y and c, g, ng elsewhere; q is followed by u. Both tone placements (hoà,
hòa) count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_OPEN = _list(
    "a e ê i o ô ơ u ư y ia ua ưa uê uơ uy oa oe uya ai ao au ay âu ây eo êu iu oi ôi ơi ui uôi ưi ươi ươu ưu iêu yêu "
    "oai oay oao oeo uây uyu uêu"
)
_NASAL = _list(
    "am ăm âm em êm im om ôm ơm um iêm yêm uôm ươm oam oăm an ăn ân en ên in on ôn ơn un iên yên uôn ươn oan oăn oen "
    "uân uyên ang ăng âng eng ong ông ung ưng iêng yêng uông ương oang oăng uâng oong anh ênh inh ynh oanh uynh uênh"
)
_STOPPED = _list(
    "ap ăp âp ep êp ip op ôp ơp up iêp ươp oap oăp at ăt ât et êt it ot ôt ơt ut ưt iêt yêt uôt ươt oat oăt oet uât "
    "uyt uyêt uêt ac ăc âc ec oc ôc uc ưc iêc uôc ươc oac oăc ach êch ich oach uêch uych"
)
_ONSETS = ("", *_list("b c ch d đ g gh gi h k kh l m n ng ngh nh p ph q r s t th tr v x"))
_TONES = {"": "", "huyền": "\u0300", "hỏi": "\u0309", "ngã": "\u0303", "sắc": "\u0301", "nặng": "\u0323"}
_STOP_TONES = ("sắc", "nặng")
_FRONT = "eêiy"
_BEFORE_FRONT_ONLY, _NEVER_BEFORE_FRONT = {"k", "gh", "ngh"}, {"c", "ng"}
_VOWELS = "aăâeêioôơuưy"

# What separates words in names, addresses and notes. Symbols above ASCII stay inside: µ ¸ ¹ are letters of TCVN3.
_WORD = re.compile(r"[^\s\d!-/:-@\[-`{-~]+")


def _spelled(onset: str, rime: str) -> bool:
    front = rime[0] in _FRONT
    if onset in _BEFORE_FRONT_ONLY:
        return front
    if onset in _NEVER_BEFORE_FRONT:
        return not front
    if onset == "g":
        return rime[0] not in "eêy"
    return True


def _tone_places(onset: str, rime: str) -> Iterator[int]:
    """Positions in the rime that may carry the tone; two where the old and new placement differ."""
    start = 1 if onset == "q" else 0  # the u of qu belongs to the onset
    nucleus = [at for at, letter in enumerate(rime) if letter in _VOWELS and at >= start]
    marked = [at for at in nucleus if rime[at] in "ăâêôơư"]
    if marked:
        yield marked[-1]
    elif len(nucleus) in {2, 3} and (nucleus[2:] or rime[-1] not in _VOWELS):
        yield nucleus[1]
    else:
        yield nucleus[0]
        if rime in {"oa", "oe", "uy"} and start == 0:
            yield nucleus[1]


# Rimes of qu: the u is written with the onset, so qua, quang, quốc, quên, quý are q + these.
_AFTER_Q = _list(
    "ua uơ uê ue uy uai uao uay uau uây uân uan uang uăn uăng uăm uâng uanh uen ueng uên uênh uynh uyên uyn uyu ueo"
)
_AFTER_Q_STOPPED = _list("uat uac uach uăt uăc uăp uât uet uêt uêch uyt uych uyêt uôc uăp uap")


def _rimes(onset: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if onset == "q":
        yield from ((rime, tuple(_TONES)) for rime in _AFTER_Q)
        yield from ((rime, _STOP_TONES) for rime in _AFTER_Q_STOPPED)
        return
    yield from ((rime, tuple(_TONES)) for rime in (*_OPEN, *_NASAL) if _spelled(onset, rime))
    yield from ((rime, _STOP_TONES) for rime in _STOPPED if _spelled(onset, rime))


def _written(onset: str, rime: str, tone: str) -> Iterator[str]:
    for place in _tone_places(onset, rime):
        yield unicodedata.normalize("NFC", onset + rime[: place + 1] + _TONES[tone] + rime[place + 1 :])


@cache
def syllables() -> frozenset[str]:
    """All allowed syllables, lower case, NFC (about 17,000; not all are words in use)."""
    return frozenset(
        word
        for onset in _ONSETS
        for rime, tones in _rimes(onset)
        for tone in tones
        for word in _written(onset, rime, tone)
    ) | frozenset(unicodedata.normalize("NFC", "gi" + mark) for mark in _TONES.values())


def is_syllable(word: str) -> bool:
    """Whether a composed word is a possible Vietnamese syllable, whatever its case."""
    return word.lower() in syllables()


def marked_words(text: str) -> list[str]:
    """The words of a text that hold a character above ASCII: the only ones that tell one encoding from another."""
    return [word for word in _WORD.findall(text) if not word.isascii()]
