"""Results as people type them, and the key of an index without a code."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.reports import LONGEST_CODE, code_of, interpret, read_value
from registry.rules.invalid import Invalid


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" 9,2 ", (Decimal("9.2"), "")),
        ("9.2", (Decimal("9.2"), "")),
        ("-1,5", (Decimal("-1.5"), "")),
        ("250000", (Decimal(250000), "")),
        ("0.125", (Decimal("0.125"), "")),
        (">100", (None, ">100")),
        ("Âm  tính", (None, "Âm tính")),
        ("1,23456", (None, "1,23456")),
        ("", (None, "")),
    ],
)
def test_a_result_is_a_number_or_words(typed: str, read: tuple[Decimal | None, str]) -> None:
    assert read_value(typed) == read


@pytest.mark.parametrize("typed", ["250.000", "1.015", "-12.345", "1.250.000"])
def test_a_number_that_reads_two_ways_is_asked_again(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_value(typed)
    assert (caught.value.code, caught.value.field) == ("value-ambiguous", "value")


def test_a_story_is_no_result() -> None:
    with pytest.raises(Invalid, match="value-long"):
        read_value("x" * 501)


@given(st.text(max_size=300))
def test_a_key_is_short_plain_and_the_same_for_any_spelling_of_case(name: str) -> None:
    key = code_of(name)
    assert len(key) <= LONGEST_CODE
    assert key == key.strip("-")
    assert " " not in key


def test_keys_and_judgements() -> None:
    assert code_of("Acid uric (máu)") == code_of("ACID URIC MÁU") == "acid-uric-mau"
    assert [interpret(Decimal(n), "3,9–6,4") for n in ("3.8", "3.9", "6.5")] == ["L", "N", "H"]
