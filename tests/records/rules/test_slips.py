"""One slip of the keyboard, initials, and what is marked in a found name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from records.rules.highlights import accents_met, mark_name
from records.rules.slips import initials_fit, neighbours, one_slip_apart

words = st.text("abcdn", min_size=1, max_size=6)


@given(words)
def test_neighbours_are_all_texts_one_slip_away(word: str) -> None:
    near = neighbours(word)
    assert word not in near
    assert all(OSA.distance(word, other) == 1 or " " in other for other in near)
    assert {word[:-1], word + "x", "z" + word[1:]} - {"", word} <= set(near)


@given(st.lists(words, min_size=1, max_size=4), st.data())
def test_a_name_is_met_in_any_order_with_one_slip_and_not_with_two_words_wrong(
    name: list[str], data: st.DataObject
) -> None:
    typed = data.draw(st.permutations(name))
    assert one_slip_apart(typed, name)
    assert one_slip_apart(typed, [*name, "them"])
    assert not one_slip_apart([*typed, "xxyyzz", "uuvvww"], name)


@pytest.mark.parametrize(
    ("typed", "name", "met"),
    [
        ("nguyen vam", "nguyen van", True),
        ("vna nguyen", "nguyen van", True),
        ("nguyenvan", "nguyen van", True),
        ("ng uyen van", "nguyen van", True),
        ("nguyen tuan", "nguyen van", False),
        ("nguyem vam", "nguyen van", False),
        ("x van", "y van", False),
    ],
)
def test_one_slip(typed: str, name: str, *, met: bool) -> None:
    assert one_slip_apart(typed.split(), name.split()) is met


@pytest.mark.parametrize(
    ("typed", "name", "met"),
    [
        ("n t an", "nguyen thi an", True),
        ("nguyen t an", "nguyen thi an", True),
        ("n an", "nguyen thi an", True),
        ("t n an", "nguyen thi an", False),
        ("n t a n", "nguyen thi an", False),
    ],
)
def test_initials(typed: str, name: str, *, met: bool) -> None:
    assert initials_fit(typed.split(), name.split()) is met


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("van hong", ["Hồng Vân"]),
        ("nguy", ["Nguy"]),
        ("vam", ["Vân"]),
        ("nthv", ["N", "T", "H", "V"]),
        ("le", []),
        ("", []),
    ],
)
def test_what_met_is_marked(typed: str, marked: list[str]) -> None:
    pieces = mark_name("Nguyễn Thị Hồng Vân", typed.split())
    assert [text for text, met in pieces if met] == marked
    assert "".join(text for text, _ in pieces) == "Nguyễn Thị Hồng Vân"


def test_typed_accents_count_when_they_are_the_names() -> None:
    assert accents_met("Lê Thị Hoà", "hòa lê") == 2
    assert accents_met("Lê Thị Hoa", "hòa lê") == 1
    assert accents_met("Lê Thị Hoa", "hoa le") == 0
