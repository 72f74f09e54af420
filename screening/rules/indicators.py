"""The programme's quality indicators: what is divided by what, and how sure the result is.

Every indicator is told with its numerator, its denominator, and how many people it cannot tell of (`unknown`); its basis
is either the calendar year (invited, tested in the period) or the invitation cohort (invited in the period, whatever came
of it). Definitions: CanScreen5 (canscreen5.iarc.fr), EU quality assurance guidelines, Zorzi 2018 (Gut) for detection per
screened and the number needed to screen. Where those differ, both stand here under names of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

SMALL = 5  # people: smaller counts are not published, they might tell of somebody
Counts = Mapping[str, float]


class Basis(StrEnum):
    """Which rows belong to a period."""

    YEAR = "calendar-year"
    COHORT = "invitation-cohort"


class Unit(StrEnum):
    """What a value is in."""

    PERCENT = "%"
    PER_1000 = "‰"
    PEOPLE = "persons"
    DAYS = "days"


_SCALE = {Unit.PERCENT: 100.0, Unit.PER_1000: 1000.0, Unit.PEOPLE: 1.0, Unit.DAYS: 1.0}

# What is counted as found, by family: any of these findings (screening.rules.reported.FINDINGS). All adenomas include the
# advanced, advanced neoplasia is either; CIN2+ and CIN3+ include what is worse, adenocarcinoma in situ among them.
LESIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "colorectal": {
        "cancer": ("cancer", "invasive"),
        "advanced_adenoma": ("advanced_adenoma",),
        "adenoma": ("adenoma", "advanced_adenoma"),
        "advanced_neoplasia": ("advanced_adenoma", "cancer", "invasive"),
    },
    "cervical": {
        "cancer": ("cancer", "invasive"),
        "cin1": ("cin1",),
        "cin2_plus": ("cin2", "cin3", "ais", "cancer", "invasive"),
        "cin3_plus": ("cin3", "ais", "cancer", "invasive"),
    },
    "breast": {
        "cancer": ("cancer", "invasive", "dcis"),
        "invasive": ("invasive",),
        "dcis": ("dcis",),
    },
    "liver": {"cancer": ("cancer", "invasive")},
    "lung": {"cancer": ("cancer", "invasive")},
}
# What must be treated; suspected cancers are managed, and counted apart from what is treated at the screening clinic.
PRECANCER = ("advanced_adenoma", "cin2", "cin3", "ais", "dcis")
CANCER = ("cancer", "invasive")
# Months between two rounds where no live version says it: EU 2022 (breast), WHO 2021 (cervical, the earlier bound), Hanoi
# 2017-2019 (colorectal), AASLD 2018 (liver), Australia 2025 (lung).
INTERVALS = {"colorectal": 12, "cervical": 60, "breast": 24, "liver": 6, "lung": 24}


@dataclass(frozen=True, slots=True)
class Value:
    """One indicator of one group. denominator and unknown are None where nothing is divided."""

    indicator: str
    numerator: float
    denominator: float | None
    value: float | None
    unit: Unit
    unknown: float | None


@dataclass(frozen=True, slots=True)
class Standard:
    """What is aimed at. below: less is better. unverified: written from memory."""

    acceptable: float | None
    desirable: float | None
    source: str
    below: bool = False
    unverified: bool = False


# Section 5 of the programme's sources; "EU 2010" is the colorectal guideline of the European Commission.
STANDARDS: Mapping[tuple[str, str], Standard] = {
    ("breast", "participation"): Standard(70, 75, "EU, 4th edition (BMC 11-91, table 8)"),
    ("breast", "positivity"): Standard(7, 5, "EU, 4th edition (BMC 11-91, table 8): first round", below=True),
    ("colorectal", "invitation_coverage"): Standard(95, None, "EU 2010"),
    ("colorectal", "participation"): Standard(45, 65, "EU 2010", unverified=True),
    ("colorectal", "inadequate"): Standard(3, 1, "EU 2010", below=True, unverified=True),
    ("colorectal", "further_assessment_participation"): Standard(85, 90, "EU 2010", unverified=True),
    ("cervical", "treatment"): Standard(90, None, "WHO 90-70-90"),
}


def wilson(numerator: float, denominator: float, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % limits of a share (Wilson 1927), 0 to 1; (0, 1) where nothing was counted."""
    if denominator <= 0:
        return 0.0, 1.0
    share = min(1.0, numerator / denominator)
    middle = share + z * z / (2 * denominator)
    spread = z * sqrt(share * (1 - share) / denominator + z * z / (4 * denominator * denominator))
    whole = 1 + z * z / denominator
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def is_small(count: float) -> bool:
    """Whether a count is kept from publication: some people, but too few to stay unnamed."""
    return 0 < count < SMALL


@dataclass(frozen=True, slots=True)
class _Rate:
    code: str
    top: str
    bottom: str
    unit: Unit = Unit.PERCENT
    unknown: str = ""


# Names of counts are those of queries.indicators; "a-b" is a difference.
_RATES = (
    _Rate("participation", "screened", "invited"),
    _Rate("inadequate", "inadequate", "screened", unknown="no_result"),
    _Rate("positivity", "positive", "screened", unknown="no_result"),
    _Rate("positivity_of_results", "positive", "with_result", unknown="no_result"),
    _Rate("further_assessment_participation", "assessed", "positive", unknown="assessment_unknown"),
    _Rate("assessment_not_done", "not_assessed", "positive", unknown="assessment_unknown"),
    _Rate("further_assessment_of_known", "assessed", "resolved"),
    _Rate("cascade_completion", "resolved", "positive", unknown="assessment_unknown"),
    _Rate("treatment", "treated", "to_treat", unknown="treatment_unknown"),
    _Rate("treatment_precancer", "treated_precancer", "precancer"),
    _Rate("treatment_cancer", "treated_cancer", "cancer_to_treat"),
    _Rate("interval_cancer", "interval_cancer", "negative", Unit.PER_1000),
)
_TOTALS = (
    "target", "invited", "screened", "positive", "negative", "inadequate", "no_result", "assessed", "not_assessed",
    "assessment_unknown",
)  # fmt: skip
# Days: code -> (counts of days known, of those within the limit)
WAITS = ("test_to_assessment", "assessment_to_finding", "finding_to_treatment")


def values_of(family: str, basis: Basis, counts: Counts, interval_months: float, years: float) -> Iterator[Value]:
    """Every indicator of one group, in the order people read them. years: how long the period is."""
    for total in _TOTALS:
        yield Value(f"{total}_count", counts[total], None, counts[total], Unit.PEOPLE, None)
    yield from _coverage(basis, counts, interval_months, years)
    for rate in _RATES:
        unknown = counts[rate.unknown] if rate.unknown else 0
        yield _share(rate.code, counts[rate.top], counts[rate.bottom], rate.unit, unknown)
    for lesion in LESIONS[family]:
        yield from _detection(lesion, counts)
    for wait in WAITS:
        yield Value(f"{wait}_median", counts[f"{wait}_known"], None, counts[wait], Unit.DAYS, None)
        within = counts[f"{wait}_in_time"]
        yield _share(f"{wait}_in_time", within, counts[f"{wait}_known"], Unit.PERCENT, 0)


def _coverage(basis: Basis, counts: Counts, interval_months: float, years: float) -> Iterator[Value]:
    """The annual target is a fraction of people and stays one; it is rounded where it is shown."""
    annual = counts["target"] * 12 / interval_months
    yield Value("annual_target", counts["target"], interval_months / 12, annual, Unit.PEOPLE, None)
    due = annual * years
    yield _share("invitation_coverage", counts["invited"], due, Unit.PERCENT, 0)
    examined = due if basis is Basis.YEAR else counts["invited"]
    yield _share("examination_coverage", counts["screened"], examined, Unit.PERCENT, 0)


def _detection(lesion: str, counts: Counts) -> Iterator[Value]:
    found, unknown = counts[f"found_{lesion}"], counts["finding_unknown"]
    yield _share(f"detection_rate_{lesion}", found, counts["screened"], Unit.PER_1000, unknown)
    yield _share(f"detection_rate_{lesion}_of_invited", found, counts["invited"], Unit.PER_1000, unknown)
    yield _share(
        f"ppv_{lesion}", counts[f"assessed_{lesion}"], counts["assessed"], Unit.PERCENT, counts["unclassified"]
    )
    yield _share(f"nns_{lesion}", counts["screened"], found, Unit.PEOPLE, unknown)


def _share(code: str, top: float, bottom: float, unit: Unit, unknown: float) -> Value:
    return Value(code, top, bottom, top / bottom * _SCALE[unit] if bottom else None, unit, unknown)


def lesion_sets(family: str) -> Mapping[str, tuple[str, ...]]:
    """What is counted as found in this family. Raises KeyError for no family."""
    return LESIONS[family]
