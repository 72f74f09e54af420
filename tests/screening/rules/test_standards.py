"""Standards and the terms of the elimination: read from data, refused when they cannot be meant, judged as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from screening.rules.faults import UnusableRulesError
from screening.rules.standards import Standard, parse_elimination, parse_standards

DATA = Path(__file__).resolve().parents[3] / "screening" / "data"
FAMILIES = sorted(path.stem for path in DATA.glob("*.json"))


def data(family: str) -> dict[str, Any]:
    return dict(json.loads((DATA / f"{family}.json").read_text("utf-8")))


@pytest.mark.parametrize(
    ("standard", "value", "met"),
    [
        (Standard(70, 75, "s", strict=True), 75.1, "good"),
        (Standard(70, 75, "s", strict=True), 75, "fair"),
        (Standard(70, 75, "s", strict=True), 70, "bad"),
        (Standard(90, None, "s"), 90, "fair"),
        (Standard(90, None, "s"), 89.9, "bad"),
        (Standard(7, 5, "s", below=True, strict=True), 4.9, "good"),
        (Standard(7, 5, "s", below=True, strict=True), 5, "fair"),
        (Standard(7, 5, "s", below=True, strict=True), 7, "bad"),
        (Standard(None, 30, "s", below=True, strict=True), 29, "good"),
        (Standard(None, 30, "s", below=True, strict=True), 30, "bad"),
        (Standard(5, None, "s", at_most=25), 4.9, "bad"),
        (Standard(5, None, "s", at_most=25), 5, "fair"),
        (Standard(5, None, "s", at_most=25), 25, "fair"),
        (Standard(5, None, "s", at_most=25), 25.1, "bad"),
    ],
)
def test_a_value_is_held_to_its_levels(standard: Standard, value: float, met: str) -> None:
    assert standard.met(value) == met


@pytest.mark.parametrize("family", FAMILIES)
def test_every_shipped_standard_has_its_source_and_says_whether_it_was_checked(family: str) -> None:
    for indicator, standard in parse_standards(data(family)).items():
        assert standard.source, indicator
        assert standard.unverified == ("trí nhớ" in standard.source), indicator


def test_what_is_from_memory_is_marked_so() -> None:
    marked = {
        (family, code) for family in FAMILIES for code, one in parse_standards(data(family)).items() if one.unverified
    }
    assert marked == {
        ("colorectal", code)
        for code in ("participation", "inadequate", "further_assessment_participation", "complete_examination")
    }


@pytest.mark.parametrize(
    "entry",
    [
        {"indicator": "", "acceptable": 1, "source": "s"},
        {"indicator": "participation", "acceptable": 1, "source": " "},
        {"indicator": "participation", "source": "s"},
        {"indicator": "participation", "acceptable": "70", "source": "s"},
        {"indicator": "participation", "acceptable": True, "source": "s"},
    ],
)
def test_a_standard_that_says_nothing_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(UnusableRulesError):
        parse_standards({"standards": [entry]})


def test_standards_are_a_list() -> None:
    assert parse_standards({}) == {}
    with pytest.raises(UnusableRulesError):
        parse_standards({"standards": {"participation": 70}})


def test_the_elimination_names_its_vaccines_ages_and_tests() -> None:
    found = parse_elimination(data("cervical"))
    assert found is not None
    assert (found.vaccines, found.doses, found.girls_age, found.women_ages, found.tests) == (
        ("hpv",),
        2,
        15,
        (35, 45),
        ("hpv",),
    )
    assert parse_elimination(data("breast")) is None


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("girls", {"vaccines": []}),
        ("girls", {"doses": 0}),
        ("girls", {"source": ""}),
        ("women", {"ages": [45, 35]}),
        ("women", {"ages": [35]}),
        ("women", {"tests": []}),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(part: str, change: dict[str, Any]) -> None:
    said = data("cervical")
    said["elimination"][part] |= change
    with pytest.raises(UnusableRulesError):
        parse_elimination(said)
