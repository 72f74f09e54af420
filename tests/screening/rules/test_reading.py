"""A result of the record in a version's words: what it knows is read, anything else says why not."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import screening
from screening.rules.pathway import Action, Verdict
from screening.rules.programme_data import parse_rules
from screening.rules.reading import Reading, Unread, read_result


def _action(programme: str, code: str) -> Action:
    data = Path(screening.__file__).parent / "data" / f"{programme}.json"
    return parse_rules(json.loads(data.read_text("utf-8"))).pathway.action(code)


FIT, HPV, CYTOLOGY, BREAST = (
    _action("colorectal", "fit"),
    _action("cervical", "hpv"),
    _action("cervical", "cytology"),
    _action("breast", "mammography"),
)


@pytest.mark.parametrize(
    ("action", "value", "unit", "text", "code"),
    [
        (FIT, "20", "µg Hb/g", "", "positive"),
        (FIT, "20", "\u03bcg/g", "", "positive"),
        (FIT, "19.9999", "ug Hb / g", "", "negative"),
        (FIT, None, "", "ÂM TÍNH", "negative"),
        (FIT, None, "", "Không đạt, cần làm lại", "inadequate"),
        (HPV, None, "", "dương tính hpv 16/18", "16-18"),
        (HPV, None, "", "16-18", "16-18"),
        (HPV, None, "", "Dương tính, chưa định týp", "positive"),
        (CYTOLOGY, None, "", "NILM", "nilm"),
        (CYTOLOGY, None, "", "AGC", "agc"),
        (CYTOLOGY, None, "", "asc-us", "asc-us"),
        (BREAST, None, "", "BI-RADS 3", "3"),
        (BREAST, "4", "", "", None),
        (BREAST, "5", "", "", "5"),
        (FIT, "57", "ng/mL", "", None),
        (FIT, "57", "", "", None),
        (FIT, "-1", "µg/g", "", None),
        (FIT, "100000", "µg/g", "", None),
        (HPV, None, "", "dương tính yếu", None),
        (HPV, None, "", "không âm tính", None),
        (HPV, None, "", " ", None),
        (HPV, "1", "", "", None),
    ],
)
def test_what_is_known_is_read_and_nothing_else(
    action: Action, value: str | None, unit: str, text: str, code: str | None
) -> None:
    read = read_result(action, Decimal(value) if value else None, unit, text)
    assert (read.outcome.code if isinstance(read, Reading) else None) == code


def test_why_it_is_not_read() -> None:
    assert read_result(FIT, Decimal(57), "ng/mL", "") is Unread.UNIT
    assert read_result(FIT, Decimal(-1), "µg/g", "") is Unread.RANGE
    assert read_result(HPV, Decimal(1), "copies", "") is Unread.NUMBER
    assert read_result(HPV, None, "", "?") is Unread.WORD


@given(value=st.decimals(0, 1000, places=4))
def test_rounding_never_changes_the_side_of_the_cut_off(value: Decimal) -> None:
    read = read_result(FIT, value, "µg Hb/g", "")
    assert isinstance(read, Reading)
    assert read.value is not None
    assert (read.outcome.verdict is Verdict.POSITIVE) == (value >= 20) == (read.value >= 20)
