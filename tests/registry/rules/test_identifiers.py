"""Identity numbers: what is refused, what is only doubted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.dates import PartialDate
from registry.rules.identifiers import PROVINCES, parse_bhyt, parse_cccd, parse_cmnd, parse_passport
from registry.rules.invalid import Invalid
from tests.registry.rules.outcomes import outcome


def test_the_63_provinces_of_birth_registration() -> None:
    assert len(PROVINCES) == 63
    assert (PROVINCES["001"], PROVINCES["079"], PROVINCES["096"]) == ("Hà Nội", "Hồ Chí Minh", "Cà Mau")
    assert not {"000", "003", "097"} & PROVINCES.keys()


@given(st.sampled_from(sorted(PROVINCES)), st.integers(0, 3), st.integers(0, 99), st.integers(0, 999_999))
def test_digits_tell_province_sex_and_year(province: str, century: int, year: int, serial: int) -> None:
    number = f"{province}{century}{year:02d}{serial:06d}"
    parsed = parse_cccd(f" {number[:3]} {number[3:6]}.{number[6:]} ")
    assert (parsed.value, parsed.province) == (number, province)
    assert parsed.birth_year == (1900 if century < 2 else 2000) + year
    assert parsed.sex == ("male" if century % 2 == 0 else "female")
    assert parsed.notices == ()
    assert parse_cccd(parsed.display) == parsed


def test_a_mismatch_is_a_notice_and_never_a_refusal() -> None:
    parsed = parse_cccd("001180012345", PartialDate(date(1981, 1, 1), "year"), "male")
    assert [notice.code for notice in parsed.notices] == ["cccd-birth-year", "cccd-sex"]
    assert parse_cccd("001180012345", date(1980, 5, 1), "female").notices == ()
    assert parse_cccd("001180012345", None, "unknown").notices == ()
    assert [notice.code for notice in parse_cccd("001480012345").notices] == ["cccd-century"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "cccd-empty"),
        ("00118001234A", "cccd-characters"),
        ("00118001234²³", "cccd-length"),  # superscripts are made plain, then counted
        ("٠٠١١٨٠٠١٢٣٤٥", "cccd-characters"),
        ("1180012345", "cccd-needs-review"),
        ("118001234", "cccd-needs-review"),
        ("11800123456", "cccd-needs-review"),
        ("12345678", "cccd-length"),
        ("0011800123456", "cccd-length"),
        ("003180012345", "cccd-province"),
        ("999180012345", "cccd-province"),
    ],
)
def test_cccd_refusals(value: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_cccd(value)
    assert (refusal.value.code, refusal.value.field) == (code, "cccd")


def test_the_review_message_names_both_causes() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_cccd("118001234")
    assert "mất số 0 ở đầu hoặc là số CMND cũ" in refusal.value.message
    assert "118001234" not in str(refusal.value)  # exceptions reach logs, and logs carry no numbers of people


def test_cmnd() -> None:
    assert parse_cmnd("012 345 678") == "012345678"
    for value, code in {"": "cmnd-empty", "01234567A": "cmnd-characters", "01234567": "cmnd-length"}.items():
        with pytest.raises(Invalid) as refusal:
            parse_cmnd(value)
        assert refusal.value.code == code


def test_bhyt_card() -> None:
    card = parse_bhyt("gd 4 01 0123456789")
    assert (card.value, card.group, card.benefit, card.province) == ("GD4010123456789", "GD", "4", "01")
    assert (card.social_number, card.display, card.notices) == ("0123456789", "GD 4 01 0123456789", ())
    assert parse_bhyt("0123456789").social_number == "0123456789"
    assert parse_bhyt("TE1010000000123").is_newborn_temporary
    assert not card.is_newborn_temporary


def test_bhyt_doubts_and_refusals() -> None:
    assert [notice.code for notice in parse_bhyt("GD9030123456789").notices] == ["bhyt-benefit", "bhyt-province"]
    for value in ("GD401012345678", "G14010123456789", "GD40101234567890", "GD4O10123456789", "12345"):
        with pytest.raises(Invalid) as refusal:
            parse_bhyt(value)
        assert refusal.value.code == "bhyt-format"
    with pytest.raises(Invalid, match="bhyt-empty"):
        parse_bhyt(" ")


def test_passport() -> None:
    assert parse_passport("b 1234567") == "B1234567"
    for value in ("", "ABCDEFG", "B12", "B1234567890123"):
        with pytest.raises(Invalid, match="passport-format"):
            parse_passport(value)


@given(st.text(max_size=20))
def test_any_text_is_parsed_or_refused(value: str) -> None:
    for parse in (parse_cccd, parse_cmnd, parse_bhyt, parse_passport):
        result = outcome(parse, value)
        assert result
        assert not isinstance(result, Invalid) or all((result.code, result.message, result.field))
