"""WHO's growth tables as they are published: the three parameters of the distribution at an age (records/data/growth)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from registry.rules.tables import read_tsv

DATA = Path(__file__).resolve().parent.parent / "data" / "growth"
DAYS_OF_A_MONTH = 30.4375  # as WHO's own programs count
LAST_DAY = 1856  # of the standards of 2006; the reference of 2007 begins with month 61, which is the next day
LAST_MONTH = 228  # 19 years
SEXES = {"male": "boys", "female": "girls"}


class Measure(StrEnum):
    """What is judged against age."""

    WEIGHT = "weight"
    HEIGHT = "height"
    BMI = "bmi"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Lms:
    """The distribution at one age: Box-Cox power, median (kg, cm or kg/m²), coefficient of variation."""

    power: float
    median: float
    variation: float


def lms_at(measure: Measure, sex: str, age_days: int) -> Lms | None:
    """The distribution for a boy ("male") or girl ("female") of this age in days; None outside WHO's tables.

    Up to 5 years by the day; from 61 months on between the rows of two months, as WHO's programs do.
    """
    table = _table(measure, SEXES[sex]) if sex in SEXES and age_days >= 0 else {}
    if age_days <= LAST_DAY:
        return table.get(f"d{age_days}")
    months = age_days / DAYS_OF_A_MONTH
    before = table.get(f"m{int(months)}")
    if before is None:
        return None
    after = table.get(f"m{int(months) + 1}")
    if after is None:  # WHO repeats the last row of the nineteenth year; the weights end with month 120
        return before if int(months) == LAST_MONTH or months == int(months) else None
    return _between(before, after, months - int(months))


def _between(one: Lms, other: Lms, share: float) -> Lms:
    return Lms(
        one.power + share * (other.power - one.power),
        one.median + share * (other.median - one.median),
        one.variation + share * (other.variation - one.variation),
    )


@cache
def _table(measure: Measure, sex: str) -> dict[str, Lms]:
    return {
        row["at"]: Lms(float(row[f"{sex}_l"]), float(row[f"{sex}_m"]), float(row[f"{sex}_s"]))
        for row in read_tsv(DATA / f"{measure}.tsv")
    }
