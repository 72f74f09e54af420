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

from screening.rules.lesions import LESIONS, outcome_names, test_kinds

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
    PER_10000_YEARS = "/10000 person-years"
    PEOPLE = "persons"
    DAYS = "days"


_SCALE = {
    Unit.PERCENT: 100.0,
    Unit.PER_1000: 1000.0,
    Unit.PER_10000_YEARS: 10000.0,
    Unit.PEOPLE: 1.0,
    Unit.DAYS: 1.0,
}
DAYS_A_YEAR = 365.25

# Months between two rounds where no live version says it: EU 2022 (breast), WHO 2021 (cervical, the earlier bound), Hanoi
# 2017-2019 (colorectal), AASLD 2018 (liver), Australia 2025 (lung).
INTERVALS = {"colorectal": 12, "cervical": 60, "breast": 24, "liver": 6, "lung": 24}


class Section(StrEnum):
    """Where an indicator stands among the others."""

    PEOPLE = "people"
    COVERAGE = "coverage"
    TEST = "test"
    ASSESSMENT = "assessment"
    FOUND = "found"
    TREATMENT = "treatment"
    INTERVAL = "interval"
    WAITS = "waits"
    ELIMINATION = "elimination"


@dataclass(frozen=True, slots=True)
class Value:
    """One indicator of one group. denominator and unknown are None where nothing is divided."""

    indicator: str
    numerator: float
    denominator: float | None
    value: float | None
    unit: Unit
    unknown: float | None
    section: Section = Section.PEOPLE


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
    """Names of counts are those of queries.indicator_counts. families: where it is told; everywhere when empty."""

    code: str
    section: Section
    top: str
    bottom: str
    unit: Unit = Unit.PERCENT
    unknown: str = ""
    families: tuple[str, ...] = ()


_ASSESSED_OF, _TREATED_OF = "assessment_unknown", "treatment_unknown"
_RATES = (
    _Rate("participation", Section.COVERAGE, "screened", "invited"),
    _Rate("timely_invitation", Section.COVERAGE, "invited_again", "due_again"),
    _Rate("coverage_60_74", Section.COVERAGE, "covered", "of_covered_age", families=("colorectal",)),
    _Rate("inadequate", Section.TEST, "inadequate", "screened", unknown="no_result"),
    _Rate("positivity", Section.TEST, "positive", "screened", unknown="no_result"),
    _Rate("positivity_of_results", Section.TEST, "positive", "with_result", unknown="no_result"),
    _Rate("positivity_first_round", Section.TEST, "positive_first", "screened_first", unknown="no_result_first"),
    _Rate("positivity_later_rounds", Section.TEST, "positive_later", "screened_later", unknown="no_result_later"),
    _Rate("further_assessment_participation", Section.ASSESSMENT, "assessed", "positive", unknown=_ASSESSED_OF),
    _Rate("assessment_not_done", Section.ASSESSMENT, "not_assessed", "positive", unknown=_ASSESSED_OF),
    _Rate("further_assessment_of_known", Section.ASSESSMENT, "assessed", "resolved"),
    _Rate("cascade_completion", Section.ASSESSMENT, "resolved", "positive", unknown=_ASSESSED_OF),
    _Rate(
        "complete_examination", Section.ASSESSMENT, "exams_complete", "exams_stated", unknown="exams_not_stated",
        families=("colorectal",),
    ),
    _Rate(
        "adenoma_detection", Section.ASSESSMENT, "assessed_adenoma", "assessed", unknown="unclassified",
        families=("colorectal",),
    ),
    _Rate(
        "hpv_positive_assessed", Section.ASSESSMENT, "hpv_followed", "hpv_positive", unknown="hpv_unknown",
        families=("cervical",),
    ),
    _Rate("treatment", Section.TREATMENT, "treated", "to_treat", unknown=_TREATED_OF),
    _Rate("treatment_precancer", Section.TREATMENT, "treated_precancer", "precancer", unknown="precancer_unknown"),
    _Rate("treatment_cancer", Section.TREATMENT, "treated_cancer", "cancer_to_treat", unknown="cancer_unknown"),
    _Rate("treatment_of_positive", Section.TREATMENT, "treated_positive", "positive"),
    _Rate(
        "via_positive_treated", Section.TREATMENT, "via_treated", "via_positive", unknown="via_unknown",
        families=("cervical",),
    ),
    _Rate(
        "follow_up_after_treatment", Section.TREATMENT, "followed_up", "to_follow_up", unknown="follow_up_unknown",
        families=("cervical",),
    ),
    _Rate("stage_2_plus", Section.TREATMENT, "stage_2_plus", "staged", unknown="not_staged", families=("breast",)),
    _Rate("small_invasive", Section.TREATMENT, "size_small", "sized", unknown="not_sized", families=("breast",)),
    _Rate("node_negative", Section.TREATMENT, "nodes_free", "nodes_known", unknown="nodes_unknown", families=("breast",)),
    _Rate("interval_cancer", Section.INTERVAL, "interval_cancer", "negative", Unit.PER_1000),
    _Rate("interval_cancer_0_11", Section.INTERVAL, "interval_first_year", "first_years", Unit.PER_10000_YEARS),
    _Rate("interval_cancer_12_23", Section.INTERVAL, "interval_second_year", "second_years", Unit.PER_10000_YEARS),
)  # fmt: skip
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
    for section in (Section.COVERAGE, Section.TEST):
        yield from _rates(family, section, counts)
    for kind in test_kinds(family):
        top, bottom, unknown = (counts[f"{name}_{kind}"] for name in ("positive", "screened", "no_result"))
        yield _share(f"positivity_{kind}", Section.TEST, top, bottom, Unit.PERCENT, unknown)
    yield from _rates(family, Section.ASSESSMENT, counts)
    for outcome in outcome_names(family):
        found = counts[f"outcome_{outcome}"]
        yield _share(f"outcome_{outcome}", Section.FOUND, found, counts["assessed"], Unit.PERCENT, 0)
    for lesion in LESIONS[family]:
        yield from _detection(lesion, counts)
    for section in (Section.TREATMENT, Section.INTERVAL):
        yield from _rates(family, section, counts)
    yield from _waits(counts)


def _rates(family: str, section: Section, counts: Counts) -> Iterator[Value]:
    for rate in _RATES:
        if rate.section is section and family in (rate.families or (family,)):
            unknown = counts[rate.unknown] if rate.unknown else 0
            yield _share(rate.code, section, counts[rate.top], counts[rate.bottom], rate.unit, unknown)


def _coverage(basis: Basis, counts: Counts, interval_months: float, years: float) -> Iterator[Value]:
    """The annual target is a fraction of people and stays one; it is rounded where it is shown."""
    annual = counts["target"] * 12 / interval_months
    yield Value("annual_target", counts["target"], interval_months / 12, annual, Unit.PEOPLE, None, Section.COVERAGE)
    due = annual * years
    yield _share("invitation_coverage", Section.COVERAGE, counts["invited"], due, Unit.PERCENT, 0)
    examined = due if basis is Basis.YEAR else counts["invited"]
    yield _share("examination_coverage", Section.COVERAGE, counts["screened"], examined, Unit.PERCENT, 0)


def _detection(lesion: str, counts: Counts) -> Iterator[Value]:
    found, unknown, where = counts[f"found_{lesion}"], counts["finding_unknown"], Section.FOUND
    assessed = counts[f"assessed_{lesion}"]
    yield _share(f"detection_rate_{lesion}", where, found, counts["screened"], Unit.PER_1000, unknown)
    yield _share(f"detection_rate_{lesion}_of_invited", where, found, counts["invited"], Unit.PER_1000, unknown)
    if lesion == "cancer":
        yield from _by_round(where, counts)
    yield _share(f"ppv_{lesion}", where, assessed, counts["assessed"], Unit.PERCENT, counts["unclassified"])
    yield _share(f"ppv_{lesion}_of_positive", where, assessed, counts["positive"], Unit.PERCENT, unknown)
    yield _share(f"nns_{lesion}", where, counts["screened"], found, Unit.PEOPLE, unknown)


def _by_round(where: Section, counts: Counts) -> Iterator[Value]:
    """Cancers of a first round were there before; later ones grew since the last."""
    for name, code in (("first", "first_round"), ("later", "later_rounds")):
        top, bottom = counts[f"found_cancer_{name}"], counts[f"screened_{name}"]
        yield _share(
            f"detection_rate_cancer_{code}", where, top, bottom, Unit.PER_1000, counts[f"finding_unknown_{name}"]
        )


def _waits(counts: Counts) -> Iterator[Value]:
    for wait in WAITS:
        known, within = counts[f"{wait}_known"], counts[f"{wait}_in_time"]
        yield Value(f"{wait}_median", known, None, counts[wait], Unit.DAYS, None, Section.WAITS)
        yield _share(f"{wait}_in_time", Section.WAITS, within, known, Unit.PERCENT, 0)


def _share(code: str, section: Section, top: float, bottom: float, unit: Unit, unknown: float) -> Value:
    return Value(code, top, bottom, top / bottom * _SCALE[unit] if bottom else None, unit, unknown, section)


def share_of(code: str, top: float, bottom: float, unknown: float) -> Value:
    """One of the shares of the elimination."""
    return _share(code, Section.ELIMINATION, top, bottom, Unit.PERCENT, unknown)
