"""The city of the linkage benchmark: households whose people share a family name, a phone, a street, and now and then a
birthday. Names and wards are the demonstration city's; nobody here exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hanoi_ehr.demo.names import FAMILY, personal_name
from hanoi_ehr.demo.places import HAMLETS, STREETS, pick_ward
from registry.rules.dates import PartialDate

TODAY = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One person in one file. owner: who it really is; mother: her name, which neither file has a column for."""

    owner: int
    name: str
    birth: PartialDate
    sex: str
    cccd: str = ""
    bhyt: str = ""
    phone: str = ""
    ward: str = ""
    address: str = ""
    mother: str = ""


def make_people(chance: Random, count: int) -> Iterator[Row]:
    """This many people, household by household."""
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
        mother = next(one.name for one in rows if one.sex == "female")
        children = _children(chance, father.name.split()[0], born, chance.choice(rows).phone)
        rows += [replace(one, mother=mother) for one in children]
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
        phone=draw_mobile(chance) if TODAY.year - year >= 16 and chance.random() < 0.95 else "",
    )


def _cccd(chance: Random, sex: str, year: int) -> str:
    century = (year // 100 - 19) * 2 + (sex == "female")
    return f"001{century}{year % 100:02d}{chance.randrange(10**6):06d}"


def draw_mobile(chance: Random) -> str:
    """A mobile number."""
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
