"""Tables as CanScreen5 and national reports print them, from made-up counts: a woman for each, every rate by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from screening.queries.indicators import Asked, Group, count_indicators
from screening.rules.indicators import Basis, Value
from tests.factories.city import NOW, City
from tests.factories.reported import report
from tests.factories.rounds import people

SINCE, UNTIL = date(2019, 1, 1), date(2019, 12, 31)
INVITED, TESTED, ASSESSED, TREATED = "2019-03-04", "2019-03-20", "2019-04-10", "2019-05-02"


def ask(city: City, family: str, basis: Basis = Basis.YEAR, **more: Any) -> list[Group]:
    return count_indicators(city.ctx("so.y.te", NOW), Asked(family, SINCE, UNTIL, basis, **more))


def values(group: Group) -> Mapping[str, Value]:
    return {one.indicator: one for one in group.values}


def printed(group: Group, wanted: Mapping[str, tuple[float, float | None, float]]) -> None:
    """wanted: indicator -> (numerator, denominator, the rate as a paper prints it)."""
    told = values(group)
    for code, (top, bottom, rate) in wanted.items():
        one = told[code]
        assert (one.numerator, one.denominator) == (top, bottom), code
        digits = len(str(rate).partition(".")[2])
        assert one.value is not None, code
        assert round(one.value, digits) == rate, code


# -- Breast: a target of 2,000 with 24 months between rounds ----------------------------------------
def _breast() -> Iterator[dict[str, str]]:
    seen = {"programme": "breast", "test": "mammography", "invited_on": INVITED}
    tested = seen | {"tested_on": TESTED}
    positive = tested | {"result": "positive"}
    done = positive | {"assessment": "done", "assessed_on": ASSESSED, "finding_on": ASSESSED}
    yield from people(800, person_id="waiting", programme="breast")
    yield from people(360, person_id="no-show", **seen)
    yield from people(500, person_id="clear-1", **tested, result="negative")
    yield from people(284, person_id="clear-2", **tested, result="negative", round="2")
    yield from people(4, person_id="blurred", **tested, result="inadequate")
    yield from people(3, person_id="no-result", **tested)
    yield from people(4, person_id="invasive", **done, findings="invasive", treated_on=TREATED)
    yield from people(1, person_id="invasive-2", **done, findings="invasive;dcis", round="2")
    yield from people(1, person_id="dcis", **done, findings="dcis", treated_on=TREATED)
    yield from people(20, person_id="benign", **done, findings="other")
    yield from people(17, person_id="nothing", **done, findings="none")
    yield from people(1, person_id="unread", **positive, assessment="done", assessed_on=ASSESSED)
    yield from people(2, person_id="refused", **positive, assessment="not_done")
    yield from people(3, person_id="lost", **positive, assessment="unknown")


BREAST = {
    "annual_target": (2000, 2, 1000),
    "invitation_coverage": (1200, 1000, 120.0),
    "participation": (840, 1200, 70.0),
    "inadequate": (4, 840, 0.48),
    "positivity": (49, 840, 5.83),
    "positivity_of_results": (49, 833, 5.88),
    "positivity_first_round": (48, 555, 8.65),
    "positivity_later_rounds": (1, 285, 0.35),
    "further_assessment_participation": (44, 49, 89.8),
    "assessment_not_done": (2, 49, 4.1),
    "further_assessment_of_known": (44, 46, 95.7),
    "cascade_completion": (46, 49, 93.9),
    "detection_rate_cancer": (6, 840, 7.14),
    "detection_rate_invasive": (5, 840, 5.95),
    "detection_rate_dcis": (2, 840, 2.38),
    "detection_rate_cancer_of_invited": (6, 1200, 5.0),
    "detection_rate_cancer_first_round": (5, 555, 9.01),
    "detection_rate_cancer_later_rounds": (1, 285, 3.51),
    "ppv_cancer": (6, 44, 13.6),
    "ppv_cancer_of_positive": (6, 49, 12.2),
    "nns_cancer": (840, 6, 140),
    "treatment": (5, 6, 83.3),
    "treatment_cancer": (4, 5, 80.0),
    "treatment_precancer": (1, 1, 100),
    "outcome_invasive": (5, 44, 11.4),
    "outcome_dcis": (1, 44, 2.3),
    "outcome_other": (20, 44, 45.5),
    "outcome_none": (17, 44, 38.6),
    "outcome_unclassified": (1, 44, 2.3),
}


def test_a_breast_table_comes_out_as_it_would_be_printed(city: City) -> None:
    report(city.here.pk, _breast())
    (year,) = ask(city, "breast")
    printed(year, BREAST | {"examination_coverage": (840, 1000, 84.0)})
    (cohort,) = ask(city, "breast", Basis.COHORT)
    with_target = {"annual_target": (2000, 2, 1000), "examination_coverage": (840, 1200, 70.0)}
    printed(cohort, {code: told for code, told in BREAST.items() if code != "annual_target"} | with_target)
    told = values(year)
    assert told["further_assessment_participation"].unknown == 3
    assert told["cascade_completion"].unknown == 3, "nobody who is not known of has come to an end"
    assert told["positivity"].unknown == 3
    outcomes = [one.numerator for code, one in told.items() if code.startswith("outcome_")]
    assert sum(outcomes) == told["assessed_count"].numerator == 44, "outcomes add up to the assessed"


# -- Cervix: HPV in one place, VIA in another, cytology in a third ----------------------------------------
def _cervix() -> Iterator[dict[str, str]]:
    told = {"programme": "cervical", "tested_on": TESTED}
    hpv, via, pap = (told | {"test": test} for test in ("hpv", "via", "cytology"))
    seen = {"assessment": "done", "assessed_on": ASSESSED, "finding_on": ASSESSED}
    yield from people(540, person_id="hpv-clear", **hpv, result="negative")
    yield from people(380, person_id="via-clear", **via, result="negative")
    yield from people(2, person_id="via-blind", **via, result="inadequate")
    yield from people(90, person_id="pap-clear", **pap, result="negative")
    positive = {"result": "positive"}
    for code, count, treated in (("cin1", 12, 0), ("cin2", 6, 6), ("cin3", 4, 3), ("ais", 1, 1), ("invasive", 2, 1)):
        yield from people(treated, person_id=f"{code}-t", **hpv, **positive, **seen, findings=code, treated_on=TREATED)
        yield from people(count - treated, person_id=code, **hpv, **positive, **seen, findings=code)
    yield from people(20, person_id="hpv-none", **hpv, **positive, **seen, findings="none")
    yield from people(15, person_id="hpv-lost", **hpv, **positive, assessment="unknown")
    yield from people(18, person_id="via-burnt", **via, **positive, treated_on=TESTED)
    yield from people(2, person_id="via-lost", **via, **positive, assessment="unknown")
    yield from people(10, person_id="pap-high", **pap, **positive, **seen, findings="none")


CERVIX = {
    "positivity": (90, 1102, 8.17),
    "positivity_hpv": (60, 600, 10.0),
    "positivity_via": (20, 402, 5.0),
    "positivity_cytology": (10, 100, 10.0),
    "inadequate": (2, 1102, 0.18),
    "hpv_positive_assessed": (45, 60, 75.0),
    "detection_rate_cin1": (12, 1102, 10.89),
    "detection_rate_cin2": (6, 1102, 5.44),
    "detection_rate_cin3": (4, 1102, 3.63),
    "detection_rate_ais": (1, 1102, 0.91),
    "detection_rate_cin2_plus": (13, 1102, 11.8),
    "detection_rate_cin3_plus": (7, 1102, 6.35),
    "detection_rate_cancer": (2, 1102, 1.81),
    "ppv_cin2_plus": (13, 55, 23.6),
    "treatment": (11, 13, 84.6),
    "treatment_precancer": (10, 11, 90.9),
    "treatment_cancer": (1, 2, 50.0),
    "treatment_of_positive": (29, 90, 32.2),
    "via_positive_treated": (18, 20, 90.0),
    "outcome_cin1": (12, 55, 21.8),
    "outcome_none": (30, 55, 54.5),
    "who_lesions_treated": (11, 13, 84.6),
    "who_precancer_treated": (10, 11, 90.9),
    "who_cancer_managed": (1, 2, 50.0),
}


@pytest.mark.parametrize("by", [(), ("test",)])
def test_a_cervical_table_comes_out_as_it_would_be_printed(city: City, by: tuple[str, ...]) -> None:
    report(city.here.pk, _cervix())
    groups = {group.name: group for group in ask(city, "cervical", by=by)}
    printed(groups["all"], CERVIX | {"annual_target": (1102, 5, 220.4), "examination_coverage": (1102, 220.4, 500.0)})
    assert values(groups["all"])["participation"].value is None, "nobody was invited: there is nothing to divide by"
    if by:
        assert set(groups) == {"all", "hpv", "via", "cytology"}
        printed(groups["hpv"], {"positivity": (60, 600, 10.0), "detection_rate_cin2_plus": (13, 600, 21.67)})
        printed(groups["via"], {"positivity": (20, 402, 5.0), "treatment_of_positive": (18, 20, 90.0)})


def test_results_are_told_apart_by_the_programmes_own_codes(city: City) -> None:
    rows = [row | {"result": "positive"} for row in people(3, person_id="p", programme="cervical", tested_on=TESTED)]
    report(city.here.pk, rows)
    groups = {group.name: group.counts["screened"] for group in ask(city, "cervical", by=("result",))}
    assert groups == {"all": 3, "positive": 3}


def test_the_elimination_is_told_of_the_city_and_of_the_cervix_only(city: City) -> None:
    (everybody, *groups) = ask(city, "cervical", by=("sex",))
    assert "who_vaccinated_by_15" in values(everybody)
    assert not any(code.startswith("who_") for group in groups for code in values(group))
    assert not any(code.startswith("who_") for code in values(ask(city, "breast")[0]))
    own = count_indicators(city.ctx("sang.loc", NOW), Asked("cervical", SINCE, UNTIL))
    assert not any(code.startswith("who_") for code in values(own[0])), "a clinic is not told of the city"
