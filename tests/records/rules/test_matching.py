"""One matching rule: what links by itself, what a person must look at, what is nobody's business."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.matching import Level, Traits, Verdict, match
from registry.rules.dates import PartialDate

BORN = PartialDate(date(1972, 3, 12))
VAN = Traits(
    "Nguyễn Thị Hồng Vân",
    BORN,
    "female",
    cccd=frozenset({"001172012345"}),
    bhyt=frozenset({"0120456789"}),
    phone="0912000345",
    ward="Phường Kim Liên",
)
BARE = replace(VAN, cccd=frozenset(), bhyt=frozenset(), phone="", ward="")

words = st.sampled_from(["nguyễn", "Trần", "thị", "Văn", "Hòa", "Ân", "An", "Đức", "Ngọc", "lan"])
names = st.lists(words, min_size=2, max_size=5).map(" ".join)
births = st.builds(
    PartialDate, st.dates(date(1920, 1, 1), date(2026, 1, 1)), st.sampled_from(["day", "month", "year"])
).map(lambda b: b if b.precision == "day" else PartialDate(b.value.replace(day=1, month=1), "year"))
numbers = st.frozensets(st.sampled_from(["001172012345", "001172012346"]), max_size=1)
traits = st.builds(
    Traits,
    names,
    births,
    st.sampled_from(["male", "female", "unknown"]),
    cccd=numbers,
    bhyt=st.frozensets(st.sampled_from(["0120456789", "0120456780"]), max_size=1),
    phone=st.sampled_from(["", "0912000345"]),
    ward=st.sampled_from(["", "Phường Kim Liên", "Xã Sóc Sơn"]),
)


@given(traits, traits)
def test_the_order_of_the_two_does_not_matter(one: Traits, other: Traits) -> None:
    assert match(one, other).verdict is match(other, one).verdict
    assert match(one, other).score == pytest.approx(match(other, one).score)


@given(traits)
def test_somebody_with_a_number_is_the_same_as_themselves_and_without_one_only_possibly(one: Traits) -> None:
    expected = Verdict.SAME if one.cccd or one.bhyt else Verdict.POSSIBLE
    verdict = match(one, one).verdict
    if one.birth.precision == "day" or expected is Verdict.SAME:
        assert verdict is expected
    else:
        assert verdict is not Verdict.SAME


@given(traits, traits)
def test_nothing_links_by_itself_without_an_equal_number_name_and_birth(one: Traits, other: Traits) -> None:
    found = match(one, other)
    if found.verdict is Verdict.SAME:
        assert one.cccd & other.cccd or one.bhyt & other.bhyt
        assert found.level("name") is Level.EQUAL
        assert one.birth.may_equal(other.birth)
        assert found.level("cccd") is not Level.DIFFERENT


@given(traits, traits)
def test_every_verdict_short_of_different_gives_a_reason(one: Traits, other: Traits) -> None:
    found = match(one, other)
    assert found.verdict is Verdict.DIFFERENT or found.reasons


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({"name": "Vân Nguyễn Thị Hồng"}, Verdict.SAME, "Trùng họ tên, khác thứ tự"),
        ({"name": "NGUYEN THI HONG VAN"}, Verdict.SAME, "Trùng họ tên khi bỏ dấu"),
        ({"birth": PartialDate(date(1972, 1, 1), "year")}, Verdict.SAME, "Ngày sinh khớp với phần đã biết"),
        ({"name": "Lê Văn Tám"}, Verdict.POSSIBLE, "Khác họ tên"),
        ({"birth": PartialDate(date(1972, 12, 3))}, Verdict.POSSIBLE, "Ngày sinh gần giống (có thể gõ nhầm)"),
        ({"sex": "male"}, Verdict.POSSIBLE, "Khác giới tính"),
        ({"cccd": frozenset({"001172099999"})}, Verdict.POSSIBLE, "Khác số CCCD"),
    ],
)
def test_with_an_equal_number(change: dict[str, object], verdict: Verdict, reason: str) -> None:
    found = match(VAN, replace(VAN, **change))
    assert found.verdict is verdict
    assert reason in found.reasons


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict.POSSIBLE),
        ({"name": "Nguyễn Thị Hồng Vâm"}, Verdict.DIFFERENT),
        ({"name": "Nguyễn Thị Hồng Vâm", "phone": "0912000345"}, Verdict.POSSIBLE),
        ({"birth": PartialDate(date(1972, 3, 13)), "ward": "Phường Kim Liên"}, Verdict.POSSIBLE),
        ({"birth": PartialDate(date(1972, 1, 1), "year")}, Verdict.DIFFERENT),
        ({"birth": PartialDate(date(1981, 5, 20)), "phone": "0912000345"}, Verdict.DIFFERENT),
        ({"sex": "male"}, Verdict.DIFFERENT),
        ({"name": "Trần Văn Nam", "phone": "0912000345", "ward": "Phường Kim Liên"}, Verdict.DIFFERENT),
    ],
)
def test_without_a_number(change: dict[str, object], verdict: Verdict) -> None:
    home = replace(BARE, phone="0912000345", ward="Phường Kim Liên")
    assert match(home, replace(BARE, **change)).verdict is verdict


@pytest.mark.parametrize("age_of_mother", [14, 25, 49])
def test_a_newborn_under_its_mothers_name_is_not_its_mother(age_of_mother: int) -> None:
    newborn = replace(BARE, birth=PartialDate(date(1972 + age_of_mother, 3, 12)), phone="0912000345")
    assert match(VAN, newborn).verdict is Verdict.DIFFERENT


def test_a_newborn_with_its_mothers_name_and_number_waits_for_a_person() -> None:
    newborn = replace(VAN, birth=PartialDate(date(2001, 3, 12)))
    found = match(VAN, newborn)
    assert found.verdict is Verdict.POSSIBLE
    assert "Năm sinh cách nhau 29 năm: có thể là cha mẹ và con" in found.reasons


@pytest.mark.parametrize(("one", "other"), [("Trần Gia Bảo", "Trần Gia Hảo"), ("Trần Văn An", "Trần Văn Ân")])
def test_twins_are_never_linked_even_on_one_card(one: str, other: str) -> None:
    first = replace(VAN, name=one, cccd=frozenset())
    second = replace(first, name=other)
    found = match(first, second)
    assert found.verdict is Verdict.POSSIBLE
    assert "Cùng ngày sinh, khác tên: có thể là anh chị em sinh đôi" in found.reasons
    apart = replace(second, cccd=frozenset({"001172011111"}), bhyt=frozenset())
    assert match(replace(first, cccd=VAN.cccd), apart).verdict is Verdict.DIFFERENT
