"""Prescribing safety: what is dangerous is stopped, what is safe passes, without a set nothing passes."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clinics
from clinics.rules.safety import Allergy, KnowledgeSet, Measured, PersonFacts, Severity, Taken, Told, check, unmet
from clinics.rules.safety.checks import NO_SET
from clinics.rules.safety.knowledge import Span
from clinics.rules.safety.reading import TABLES, read_set
from clinics.rules.safety.renal import egfr
from registry.rules.tables import read_tsv
from tests.clinics.rules.dangers import TODAY, Case, dangerous, line, person, safe, taken

DATA = Path(clinics.__file__).parent / "data" / "safety"
SHIPPED = {name: read_tsv(DATA / f"{name}.tsv") for name in TABLES}


def the_set(tables: Any = None) -> KnowledgeSet:
    knowledge, faults = read_set(tables or SHIPPED)
    assert knowledge is not None, [one.said for one in faults]
    return knowledge


STARTER = the_set()


def stopped_by(case: Case, knowledge: KnowledgeSet) -> set[str]:
    return {one.code for one in unmet(check(case.lines, case.facts, knowledge), {})}


DANGEROUS = dangerous(STARTER, 100)
SAFE = safe(STARTER, 100)


@pytest.mark.parametrize("case", DANGEROUS, ids=[f"{one.kind}-{one.said}" for one in DANGEROUS])
def test_a_hundred_dangerous_prescriptions_are_stopped(case: Case) -> None:
    assert case.kind in stopped_by(case, STARTER)


@pytest.mark.parametrize("case", SAFE, ids=[f"{at}-{one.said}" for at, one in enumerate(SAFE)])
def test_a_hundred_safe_prescriptions_pass(case: Case) -> None:
    assert [one.message for one in unmet(check(case.lines, case.facts, STARTER), {})] == []


def test_the_hundred_are_of_every_kind() -> None:
    kinds = Counter(case.kind for case in DANGEROUS)
    assert len(DANGEROUS) == len(SAFE) == 100
    assert len(kinds) >= 15, kinds
    assert sum(len(case.lines) > 1 for case in SAFE) >= 30


@pytest.mark.parametrize("case", [*DANGEROUS[:10], *SAFE[:10]], ids=lambda case: case.said)
@pytest.mark.parametrize(
    "knowledge",
    [None, replace(STARTER, valid_to=TODAY - timedelta(days=1)), replace(STARTER, valid_from=date(2027, 1, 1))],
)
def test_without_a_set_in_force_everything_is_blocked_loudly(case: Case, knowledge: KnowledgeSet | None) -> None:
    found = check(case.lines, case.facts, knowledge)
    assert [(one.code, one.severity, one.line) for one in found] == [(NO_SET, Severity.BLOCK, None)]
    assert unmet(found, {NO_SET: "tôi vẫn muốn ký"}) == list(found)
    assert check((), case.facts, knowledge), "not even an empty prescription is silent"


def ingredient(key: str) -> Any:
    return STARTER.ingredients[key]


def found(*lines: Any, **facts: Any) -> dict[str, Any]:
    return {one.code: one for one in check(lines, person(**facts), STARTER)}


def test_a_finding_says_which_line_against_what_and_how_to_mend_it() -> None:
    allergy = Allergy(
        "Penicillin", "phản vệ độ II", severe=True, recorded_on=date(2019, 5, 3), facility="BV Bạch Mai (thử)"
    )
    one = found(line(ingredient("paracetamol")), line(ingredient("amoxicillin")), allergies=(allergy,))["allergy"]
    assert (one.line, one.severity) == (1, Severity.BLOCK)
    assert one.message == "Amoxicilin chứa Amoxicilin: người bệnh dị ứng Penicillin (nhóm penicillin)."
    assert one.against == "Dị ứng Penicillin (phản vệ độ II) ghi ngày 03/05/2019 tại BV Bạch Mai (thử)"
    assert "Thay bằng thuốc nhóm khác" in one.mend
    assert (one.verified, bool(one.source)) == (False, True)


def test_an_allergy_in_words_nobody_knows_is_told_unless_it_is_food() -> None:
    words = Allergy("thuốc màu tím mua ở chợ", kind="medication")
    assert found(line(ingredient("paracetamol")), allergies=(words,))["allergy-unknown"].severity is Severity.NOTE
    assert "allergy-unknown" not in found(line(ingredient("paracetamol")), allergies=(Allergy("Tôm", kind="food"),))


def test_a_medicine_of_another_facility_meets_the_line() -> None:
    warfarin = Taken(uuid.uuid4(), "Coumadine 2 mg", "warfarin", date(2026, 8, 1), None, "BV Việt Đức (thử)")
    one = found(line(ingredient("ibuprofen")), taken=(warfarin,))["interaction"]
    assert one.severity is Severity.BLOCK
    assert one.against == "Đang dùng Coumadine 2 mg, từ ngày 01/08/2026, ghi tại BV Việt Đức (thử)"
    assert one.taken == warfarin.id


def test_going_on_with_a_medicine_is_not_doubling_it_and_silences_nothing_else() -> None:
    amlodipine, warfarin = ingredient("amlodipine"), ingredient("warfarin")
    before = taken(amlodipine)
    assert "duplicate" in found(line(amlodipine), taken=(before,))
    assert "duplicate" not in found(line(amlodipine, continues=before.id), taken=(before,))
    other = taken(warfarin)
    named = found(line(ingredient("ibuprofen"), continues=other.id), taken=(other,))
    assert "interaction" in named, "another medicine's number does not hide it"


def test_what_ends_within_a_week_is_a_note() -> None:
    one = ingredient("amlodipine")
    ending = replace(taken(one), ended_on=TODAY + timedelta(days=7))
    assert found(line(one), taken=(ending,))["duplicate"].severity is Severity.NOTE
    later = replace(ending, ended_on=TODAY + timedelta(days=8))
    assert found(line(one), taken=(later,))["duplicate"].severity is Severity.REASON


def test_the_day_is_summed_over_the_lines_and_twice_the_limit_blocks() -> None:
    paracetamol = ingredient("paracetamol")
    half = line(paracetamol, Decimal(500), 1, 4)
    both = check((half, replace(half, slots=(Decimal(2),) * 3 + (Decimal(0),))), person(), STARTER)
    assert {one.line for one in both if one.code == "dose-daily"} == {0, 1}
    blocked = [
        one for one in check((line(paracetamol, Decimal(1000), 2),), person(), STARTER) if one.code == "dose-single"
    ]
    assert [one.severity for one in blocked] == [Severity.BLOCK]
    assert "2.000 mg một lần, quá mức 1.000 mg" in blocked[0].message


def test_a_childs_dose_goes_by_weight() -> None:
    ibuprofen, child = ingredient("ibuprofen"), person(2)
    weighed = replace(child, weight=Measured(Decimal(12), TODAY))
    codes = lambda amount, facts: {o.code for o in check((line(ibuprofen, Decimal(amount)),), facts, STARTER)}  # noqa: E731
    assert "dose-single" not in codes(120, weighed)
    assert "dose-single" in codes(121, weighed)
    assert "weight-missing" in codes(100, replace(child, weight=None))


def test_reasons_lift_what_needs_one_and_never_a_block() -> None:
    one = ingredient("amlodipine")
    findings = check((line(one),), person(taken=(taken(one),)), STARTER)
    key = next(x.key for x in findings if x.code == "duplicate")
    assert unmet(findings, {key: "ok"}) != []
    assert unmet(findings, {key: "đổi hãng, đã dặn ngừng hộp cũ"}) == []
    blocked = check(
        (line(ingredient("ibuprofen")),), person(conditions=(Told("A91", "Sốt xuất huyết", TODAY),)), STARTER
    )
    assert unmet(blocked, {x.key: "lý do dài dòng" for x in blocked}) != []


def test_an_illness_that_passes_counts_as_long_as_its_row_says() -> None:
    def dengue(days: int, *, lasting: bool = False) -> bool:
        told = Told("A91", "Sốt xuất huyết Dengue", TODAY - timedelta(days=days), lasting)
        return "condition" in found(line(ingredient("ibuprofen")), conditions=(told,))

    assert dengue(30)
    assert not dengue(31)
    assert dengue(400, lasting=True)


@pytest.mark.parametrize(
    ("years", "sex", "umol", "expected"),
    [  # computed by hand from the published formula; 88.4 µmol/l is 1.00 mg/dl
        (50, "male", "88.4", 92),
        (50, "female", "88.4", 69),
        (70, "male", "176.8", 35),
        (80, "female", "61.88", 87),
    ],
)
def test_egfr_of_adults_is_ckd_epi_2021(years: int, sex: str, umol: str, expected: int) -> None:
    facts = person(years, sex=sex, creatinine=Measured(Decimal(umol), TODAY))
    assert egfr(facts) == expected


def test_egfr_of_children_is_bedside_schwartz() -> None:
    child = person(6, creatinine=Measured(Decimal("44.2"), TODAY), height=Measured(Decimal(115), TODAY))
    assert egfr(child) == 95  # 0.413 × 115 / 0.5
    assert egfr(replace(child, height=None)) is None
    assert egfr(replace(child, creatinine=None)) is None
    assert egfr(person(0, creatinine=Measured(Decimal(30), TODAY))) is None


def test_the_worse_of_two_sexes_is_taken_where_none_is_known() -> None:
    facts = person(50, creatinine=Measured(Decimal("88.4"), TODAY))
    assert egfr(replace(facts, sex="unknown")) == min(egfr(replace(facts, sex=s)) or 0 for s in ("male", "female"))


def test_ages_end_on_the_birthday() -> None:
    assert Span(12, "y").after(date(2014, 11, 24)) == date(2026, 11, 24)
    assert Span(6, "m").after(date(2026, 8, 31)) == date(2027, 2, 28)
    codeine = ingredient("codeine")
    young = replace(person(11), born=date(2014, 11, 24))
    assert "age" in {o.code for o in check((line(codeine),), young, STARTER)}
    assert "age" not in {o.code for o in check((line(codeine),), replace(young, born=date(2014, 11, 23)), STARTER)}


# ---------- reading ----------


def changed(table: str, row: int, **cells: str) -> dict[str, Any]:
    rows = [dict(one) for one in SHIPPED[table]]
    rows[row].update(cells)
    return {**SHIPPED, table: rows}


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (changed("interactions", 3, one="khong-co"), "interactions, dòng 5: “khong-co” không có trong bảng"),
        (changed("interactions", 0, severity="bad"), "Mức độ phải là block, reason hoặc note."),
        (changed("interactions", 0, source=" "), "Cột source trống."),
        (changed("interactions", 1, **dict(SHIPPED["interactions"][0])), "Dòng này đã có ở trên."),
        (changed("doses", 0, single_kg="-3"), "“-3” không phải số dương"),
        (changed("doses", 0, age_from="3 năm"), "không phải tuổi"),
        (changed("doses", 0, age_from="9y"), "Tuổi kết thúc phải sau"),
        (changed("doses", 0, verified="yes"), "Cột verified phải là 0 hoặc 1."),
        (changed("ingredients", 0, classes="@khong-co"), "Nhóm @khong-co không có"),
        (changed("states", 0, state="sick"), "pregnancy hoặc lactation"),
        (changed("renal", 0, below=""), "Cột below trống."),
        (changed("cross", 0, one="@ppi"), "@ppi không phải nhóm dị ứng"),
        (changed("cross", 0, one="ibuprofen"), "ibuprofen không phải nhóm dị ứng"),
        (changed("set", 2, value="hôm qua"), "valid_from và valid_to"),
        ({**SHIPPED, "doses": []}, "doses, dòng 1: Thiếu bảng này."),
        ({}, "Cần valid_from"),
    ],
)
def test_a_faulty_set_is_refused_whole_with_table_and_line(tables: Any, said: str) -> None:
    knowledge, faults = read_set(tables)
    assert knowledge is None
    assert any(said in one.said for one in faults), [one.said for one in faults]


def test_every_row_of_the_starter_set_names_its_source_and_says_whether_it_was_read() -> None:
    rows = [row for name in TABLES if name not in {"set", "ingredients"} for row in SHIPPED[name]]
    assert all(row["source"].strip() and row["verified"] in {"0", "1"} for row in rows)
    memory = [row for row in rows if "trí nhớ" in row["source"]]
    assert all(row["verified"] == "0" for row in memory)


# ---------- sets that differ from the shipped one ----------

LETTERS = "bcdghklmnpqrtvx"


@st.composite
def sets(draw: st.DrawFn) -> KnowledgeSet:
    """A set of made-up ingredients, classes, interactions, limits and cautions."""
    keys = draw(st.lists(st.text(LETTERS, min_size=5, max_size=9), min_size=4, max_size=9, unique=True))
    names = draw(st.lists(st.text(LETTERS, min_size=10, max_size=12), min_size=2, max_size=4, unique=True))
    groups = [f"@{name}" for name in names]
    flag = st.sampled_from("01")
    own = {key: ";".join(draw(st.sets(st.sampled_from(groups), max_size=2))) for key in keys}
    end = {"source": "thử", "verified": "1"}
    level = st.sampled_from(["block", "reason"])
    amounts = st.integers(1, 4000).map(str)

    def caution(target: str, **more: str) -> dict[str, str]:
        return {"target": target, "severity": draw(level), "reason": "nguy hiểm.", "mend": "Đổi thuốc.", **end, **more}

    pairs = draw(
        st.sets(st.tuples(st.sampled_from(keys), st.sampled_from(keys)).filter(lambda p: p[0] < p[1]), min_size=1)
    )
    joined = [
        {"severity": draw(level), "effect": "nguy hiểm.", "mend": "Đổi.", "one": a, "other": b, **end}
        for a, b in sorted(pairs)
    ]
    cross = [{"one": groups[0], "other": groups[1], "severity": "reason", **end}]
    tables: dict[str, Any] = {
        "set": [{"key": "version", "value": "thử"}, {"key": "name", "value": "thử"},
                {"key": "valid_from", "value": "2026-01-01"}, {"key": "valid_to", "value": "2026-12-31"}],
        "classes": [{"key": g, "name": g[1:], "duplicate": draw(flag),
                     "allergy": "1" if g in groups[:2] else draw(flag), **end} for g in groups],
        "ingredients": [{"key": k, "name": k, "classes": own[k]} for k in keys],
        "cross": cross,
        "interactions": joined,
        "doses": [{"ingredient": k, "age_from": "18y", "single": s, "daily": draw(amounts), "unit": "mg", **end}
                  for k in keys for s in [draw(amounts)]],
        "ages": [caution(keys[0], below=f"{draw(st.integers(1, 17))}y")],
        "states": [caution(keys[-1], state="pregnancy")],
        "renal": [caution(keys[1], below=str(draw(st.integers(10, 60))))],
        "conditions": [caution(keys[2], codes="J45")],
    }  # fmt: skip
    return the_set(tables)


@settings(max_examples=60, deadline=None)
@given(sets(), st.integers(0, 99))
def test_any_set_stops_what_it_calls_dangerous_and_passes_the_rest(knowledge: KnowledgeSet, seed: int) -> None:
    for case in dangerous(knowledge, 30, seed):
        assert case.kind in stopped_by(case, knowledge), case
    for case in safe(knowledge, 10, seed):
        assert stopped_by(case, knowledge) == set(), case


@settings(max_examples=30, deadline=None)
@given(sets(), st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_any_set_is_silent_on_no_day_but_its_own(knowledge: KnowledgeSet, day: date) -> None:
    facts: PersonFacts = replace(person(), today=day)
    blocked = {one.code for one in check((), facts, knowledge)} == {NO_SET}
    assert blocked is not knowledge.in_force(day)
