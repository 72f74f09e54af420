"""What a row of a gathered list says of itself is used before the row is refused; nothing is invented."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.rules.forgiving import forgive, usual_date
from migration.rules.patients import PersonRow, read_person
from registry.rules.wards import current_ward

TODAY = date(2026, 11, 23)
ROW = {"HO_TEN": "Nguyễn Thị Hoà", "NGAY_SINH": "12/03/1972", "GIOI_TINH": "2", "SO_CCCD": "001172000345"}


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("12/03/1972", "12/03/1972"),
        ("12-3-1972", "12/03/1972"),
        ("12.03.1972 00:00", "12/03/1972"),
        ("1972-03-12", "12/03/1972"),
        ("1972-03-12 00:00:00", "12/03/1972"),
        ("1972/03/12", "12/03/1972"),
        ("19720312", "12/03/1972"),
        ("12031972", "12/03/1972"),
        ("197203120000", "12/03/1972"),
        ("120372", "12/03/1972"),
        ("12/3/72", "12/03/1972"),
        ("12/3/15", "12/03/2015"),
        ("25/03/1972", "25/03/1972"),
        ("03/25/1972", "25/03/1972"),
        ("ngày 12 tháng 3 năm 1972", "12/03/1972"),
        ("12 thg 3, 1972", "12/03/1972"),
        ("12-Mar-1972", "12/03/1972"),
        ("Mar 12, 1972", "12/03/1972"),
        ("26370", "12/03/1972"),
        ("26370.0", "12/03/1972"),
        ("1972", "1972"),
        ("1972.0", "1972"),
        ("năm 1972", "1972"),
        ("sn 1972", "1972"),
        ("tháng 3/1972", "03/1972"),
        ("3/1972", "03/1972"),
        ("00/00/1972", "1972"),
        ("01/01/1972", "1972"),
        ("19720000", "1972"),
    ],
)
def test_dates_as_lists_write_them(text: str, means: str) -> None:
    found = usual_date(text, TODAY)
    assert found is not None
    assert found.display == means


@pytest.mark.parametrize("text", ["", "  ", "không rõ", "45/13/1972", "12/03/2031", "72", "1/1", "31/02/1972"])
def test_what_is_no_date(text: str) -> None:
    assert usual_date(text, TODAY) is None


def test_the_vendors_order_is_asked_where_both_can_be() -> None:
    assert [usual_date("03/12/1972", TODAY, order).display for order in ("dmy", "mdy")] == ["03/12/1972", "12/03/1972"]  # type: ignore[union-attr]


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    found = usual_date(text, TODAY)
    assert found is None or found.value <= TODAY


@pytest.mark.parametrize(
    ("changes", "became", "notices"),
    [
        ({}, {}, []),
        ({"GIOI_TINH": "Nữ"}, {}, []),
        ({"SO_CCCD": "1172000345"}, {"SO_CCCD": "001172000345"}, ["cccd-zero-restored"]),
        ({"SO_CCCD": "1172000345", "GIOI_TINH": "1"}, {"SO_CCCD": "", "GIOI_TINH": "1"}, ["cccd-unreadable"]),
        ({"SO_CCCD": "00117200034512"}, {"SO_CCCD": ""}, ["cccd-unreadable"]),
        ({"SO_CCCD": "999172000345"}, {"SO_CCCD": ""}, ["cccd-unreadable"]),
        ({"SO_CCCD": "012345678"}, {"SO_CCCD": "012345678"}, []),
        ({"SO_CCCD": "B1234567"}, {"SO_CCCD": "B1234567"}, []),
        ({"NGAY_SINH": ""}, {"NGAY_SINH": "1972"}, ["birth-from-cccd"]),
        ({"GIOI_TINH": ""}, {"GIOI_TINH": "2"}, ["sex-from-cccd"]),
        ({"GIOI_TINH": "?", "SO_CCCD": ""}, {"GIOI_TINH": "3", "SO_CCCD": ""}, ["sex-missing"]),
        ({"GIOI_TINH": "3", "SO_CCCD": ""}, {"GIOI_TINH": "3", "SO_CCCD": ""}, []),
    ],
)
def test_what_a_row_says_of_itself(changes: dict[str, str], became: dict[str, str], notices: list[str]) -> None:
    told, doubts = forgive(ROW | changes, TODAY, "dmy")
    assert told == ROW | became
    assert doubts == notices


def test_a_row_without_a_number_or_a_birth_date_is_still_refused() -> None:
    faults = read_person(ROW | {"NGAY_SINH": "", "SO_CCCD": ""}, today=TODAY, facility_code="01T01", lenient=True)
    assert isinstance(faults, list)
    assert [(one.code, one.field) for one in faults] == [("date-empty", "NGAY_SINH")]
    strict = read_person(ROW | {"SO_CCCD": "1172000345"}, today=TODAY, facility_code="01T01")
    assert isinstance(strict, list)
    lenient = read_person(ROW | {"SO_CCCD": "1172000345"}, today=TODAY, facility_code="01T01", lenient=True)
    assert isinstance(lenient, PersonRow)
    assert lenient.notices == ("cccd-zero-restored",)


def test_old_wards_are_read_as_todays_where_only_one_took_their_people_over() -> None:
    assert current_ward("00166") == "00166"
    assert current_ward("") == ""
    assert current_ward("99999") == "99999"
    known = {current_ward(code) for code in ("00004", "00007", "00016")}
    assert all(len(code) in (0, 5) for code in known)
