"""Telephone numbers in the shapes that forms, spreadsheets and cards give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.invalid import Invalid
from registry.rules.phones import Phone, find_phones, parse_phone
from registry.rules.tables import reference_rows
from tests.registry.rules.outcomes import outcome

PREFIXES = [(row["old_prefix_4digits"], row["new_prefix_3digits"]) for row in reference_rows("phone_prefix_2018")]


@pytest.mark.parametrize(
    "text",
    ["0912000345", "+84912000345", "+84 (0)912 000 345", "0084912000345", "84 912 000 345", "0912.000.345", "912000345",
     "ĐT: 0912-000-345", "０９１２０００３４５", "0912 000 345 máy lẻ 12"],
)  # fmt: skip
def test_one_mobile_number_in_many_shapes(text: str) -> None:
    assert parse_phone(text) == Phone("0912000345", "+84912000345", "mobile")


def test_all_21_prefixes_of_2018_are_there() -> None:
    assert len(PREFIXES) == 21
    assert ("0120", "070") in PREFIXES
    assert ("0169", "039") in PREFIXES
    assert ("0199", "059") in PREFIXES


@given(st.sampled_from(PREFIXES), st.integers(0, 9_999_998), st.sampled_from(["", "+84", "0084", "84"]))
def test_old_mobile_numbers_are_converted(prefix: tuple[str, str], tail: int, country: str) -> None:
    old, new = prefix
    subscriber = f"{tail:07d}"
    if len(set(new[2] + subscriber)) == 1 or len(set(subscriber)) == 1:
        return
    dialled = f"{old}{subscriber}"
    phone = parse_phone(country + dialled[1:] if country else dialled)
    assert (phone.national, phone.kind, phone.converted_from) == (new + subscriber, "mobile", dialled)


@given(st.sampled_from(["03", "05", "07", "08", "09"]), st.integers(10_000_001, 98_765_432))
def test_what_was_parsed_parses_to_itself(start: str, tail: int) -> None:
    phone = outcome(parse_phone, f"{start}{tail:08d}")
    if isinstance(phone, Invalid):
        assert phone.code == "phone-placeholder"
        return
    assert parse_phone(phone.display) == parse_phone(phone.e164) == parse_phone(phone.national) == phone


def test_hanoi_landline() -> None:
    phone = parse_phone("(024) 3826 0345")
    assert (phone.national, phone.kind, phone.display) == ("02438260345", "landline", "024 3826 0345")
    assert parse_phone("04 38260345").national == "02438260345"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "phone-empty"),
        (" - ", "phone-empty"),
        ("không có", "phone-characters"),
        ("0912abc345", "phone-characters"),
        ("+1 202 555 0100", "phone-foreign"),
        ("09120003", "phone-length"),
        ("091200034567", "phone-length"),
        ("0243826034", "phone-length"),
        ("0612345678", "phone-prefix"),
        ("0123456789", "phone-prefix"),
        ("0999999999", "phone-placeholder"),
        ("0000000000", "phone-prefix"),
    ],
)
def test_refusals_say_why(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_phone(text)
    assert (refusal.value.code, refusal.value.field) == (code, "phone")


def test_a_field_with_several_numbers() -> None:
    found = find_phones("0912 000 345; 01691234567 / không nhớ, 0912.000.345")
    assert [phone.national for phone in found] == ["0912000345", "0391234567"]


@given(st.text(max_size=30))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    result = outcome(parse_phone, text)
    assert result.message if isinstance(result, Invalid) else len(result.national) in {10, 11}
