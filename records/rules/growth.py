"""Growth of children against WHO's standards: z-scores, the lines of the chart, and what they mean in words.

Below 5 years the WHO Child Growth Standards (2006), from 61 months to 19 years the WHO Reference 2007; the cut-offs are
those of the two publications, each beside its rule below. Nothing here is a diagnosis: it is said to a doctor who looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import erf, sqrt

from records.rules.growth_tables import LAST_DAY, Lms, Measure, lms_at
from registry.rules.phrases import Phrase

LINES = (-3, -2, -1, 0, 1, 2, 3)
OUTERMOST = 3
CORRECTED_UNTIL_DAYS = 730  # WHO: the age of preterm children is corrected up to 24 months
TERM_WEEKS, PRETERM_BELOW_WEEKS = 40, 37
_STANDARDS = "WHO 2006"
_REFERENCE = "WHO 2007"
# Two weights closer than this say more about the scales than about the child.
FALTERING_AFTER_DAYS = 28
FALTERING_WITHIN_DAYS = 183


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: the day, the age in days the tables are asked with, value (kg, cm, kg/m²), z-score or None."""

    on: date
    age_days: int
    value: float
    z: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a z-score means. grave: a severe degree; source: the publication whose cut-off it is."""

    text: Phrase
    grave: bool
    source: str


def z_score(measure: Measure, sex: str, age_days: int, value: float) -> float | None:
    """How many standard deviations from the median; None outside the tables.

    LMS with WHO's correction: beyond ±3 the distance between the second and the third line is continued straight, so that
    the skewed tails of weight and BMI do not exaggerate (methods and development, 2006, chapter 7).
    """
    found = lms_at(measure, sex, age_days)
    if found is None or value <= 0:
        return None
    z: float = ((value / found.median) ** found.power - 1) / (found.variation * found.power)
    if abs(z) <= OUTERMOST:
        return z
    side = 1 if z > 0 else -1
    outermost, inner = _value_of(found, side * OUTERMOST), _value_of(found, side * (OUTERMOST - 1))
    return side * (OUTERMOST + (value - outermost) / (outermost - inner))


def value_at(measure: Measure, sex: str, age_days: int, z: float) -> float | None:
    """The value that has this z-score (within ±3): the lines of the chart."""
    found = lms_at(measure, sex, age_days)
    return None if found is None else _value_of(found, z)


def _value_of(found: Lms, z: float) -> float:
    return float(found.median * (1 + found.power * found.variation * z) ** (1 / found.power))


def age_in_days(birth: date, on: date, gestation_weeks: int | None = None) -> int:
    """The age the tables are asked with; corrected for weeks born too early until 24 months. May be negative then."""
    days = (on - birth).days
    if gestation_weeks is None or gestation_weeks >= PRETERM_BELOW_WEEKS or days > CORRECTED_UNTIL_DAYS:
        return days
    return days - 7 * (TERM_WEEKS - gestation_weeks)


def points_of(
    measure: Measure,
    sex: str,
    birth: date,
    readings: Iterable[tuple[date, float]],
    gestation_weeks: int | None = None,
) -> tuple[Point, ...]:
    """Measurements with their z-scores, oldest first; the last of a day counts."""
    by_day = dict(sorted(readings, key=lambda reading: reading[0]))
    points = []
    for on, value in by_day.items():
        age = age_in_days(birth, on, gestation_weeks)
        points.append(Point(on, age, value, z_score(measure, sex, age, value)))
    return tuple(points)


def body_mass(weights: Iterable[tuple[date, float]], heights: Iterable[tuple[date, float]]) -> list[tuple[date, float]]:
    """BMI (kg/m²) of the days on which both were measured."""
    tall = dict(heights)
    return [(on, kilos / (tall[on] / 100) ** 2) for on, kilos in weights if tall.get(on)]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Beyond z (below a negative one, above a positive one) the words hold."""

    z: int
    text: Phrase
    grave: bool = False

    def holds(self, z: float) -> bool:
        return z < self.z if self.z < 0 else z > self.z


_LIGHT = (_Cut(-3, Phrase("Nhẹ cân mức độ nặng"), grave=True), _Cut(-2, Phrase("Nhẹ cân")))
_SHORT = (_Cut(-3, Phrase("Thấp còi mức độ nặng"), grave=True), _Cut(-2, Phrase("Thấp còi")))
# By publication; the first cut-off that holds is said.
# 0-5 years: WHO, training course on child growth assessment, module C, interpreting growth indicators (2008).
# 5-19 years: WHO Reference 2007 (de Onis 2007; who.int/tools/growth-reference-data-for-5to19-years).
# Head: WHO, screening, assessment and management of neonates and infants with complications associated with Zika virus
# exposure in utero (WHO/ZIKV/MOC/16.3, 2016): microcephaly below -2 SD, severe below -3 SD.
_CUTS: Mapping[str, Mapping[Measure, tuple[_Cut, ...]]] = {
    _STANDARDS: {
        Measure.WEIGHT: _LIGHT,
        Measure.HEIGHT: _SHORT,
        Measure.BMI: (
            _Cut(-3, Phrase("Gầy còm mức độ nặng"), grave=True),
            _Cut(-2, Phrase("Gầy còm")),
            _Cut(3, Phrase("Béo phì"), grave=True),
            _Cut(2, Phrase("Thừa cân")),
            _Cut(1, Phrase("Nguy cơ thừa cân")),
        ),
        Measure.HEAD: (_Cut(-3, Phrase("Đầu nhỏ mức độ nặng"), grave=True), _Cut(-2, Phrase("Đầu nhỏ"))),
    },
    _REFERENCE: {
        Measure.WEIGHT: _LIGHT,
        Measure.HEIGHT: _SHORT,
        Measure.BMI: (
            _Cut(-3, Phrase("Gầy mức độ nặng"), grave=True),
            _Cut(-2, Phrase("Gầy")),
            _Cut(2, Phrase("Béo phì"), grave=True),
            _Cut(1, Phrase("Thừa cân")),
        ),
    },
}


def judge(measure: Measure, point: Point) -> Finding | None:
    """What the z-score means by WHO's cut-offs; None within the usual range or outside the tables."""
    if point.z is None:
        return None
    publication = _STANDARDS if point.age_days <= LAST_DAY else _REFERENCE
    cut = next((one for one in _CUTS[publication].get(measure, ()) if one.holds(point.z)), None)
    source = "WHO 2016" if measure is Measure.HEAD else publication
    return Finding(cut.text, cut.grave, source) if cut else None


def judge_weight_course(points: Sequence[Point]) -> Finding | None:
    """Faltering of a child under 5: the weight stands still, or its line falls across one of the chart's.

    WHO training course on child growth assessment, module C: "interpret trends": a flat line of weight, or a line that
    crosses a z-score line downwards, indicates a problem. Compared with the latest weight of four weeks to half a year ago.
    """
    if not points or points[-1].age_days > LAST_DAY:
        return None
    last, before = points[-1], _compared_with(points)
    if before is None or last.z is None or before.z is None:
        return None
    if last.value <= before.value:
        return Finding(Phrase("Không tăng cân từ lần cân trước"), grave=last.value < before.value, source=_STANDARDS)
    crossed = [line for line in LINES if before.z >= line > last.z]
    if crossed:
        fallen = Phrase("Đường cân nặng đi xuống, cắt qua đường {line}", line=line_name(min(crossed)))
        return Finding(fallen, grave=False, source=_STANDARDS)
    return None


def _compared_with(points: Sequence[Point]) -> Point | None:
    last = points[-1].on
    earliest, latest = last - timedelta(days=FALTERING_WITHIN_DAYS), last - timedelta(days=FALTERING_AFTER_DAYS)
    return next((point for point in reversed(points) if earliest <= point.on <= latest), None)


def percentile(z: float) -> float:
    """The share of children (0–100) whose z-score is lower, by the normal distribution WHO's tables are made for."""
    return 50 * (1 + erf(z / sqrt(2)))


@dataclass(frozen=True, slots=True)
class Judged:
    """One measurement of a visit against WHO's tables."""

    measure: Measure
    point: Point
    finding: Finding | None


def judge_readings(
    sex: str, birth: date, on: date, readings: Mapping[str, float], gestation_weeks: int | None = None
) -> list[Judged]:
    """What was measured on one day: keys of Measure (kg, cm), and BMI. Only what the tables hold."""
    told = {Measure(key): value for key, value in readings.items() if key in set(Measure)}
    if told.get(Measure.WEIGHT) and told.get(Measure.HEIGHT):
        told[Measure.BMI] = told[Measure.WEIGHT] / (told[Measure.HEIGHT] / 100) ** 2
    judged = []
    for measure in Measure:
        if measure in told:
            (point,) = points_of(measure, sex, birth, [(on, told[measure])], gestation_weeks)
            judged += [Judged(measure, point, judge(measure, point))] if point.z is not None else []
    return judged


def is_corrected(birth: date, on: date, gestation_weeks: int | None) -> bool:
    """Whether the age the tables are asked with is corrected for weeks born too early."""
    return age_in_days(birth, on, gestation_weeks) != (on - birth).days


def line_name(line: int) -> str:
    """−2 SD, trung vị, +1 SD: how the lines of the chart are called."""
    return Phrase("trung vị") if line == 0 else f"{'+' if line > 0 else '−'}{abs(line)} SD"
