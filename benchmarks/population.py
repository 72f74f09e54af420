"""A city's worth of synthetic people, fast: one COPY line a person, more than 50,000 a second on one core.

Names, wards and numbers come from the demonstration city's tables, so shares of names are as skewed as there. Nobody
here exists (hanoi_ehr/demo/__init__.py says how that is made sure).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from random import Random

from hanoi_ehr.demo.names import FAMILY, GIVEN, MIDDLE, generation
from hanoi_ehr.demo.places import HAMLETS, STREETS, wards
from records.rules.person import name_keys

COLUMNS = (
    "name", "name_key", "given_key", "family_key", "sort_key", "birth_date", "birth_precision", "sex", "phone", "address",
    "ward_code", "ward_name", "cccd", "bhyt", "facility",
)  # fmt: skip
BATCH = 20_000
FACILITIES = 20  # of which the first is the one that asks
_AGES = (
    7.5,
    8.2,
    8.0,
    6.8,
    6.8,
    7.2,
    8.4,
    8.8,
    7.9,
    6.6,
    5.6,
    5.1,
    4.6,
    3.7,
    2.3,
    1.2,
    0.9,
    0.4,
)  # shares of five-year groups


@cache
def _named(family: str, middle: str, given: str) -> str:
    name = f"{family} {middle} {given}"
    keys = name_keys(name)
    return f"{name}\t{keys.name_key}\t{keys.given_key}\t{keys.family_key}\t{keys.sort_key}"


def lines(seed: int, count: int, today: date) -> Iterator[str]:
    """Batches of COPY text with COLUMNS; the same for the same seed and day."""
    chance = Random(f"population-{seed}")
    while count > 0:
        yield _batch(chance, min(count, BATCH), today)
        count -= BATCH


def _births(chance: Random, count: int, today: date) -> list[date]:
    groups = chance.choices(range(len(_AGES)), weights=_AGES, k=count)
    last = today.toordinal()
    return [date.fromordinal(last - group * 1826 - int(chance.random() * 1826) - 1) for group in groups]


def _batch(chance: Random, count: int, today: date) -> str:
    """One text block. Facility 1 treats about one in ten, as a large hospital would; the rest share the others."""
    births = _births(chance, count, today)
    families = FAMILY.sample(chance, count)
    homes = chance.choices(wards()[0], cum_weights=wards()[1], k=count)
    streets = chance.choices(STREETS, k=count)
    hamlets = chance.choices(HAMLETS, k=count)
    pools: dict[tuple[str, str], Iterator[tuple[str, str]]] = {
        key: iter(zip(MIDDLE[key].sample(chance, count), GIVEN[key].sample(chance, count), strict=True))
        for key in MIDDLE
    }
    draw = chance.random
    rows = []
    for birth, family, home, street, hamlet in zip(births, families, homes, streets, hamlets, strict=True):
        year = birth.year
        sex = "male" if draw() < 0.5 else "female"
        middle, given = next(pools[sex, generation(year)])
        yearly = year < 1965 and draw() < 0.15
        address = (
            f"Số {int(draw() * 120) + 1} phố {street}" if home.urban else f"Đội {int(draw() * 12) + 1}, thôn {hamlet}"
        )
        century = (year // 100 - 19) * 2 + (sex == "female")
        cccd = f"001{century}{year % 100:02d}{900_000 + int(draw() * 100_000)}" if draw() < 0.9 else ""
        facility = 1 if draw() < 0.1 else 2 + int(draw() * (FACILITIES - 1))
        rows.append(
            f"{_named(family, middle, given)}\t"
            f"{f'{year}-01-01' if yearly else birth}\t{'year' if yearly else 'day'}\t{sex}\t"
            f"057{int(draw() * 8_000_000) + 2_000_000}\t{address}\t{home.code}\t{home.name}\t{cccd}\t"
            f"GD401019{int(draw() * 10_000_000):07d}\t{facility}"
        )
    return "\n".join(rows) + "\n"
