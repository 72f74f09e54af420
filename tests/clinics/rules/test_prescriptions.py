"""Codes, days, quantities and words of a prescription."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.drafts import DraftLine, changes
from clinics.rules.formulary import Kind, route_of
from clinics.rules.prescriptions import (
    CODE,
    Dosing,
    by_kind,
    dose_words,
    dosing_faults,
    in_words,
    make_code,
    quantity_words,
    read_code,
    valid_until,
)
from registry.rules.invalid import Invalid

ONE, HALF, NONE = Decimal(1), Decimal("0.5"), Decimal(0)


@given(st.lists(st.integers(0, 35), min_size=7, max_size=7), st.sampled_from(list(Kind)))
def test_a_code_has_fourteen_characters_and_reads_back(letters: list[int], kind: Kind) -> None:
    code = make_code("01M03", letters, kind)
    assert len(code) == 14
    assert CODE.fullmatch(code)
    assert read_code(f" {code.lower()} ") == code == read_code(code.upper())


@pytest.mark.parametrize("typed", ["", "01M03abcdefg-X", "01M03abcdefgC", "01M03abcdefg_C", "01M03ábcdefg-C"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="prescription-code"):
        read_code(typed)


@pytest.mark.parametrize("letters", [[1] * 6, [1] * 8])
def test_a_code_of_another_length_is_never_made(letters: list[int]) -> None:
    with pytest.raises(ValueError, match="no prescription code"):
        make_code("01M03", letters, Kind.ORDINARY)


def test_medicines_are_fetched_within_five_days() -> None:
    assert valid_until(date(2026, 11, 28)) == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("kind", "chronic", "most"),
    [("N", True, 7), ("N", False, 7), ("H", True, 10), ("C", False, 30), ("C", True, 90), ("T", True, 90)],
)
def test_days_are_limited_by_kind_and_illness(kind: str, chronic: bool, most: int) -> None:
    def codes(days: int) -> list[str]:
        return [one.code for one in dosing_faults(Dosing(ONE, NONE, NONE, NONE, days), Kind(kind), chronic=chronic)]

    assert codes(most) == []
    assert codes(most + 1) == ["days-many"]
    assert codes(0) == ["days-missing"]


def test_amounts_that_cannot_be_are_told_at_their_time_of_day() -> None:
    wrong = Dosing(Decimal(-1), Decimal(1001), Decimal("NaN"), NONE, 3)
    assert [one.field for one in dosing_faults(wrong, Kind.ORDINARY, chronic=False)] == ["morning", "noon", "afternoon"]
    nothing = Dosing(NONE, NONE, NONE, NONE, 3)
    assert [one.code for one in dosing_faults(nothing, Kind.ORDINARY, chronic=False)] == ["dose-missing"]


def test_halves_are_given_out_whole_and_said_with_a_comma() -> None:
    dosing = Dosing(HALF, NONE, NONE, ONE, 5, "Uống sau ăn")
    assert (dosing.daily, dosing.quantity) == (Decimal("1.5"), 8)
    assert dose_words(dosing, route_of("1.01"), "viên") == "Uống ngày 2 lần: sáng 0,5 viên, tối 1 viên. Uống sau ăn"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "Không"), (5, "Năm"), (10, "Mười"), (11, "Mười một"), (15, "Mười lăm"), (21, "Hai mươi mốt"),
        (24, "Hai mươi bốn"), (999, "Chín trăm chín mươi chín"),
        (55, "Năm mươi lăm"), (100, "Một trăm"), (105, "Một trăm linh năm"), (115, "Một trăm mười lăm"),
        (1000, "1000"),
    ],
)  # fmt: skip
def test_numbers_in_words(count: int, words: str) -> None:
    assert in_words(count) == words


def test_quantities_as_the_paper_writes_them() -> None:
    assert quantity_words(Decimal(5), "viên", Kind.ORDINARY) == "05 viên"
    assert quantity_words(Decimal("12.5"), "ml", Kind.ORDINARY) == "12,5 ml"
    assert quantity_words(Decimal(7), "viên", Kind.NARCOTIC) == "Bảy viên"


def test_kinds_are_kept_apart_in_their_order() -> None:
    assert by_kind([(Kind.ORDINARY, 1), (Kind.NARCOTIC, 2), (Kind.ORDINARY, 3)]) == {
        Kind.NARCOTIC: [2],
        Kind.ORDINARY: [1, 3],
    }


def test_changes_are_said_in_words() -> None:
    one = DraftLine("A", Dosing(ONE, NONE, NONE, NONE, 5))
    more = DraftLine("A", Dosing(ONE, NONE, NONE, ONE, 5))
    other = DraftLine("B", one.dosing)
    names = {"A": "Amlodipin", "B": "Bisoprolol"}
    assert changes([one], [more, other], names) == "thêm Bisoprolol, đổi liều Amlodipin"
    assert changes([one, other], [one], names) == "bỏ Bisoprolol"
    assert changes([one], [one], names) == "sửa lời dặn hoặc lý do"
    assert DraftLine.from_json(more.to_json()) == more
