"""A laboratory's file: what is read, and why a line or the whole file is not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules.result_file import MAX_BYTES, MOST_LINES, Line, UnreadableFileError, read_lines


def test_a_file_of_either_separator_and_date() -> None:
    plain = "barcode,value,sampled_on,resulted_on\nFIT-1,57.5,2026-11-20,23/11/2026\n\nFIT-2,,,\n,3,,\n"
    first, second, third = read_lines(plain.encode())
    assert first == Line(2, "FIT-1", "57.5", date(2026, 11, 20), date(2026, 11, 23))
    assert (second.number, str(second.fault)) == (4, "Thiếu kết quả.")
    assert (third.number, str(third.fault)) == (5, "Thiếu mã vạch.")
    (only,) = read_lines("\ufeffMã vạch;Kết quả;Ngày kết quả\nHPV-1;Âm tính;\n".encode())
    assert (only.barcode, only.result, only.resulted_on) == ("HPV-1", "Âm tính", None)


def test_a_day_nobody_can_read_is_named() -> None:
    (line,) = read_lines(b"barcode,code,sampled_on\nA-1,negative,31/02/2026\n")
    assert "31/02/2026" in str(line.fault)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"a,b\n1,2\n",
        b"barcode,sampled_on\nA,2026-01-01\n",
        b"\xff\xfe\x00",
        b"x" * (MAX_BYTES + 1),
        b"barcode,value\n" + b"A-1,3\n" * (MOST_LINES + 1),
        b'barcode,value\n"A-1,3\n' + b"\x00",
    ],
)
def test_what_is_no_file_of_results_is_refused_whole(content: bytes) -> None:
    with pytest.raises(UnreadableFileError) as error:
        read_lines(content)
    assert str(error.value.message)


@given(content=st.binary(max_size=300))
def test_bytes_are_read_or_refused_and_never_break(content: bytes) -> None:
    for start in (b"", b"barcode,value\n"):
        try:
            lines = read_lines(start + content)
        except UnreadableFileError:
            continue
        assert all(line.fault or (line.barcode and line.result) for line in lines)
