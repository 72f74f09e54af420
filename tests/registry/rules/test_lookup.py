"""The one search box: what a text is taken for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.lookup import QueryKind, classify_query

TODAY = date(2026, 11, 22)
CCCD = "001180012345||NGUYỄN THỊ HOÀ|12051980|Nữ|Hà Nội|01012022"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("", "empty", ""),
        ("001 180 012 345", "cccd", "001180012345"),
        ("012345678", "cmnd", "012345678"),
        ("gd 4 01 0123456789", "bhyt", "GD4010123456789"),
        ("0912 000 345", "phone", "0912000345"),
        ("+84912000345", "phone", "0912000345"),
        ("0169 123 4567", "phone", "0391234567"),
        ("0345", "phone-tail", "0345"),
        ("0123456789", "bhyt", "0123456789"),
        (CCCD, "qr-cccd", "001180012345"),
        ("1", "unknown", "1"),
        ("12345678901234567890", "unknown", "12345678901234567890"),
        ("...", "unknown", ""),
    ],
)
def test_numbers_and_scans(text: str, kind: str, value: str) -> None:
    query = classify_query(text, TODAY)
    assert (query.kind, query.value) == (kind, value)


@pytest.mark.parametrize(
    ("text", "folded", "birth"),
    [
        ("Nguyễn Thị Hoà", "nguyen thi hoa", ""),
        ("hoa nguyen 1980", "hoa nguyen", "1980"),
        ("1980 hoa nguyen", "hoa nguyen", "1980"),
        ("12/05/1980, Hoà", "hoa", "12/05/1980"),
        ("Hoà 12051980", "hoa", "12/05/1980"),
        ("Hoà 19800512", "hoa", "12/05/1980"),
        ("hoa 5/1980", "hoa", "05/1980"),
        ("hoa 31/02/1980", "hoa 31 02 1980", ""),
        ("hoa 58", "hoa", "1958"),
        ("hoa 12/3/58", "hoa", "12/03/1958"),
        ("hoa 120358", "hoa", "12/03/1958"),
        ("hoa 12031958", "hoa", "12/03/1958"),
        ("hoa 031958", "hoa", "03/1958"),
        ("hoa 15", "hoa", "2015"),
        ("<script>", "script", ""),
    ],
)
def test_names_with_and_without_a_birth_date(text: str, folded: str, birth: str) -> None:
    query = classify_query(text, TODAY)
    assert query.kind is (QueryKind.NAME_BIRTH if birth else QueryKind.NAME)
    assert (query.folded, query.birth.display if query.birth else "") == (folded, birth)


def test_other_readings_of_the_same_digits_are_kept() -> None:
    assert classify_query("0912000345", TODAY).also == (
        (QueryKind.BHYT, "0912000345"), (QueryKind.CODE, "0912000345"),
    )  # fmt: skip
    assert (QueryKind.CCCD, "001180012345") in classify_query("1180012345", TODAY).also
    assert (QueryKind.PHONE, "0912000345") in classify_query("912000345", TODAY).also


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("lan 1958", [("1958", ""), ("", "1958")]),
        ("lan 0345", [("", "0345")]),
        ("lan 2030", [("", "2030")]),
        ("lan 15", [("2015", ""), ("1915", "")]),
        ("lan 120358", [("12/03/1958", ""), ("", "120358")]),
        ("lan 1958 0345", [("1958", "0345")]),
        ("0345 lan 12/3/58", [("12/03/1958", "0345")]),
        ("lan 9", [("", "")]),
    ],
)
def test_digits_beside_a_name_have_every_meaning_they_may_have(text: str, readings: list[tuple[str, str]]) -> None:
    query = classify_query(text, TODAY)
    told = [(one.birth.display if one.birth else "", one.tail) for one in (query, *query.others)]
    assert told == readings


def test_a_birth_date_alone_and_numbers_of_facilities() -> None:
    assert classify_query("12/03/1958", TODAY).kind is QueryKind.BIRTH
    assert (QueryKind.BIRTH, "1958-03-12") in classify_query("12031958", TODAY).also
    assert classify_query("BN-000 123", TODAY).also == ((QueryKind.CODE, "BN000123"),)


def test_a_broken_scan_says_what_is_wrong() -> None:
    query = classify_query(CCCD.replace("001180012345", "00118001234"), TODAY)
    assert query.kind is QueryKind.QR_CCCD
    assert "12 chữ số" in query.problem
    assert "không tồn tại" in classify_query("999180012345", TODAY).problem


@given(st.text(max_size=60))
def test_never_raises(text: str) -> None:
    query = classify_query(text, TODAY)
    assert query.kind in QueryKind
    assert query.kind is not QueryKind.NAME or query.folded
