"""The golden record follows its statements, in whatever order they are read."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.newborn import unnamed_child
from records.rules.survivorship import (
    Proof,
    Statement,
    Why,
    heard,
    project,
    why_birth,
    why_by_proof,
    why_name,
    why_newest,
)
from registry.rules.dates import PartialDate

EARLY, LATE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
DAY, YEAR = PartialDate(date(1972, 3, 12)), PartialDate(date(1972, 1, 1), "year")


def said(proof: Proof = Proof.NONE, at: datetime = EARLY, **more: object) -> Statement:
    values: dict[str, object] = {"name": "Nguyễn Thị Vân", "birth": DAY, "sex": "female"}
    return Statement(proof, at, **(values | more))  # type: ignore[arg-type]


def test_a_scanned_card_beats_a_newer_form() -> None:
    card = said(Proof.CARD, name="Nguyễn Thị Hồng Vân")
    assert project([card, said(Proof.NUMBER, LATE, name="Nguyễn Thị Vâng")]).golden.name == "Nguyễn Thị Hồng Vân"


def test_between_equal_proofs_the_newest_wins() -> None:
    assert project([said(), said(at=LATE, name="Nguyễn Thị Hồng Vân")]).golden.name == "Nguyễn Thị Hồng Vân"


def test_a_full_birth_date_completes_the_year_but_never_contradicts_a_better_proof() -> None:
    assert project([said(Proof.NUMBER, birth=YEAR), said(birth=DAY)]).golden.birth == DAY
    other = PartialDate(date(1985, 5, 5))
    assert project([said(Proof.NUMBER, birth=YEAR), said(at=LATE, birth=other)]).golden.birth == YEAR


def test_contact_and_home_follow_life() -> None:
    card = said(Proof.CARD, phone="0912000345", address="Số 8", ward_code="00229")
    moved = said(at=LATE, phone="0987000111", address="Số 9", ward_code="00001")
    silent = said(Proof.CARD, datetime(2026, 6, 1, tzinfo=UTC))
    golden = project([card, moved, silent]).golden
    assert (golden.phone, golden.address, golden.ward_code) == ("0987000111", "Số 9", "00001")


def test_silence_neither_revives_nor_changes_the_sex() -> None:
    golden = project([said(deceased_on=date(2025, 1, 1)), said(Proof.CARD, LATE, sex="unknown")]).golden
    assert golden.deceased_on == date(2025, 1, 1)
    assert golden.sex == "female"


def test_nobody_is_made_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        project([])


def test_a_child_once_named_keeps_its_name_whoever_files_it_under_its_mothers_again() -> None:
    filed = said(at=EARLY, name=unnamed_child("Trần Thị Hạnh"), sex="unknown")
    named = said(at=datetime(2021, 1, 1, tzinfo=UTC), name="Lê Minh An")
    again = said(Proof.NUMBER, LATE, name=unnamed_child("Trần Thị Hạnh", 2), sex="male")
    won = project([filed, named, again])
    assert (won.golden.name, won.golden.sex) == ("Lê Minh An", "male")
    assert why_name(won.name, [filed, again]) is Why.NAMED
    assert project([filed, again]).golden.name == again.name
    assert why_name(again, [filed]) is Why.NUMBER
    assert why_name(named, [filed, said(name="Lê Minh Ân")]) is Why.NEWEST


statements = st.builds(
    Statement,
    st.sampled_from(list(Proof)),
    st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["An", "Ân", "Anh"]),
    st.sampled_from([DAY, YEAR, PartialDate(date(1985, 5, 5))]),
    st.sampled_from(["male", "female", "unknown"]),
    st.sampled_from(["", "0912000345", "0987000111"]),
    st.sampled_from(["", "Số 8"]),
)


@given(st.lists(statements, min_size=1, max_size=6), st.randoms())
def test_the_order_of_reading_does_not_matter(told: list[Statement], chance: random.Random) -> None:
    shuffled = told[:]
    chance.shuffle(shuffled)
    assert project(told) == project(shuffled)
    assert project(told).golden == project(shuffled).golden


@given(st.lists(statements, min_size=1, max_size=6))
def test_every_value_was_stated_by_somebody(told: list[Statement]) -> None:
    golden = project(told).golden
    assert golden.name in {one.name for one in told}
    assert golden.birth in {one.birth for one in told}
    assert golden.sex in {one.sex for one in told}


@given(st.lists(statements, min_size=1, max_size=6))
def test_the_winner_of_a_field_says_its_value_and_is_one_of_those_heard(told: list[Statement]) -> None:
    won = project(told)
    for by, value in (
        (won.name, won.golden.name),
        (won.birth, won.golden.birth),
        (won.sex, won.golden.sex),
        (won.phone, won.golden.phone),
    ):
        assert by is None or by in heard(told)
        assert value in ({""} if by is None else {by.name, by.birth, by.sex, by.phone})


def test_why_a_value_stands() -> None:
    card, number, word = said(Proof.CARD), said(Proof.NUMBER, name="Vâng"), said(at=LATE, name="Vạn")
    assert why_by_proof(card, []) is Why.AGREED
    assert why_by_proof(card, [number, word]) is Why.CARD
    assert why_by_proof(number, [word]) is Why.NUMBER
    assert why_by_proof(said(Proof.CARD, LATE), [card]) is Why.NEWEST
    assert why_by_proof(word, [said(name="Ván")]) is Why.NEWEST
    assert (why_newest([]), why_newest([word])) == (Why.AGREED, Why.NEWEST)


def test_why_a_birth_date_stands() -> None:
    year, day, else_where = said(Proof.NUMBER, birth=YEAR), said(birth=DAY), said(birth=PartialDate(date(1985, 5, 5)))
    assert why_birth(project([year, day]), [year]) is Why.FULLER
    assert why_birth(project([year, else_where]), [else_where]) is Why.NUMBER
    assert why_birth(project([day]), []) is Why.AGREED


def test_who_only_repeated_wins_nothing_while_somebody_speaks() -> None:
    spoke, repeated = said(name="An"), said(Proof.REPEATED, LATE, name="Ân", phone="0912000345")
    won = project([spoke, repeated])
    assert (won.name, won.phone) == (spoke, None)
    assert project([repeated]).phone == repeated
