"""Raw strings become a stated person, or every fault at its field."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.person import StatedPerson, name_keys, state_person
from registry.rules.dates import PartialDate

TODAY = date(2026, 11, 23)
SAID = {"name": "Nguyễn Thị Hồng Vân", "birth": "12/03/1972", "sex": "female"}


def test_a_full_statement() -> None:
    person = state_person(
        today=TODAY, **SAID, phone="0162 123 4567", cccd="001 172 012 345", bhyt="GD 4 01 0120456789",
        facility_number=" 22/0098 ", facility_code="01003",
    )  # fmt: skip
    assert isinstance(person, StatedPerson)
    assert person.birth == PartialDate(date(1972, 3, 12))
    assert person.phone == "0321234567"
    assert {(n.kind, n.value_key) for n in person.identifiers} == {
        ("cccd", "001172012345"), ("bhyt", "0120456789"), ("facility", "01003:22/0098"),
    }  # fmt: skip
    assert person.notices == ()


def test_old_and_new_insurance_cards_meet_in_one_key() -> None:
    old = state_person(today=TODAY, **SAID, bhyt="GD4010120456789")
    new = state_person(today=TODAY, **SAID, bhyt="0120456789")
    assert isinstance(old, StatedPerson)
    assert isinstance(new, StatedPerson)
    assert old.identifiers[0].value_key == new.identifiers[0].value_key
    assert old.identifiers[0].value != new.identifiers[0].value


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "<script>alert(1)</script>"}, "name-markup", "name"),
        ({"name": "  "}, "name-empty", "name"),
        ({"birth": ""}, "date-empty", "birth"),
        ({"birth": "31/02/1980"}, "date-day", "birth"),
        ({"birth": "24/11/2026"}, "date-future", "birth"),
        ({"birth": "01/01/1900"}, "birth-too-old", "birth"),
        ({"sex": ""}, "sex-unknown", "sex"),
        ({"phone": "123"}, "phone-length", "phone"),
        ({"cccd": "01172012345"}, "cccd-needs-review", "cccd"),
        ({"cccd": "999172012345"}, "cccd-province", "cccd"),
        ({"bhyt": "GD401012045678"}, "bhyt-format", "bhyt"),
        ({"cmnd": "12"}, "cmnd-length", "cmnd"),
        ({"deceased_on": date(1970, 1, 1)}, "deceased-before-birth", "deceased_on"),
    ],
)
def test_a_fault_names_its_field(change: dict[str, object], code: str, field: str) -> None:
    faults = state_person(today=TODAY, **(SAID | change))
    assert isinstance(faults, list)
    assert [(fault.code, fault.field) for fault in faults] == [(code, field)]


def test_every_fault_is_told_at_once() -> None:
    faults = state_person(today=TODAY, name="", birth="x", sex="x", phone="x", cccd="x", bhyt="x")
    assert isinstance(faults, list)
    assert {fault.field for fault in faults} == {"name", "birth", "sex", "phone", "cccd", "bhyt"}


def test_a_citizen_number_that_tells_another_year_is_a_doubt_not_a_refusal() -> None:
    person = state_person(today=TODAY, **SAID, cccd="001080012345")
    assert isinstance(person, StatedPerson)
    assert {notice.code for notice in person.notices} == {"cccd-birth-year", "cccd-sex"}


@given(st.text(max_size=300))
def test_no_text_breaks_the_name(text: str) -> None:
    person = state_person(today=TODAY, name=text, birth="1972", sex="female")
    assert isinstance(person, StatedPerson) or person[0].field == "name"


@given(st.lists(st.sampled_from(["Nguyễn", "Thị", "Hòa", "ĐỨC", "ân"]), min_size=1, max_size=6).map(" ".join))
def test_the_keys_are_words_of_the_folded_name(name: str) -> None:
    keys = name_keys(name)
    words = keys.name_key.split()
    assert keys.name_key.isascii()
    assert keys.given_key == words[-1]
    assert keys.family_key == (words[0] if len(words) > 1 else "")
