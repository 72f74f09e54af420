"""A city register and an old hospital's file of the same people, with the errors such files really have, and the truth.

People live in households: one family name by the father, children on a parent's phone, twins named alike. The hospital's
file has lost diacritics or turned them into the bytes of TCVN3, swapped day and month, kept only a year of birth, put the
family name last, dropped middle names, kept the ward and the phone of years ago, borrowed a relative's insurance card, and
a quarter of its rows carry no number at all. Names and wards are the demonstration city's; nobody here exists.

Rates follow what was seen when such files were measured: 30 % without diacritics, 20 % TCVN3, 3.5 % slips in a name, 18 %
moved, 26 % without any number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from hanoi_ehr.demo.names import FAMILY, personal_name
from hanoi_ehr.demo.places import HAMLETS, STREETS, pick_ward
from registry.rules.dates import PartialDate
from registry.rules.tables import read_tsv, reference_rows
from registry.rules.text import fold

TODAY = date(2026, 1, 1)
COLUMNS = ("id", "name", "birth", "sex", "cccd", "bhyt", "phone", "ward", "address")
ROOT = Path(__file__).resolve().parent.parent

CONFIG = """\
id = "id"

[columns]
full_name = "name"
birth_date = "birth"
sex = "sex"
national_id = "cccd"
insurance = "bhyt"
phone = "phone"
address = ["ward", "address"]
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One person in one file. owner: who it really is."""

    owner: int
    name: str
    birth: PartialDate
    sex: str
    cccd: str = ""
    bhyt: str = ""
    phone: str = ""
    ward: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """The register, the hospital's file, and by hospital row the register's row of the same person."""

    register: list[Row]
    hospital: list[Row]
    truth: Mapping[int, int]


def make_files(seed: int, register: int, hospital: int, *, known: float = 0.7) -> Files:
    """`known`: share of the hospital's rows whose person is in the register."""
    chance = Random(f"registers-{seed}")
    inside = int(hospital * known)
    everybody = list(_people(chance, register + hospital - inside))
    chance.shuffle(everybody)
    listed, outside = everybody[:register], everybody[register:]
    by_home: dict[str, list[Row]] = {}
    for row in everybody:
        by_home.setdefault(row.address, []).append(row)
    seen = chance.sample(listed, inside) + outside
    chance.shuffle(seen)
    file = [_as_filed(chance, row, by_home[row.address]) for row in seen]
    places = {row.owner: place for place, row in enumerate(listed)}
    truth = {place: places[row.owner] for place, row in enumerate(file) if row.owner in places}
    return Files(listed, file, truth)


def write_files(files: Files, folder: Path) -> tuple[Path, Path, Path, Path]:
    """hospital.csv, register.csv, truth.csv and config.toml in this folder."""
    paths = tuple(folder / name for name in ("hospital.csv", "register.csv", "truth.csv", "config.toml"))
    _write(paths[0], COLUMNS, (_told(f"h{n}", row) for n, row in enumerate(files.hospital)))
    _write(paths[1], COLUMNS, (_told(f"r{n}", row) for n, row in enumerate(files.register)))
    _write(paths[2], ("a", "b"), ((f"h{a}", f"r{b}") for a, b in files.truth.items()))
    paths[3].write_text(CONFIG, encoding="utf-8")
    return paths[0], paths[1], paths[2], paths[3]


def _told(key: str, row: Row) -> tuple[str, ...]:
    return (key, row.name, row.birth.display, row.sex, row.cccd, row.bhyt, row.phone, row.ward, row.address)


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


# -- the register


def _people(chance: Random, count: int) -> Iterator[Row]:
    made = 0
    while made < count:
        for row in _household(chance, made)[: count - made]:
            yield row
            made += 1


def _household(chance: Random, first: int) -> list[Row]:
    """One to six people: a couple or somebody alone, children, now and then twins or a grandmother."""
    home = pick_ward(chance)
    street = (
        f"Số {chance.randint(1, 400)} ngõ {chance.randint(1, 200)} phố {chance.choice(STREETS)}"
        if home.urban
        else f"Đội {chance.randint(1, 20)} ngõ {chance.randint(1, 90)} thôn {chance.choice(HAMLETS)}"
    )
    born = 1931 + int(chance.betavariate(2.2, 1.8) * 74)  # of the eldest who heads it: 1931 to 2005
    family = FAMILY.pick(chance)
    head = _adult(chance, family, "male" if chance.random() < 0.6 else "female", born)
    rows = [head]
    if chance.random() < 0.7:
        other = "female" if head.sex == "male" else "male"
        rows.append(_adult(chance, FAMILY.pick(chance), other, born + chance.randint(-3, 5)))
        father = head if head.sex == "male" else rows[1]
        rows += _children(chance, father.name.split()[0], born, chance.choice(rows).phone)
    if chance.random() < 0.12 and born > 1955:
        rows.append(_adult(chance, FAMILY.pick(chance), "female", born - chance.randint(20, 32)))
    return [replace(row, owner=first + n, ward=home.name, address=street) for n, row in enumerate(rows)]


def _children(chance: Random, family: str, born: int, phone: str) -> list[Row]:
    rows: list[Row] = []
    year = born + chance.randint(20, 30)
    for _ in range(chance.choices((0, 1, 2, 3), weights=(15, 35, 40, 10))[0]):
        if year >= TODAY.year:
            break
        child = _person(chance, family, "male" if chance.random() < 0.52 else "female", year)
        if TODAY.year - year < 18 and chance.random() < 0.8:
            child = replace(child, phone=phone)
        rows.append(child)
        if chance.random() < 0.02:
            rows.append(_twin(chance, child))
        year += chance.randint(2, 6)
    return rows


def _adult(chance: Random, family: str, sex: str, year: int) -> Row:
    return _person(chance, family, sex, min(year, TODAY.year - 19))


def _person(chance: Random, family: str, sex: str, year: int) -> Row:
    birth = date(year, 1, 1) + timedelta(days=chance.randrange(365))
    yearly = year < 1965 and chance.random() < 0.12
    carries = TODAY.year - year >= 14 or chance.random() < 0.5
    return Row(
        owner=0,
        name=personal_name(chance, family, sex, year),
        birth=PartialDate(date(year, 1, 1), "year") if yearly else PartialDate(birth),
        sex=sex,
        cccd=_cccd(chance, sex, year) if carries and chance.random() < 0.93 else "",
        bhyt=f"GD40101{chance.randrange(10**8):08d}" if chance.random() < 0.92 else "",
        phone=_mobile(chance) if TODAY.year - year >= 16 and chance.random() < 0.95 else "",
    )


def _cccd(chance: Random, sex: str, year: int) -> str:
    century = (year // 100 - 19) * 2 + (sex == "female")
    return f"001{century}{year % 100:02d}{chance.randrange(10**6):06d}"


def _mobile(chance: Random) -> str:
    return chance.choice(("090", "091", "097", "098", "070", "079", "083", "032", "036", "038")) + (
        f"{chance.randrange(10**7):07d}"
    )


def _twin(chance: Random, child: Row) -> Row:
    """The same birth date, phone and family; the given name another, or the same letters with another mark."""
    family, *middle, given = child.name.split()
    likeness = {"An": "Ân", "Anh": "Ánh", "Hải": "Hà", "Minh": "Vinh", "Bảo": "Hảo", "Linh": "Liên", "Khang": "Khanh"}
    other = likeness.get(given) or personal_name(chance, family, child.sex, child.birth.value.year).split()[-1]
    if other == given:
        other = "Phúc" if given != "Phúc" else "Lộc"
    return replace(
        child,
        name=" ".join([family, *middle, other]),
        cccd=_cccd(chance, child.sex, child.birth.value.year) if child.cccd else "",
        bhyt=f"GD40101{chance.randrange(10**8):08d}" if child.bhyt else "",
    )


# -- the hospital's file


def _as_filed(chance: Random, row: Row, home: list[Row]) -> Row:
    row = _with_old_numbers(chance, row, home)
    row = replace(row, birth=_filed_birth(chance, row.birth), sex=_filed_sex(chance, row.sex))
    if chance.random() < 0.18:
        row = _moved(chance, row)
    row = replace(row, address=_filed_address(chance, row.address))
    return _as_typed(chance, replace(row, name=_filed_name(chance, row.name)))


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


def _with_old_numbers(chance: Random, row: Row, home: list[Row]) -> Row:
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


def _old_phone(chance: Random, phone: str, home: list[Row]) -> str:
    draw = chance.random()
    if draw < 0.20:
        return ""
    if draw < 0.38:  # another number in those years
        return _mobile(chance)
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
