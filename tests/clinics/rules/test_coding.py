"""Rules of coding: each kind refuses whom it should and nobody else."""

from __future__ import annotations

from datetime import date

import pytest

from clinics.rules.coding import CodingRule, CodingRuleKind, Whom, broken_rules, read_whom
from clinics.rules.diagnoses import Coded, check_coded
from registry.rules.dates import PartialDate, age_on
from registry.rules.invalid import Invalid

TODAY = date(2026, 11, 23)
WOMAN = Whom("female", age_on(date(1990, 1, 1), TODAY))
GIRL = Whom("female", age_on(date(2020, 1, 1), TODAY))
MAN = Whom("male", age_on(date(1960, 1, 1), TODAY))
NEWBORN = Whom("male", age_on(date(2026, 11, 10), TODAY))
BY_YEAR = Whom("female", age_on(PartialDate(date(2026, 1, 1), "year"), TODAY))

PREGNANT = CodingRule(CodingRuleKind.SEX, "O00", "O99", sex="female")
CHILDBED = CodingRule(CodingRuleKind.AGE, "O00", "O99", from_age="P9Y", to_age="P65Y")
TETANUS = CodingRule(CodingRuleKind.AGE, "A33", "A33", to_age="P28D")
CAUSES = CodingRule(CodingRuleKind.NOT_MAIN, "V01", "Y98")
UNUSED = CodingRule(CodingRuleKind.NOT_USED, "U00", "U00.9")


@pytest.mark.parametrize(
    ("rule", "code", "whom", "broken"),
    [
        (PREGNANT, "O24.9", MAN, "diagnosis-sex"),
        (PREGNANT, "O24.9", WOMAN, ""),
        (PREGNANT, "O24.9", Whom("unknown"), ""),
        (PREGNANT, "N40", MAN, ""),
        (CHILDBED, "O24.9", GIRL, "diagnosis-age"),
        (CHILDBED, "O24.9", WOMAN, ""),
        (CHILDBED, "O24.9", Whom("female"), ""),
        (TETANUS, "A33", NEWBORN, ""),
        (TETANUS, "A33", GIRL, "diagnosis-age"),
        (TETANUS, "A33", BY_YEAR, ""),  # days are not counted from a year
        (TETANUS, "A35", GIRL, ""),
        (CAUSES, "W19", WOMAN, "diagnosis-not-main"),
        (UNUSED, "U00.3", WOMAN, "diagnosis-forbidden"),
        (UNUSED, "U01", WOMAN, ""),
    ],
)
def test_each_rule_breaks_for_whom_it_should(rule: CodingRule, code: str, whom: Whom, broken: str) -> None:
    found = broken_rules([rule], code, whom, main=True)
    assert [one.code for one in found] == ([broken] if broken else [])


def test_a_code_that_never_stands_first_may_stand_second() -> None:
    assert broken_rules([CAUSES], "W19", WOMAN, main=False) == []


def test_words_say_code_bound_and_age() -> None:
    (young,) = broken_rules([CHILDBED], "O24.9", GIRL, main=True)
    assert young.message == "Mã O24.9 chỉ dùng từ 9 tuổi trở lên; người bệnh 6 tuổi."
    (old,) = broken_rules([TETANUS], "A33", GIRL, main=True)
    assert old.message == "Mã A33 chỉ dùng cho người dưới 28 ngày; người bệnh 6 tuổi."


def test_only_a_verified_rule_refuses() -> None:
    (unverified,) = broken_rules([PREGNANT], "O24.9", MAN, main=True)
    assert not unverified.refuses


@pytest.mark.parametrize("whom", [WOMAN, NEWBORN, Whom("female"), Whom("")])
def test_whom_travels_in_a_form(whom: Whom) -> None:
    assert read_whom(whom.as_text) == whom


@pytest.mark.parametrize("text", ["", "robot", "female x y z 1", "female 1 2 3"])
def test_what_is_nobody_is_nobody_in_particular(text: str) -> None:
    assert read_whom(text).age is None


@pytest.mark.parametrize(
    ("properties", "whom", "refused"),
    [
        ({"from_age": "P15Y"}, GIRL, True),
        ({"from_age": "P15Y"}, WOMAN, False),
        ({"to_age": "p28d"}, GIRL, True),
        ({"to_age": "P28D"}, NEWBORN, False),
        ({"to_age": "soon"}, GIRL, False),
    ],
)
def test_ages_of_the_list_itself_refuse(properties: dict[str, str], whom: Whom, refused: bool) -> None:
    coded = Coded("X00", "Tên", properties)
    if not refused:
        check_coded(coded, sex=whom.sex, field="main", age=whom.age)
        return
    with pytest.raises(Invalid, match="diagnosis-age") as fault:
        check_coded(coded, sex=whom.sex, field="main", age=whom.age)
    assert fault.value.field == "main"
