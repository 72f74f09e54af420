"""The form's codes and the checks of its facts."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.models import Condition
from records.queries.history_rows import FACTS, MODELS, columns_of, fact_of
from records.rules.history import ALLERGIES, DELIVERIES, DISABILITIES, DISEASES, RISKS
from records.rules.history_checks import About
from records.rules.history_facts import Reproductive, Risk, faults_of
from registry.rules.dates import PartialDate

TODAY = date(2026, 11, 23)
WOMAN = About(TODAY, PartialDate(date(1972, 3, 12)), "female")
counts = st.none() | st.integers(0, 6)


def test_the_forms_numbers() -> None:
    """As the sender we have read numbers them: the source is named in records.rules.history."""
    assert (len(DISEASES), DISEASES[1], DISEASES[13], DISEASES[15]) == (15, "Bệnh tim mạch", "Ung thư", "Bệnh khác")
    assert [one.code for one in ALLERGIES.values()] == list("1234")
    assert [one.code for one in DISABILITIES.values()] == list("1234567")
    assert [one.code for one in DELIVERIES.values()] == list("01")
    assert [one.code for one in RISKS.values() if one.habit] == list("1234")


@pytest.mark.parametrize("section", FACTS)
def test_words_fit_their_columns(section: str) -> None:
    columns = columns_of(FACTS[section]())
    for one in fields(FACTS[section]):
        if "limit" in one.metadata and one.name in columns:
            longest = MODELS[section]._meta.get_field(one.name).max_length
            shorter = one.name in {"phone", "landline"}  # kept as the national number, typed with words around it
            assert one.metadata["limit"] == longest or shorter, one.name


@pytest.mark.parametrize("section", FACTS)
def test_a_fact_survives_its_columns(section: str) -> None:
    empty = FACTS[section]()
    columns = columns_of(empty)
    assert fact_of(section, columns.get) == empty
    assert ("role" in columns) == (MODELS[section] is Condition)


@pytest.mark.parametrize(
    ("born", "sex", "bears", "child"),
    [
        (date(1972, 3, 12), "female", True, False),
        (date(1972, 3, 12), "male", False, False),
        (date(1972, 3, 12), "unknown", True, False),
        (date(2016, 11, 23), "female", True, True),
        (date(2016, 11, 24), "female", False, True),
        (date(2010, 11, 23), "male", False, False),
        (date(2010, 11, 24), "male", False, True),
        (date(2026, 11, 23), "female", False, True),
    ],
)
def test_who_is_asked_what(born: date, sex: str, bears: bool, child: bool) -> None:
    whom = About(TODAY, PartialDate(born), sex)
    assert (whom.may_bear, whom.child) == (bears, child)


@given(counts, counts, counts, counts)
def test_ends_of_pregnancies_are_never_more_than_pregnancies(
    pregnancies: int | None, births: int | None, miscarriages: int | None, abortions: int | None
) -> None:
    fact = Reproductive(pregnancies=pregnancies, births=births, miscarriages=miscarriages, abortions=abortions)
    ended = sum(count or 0 for count in (births, miscarriages, abortions))
    refused = "pregnancies" in {fault.code for fault in faults_of(fact, WOMAN)}
    assert refused == (pregnancies is not None and ended > pregnancies)


@given(st.sampled_from(sorted(RISKS)), st.sampled_from(["", "never", "now", "regularly", "quit"]))
def test_only_habits_have_a_state_and_only_some_can_be_given_up(kind: str, state: str) -> None:
    faults = {fault.field for fault in faults_of(Risk(kind, state, detail="rõ"), WOMAN)}
    risk = RISKS[kind]
    assert ("state" in faults) == (risk.habit and (not state or (state == "quit" and not risk.quits)))
