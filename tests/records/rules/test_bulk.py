"""Whom a statement of another system is linked to without asking, whom people are asked about, and who is somebody new."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from records.rules.bulk import Finder, Target, either_way, spoken
from records.rules.person import StatedIdentifier, StatedPerson
from registry.rules.dates import PartialDate

HOA = StatedPerson(
    "Nguyễn Thị Hoà", PartialDate(date(1972, 3, 12)), "female", "0912000345", "Số 5 ngõ 46 Kim Liên", "00229",
    identifiers=(
        StatedIdentifier("cccd", "001172000345", "001172000345"), StatedIdentifier("bhyt", "0120456789", "0120456789"),
    ),
)  # fmt: skip
BARE = replace(HOA, identifiers=(), phone="", address="", ward_code="")
SOMEBODY = uuid.UUID(int=1)


def decide(stated: StatedPerson, *others: StatedPerson) -> str:
    """auto, review or new, with these people on file."""
    finder = Finder([Target.of_person(uuid.UUID(int=at), one) for at, one in enumerate(others, start=1)])
    choice = finder.find(stated)
    if choice.target:
        assert choice.weight is not None
        assert choice.model
        return "auto"
    return "review" if choice.alike else "new"


def born(day: int, month: int, year: int, precision: Any = "day") -> PartialDate:
    return PartialDate(date(year, month, day), precision)


CASES: dict[str, tuple[StatedPerson, str]] = {
    "the same words": (HOA, "auto"),
    "without numbers, with the telephone": (replace(HOA, identifiers=(), ward_code="", address=""), "auto"),
    "day and month exchanged, the same number": (replace(HOA, birth=born(3, 12, 1972)), "auto"),
    "the year alone, with telephone and ward": (replace(HOA, identifiers=(), birth=born(1, 1, 1972, "year")), "auto"),
    "the family name last": (replace(HOA, name="Thị Hoà Nguyễn"), "auto"),
    "a sex mistyped, all the rest the same": (replace(HOA, sex="male"), "auto"),
    "only the name and the birth date": (BARE, "review"),
    "the number with another name and birth date": (
        replace(HOA, name="Trần Minh An", birth=born(1, 1, 2020), sex="male", identifiers=HOA.identifiers[:1]), "review",
    ),
    "a twin": (replace(HOA, name="Nguyễn Thị Hoa", identifiers=()), "review"),
    "slips in name and date without the citizen's number": (
        replace(HOA, name="Nguyễn Thị Hoàn", birth=born(13, 3, 1972), identifiers=()), "review",
    ),
    "another generation": (replace(BARE, birth=born(12, 3, 1940), ward_code="00229"), "new"),
    "somebody else": (replace(BARE, name="Lê Văn Tám", birth=born(2, 9, 1960), sex="male"), "new"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_who_a_statement_belongs_to(case: str) -> None:
    stated, became = CASES[case]
    assert decide(stated, HOA) == became


def test_two_people_on_file_leave_the_choice_to_people() -> None:
    assert decide(replace(HOA, identifiers=()), HOA, replace(HOA, identifiers=())) == "review"


def test_a_queue_number_one_digit_apart_says_nothing() -> None:
    def numbered(key: str) -> StatedPerson:
        return replace(BARE, identifiers=(StatedIdentifier("facility", key, f"01T01:{key}"),))

    assert decide(numbered("BN000124"), numbered("BN000123")) == "review"


def test_an_old_ward_meets_the_one_it_went_into() -> None:
    assert decide(replace(HOA, identifiers=(), phone=""), replace(HOA, identifiers=(), phone="")) == "auto"


def test_words_and_days_as_look_ups_want_them() -> None:
    said = spoken("Nguyễn Thị Hoà")
    assert (said.bag, said.givens) == ("hoa nguyen thi", ("hoa", "nguyen"))
    assert said.orders == ("nguyen thi hoa", "thi hoa nguyen", "hoa nguyen thi")
    assert spoken("Hoà").givens == ("hoa",)
    assert either_way(date(1972, 3, 12)) == (date(1972, 3, 12), date(1972, 12, 3))
    assert either_way(date(1972, 3, 25)) == (date(1972, 3, 25),)
    assert either_way(date(1972, 3, 3)) == (date(1972, 3, 3),)
