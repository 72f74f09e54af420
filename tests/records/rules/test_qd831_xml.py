"""QĐ 831's XML: what is written is what is read, and a broken file says so."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from records.rules.qd831.form import Examination, General, HealthRecord, Message, Relative
from records.rules.qd831.xml import FormUnreadable, read, write

TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
).map(str.strip)


def groups(kind: type) -> st.SearchStrategy[Any]:
    """Any filled form."""
    told: dict[str, st.SearchStrategy[Any]] = {}
    for one in fields(kind):
        if "tag" in one.metadata:
            told[one.name] = TEXT
        elif "part" in one.metadata:
            told[one.name] = groups(one.default_factory)  # type: ignore[arg-type]
        else:
            told[one.name] = st.lists(groups(one.metadata["kind"]), max_size=2).map(tuple)
    return st.builds(kind, **told)


def tags(kind: type) -> int:
    """How many values a form of one item each holds."""
    found = 0
    for one in fields(kind):
        inner = one.metadata.get("kind") or (one.default_factory if "part" in one.metadata else None)
        found += tags(inner) if is_dataclass(inner) else 1  # type: ignore[arg-type]
    return found


def test_the_form_has_every_field_of_the_exchange_format() -> None:
    assert tags(Message) == 163


@settings(max_examples=25, deadline=None)
@given(groups(Message))
def test_what_is_written_is_what_is_read(message: Message) -> None:
    again = read(write(message))
    assert again.message == message
    assert again.unknown == ()


def test_every_tag_is_written_even_when_it_is_empty_and_in_its_order() -> None:
    root = etree.fromstring(write(Message()))
    assert [child.tag for child in root] == ["HEADER", "BODY", "SECURITY"]
    general = root.find("BODY/HOSOSUCKHOE/THONGTINCHUNG")
    assert general is not None
    assert [child.tag for child in general][:7] == [
        "MADINHDANH", "VNEID", "MABHXH", "MATHE", "MAHO_GIADINH", "MA_NHANKHAU", "HOTEN",
    ]  # fmt: skip
    assert root.find("BODY/HOSOSUCKHOE/DANHSACHHOSOKHAMCHUABENH") is not None


def test_what_the_form_does_not_know_is_told() -> None:
    message = Message(record=HealthRecord(general=General(name="Đỗ Thị Ấm", relatives=(Relative(name="Đỗ Văn Ân"),))))
    content = write(message).replace(b"<HOTEN>", b"<BIDANH>x</BIDANH><HOTEN>", 1)
    found = read(content)
    assert found.message == message
    assert found.unknown == ("DATA/BODY/HOSOSUCKHOE/THONGTINCHUNG/BIDANH",)


def test_cdata_and_a_byte_order_mark_are_read() -> None:
    content = write(Message(record=HealthRecord(examinations=(Examination(advice="X"),))))
    content = b"\xef\xbb\xbf" + content.replace(
        b"<TUVAN>X<", b"<TUVAN><![CDATA[B\xe1\xbb\x9bt mu\xe1\xbb\x91i <5 g]]><"
    )
    assert read(content).message.record.examinations[0].advice == "Bớt muối <5 g"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "broken", "XML"),
        (b"Ho va ten;ngay sinh", "broken", "XML"),
        (b"<DATA><BODY><HOSOSUCKHOE>", "broken", "Dòng 1"),
        (b"<GIAMDINHHS/>", "root", "GIAMDINHHS"),
        (b"<DATA><HEADER/></DATA>", "no-record", "HOSOSUCKHOE"),
        (b'<!DOCTYPE DATA [<!ENTITY a "b">]><DATA><BODY><HOSOSUCKHOE/></BODY></DATA>', "dtd", "DTD"),
        (b"<DATA><BODY><HOSOSUCKHOE/></BODY><HEADER/><HEADER/></DATA>", "twice", "HEADER"),
        (b" " * (20 * 1024 * 1024 + 1), "too-big", "20 MB"),
    ],
)
def test_a_file_that_is_no_form_says_why(content: bytes, code: str, words: str) -> None:
    with pytest.raises(FormUnreadable) as refused:
        read(content)
    assert refused.value.code == code
    assert words in refused.value.message
