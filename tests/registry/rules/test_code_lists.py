"""Uploaded code lists: headings people use, and faults that name their line."""

from datetime import date

import pytest

from registry.rules.code_lists import CodeRow, read_code_list


def test_a_list_with_all_columns() -> None:
    text = (
        "\ufeffcode;display;display_en;valid_from;valid_to;only_sex\n"
        'C53.9;"U ác cổ tử cung; không đặc hiệu";Cervix;01/07/2026;;female\n'
        "\n"
        "J06.9;Viêm hô hấp trên;;2026-07-01;31/12/2030;\n"
    )
    read = read_code_list(text)
    assert read.faults == ()
    assert read.rows == (
        CodeRow("C53.9", "U ác cổ tử cung; không đặc hiệu", "Cervix", date(2026, 7, 1), None, {"only_sex": "female"}),
        CodeRow("J06.9", "Viêm hô hấp trên", "", date(2026, 7, 1), date(2030, 12, 31), {}),
    )


@pytest.mark.parametrize("heading", ["Mã\tTên", "MÃ BỆNH,TÊN BỆNH", "code;display"])
def test_headings_in_vietnamese_and_any_separator(heading: str) -> None:
    separator = next(char for char in "\t,;" if char in heading)
    assert read_code_list(f"{heading}\r\nI10{separator}Tăng huyết áp\r\n").rows == (CodeRow("I10", "Tăng huyết áp"),)


def test_a_search_key_finds_by_code_without_dot_and_by_folded_name() -> None:
    key = CodeRow("E11.9", "Đái tháo đường type 2", "Type 2 diabetes").search_key
    assert key == "e119 dai thao duong type 2 type 2 diabetes"


def test_every_fault_names_its_line_and_good_rows_are_still_read() -> None:
    text = (
        "code\tdisplay\tvalid_from\tvalid_to\n"
        "I10\tTăng huyết áp\t\t\n"
        "\tKhông mã\t\t\n"
        "I11\t\t\t\n"
        "I12\tA\t31/02/2026\t\n"
        "I13\tB\t2026\t\n"
        "I14\tC\t01/07/2026\t30/06/2026\n"
        "I10\tTăng huyết áp\t\t\n"
        f"{'X' * 51}\tD\t\t\n"
    )
    read = read_code_list(text)
    assert [row.code for row in read.rows] == ["I10"]
    assert [(fault.line, fault.code) for fault in read.faults] == [
        (3, "code-empty"),
        (4, "display-empty"),
        (5, "date-day"),
        (6, "date-precision"),
        (7, "period-reversed"),
        (8, "code-twice"),
        (9, "code-long"),
    ]
    assert str(read.faults[5]) == "Dòng 8: Mã I10 đã có ở dòng 2."


@pytest.mark.parametrize("text", ["", "ten\nI10\n", "code,name\nI10,A\n"])
def test_a_list_without_the_two_columns_is_not_read(text: str) -> None:
    read = read_code_list(text)
    assert read.rows == ()
    assert [(fault.line, fault.code) for fault in read.faults] == [(1, "heading")]
