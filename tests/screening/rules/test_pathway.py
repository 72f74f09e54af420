"""Pathways: every row of the rules table, what is off stays off, and no result ever ends with nobody owing the next step."""

from __future__ import annotations

import copy
import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules.faults import UnusableRulesError
from screening.rules.intervals import add_months
from screening.rules.pathway import Ending, Facts, Kind, Next, Pathway, Verdict
from screening.rules.pathway_data import parse_pathway

DATA = Path(__file__).parents[3] / "screening/data"
SAID = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.json"))}
PATHWAYS = {name: parse_pathway(data) for name, data in SAID.items()}
TABLE = list(csv.DictReader((Path(__file__).parent / "pathway_rows.tsv").open(encoding="utf-8"), delimiter="\t"))
DAY = date(2026, 1, 31)


def facts_of(line: dict[str, str]) -> Facts:
    words = line["facts"].split()
    earlier = dict(word.split("=") for word in words if "=" in word)
    return Facts(int(line["age"]), frozenset(word for word in words if "=" not in word), earlier)


def told(line: dict[str, str]) -> tuple[str, str, date]:
    step, _, by = line["step"].partition(" ")
    count, unit = int(line["due"][:-1]), line["due"][-1]
    return step, by, DAY + timedelta(days=count) if unit == "d" else add_months(DAY, count)


def ask(pathway: Pathway, line: dict[str, str]) -> Next:
    return pathway.follow(line["after"], line["result"], facts_of(line), DAY)


@pytest.mark.parametrize("line", TABLE, ids=lambda line: f"{line['rule']} {line['result']}")
def test_a_row_of_the_table(line: dict[str, str]) -> None:
    """In force it answers; switched off it does not, and once somebody switches it on it does."""
    pathway = PATHWAYS[line["programme"]]
    meant = [row for row in pathway.rows if row.rule == line["rule"]]
    assert {row.active for row in meant} == {line["in force"] == "yes"}
    assert all(row.unverified for row in meant) or line["in force"] != "memory"
    found = ask(pathway, line)
    assert (found.rule == line["rule"]) is (line["in force"] == "yes")
    alone = replace(pathway, rows=tuple(replace(row, active=True) for row in meant))
    answer = ask(alone, line)
    assert (answer.step, answer.by, answer.due) == told(line)


def test_the_table_and_the_data_hold_the_same_rows() -> None:
    listed = {(line["programme"], line["rule"]) for line in TABLE}
    held = {(name, row.rule) for name, pathway in PATHWAYS.items() for row in pathway.rows}
    assert listed == held


@pytest.mark.parametrize("name", PATHWAYS)
@given(data=st.data())
def test_whatever_comes_somebody_owes_the_next_step_or_the_round_ends_with_a_date(
    name: str, data: st.DataObject
) -> None:
    """No result is left without a step and a day, and only a negative one ends a round by itself."""
    pathway = PATHWAYS[name]
    action = data.draw(st.sampled_from(pathway.actions))
    outcome = data.draw(st.sampled_from(action.outcomes))
    before = data.draw(st.lists(st.sampled_from(pathway.actions), unique_by=lambda one: one.code))
    earlier = {one.code: data.draw(st.sampled_from(one.outcomes)).code for one in before}
    risks = data.draw(st.frozensets(st.sampled_from(["hiv", "cirrhosis"])))
    facts = Facts(data.draw(st.integers(0, 110)), risks, earlier)
    found = pathway.follow(action.code, outcome.code, facts, DAY, interval=data.draw(st.sampled_from([None, 12, 60])))
    assert found.due >= DAY
    assert found.owed or found.step == Ending.RECALL or (found.step == Ending.CEASE and action.kind is Kind.TREATMENT)
    if action.kind is Kind.TEST and outcome.verdict is not Verdict.NEGATIVE:
        assert found.owed
    if found.step == Ending.RECALL:
        assert found.due > DAY


@pytest.mark.parametrize(
    ("earlier", "interval", "step"),
    [({}, 12, Ending.RECALL), ({}, None, Ending.DECIDE), ({"hbsag": "positive"}, 12, Ending.DECIDE)],
)
def test_a_negative_without_a_row_ends_the_round_unless_something_was_positive(
    earlier: dict[str, str], interval: int | None, step: str
) -> None:
    found = PATHWAYS["liver"].follow("anti-hcv", "negative", Facts(50, earlier=earlier), DAY, interval=interval)
    assert found.step == step


def test_hpv_positive_with_clean_cytology_is_not_sent_home_for_three_years() -> None:
    found = PATHWAYS["cervical"].follow("cytology", "nilm", Facts(40, earlier={"hpv": "other-hr"}), DAY, interval=36)
    assert found.step == Ending.DECIDE


@pytest.mark.parametrize(
    ("finding", "complete", "step"),
    [
        ("normal", True, "recall"),
        ("normal", None, "recall"),
        ("normal", False, "colonoscopy"),
        ("advanced-adenoma", False, "colonoscopy"),
        ("cancer", False, "treatment"),
    ],
)
def test_an_incomplete_colonoscopy_is_repeated_unless_it_found_a_cancer(
    finding: str, complete: bool | None, step: str
) -> None:
    found = PATHWAYS["colorectal"].follow("colonoscopy", finding, Facts(55), DAY, complete=complete)
    assert (found.step, found.repeat) == (step, step == "colonoscopy")


@pytest.mark.parametrize(
    ("value", "verdict"), [(None, "inadequate"), ("0", "negative"), ("19.99", "negative"), ("20", "positive")]
)
def test_a_number_is_judged_by_the_cut_off(value: str | None, verdict: str) -> None:
    fit = PATHWAYS["colorectal"].action("fit")
    assert fit.judge(None if value is None else Decimal(value)).verdict == verdict


def test_of_several_findings_the_worst_decides() -> None:
    scope = PATHWAYS["colorectal"].action("colonoscopy")
    assert scope.worst(("adenomas-1-2", "cancer", "other")).code == "cancer"
    assert scope.worst(("adenomas-1-2", "advanced-adenoma")).code == "advanced-adenoma"
    with pytest.raises(KeyError):
        scope.worst(("normal", "unheard-of"))


def test_an_unknown_result_is_an_error_and_never_a_step() -> None:
    with pytest.raises(KeyError):
        PATHWAYS["cervical"].follow("hpv", "maybe", Facts(40), DAY)
    with pytest.raises(KeyError):
        PATHWAYS["cervical"].follow("x-ray", "negative", Facts(40), DAY)


def spoil(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(SAID["colorectal"])
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("rows",), [], "danh sách không rỗng"),
        (("rows", 0, "source"), " ", "CR-F-negative.*chưa ghi nguồn"),
        (("rows", 0, "after"), "mri", "việc “mri” không có"),
        (("rows", 0, "results"), ["maybe"], "kết quả không có trong việc “fit”"),
        (("rows", 0, "results"), [], "kết quả không có trong việc “fit”"),
        (("rows", 1, "step"), "xray", "bước tiếp “xray” không có"),
        (("rows", 3, "by"), "xray", "mời lại “xray” không có"),
        (("rows", 0, "months"), None, "phải có số tháng"),
        (("rows", 0, "months"), -1, "CR-F-negative"),
        (("rows", 0, "when"), {"agefrom": 3}, "CR-F-negative"),
        (("actions", 0, "kind"), "guess", "Việc “fit”"),
        (("actions", 0, "cut_off"), {"value": "0", "source": "x"}, "Việc “fit”"),
        (("actions", 0, "outcomes"), [], "Việc “fit”"),
        (("clocks",), [{"code": "other", "days": 3, "source": "x"}], "follow-up"),
    ],
)
def test_data_that_cannot_be_read_is_named(path: tuple[Any, ...], value: Any, words: str) -> None:
    with pytest.raises(UnusableRulesError, match=words):
        parse_pathway(spoil(path, value))
