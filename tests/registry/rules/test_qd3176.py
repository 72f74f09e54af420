"""QĐ 3176 as a format: the field list is whole, and what is written reads back exactly."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from registry.rules.invalid import Invalid
from registry.rules.qd3176.documents import read_envelope, read_table, write_envelope, write_table
from registry.rules.qd3176.fields import tables
from registry.rules.qd3176.moments import HANOI, day_text, moment_text, read_moment
from tests.factories.dossiers import FACILITY, make_dossier

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), max_size=40) | st.sampled_from(
    ["<b>&amp;</b>", "]]>", "dòng 1\ndòng 2\r\n\tcuối", "  hai  cách  ", "Nguyễn Văn Đức"]
)


def test_the_list_is_whole() -> None:
    assert sum(len(table.fields) for table in tables().values()) == 444
    assert [field.name for field in tables()["XML1"].fields][-2:] == ["MA_TTDV", "DU_PHONG"]
    longer = tables()["XML2"].field("MUC_HUONG")
    assert longer is not None
    assert (longer.longest_on(date(2026, 6, 30)), longer.longest_on(date(2026, 7, 1))) == (3, 4)
    lent = tables()["XML13"].field("HO_TEN")
    assert lent is not None
    assert (lent.lent, lent.longest) == (True, 255)


@settings(max_examples=60)
@given(st.data())
def test_any_text_reads_back(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(list(tables().values())))
    rows = [
        {field.name: data.draw(WORDS) if at % 5 == 0 else "x" for at, field in enumerate(table.fields)}
        for _ in range(1 if table.single else 2)
    ]
    assert read_table(table.key, write_table(table.key, rows)) == rows


def test_a_file_of_many_dossiers_reads_back() -> None:
    dossiers = [make_dossier(seed) for seed in range(6)]
    content = write_envelope(FACILITY, date(2026, 11, 23), dossiers)
    told = read_envelope(content)
    assert (told.facility, told.made_on) == (FACILITY, "20261123")
    assert list(told.dossiers) == dossiers
    root = etree.fromstring(content)
    assert root.findtext("THONGTINHOSO/SOLUONGHOSO") == "6"
    assert [child.tag for child in root] == ["THONGTINDONVI", "THONGTINHOSO", "CHUKYDONVI"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<!DOCTYPE x><TONG_HOP/>", "table-dtd"),
        (b"<TONG_HOP><MA_LK>", "table-broken"),
        (b"", "table-broken"),
        (b"<KHAC/>", "table-root"),
        (b"<TONG_HOP><STT>1</STT><STT>2</STT></TONG_HOP>", "table-twice"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_table("XML1", content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"GIAMDINHHS", b"KHAC", "envelope-root"),
        (b"<NOIDUNGFILE>", b"<NOIDUNGFILE>*", "base64-broken"),
        (b"<LOAIHOSO>XML2", b"<LOAIHOSO>XML1", "table-root"),
    ],
)
def test_what_is_no_envelope_is_refused(old: bytes, new: bytes, code: str) -> None:
    content = write_envelope(FACILITY, date(2026, 11, 23), [make_dossier(1)])
    with pytest.raises(Invalid) as refused:
        read_envelope(content.replace(old, new))
    assert refused.value.code == code


def test_a_table_takes_no_field_and_no_row_that_it_has_not() -> None:
    with pytest.raises(ValueError, match="no field LA"):
        write_table("XML2", [{"LA": "x"}])
    with pytest.raises(ValueError, match="exactly one row"):
        write_table("XML1", [])


def test_moments() -> None:
    moment = datetime(2026, 11, 23, 7, 5, tzinfo=HANOI)
    assert (moment_text(moment), moment_text(None), day_text(moment.date()), day_text(None)) == (
        "202611230705", "", "20261123", "",
    )  # fmt: skip
    assert read_moment("202611230705") == moment
    with pytest.raises(Invalid):
        read_moment("20261323")
