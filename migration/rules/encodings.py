"""Old Vietnamese encodings: decide once per column, decode once per value.

The bytes of a hospital's old system may be TCVN3 (.Vn fonts), VNI, Windows-1258 or UTF-8; a careless export may also
have read any of them as Windows-1252 and written the result as UTF-8. Each of those is one `Encoding`, so that a value
is decoded by one call and never twice. Byte tables: migration/data/tcvn3.tsv and vni.tsv (UniKey's tables, which agree
with glibc's TCVN and with viparse).
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from migration.rules.syllables import is_syllable, marked_words
from registry.rules.names import proper_case_name
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

_TABLES = Path(__file__).resolve().parent.parent / "data"


class Encoding(StrEnum):
    """How a column's bytes are read. `via-1252`: read as Windows-1252 by an earlier export, then written as UTF-8."""

    ASCII = "ascii"
    UTF8 = "utf-8"
    TCVN3 = "tcvn3"
    VNI = "vni"
    CP1258 = "cp1258"
    UTF8_VIA_1252 = "utf-8-via-1252"
    TCVN3_VIA_1252 = "tcvn3-via-1252"
    VNI_VIA_1252 = "vni-via-1252"
    CP1258_VIA_1252 = "cp1258-via-1252"


class Undecodable(ValueError):
    """A value that holds bytes its column's encoding does not have; it is quarantined with its raw bytes."""

    def __init__(self, raw: bytes, encoding: Encoding) -> None:
        super().__init__(Phrase("Giá trị có byte không thuộc bảng mã {encoding}.", encoding=encoding.value))
        self.code = "encoding-value"
        self.raw = raw
        self.encoding = encoding


# Quotation marks, dashes and the ellipsis that word processors typed between letters of the old fonts (as in cp1252).
_TYPOGRAPHY = {byte: bytes([byte]).decode("cp1252") for byte in (0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97)}


_UPPER_HALF = range(0x80, 0x100)


def _tcvn3_table() -> str:
    """256 characters, U+FFFE where TCVN3 has none (what codecs.charmap_decode reads as undefined)."""
    table = [_TYPOGRAPHY.get(byte, "\ufffe") if byte in _UPPER_HALF else chr(byte) for byte in range(256)]
    table[0xA0] = "\xa0"
    for row in read_tsv(_TABLES / "tcvn3.tsv"):
        table[int(row["byte_hex"], 16)] = row["unicode_char"]
    return "".join(table)


def _vni_table() -> dict[str, str]:
    """VNI sequences (as Latin-1 text) to letters."""
    rows = read_tsv(_TABLES / "vni.tsv")
    letters = {bytes.fromhex(row["sequence_hex"]).decode("latin-1"): row["unicode_char"] for row in rows}
    return letters | {chr(byte): mark for byte, mark in _TYPOGRAPHY.items()}


# The five bytes Windows-1252 leaves undefined pass as control characters, as Windows itself lets them pass.
_CP1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
_TO_1252 = codecs.charmap_build(_CP1252)
_TCVN3 = _tcvn3_table()
_VNI = _vni_table()
_VNI_SEQUENCE = re.compile(
    "|".join(re.escape(key) for key in sorted(_VNI, key=len, reverse=True)) + "|[\x80-\x9f\xa1-\xff]"
)


def _vni_letter(match: re.Match[str]) -> str:
    return _VNI[match.group()]  # KeyError: a lone mark byte, or a byte VNI does not have


def _decode_vni(raw: bytes) -> str:
    return _VNI_SEQUENCE.sub(_vni_letter, raw.decode("latin-1"))


def _decode_tcvn3(raw: bytes) -> str:
    return codecs.charmap_decode(raw, "strict", _TCVN3)[0]


def _decode_cp1258(raw: bytes) -> str:
    return unicodedata.normalize("NFC", raw.decode("cp1258"))


def _decode_utf8(raw: bytes) -> str:
    text = raw.decode("utf-8-sig")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _through_1252(decode_inner: Callable[[bytes], str]) -> Callable[[bytes], str]:
    def decode_outer(raw: bytes) -> str:
        return decode_inner(codecs.charmap_encode(raw.decode("utf-8-sig"), "strict", _TO_1252)[0])

    return decode_outer


_DECODERS: Mapping[Encoding, Callable[[bytes], str]] = {
    Encoding.ASCII: lambda raw: raw.decode("ascii"),
    Encoding.UTF8: _decode_utf8,
    Encoding.TCVN3: _decode_tcvn3,
    Encoding.VNI: _decode_vni,
    Encoding.CP1258: _decode_cp1258,
    Encoding.UTF8_VIA_1252: _through_1252(_decode_utf8),
    Encoding.TCVN3_VIA_1252: _through_1252(_decode_tcvn3),
    Encoding.VNI_VIA_1252: _through_1252(_decode_vni),
    Encoding.CP1258_VIA_1252: _through_1252(_decode_cp1258),
}


def decode(raw: bytes, encoding: Encoding) -> str:
    """One value as NFC text; raises Undecodable. Takes bytes only, so that decoded text cannot be decoded again."""
    if not isinstance(raw, bytes):
        raise TypeError("decode() takes the raw bytes of a value; text was decoded already")
    try:
        return _DECODERS[encoding](raw)
    except (UnicodeError, KeyError) as problem:
        raise Undecodable(raw, encoding) from problem


def decoder(encoding: Encoding) -> Callable[[bytes], str]:
    """The bare decoding function for hot loops; raises UnicodeError or KeyError where `decode` raises Undecodable."""
    return _DECODERS[encoding]


_CAPITALLESS = {Encoding.TCVN3, Encoding.TCVN3_VIA_1252}
_WORD = re.compile(r"[^\W\d_]+")


def decode_name(raw: bytes, encoding: Encoding) -> str:
    """A person's name: as `decode`, each word capitalised, because TCVN3 has no capitals with tones (VăN -> Văn)."""
    return proper_case_name(decode(raw, encoding))


def restore_capitals(text: str) -> str:
    """Free text out of TCVN3: a word whose plain letters are all capitals gets its marked letters back as capitals.

    BệNH VIệN -> BỆNH VIỆN; Bệnh viện stays. A word with one plain letter follows the rest of the text (Hà, not HÀ).
    """
    plain = [char for char in text if char.isascii() and char.isalpha()]
    if len(plain) > 1 and all(char.isupper() for char in plain):
        return text.upper()
    return _WORD.sub(lambda match: _capitals(match.group()), text)


def _capitals(word: str) -> str:
    plain = [char for char in word if char.isascii()]
    return word.upper() if len(plain) > 1 and all(char.isupper() for char in plain) else word


def decode_text(raw: bytes, encoding: Encoding) -> str:
    """Any other text: as `decode`, with capitals restored where the encoding could not hold them."""
    text = decode(raw, encoding)
    return restore_capitals(text) if encoding in _CAPITALLESS else text


@dataclass(frozen=True, slots=True)
class Decision:
    """What a column's bytes are. `encoding` is None exactly when `refused_reason` is set.

    `scores`: share (0-1) of marked words that are Vietnamese syllables under each encoding tried; `words`: how many
    marked words the best reading had; `confidence`: best score less the runner-up's (1 for pure ASCII).
    """

    encoding: Encoding | None
    confidence: float
    scores: Mapping[Encoding, float]
    words: int
    refused_reason: str = ""
    message: str = ""


SAMPLE = 500  # distinct marked values looked at; 20 were enough for 10,000 of 10,000 columns of names
GOOD_ENOUGH = 0.8  # below this share of real syllables, no reading is believed
CLEAR_LEAD = 0.1  # the best reading must lead the next by this much


def _is_utf8(samples: Sequence[bytes]) -> bool:
    """Whether nearly all values are UTF-8: text in a one-byte encoding almost never is, value after value."""
    bad = 0
    for raw in samples:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
    return bad * 10 <= len(samples)


_BYTE_READINGS = (Encoding.TCVN3, Encoding.VNI, Encoding.CP1258)
_UTF8_READINGS = (
    Encoding.UTF8,
    Encoding.UTF8_VIA_1252,
    Encoding.TCVN3_VIA_1252,
    Encoding.VNI_VIA_1252,
    Encoding.CP1258_VIA_1252,
)


def _score(samples: Sequence[bytes], encoding: Encoding) -> tuple[float, int]:
    """(share of marked words that are syllables, marked words); a value that cannot be decoded is one wrong word."""
    decode_value, good, total = _DECODERS[encoding], 0, 0
    for raw in samples:
        try:
            words = marked_words(decode_value(raw))
        except (UnicodeError, KeyError):
            total += 1
            continue
        total += len(words)
        good += sum(map(is_syllable, words))
    return (good / total if total else 0.0), total


def _fits(samples: Sequence[bytes], encoding: Encoding) -> bool:
    """Whether every value can be decoded."""
    try:
        return all(decode(raw, encoding) for raw in samples)
    except Undecodable:
        return False


def _distinct_marked(samples: Sequence[bytes]) -> list[bytes]:
    marked = dict.fromkeys(raw for raw in samples if not raw.isascii() and raw != codecs.BOM_UTF8)
    return list(marked)[:SAMPLE]


def decide_encoding(samples: Sequence[bytes], prior: Encoding | None = None) -> Decision:
    """How to read a column, from its raw values.

    `prior` (say, the file's other columns) settles a tie and speaks for a column without Vietnamese (units, drugs).
    Refused reasons: encoding-ambiguous (two readings fit equally), encoding-unknown (no reading gives Vietnamese:
    another language, several encodings mixed, or damaged text). A refused column waits for a person.
    """
    marked = _distinct_marked(samples)
    if not marked:
        return Decision(Encoding.ASCII, 1.0, {Encoding.ASCII: 1.0}, 0)
    readings = _UTF8_READINGS if _is_utf8(marked) else _BYTE_READINGS
    measured = {encoding: _score(marked, encoding) for encoding in readings}
    scores = {encoding: score for encoding, (score, _) in measured.items()}
    ranked = sorted(readings, key=lambda encoding: (scores[encoding], encoding is prior), reverse=True)
    best, lead = ranked[0], scores[ranked[0]] - scores[ranked[1]]
    words = measured[best][1]
    if scores[best] < GOOD_ENOUGH:
        if prior in scores and scores[prior] == scores[best] and _fits(marked, prior):
            return Decision(prior, 0.0, scores, words)  # units, drug names: no Vietnamese, but nothing against the file
        message = "Không nhận ra bảng mã của cột này; hãy xem vài dòng mẫu và chọn bảng mã."
        return Decision(None, scores[best], scores, words, "encoding-unknown", message)
    if lead < CLEAR_LEAD and best is not prior:
        message = "Cột này đọc được bằng nhiều bảng mã; hãy xem vài dòng mẫu và chọn bảng mã."
        return Decision(None, lead, scores, words, "encoding-ambiguous", message)
    return Decision(best, lead, scores, words)
