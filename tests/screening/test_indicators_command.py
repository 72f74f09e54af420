"""bin/manage screening_indicators: what it prints, and what it says when it cannot."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from tests.factories.screening import Ward

YEAR = ("--from", "2026-01-01", "--to", "2026-12-31")


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("screening_indicators", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("screening_indicators", *arguments, "--json", stdout=out)
    assert ended.value.code == 1
    return dict(json.loads(out.getvalue()))


def test_it_prints_every_indicator_of_every_group(ward: Ward) -> None:
    ward.positive()
    told = json.loads(printed("colorectal", *YEAR, "--by", "sex", "--json"))
    assert {tuple(one) for one in told} == {
        ("indicator", "group", "numerator", "denominator", "value", "unit", "unknown")
    }
    positivity = {one["group"]: one for one in told if one["indicator"] == "positivity"}
    assert set(positivity) == {"all", "F"}
    assert positivity["all"] == {
        "indicator": "positivity", "group": "all", "numerator": 1, "denominator": 1, "value": 100.0, "unit": "%",
        "unknown": 0,
    }  # fmt: skip


def test_people_read_the_same_as_a_table(ward: Ward) -> None:
    ward.positive()
    text = printed("đại trực tràng", *YEAR)
    assert "participation" in text
    assert "100" in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("da-day", *YEAR), "programme"),
        (("colorectal", "--from", "01/01/2026", "--to", "2026-12-31"), "period"),
        (("colorectal", "--from", "2026-12-31", "--to", "2026-01-01"), "period"),
        (("colorectal", *YEAR, "--by", "height"), "by"),
        (("colorectal", *YEAR, "--age-groups", "50+"), "age-groups"),
        (("colorectal", *YEAR, "--age-groups", "50-60,55-65"), "age-groups"),
        (("colorectal", *YEAR, "--interval", "0"), "interval"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_a_reason(ward: Ward, arguments: tuple[str, ...], code: str) -> None:
    told = refused(*arguments)
    assert (told["state"], told["code"]) == ("refused", code)
    assert told["message"]
