"""Households of the demonstration city: who lives together, how old they are, what papers they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hanoi_ehr.demo import identity
from hanoi_ehr.demo.names import FAMILY, personal_name
from hanoi_ehr.demo.places import Ward, address_in, pick_ward


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up resident. id: a UUID as text; birth_precision: day or year; an empty text is a paper they do not have."""

    id: str
    name: str
    sex: str
    birth: date
    birth_precision: str
    ward: Ward
    address: str
    phone: str
    cccd: str
    bhyt: str

    def age(self, today: date) -> int:
        """Completed years."""
        return today.year - self.birth.year - ((today.month, today.day) < (self.birth.month, self.birth.day))


def seeded_key(chance: Random) -> str:
    """A version-7 shaped UUID drawn from the seed, of January 2026, so that it sorts before what people add later."""
    moment = f"{1_767_225_600_000 + int(chance.random() * 2_000_000_000):012x}"
    tail = f"{chance.getrandbits(76):019x}"
    return f"{moment[:8]}-{moment[8:]}-7{tail[:3]}-{'89ab'[int(tail[3], 16) & 3]}{tail[4:7]}-{tail[7:]}"


# Shapes of households: (share, adults' ages from-to, with a partner, children, grandparents). Shares tuned so that the
# whole has Hanoi's rough pyramid: a quarter under 15, one in seven 60 or over.
_SHAPES = (
    (11, (19, 34), False, 0, 0),
    (7, (24, 38), True, 0, 0),
    (12, (25, 42), True, 1, 0),
    (27, (28, 56), True, 2, 0),
    (6, (34, 52), True, 3, 0),
    (6, (34, 50), True, 2, 1),
    (4, (30, 46), True, 2, 2),
    (5, (30, 62), False, 1, 0),
    (16, (52, 80), True, 0, 0),
    (6, (60, 92), False, 0, 0),
)
_SHARES = [shape[0] for shape in _SHAPES]


def households(chance: Random, today: date) -> Iterator[list[Person]]:
    """Households without end."""
    while True:
        yield _household(chance, today)


def _household(chance: Random, today: date) -> list[Person]:
    _, (youngest, oldest), partner, children, grandparents = chance.choices(_SHAPES, _SHARES)[0]
    ward = pick_ward(chance)
    home = address_in(chance, ward)
    family = FAMILY.pick(chance)
    head_sex = "male" if partner or chance.random() < 0.5 else "female"  # noqa: PLR2004 - a coin
    age = chance.randint(youngest, oldest)
    ages = [(head_sex, age, family)]
    if partner:
        ages.append(("female", max(19, age - chance.randint(-2, 6)), FAMILY.pick(chance)))
    parent = ages[-1][1]
    ages += _children(chance, parent, family, children)
    ages += [_grandparent(chance, age, family, number) for number in range(grandparents)]
    phone = identity.telephone(chance)
    return [_person(chance, today, member, ward, home, phone) for member in ages]


def _children(chance: Random, parent: int, family: str, count: int) -> list[tuple[str, int, str]]:
    """Born when the parent was 21 to 34, two to six years apart; a child not born yet is left out."""
    eldest = parent - chance.randint(21, max(21, min(34, parent)))
    ages = [eldest]
    while len(ages) < count:
        ages.append(ages[-1] - chance.randint(2, 6))
    # 110 boys to 100 girls
    return [("male" if chance.random() < 0.525 else "female", age, family) for age in ages if age >= 0]  # noqa: PLR2004


def _grandparent(chance: Random, age: int, family: str, number: int) -> tuple[str, int, str]:
    sex = "female" if number == 0 else "male"
    return sex, min(97, age + chance.randint(22, 34)), family if sex == "male" else FAMILY.pick(chance)


def _person(
    chance: Random, today: date, member: tuple[str, int, str], ward: Ward, home: str, household_phone: str
) -> Person:
    sex, age, family = member
    birth = today - timedelta(days=int(age * 365.25) + chance.randint(1, 364))
    precision = "day"
    if age > 62 and chance.random() < 0.18:  # noqa: PLR2004 - the old often know the year only
        birth, precision = date(birth.year, 1, 1), "year"
    grown = age >= identity.CARD_AGE
    own_phone = grown and chance.random() < 0.82  # noqa: PLR2004
    return Person(
        id=seeded_key(chance),
        name=personal_name(chance, family, sex, birth.year),
        sex=sex,
        birth=birth,
        birth_precision=precision,
        ward=ward,
        address=home,
        phone=identity.telephone(chance) if own_phone else household_phone,
        cccd=identity.citizen_number(chance, sex, birth) if chance.random() < (0.94 if grown else 0.35) else "",
        bhyt=_insurance(chance, age),
    )


def _insurance(chance: Random, age: int) -> str:
    """About 95 in 100 are insured; a third of cards print only the ten digits."""
    if chance.random() > 0.95:  # noqa: PLR2004
        return ""
    number = identity.social_number(chance)
    return number if chance.random() < 0.3 else f"{identity.insurance_group(chance, age)}01{number}"  # noqa: PLR2004


def newborn_of(chance: Random, mother: Person, today: date) -> Person:
    """A baby without papers, written under its mother's name as QĐ 130's annex says."""
    return Person(
        id=seeded_key(chance), name=mother.name, sex=chance.choice(("male", "female")),
        birth=today - timedelta(days=chance.randint(2, 20)), birth_precision="day", ward=mother.ward, address=mother.address,
        phone=mother.phone, cccd="", bhyt=f"TE101{identity.social_number(chance)}",
    )  # fmt: skip


def duplicate_of(chance: Random, person: Person) -> Person:
    """The same person as another desk wrote them: another phone, no citizen number, sometimes the year only."""
    partial = chance.random() < 0.5  # noqa: PLR2004
    return replace(
        person, id=seeded_key(chance), cccd="", phone=identity.telephone(chance),
        birth=date(person.birth.year, 1, 1) if partial else person.birth, birth_precision="year" if partial else "day",
    )  # fmt: skip


def residents(seed: int, count: int, today: date) -> list[Person]:
    """The city's people: `count` of them, the last few being duplicates and newborns under their mothers' names."""
    chance = Random(f"hanoi-{seed}")
    people: list[Person] = []
    special = min(count // 10, 12)
    for household in households(chance, today):
        people += household
        if len(people) >= count - special:
            break
    people = people[: count - special]
    mothers = [person for person in people if person.sex == "female" and 20 <= person.age(today) <= 38]  # noqa: PLR2004
    grown = [person for person in people if person.age(today) >= 30]  # noqa: PLR2004
    for number in range(special):
        newborn = number % 3 == 0 and mothers
        people.append(
            newborn_of(chance, chance.choice(mothers), today) if newborn else duplicate_of(chance, chance.choice(grown))
        )
    return people
