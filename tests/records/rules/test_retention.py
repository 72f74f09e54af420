"""Classes of TT 33/2025 and their last days, with the classes the project ships."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.retention import Episode, KeepingClass, keeping_of, last_day, within

DATA = Path(__file__).resolve().parents[3] / "records/data/retention_classes.tsv"


def shipped() -> list[KeepingClass]:
    """The rows of the data file as the rule takes them."""
    with DATA.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = []
    for row in rows:
        fits = json.loads(row["criteria"])
        found.append(
            KeepingClass(
                row["key"], row["name"], int(row["years"]), tuple(fits.get("codes", ())),
                frozenset(fits.get("outcomes", ())), frozenset(fits.get("care_types", ())), fits.get("after_death", False),
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("episode", "key", "until"),
    [
        (Episode(date(2026, 3, 1), codes=("J00",)), "general", date(2036, 12, 31)),
        (Episode(date(2026, 12, 31), codes=("J00",)), "general", date(2036, 12, 31)),
        (Episode(date(2026, 3, 1), codes=("J00", "F320")), "mental", date(2046, 12, 31)),
        (Episode(date(2026, 3, 1), codes=("S062", "V23.4")), "accident", date(2046, 12, 31)),
        (Episode(date(2026, 3, 1), outcome="5", codes=("F32",)), "death", date(2056, 12, 31)),
        (Episode(date(2026, 3, 1), codes=("Z524",)), "donor", date(2056, 12, 31)),
        (Episode(date(2026, 3, 1), codes=("Z520",)), "general", date(2036, 12, 31)),
        (Episode(date(2026, 3, 1), care_type="15"), "health-check", date(2028, 12, 31)),
        (Episode(date(2026, 3, 1), care_type="15", codes=("F32",)), "mental", date(2046, 12, 31)),
    ],
)
def test_the_class_of_an_encounter(episode: Episode, key: str, until: date) -> None:
    kept = keeping_of(episode, shipped())
    assert (kept.key, kept.until) == (key, until)


def test_for_ever_and_no_general_class() -> None:
    assert last_day(date(2026, 1, 1), None) is None
    with pytest.raises(LookupError):
        keeping_of(Episode(date(2026, 1, 1)), [])


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.sampled_from(["J00", "F20", "V01", "Z521", ""]))
def test_nothing_is_kept_shorter_than_it_should(ended: date, code: str) -> None:
    kept = keeping_of(Episode(ended, codes=(code,)), shipped())
    assert kept.until is not None
    assert kept.until.year - ended.year >= 10
    assert (kept.until.month, kept.until.day) == (12, 31)


@pytest.mark.parametrize(
    ("code", "span", "inside"),
    [("F00", "F00-F99", True), ("F99.9", "F00-F99", True), ("G00", "F00-F99", False), ("", "F00-F99", False)],
)
def test_a_range(code: str, span: str, inside: bool) -> None:
    assert within(code, span) is inside
