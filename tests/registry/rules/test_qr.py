"""Scanned cards: what is read, what is doubted, what is refused and where."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.invalid import Invalid
from registry.rules.qr import QrError, is_bhyt_qr, is_cccd_qr, parse_bhyt_qr, parse_cccd_qr
from tests.registry.rules.outcomes import outcome

TODAY = date(2026, 11, 22)
CCCD = "001180012345|012345678|NGUYỄN THỊ HOÀ|12051980|Nữ|12 Láng, Đống Đa, Hà Nội|01012022"


def bhyt(**changes: str) -> str:
    """An insurance card's code with some fields changed."""
    fields = {
        "card": "GD4010123456789", "name": "Nguyễn Thị Hoà".encode().hex(), "birth": "12/05/1980", "sex": "2",
        "address": "12 Láng, Hà Nội".encode().hex(), "facility": "01 - 003", "from": "01/01/2024", "to": "-",
        "issued": "31/12/2023", "code": "01010123456789", "parent": "-", "area": "4", "five": "01/02/2029",
        "check": "1a2b3c", "end": "$",
    }  # fmt: skip
    return "|".join((fields | changes).values())


def test_citizen_card() -> None:
    card = parse_cccd_qr(CCCD, TODAY)
    assert (card.cccd.value, card.old_cmnd, card.full_name) == ("001180012345", "012345678", "Nguyễn Thị Hoà")
    assert (card.birth.value, card.sex, card.issued) == (date(1980, 5, 12), "female", date(2022, 1, 1))
    assert card.address == "12 Láng, Đống Đa, Hà Nội"
    assert card.notices == ()
    assert card.extra == ()


def test_newer_cards_carry_more_fields() -> None:
    card = parse_cccd_qr(CCCD.replace("|012345678|", "||") + "|NGUYỄN VĂN CHA|TRẦN THỊ MẸ|\r\n", TODAY)
    assert card.old_cmnd == ""
    assert card.extra == ("NGUYỄN VĂN CHA", "TRẦN THỊ MẸ", "")


def test_citizen_card_doubts() -> None:
    card = parse_cccd_qr("001180012345||LÊ AN|12051981|Nam|Hà Nội|99999999", TODAY)
    assert {notice.code for notice in card.notices} == {"cccd-birth-year", "cccd-sex", "qr-issued"}
    assert card.issued is None


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("001180012345|NGUYỄN THỊ HOÀ", "qr-format", "qr"),
        (CCCD.replace("001180012345", "01180012345"), "qr-number", "cccd"),
        (CCCD.replace("001180012345", "999180012345"), "qr-number", "cccd"),
        (CCCD.replace("NGUYỄN THỊ HOÀ", "<script>"), "qr-name", "full_name"),
        (CCCD.replace("12051980", "30021980"), "qr-birth", "birth_date"),
        (CCCD.replace("12051980", "12052030"), "qr-birth", "birth_date"),
    ],
)
def test_citizen_card_refusals(text: str, code: str, field: str) -> None:
    with pytest.raises(QrError) as refusal:
        parse_cccd_qr(text, TODAY)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert "Mã QR" in refusal.value.message


def test_insurance_card() -> None:
    card = parse_bhyt_qr(bhyt(), TODAY)
    assert (card.card.value, card.full_name, card.address) == ("GD4010123456789", "Nguyễn Thị Hoà", "12 Láng, Hà Nội")
    assert (card.birth.value, card.sex, card.facility_code) == (date(1980, 5, 12), "female", "01003")
    assert (card.valid_from, card.valid_to, card.issued) == (date(2024, 1, 1), None, date(2023, 12, 31))
    assert (card.five_years_on, card.area, card.parent, card.notices) == (date(2029, 2, 1), "4", "", ())


def test_insurance_card_of_2021_and_year_of_birth_only() -> None:
    card = parse_bhyt_qr(bhyt(card="0123456789", birth="1951", facility="?"), TODAY)
    assert (card.card.social_number, card.birth.precision, card.facility_code) == ("0123456789", "year", "")


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (bhyt()[:-1], "qr-format", "qr"),
        ("GD4010123456789|$", "qr-format", "qr"),
        (bhyt(card="GD40101"), "qr-number", "bhyt"),
        (bhyt(name="4e677579e1bb8"), "qr-hex", "full_name"),
        (bhyt(name="ff41"), "qr-hex", "full_name"),
        (bhyt(name=b"1234".hex()), "qr-name", "full_name"),
        (bhyt(birth="31/04/1980"), "qr-birth", "birth_date"),
    ],
)
def test_insurance_card_refusals(text: str, code: str, field: str) -> None:
    with pytest.raises(QrError) as refusal:
        parse_bhyt_qr(text, TODAY)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_the_two_cards_are_told_apart() -> None:
    assert is_cccd_qr(CCCD)
    assert not is_bhyt_qr(CCCD)
    assert is_bhyt_qr(bhyt())
    assert not is_cccd_qr(bhyt())
    assert not is_cccd_qr("Nguyễn Văn An")
    assert not is_bhyt_qr("100$")


@given(st.lists(st.text(max_size=12), max_size=16).map("|".join), st.sampled_from(["", "$", "|$"]))
def test_any_scan_is_read_or_refused(text: str, end: str) -> None:
    for parse in (parse_cccd_qr, parse_bhyt_qr):
        result = outcome(parse, text + end, TODAY)
        assert result.message if isinstance(result, Invalid) else result.full_name
