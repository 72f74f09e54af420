"""Made-up histories: visits with measurements that move as illnesses do under treatment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from hanoi_ehr.demo.facilities import PLACES
from hanoi_ehr.demo.illnesses import ACUTE, ALLERGENS, CHRONIC, DIABETES, HYPERTENSION, Acute, Chronic, display_of
from hanoi_ehr.demo.people import Person

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
YEARS = 4
_TREATING = tuple(place for place in PLACES if place.share)
_SHARES = tuple(place.share for place in _TREATING)
_GENERAL = tuple(place for place in _TREATING if place.kind != "specialist-clinic")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """ICD-10 code and words; role as records.models.Condition has it."""

    code: str
    display: str
    role: str
    chronic: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One finished visit. readings: key of records.rules.vitals, or of the laboratory's table -> value."""

    facility: str
    started: datetime
    ended: datetime
    care_type: str
    reason: str
    conclusion: str
    outcome: str
    diagnoses: tuple[Diagnosis, ...]
    readings: Mapping[str, Decimal]


@dataclass(slots=True)
class History:
    """What the city's facilities wrote of one person. home: the facility that registered them."""

    home: str
    visits: list[Visit] = field(default_factory=list)
    allergies: list[tuple[str, str, bool]] = field(default_factory=list)
    none_known: bool = False

    @property
    def facilities(self) -> list[str]:
        """Every facility that saw them, home first."""
        return list(dict.fromkeys([self.home, *(visit.facility for visit in self.visits)]))


def history_of(chance: Random, person: Person, today: date) -> History:
    """Visits of the last four years, oldest first; nothing before birth."""
    home = _home(chance, person)
    age = person.age(today)
    lasting = [illness for illness in CHRONIC if chance.random() < illness.share(age)]
    body = _Body.of(chance, person, age)
    visits = [*_passing(chance, person, body, home, today), *_regular(chance, person, body, home, today, lasting)]
    visits.sort(key=lambda visit: visit.started)
    history = History(home, visits)
    if chance.random() < 0.09:  # noqa: PLR2004 - about one in eleven has an allergy
        history.allergies = chance.sample(ALLERGENS, chance.choice((1, 1, 1, 2)))
    else:
        history.none_known = bool(visits) and chance.random() < 0.6  # noqa: PLR2004
    return history


def _home(chance: Random, person: Person) -> str:
    near = [place for place in _GENERAL if place.ward_code == person.ward.code]
    return (near or chance.choices(_GENERAL, [place.share for place in _GENERAL]))[0].code


@dataclass(frozen=True, slots=True)
class _Body:
    """Steady measures of a person: weight in kg, height in cm, resting pressure in mmHg."""

    weight: float
    height: float
    systolic: float

    @classmethod
    def of(cls, chance: Random, person: Person, age: int) -> _Body:
        tall = 166 if person.sex == "male" else 155
        grown = min(1.0, 0.3 + 0.7 * age / 17)
        height = (tall + chance.gauss(0, 5)) * grown
        index = 15.5 + min(age, 45) / 45 * 7 + chance.gauss(0, 1.6)
        return cls(max(2.5, index * (height / 100) ** 2), height, 92 + min(age, 70) * 0.5 + chance.gauss(0, 6))


def _at(chance: Random, day: date) -> datetime:
    start = time(chance.choice((7, 8, 8, 9, 9, 10, 10, 13, 14, 14, 15, 16)), chance.randint(0, 59))
    return datetime.combine(day, start, HANOI)


def _passing(chance: Random, person: Person, body: _Body, home: str, today: date) -> Iterator[Visit]:
    """Two acute visits in four years on the average, more for small children and the old."""
    age = person.age(today)
    mean = 3 if age < 6 or age > 65 else 1  # noqa: PLR2004
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3)) * mean // 2 + chance.randint(0, 1)):
        day = _working_day(today - timedelta(days=chance.randint(1, YEARS * 365)))
        then = person.age(day)
        fitting = [a for a in ACUTE if a.youngest <= then <= a.oldest and a.sex in {"", person.sex}]
        if day > person.birth and fitting:
            illness = chance.choices(fitting, [a.weight for a in fitting])[0]
            yield _acute_visit(chance, person, body, _somewhere(chance, home), day, illness)


def _somewhere(chance: Random, home: str) -> str:
    return home if chance.random() < 0.7 else chance.choices(_TREATING, _SHARES)[0].code  # noqa: PLR2004


def _working_day(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 5))


def _acute_visit(chance: Random, person: Person, body: _Body, facility: str, day: date, illness: Acute) -> Visit:
    started = _at(chance, day)
    readings = _vitals(chance, person, body, body.systolic, day)
    if illness.fever:
        readings["temperature"] = _number(chance.gauss(38.3, 0.5), 1)
        readings["pulse"] = readings["pulse"] + 12
    return Visit(
        facility, started, started + timedelta(minutes=chance.randint(20, 140)), "01", illness.reason,
        "Điều trị ngoại trú, tái khám khi không đỡ.", chance.choice(("1", "2", "2")),
        (Diagnosis(illness.code, display_of(illness.code), "main", chronic=False),), readings,
    )  # fmt: skip


def _regular(
    chance: Random, person: Person, body: _Body, home: str, today: date, lasting: list[Chronic]
) -> Iterator[Visit]:
    """Follow-up of lasting illnesses: the shortest interval leads, the others come along as secondary diagnoses."""
    if not lasting:
        return
    lead = min(lasting, key=lambda illness: illness.months)
    # first seen between two months and four years ago; about a third of the appointments are missed
    day = today - timedelta(days=chance.randint(60, YEARS * 365))
    codes = {illness.code for illness in lasting}
    number = 0
    while (day := day + timedelta(days=int(lead.months * 30.4 * chance.uniform(0.9, 2.2)))) < today:
        yield _chronic_visit(chance, person, body, home, _working_day(day), (lead, lasting, codes, number))
        number += 1


def _chronic_visit(
    chance: Random,
    person: Person,
    body: _Body,
    home: str,
    day: date,
    course: tuple[Chronic, list[Chronic], set[str], int],
) -> Visit:
    lead, lasting, codes, number = course
    settled = 1 - 0.75**number  # the share of the treatment's effect reached by this visit
    systolic = 160 - 27 * settled if HYPERTENSION in codes else body.systolic
    readings = _vitals(chance, person, body, systolic, day)
    if DIABETES in codes:
        readings["glucose"] = _number(chance.gauss(10.2 - 3.1 * settled, 0.8), 1)
        if number % 2 == 0:
            readings["hba1c"] = _number(chance.gauss(8.7 - 1.6 * settled, 0.3), 1)
    readings |= _blood(chance, codes, number, settled)
    started = _at(chance, day)
    others = [illness for illness in lasting if illness is not lead]
    diagnoses = (
        Diagnosis(lead.code, display_of(lead.code), "main", chronic=True),
        *(Diagnosis(other.code, display_of(other.code), "secondary", chronic=True) for other in others),
    )
    return Visit(
        home, started, started + timedelta(minutes=chance.randint(25, 180)), "05", lead.reason, lead.conclusion,
        chance.choice(("2", "3", "3")), diagnoses, readings,
    )  # fmt: skip


def _blood(chance: Random, codes: set[str], number: int, settled: float) -> dict[str, Decimal]:
    """What the laboratory measures with these illnesses, at every other visit."""
    if number % 2:
        return {}
    measured = {}
    if "E78.5" in codes:
        measured["cholesterol"] = _number(chance.gauss(6.6 - 1.5 * settled, 0.4), 1)
    if "N18.9" in codes:
        measured["creatinine"] = _number(chance.gauss(128 + 3 * number, 8), 0)
    if "B18.1" in codes:
        measured["alt"] = _number(max(14, chance.gauss(64 - 30 * settled, 9)), 0)
    return measured


def _vitals(chance: Random, person: Person, body: _Body, systolic: float, day: date) -> dict[str, Decimal]:
    age = person.age(day)
    readings = {
        "temperature": _number(chance.gauss(36.7, 0.2), 1),
        "pulse": _number(chance.gauss(76 if age > 10 else 105, 7), 0),  # noqa: PLR2004
        "weight": _number(body.weight + chance.gauss(0, 0.6), 1),
    }
    if age >= 10:  # noqa: PLR2004 - small children's pressure is rarely taken
        high = chance.gauss(systolic, 5)
        readings |= {"systolic": _number(high, 0), "diastolic": _number(high * 0.6 + chance.gauss(2, 3), 0)}
    return readings


def _number(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")
