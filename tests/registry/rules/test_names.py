"""Names: parts, order in lists, case, and what cannot be a name."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.invalid import Invalid
from registry.rules.names import (
    NameParts,
    is_plausible_name,
    name_problem,
    parse_name,
    proper_case_name,
    sort_key,
    split_name,
)

IN_ORDER = [
    "Bùi Thị Ái",
    "Nguyễn Văn An",
    "Trần Văn An",
    "Lê Văn Ánh",
    "Lê Văn Ba",
    "Phạm Thị Cúc",
    "Đào Duy Dũng",
    "Lê Thị Duyên",
    "An Thị Đào",
    "An Thị Đức",
    "Lê Hai",
    "Lê Thị Hoa",
    "Lê Thị Hoà",
    "Lê Thị Hỏa",
    "Lê Thị Hõa",
    "Lê Thị Hóa",
    "Lê Thị Họa",
    "Đỗ Văn Hoàng",
    "Lê Thị Hồng",
    "Lê Văn Hơn",
    "Lê Văn Tu",
    "Lê Văn Từ",
    "Lê Văn Vy",
    "Đỗ Như Ý",
]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("Ăn", "Ân"),  # a < ă < â
        ("An", "Ăn"),
        ("Az", "Ăn"),
        ("Dũng", "Đan"),
        ("Em", "Êm"),
        ("On", "Ôn"),
        ("Ôn", "Ơn"),
        ("Un", "Ưng"),
        ("Ma", "Mà"),
        ("Mà", "Mả"),
        ("Mả", "Mã"),
        ("Mã", "Má"),
        ("Má", "Mạ"),
        ("Mạ", "Mai"),  # letters count before tones
        ("Lê An", "Lê Văn An"),
        ("Lê Thị An", "Lê Thị Bích An"),
        ("Lê Văn An", "Lê Vần An"),
        ("Đỗ Văn An", "Hà Văn An"),
        ("Dương Văn An", "Đặng Văn An"),
    ],
)
def test_order_of_two_names(low: str, high: str) -> None:
    assert sort_key(low) < sort_key(high)


def test_a_list_sorts_by_given_name_then_family() -> None:
    shuffled = IN_ORDER[:]
    random.Random(7).shuffle(shuffled)
    assert sorted(shuffled, key=lambda name: sort_key(name).encode("ascii")) == IN_ORDER


def test_two_spellings_and_cases_of_a_name_share_a_key() -> None:
    assert sort_key("LÊ THỊ HOÀ") == sort_key("Lê Thị Hòa") == sort_key("lê  thị\u00a0hòa")


@given(st.text(max_size=50))
def test_sort_key_is_printable_ascii_without_quotes_or_backslash(text: str) -> None:
    key = sort_key(text)
    assert key.isascii()
    assert not set(key) & set("\\'\"\t\n\x00")


def test_parts() -> None:
    assert split_name("Nguyễn Thị Thanh Huyền") == NameParts("Nguyễn", "Thị Thanh", "Huyền")
    assert split_name("Lê Lợi") == NameParts("Lê", "", "Lợi")
    assert split_name("Sen") == NameParts("", "", "Sen")
    assert split_name("") == NameParts("", "", "")


@pytest.mark.parametrize("text", ["NGUYỄN VĂN ĐỨC", "nguyễn văn đức", "NGUYễN VăN đứC", "Nguyễn  Văn Ðức"])
def test_case_is_restored(text: str) -> None:
    assert proper_case_name(text) == "Nguyễn Văn Đức"


def test_case_of_names_with_marks() -> None:
    assert proper_case_name("H'HEN NIÊ Y-MOAN") == "H'Hen Niê Y-Moan"


@pytest.mark.parametrize(
    "text", ["Nguyễn Văn An", "H'Hen Niê", "Trần Thị B.", "Nguyễn Thị Hoà", "Sen", "Công Tằng Tôn-Nữ"]
)
def test_names_pass(text: str) -> None:
    assert is_plausible_name(text)
    assert parse_name(f" {text} ") == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name-empty"),
        ("  ...", "name-empty"),
        ("<script>alert(1)</script>", "name-markup"),
        ("Nguyễn & Trần", "name-markup"),
        ("{{ 7 }}An", "name-markup"),
        ("Nguyễn Văn A2", "name-digits"),
        ("Nguyễn @An", "name-characters"),
        ("An 😀", "name-characters"),
        ("A" * 256, "name-long"),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(text: str, code: str) -> None:
    problem = name_problem(text)
    assert problem is not None
    assert (problem.code, problem.field) == (code, "full_name")
    assert problem.message.startswith("Họ tên")
    with pytest.raises(Invalid, match=code):
        parse_name(text)
