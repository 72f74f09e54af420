"""How an old hospital's file writes a person down: every error that such files were seen to have, at the rate it was seen.

30 % without diacritics, 20 % in TCVN3, 3.5 % slips in a name, 18 % moved, 26 % without any number; a newborn under its
mother's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from benchmarks.households import TODAY, Row, draw_mobile
from hanoi_ehr.demo.places import STREETS, pick_ward
from registry.rules.dates import PartialDate
from registry.rules.tables import read_tsv, reference_rows
from registry.rules.text import fold

UNNAMED = 0.7  # of the children whom a maternity ward saw before they had a name: an assumption
YOUNGEST = TODAY.year - 1
ROOT = Path(__file__).resolve().parent.parent


def as_filed(chance: Random, row: Row, home: Sequence[Row]) -> Row:
    """The row of the hospital's file; home: who lives where this person does."""
    row = _before_it_had_a_name(row)
    row = _with_old_numbers(chance, row, home)
    row = replace(row, birth=_filed_birth(chance, row.birth), sex=_filed_sex(chance, row.sex))
    if chance.random() < 0.18:
        row = _moved(chance, row)
    row = replace(row, address=_filed_address(chance, row.address))
    return _as_typed(chance, replace(row, name=_filed_name(chance, row.name)))


def _before_it_had_a_name(row: Row) -> Row:
    """A child of the last year, as the maternity ward wrote it: under its mother's name or by whose child it is, without
    papers. Drawn apart, so that the other rows stay as they are.
    """
    chance = Random(f"newborn-{row.owner}")
    if not row.mother or row.birth.value.year < YOUNGEST or chance.random() > UNNAMED:
        return row
    name = f"Con bà {row.mother}" if chance.random() < 0.7 else row.mother
    return replace(row, name=name, cccd="", bhyt="")


def _filed_address(chance: Random, address: str) -> str:
    """The same place as another clerk writes it: shortened, without the house, with a slip, or not at all."""
    draw = chance.random()
    if draw < 0.10:
        return ""
    if draw < 0.25:
        return address.replace("Số ", "").replace("ngõ ", "ng. ").replace("phố ", "p. ").replace("thôn ", "")
    if draw < 0.35:
        return " ".join(address.split()[2:])
    return _slip(chance, address, "aeionhgtcmu") if draw < 0.40 else address


def _with_old_numbers(chance: Random, row: Row, home: Sequence[Row]) -> Row:
    """Lost, borrowed and out-of-date numbers."""
    draw = chance.random()
    if draw < 0.18:  # nobody asked for a paper
        row = replace(row, cccd="", bhyt="")
    elif draw < 0.40:  # the card is lost, or was a CMND then
        row = replace(row, cccd="")
    elif draw < 0.55:
        row = replace(row, bhyt="")
    relatives = [one for one in home if one.owner != row.owner and one.bhyt]
    if relatives and chance.random() < 0.006:
        row = replace(row, bhyt=chance.choice(relatives).bhyt)
    if row.cccd and chance.random() < 0.01:
        row = replace(row, cccd=_slip(chance, row.cccd, "0123456789"))
    return replace(row, phone=_old_phone(chance, row.phone, home))


@cache
def _old_prefixes() -> dict[str, str]:
    rows = reference_rows("phone_prefix_2018")
    return {row["new_prefix_3digits"]: row["old_prefix_4digits"] for row in rows}


def _old_phone(chance: Random, phone: str, home: Sequence[Row]) -> str:
    draw = chance.random()
    if draw < 0.20:
        return ""
    if draw < 0.38:  # another number in those years
        return draw_mobile(chance)
    if draw < 0.45:
        phone = next((one.phone for one in home if one.phone), phone)
    old = _old_prefixes().get(phone[:3])
    return old + phone[3:] if old and chance.random() < 0.5 else phone


def _filed_birth(chance: Random, birth: PartialDate) -> PartialDate:
    value, draw = birth.value, chance.random()
    if birth.precision != "day":
        return birth
    if draw < 0.06:
        return PartialDate(date(value.year, 1, 1), "year")
    if draw < 0.08 and value.day <= 12:
        return PartialDate(date(value.year, value.day, value.month))
    if draw < 0.10:
        return PartialDate(value + timedelta(days=chance.choice((-10, -1, 1, 10))))
    if draw < 0.11:
        return PartialDate(value.replace(year=value.year + chance.choice((-10, -1, 1)), day=min(value.day, 28)))
    return birth


def _filed_sex(chance: Random, sex: str) -> str:
    if chance.random() < 0.008:
        return "female" if sex == "male" else "male"
    return sex


def _moved(chance: Random, row: Row) -> Row:
    """Married into another ward, or simply moved since."""
    home = pick_ward(chance)
    return replace(row, ward=home.name, address=f"Số {chance.randint(1, 400)} phố {chance.choice(STREETS)}")


def _filed_name(chance: Random, name: str) -> str:
    words = name.split()
    if chance.random() < 0.015:
        words = [*words[1:], words[0]] if chance.random() < 0.5 else [words[-1], *words[:-1]]
    elif len(words) > 2 and chance.random() < (0.12 if len(words) > 3 else 0.03):
        words = [words[0], *words[2:]]
    if chance.random() < 0.035:
        place = chance.randrange(len(words))
        words[place] = _slip(chance, words[place], "aeionhgtcmu")
    return " ".join(words)


def _slip(chance: Random, text: str, letters: str) -> str:
    """One keystroke wrong: a letter changed, dropped, doubled, or two exchanged."""
    at, draw = chance.randrange(len(text)), chance.random()
    if draw < 0.4 or len(text) < 3:
        return text[:at] + chance.choice(letters) + text[at + 1 :]
    if draw < 0.6:
        return text[:at] + text[at + 1 :]
    if draw < 0.8:
        return text[:at] + text[at] + text[at:]
    at = min(at, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _as_typed(chance: Random, row: Row) -> Row:
    """Without diacritics, in TCVN3 read as Windows-1252, in capitals, or as it was."""
    draw = chance.random()
    if draw < 0.30:
        return replace(row, name=fold(row.name).upper(), address=fold(row.address), ward=fold(row.ward))
    if draw < 0.50:
        return replace(row, name=mojibake(row.name), address=mojibake(row.address), ward=mojibake(row.ward))
    return replace(row, name=row.name.upper()) if draw < 0.65 else row


@cache
def _tcvn3() -> dict[int, str]:
    rows = read_tsv(ROOT / "migration" / "data" / "tcvn3.tsv")
    letters = {row["unicode_char"]: bytes([int(row["byte_hex"], 16)]) for row in rows}
    letters |= {char.upper(): byte for char, byte in letters.items() if char.upper() not in letters}
    return {ord(char): byte.decode("cp1252", "replace") for char, byte in letters.items()}


def mojibake(text: str) -> str:
    """TCVN3 as a system shows it that reads Windows-1252: Nguyễn Văn Đức -> NguyÔn V¨n §øc."""
    return text.translate(_tcvn3())
