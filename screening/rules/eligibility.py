"""Who is eligible on a given day, and if not, why not. The same rule stands as SQL in queries/cohort.py for whole wards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase
from screening.rules.intervals import add_months, age_on
from screening.rules.programme import ProgrammeRules


class Obstacle(StrEnum):
    """Why a person is not enrolled or tested today; the order is that in which one is named first."""

    DECEASED = "deceased"
    ENROLLED = "enrolled"
    SEX = "sex"
    TOO_YOUNG = "too-young"
    TOO_OLD = "too-old"
    UNINSURED = "uninsured"
    EXCLUDED = "excluded"
    CLEARED_RECENTLY = "cleared-recently"
    TESTED_RECENTLY = "tested-recently"


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the rule needs to know of a person. Dates of the last test, and of what clears from it, wherever done.

    excluded: the record shows what an exclusion in force names. insured: has a card, where one is asked for.
    """

    birth: PartialDate
    sex: str
    deceased: bool = False
    enrolled: bool = False
    last_test_on: date | None = None
    last_cleared_on: date | None = None
    excluded: bool = False
    insured: bool = True


def find_obstacles(rules: ProgrammeRules, person: PersonFacts, on: date) -> tuple[Obstacle, ...]:
    """Every reason against, judged on day `on`, the age at the version's reference day. Empty: eligible.

    Somebody of whom only the year or month of birth is known is in the age band when any day it can mean is.
    Sources: the version's own (Hanoi 2017-2019: 40 and over, both sexes, yearly); interval rules from the version too.
    """
    age_day = reference_date(rules.reference_day, on)
    found = [
        (Obstacle.DECEASED, person.deceased),
        (Obstacle.ENROLLED, person.enrolled),
        (Obstacle.SEX, person.sex not in rules.sexes.value),
        (Obstacle.TOO_YOUNG, age_on(person.birth.value, age_day) < rules.age_from.value),
        (Obstacle.TOO_OLD, _too_old(rules, person.birth, age_day)),
        (Obstacle.UNINSURED, rules.insured_only and not person.insured),
        (Obstacle.EXCLUDED, person.excluded),
        (Obstacle.CLEARED_RECENTLY, _within(person.last_cleared_on, rules.cleared.months, on)),
        (Obstacle.TESTED_RECENTLY, _within(person.last_test_on, rules.test_interval_months.value, on)),
    ]
    return tuple(obstacle for obstacle, stands in found if stands)


def reference_date(reference_day: str, on: date) -> date:
    """The day at which an age counts: the day itself, or the first or last of its year."""
    if reference_day == "year-start":
        return on.replace(month=1, day=1)
    return on.replace(month=12, day=31) if reference_day == "year-end" else on


def _too_old(rules: ProgrammeRules, birth: PartialDate, on: date) -> bool:
    return rules.age_to.value is not None and age_on(birth.last, on) > rules.age_to.value


def _within(last: date | None, months: int, on: date) -> bool:
    """Whether `on` lies before the day on which the interval has passed."""
    return last is not None and on < add_months(last, months)


def describe_obstacle(obstacle: Obstacle, rules: ProgrammeRules) -> Phrase:
    """The reason in Vietnamese, with the limit that was applied."""
    scoped, tested = rules.cleared.months, rules.test_interval_months.value
    return {
        Obstacle.DECEASED: Phrase("Người này đã mất."),
        Obstacle.ENROLLED: Phrase("Đã ghi danh chương trình này."),
        Obstacle.SEX: Phrase("Giới tính không thuộc nhóm tầm soát, hoặc chưa xác định."),
        Obstacle.TOO_YOUNG: Phrase("Chưa đủ {years} tuổi.", years=rules.age_from.value),
        Obstacle.TOO_OLD: Phrase("Đã quá {years} tuổi.", years=rules.age_to.value or 0),
        Obstacle.UNINSURED: Phrase("Chưa có thẻ BHYT trong hồ sơ."),
        Obstacle.EXCLUDED: Phrase("Hồ sơ có bệnh hoặc thủ thuật khiến không cần tầm soát."),
        Obstacle.CLEARED_RECENTLY: Phrase("Đã làm thủ thuật thay xét nghiệm trong {months} tháng qua.", months=scoped),
        Obstacle.TESTED_RECENTLY: Phrase("Đã làm xét nghiệm này trong {months} tháng qua.", months=tested),
    }[obstacle]


def due_on(rules: ProgrammeRules, last_test_on: date | None, today: date) -> date:
    """When the next test is due: today without a test on record, else one interval after the last."""
    return today if last_test_on is None else add_months(last_test_on, rules.test_interval_months.value)
