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


SAID = Message(record=HealthRecord(general=General(name="Đỗ Thị Ấm")))


def in_encoding(codec: str, declared: str, message: Message = SAID) -> bytes:
    """The form in that encoding, saying of itself that it is in another."""
    text = write(message).decode().replace("encoding='UTF-8'", f"encoding='{declared}'")
    return text.encode(codec)


LATIN = Message(record=HealthRecord(general=General(name="Hà Thò")))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (in_encoding("utf-8", "UTF-8"), "utf-8"),
        (in_encoding("utf-8-sig", "utf-8"), "utf-8"),
        (in_encoding("utf-16", "UTF-16"), "utf-16"),
        (in_encoding("utf-16-le", "UTF-16"), "utf-16"),
        (in_encoding("utf-16-be", "UTF-16"), "utf-16"),
        (in_encoding("windows-1252", "Windows-1252", LATIN), "windows-1252"),
        (in_encoding("iso-8859-1", "ISO-8859-1", LATIN), "iso-8859-1"),
        (write(SAID).split(b"?>", 1)[1], "utf-8"),
    ],
)
def test_the_encoding_is_found_and_the_text_decoded_once(content: bytes, encoding: str) -> None:
    found = read(content)
    assert found.encoding == encoding
    assert found.message in (SAID, LATIN)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (in_encoding("windows-1252", "UTF-8", LATIN), "encoding-wrong", "khai mã UTF-8"),
        (in_encoding("utf-8", "windows-1258"), "encoding-wrong", "khai mã WINDOWS-1258 nhưng chữ trong tệp là UTF-8"),
        (in_encoding("utf-8", "ISO-8859-1"), "encoding-wrong", "khai mã ISO-8859-1 nhưng chữ trong tệp là UTF-8"),
        (in_encoding("utf-8", "us-ascii"), "encoding-wrong", "khai mã ASCII"),
        (in_encoding("utf-16", "UTF-8"), "encoding-wrong", "khai mã UTF-8 nhưng chữ trong tệp là UTF-16"),
        (in_encoding("utf-8-sig", "UTF-16"), "encoding-wrong", "khai mã UTF-16 nhưng chữ trong tệp là UTF-8"),
        (in_encoding("utf-8", "UTF-16"), "encoding-wrong", "khai mã UTF-16"),
        (in_encoding("utf-8", "TCVN3"), "encoding-unknown", "“TCVN3”"),
        (in_encoding("utf-8", "rot13"), "encoding-unknown", "“rot13”"),
    ],
)
def test_a_wrong_declaration_of_the_encoding_is_told(content: bytes, code: str, words: str) -> None:
    with pytest.raises(FormUnreadable) as refused:
        read(content)
    assert refused.value.code == code
    assert words in str(refused.value.message)


def test_a_byte_that_is_no_letter_is_told_by_its_line() -> None:
    content = write(SAID).replace(b"<HOTEN>", b"\n<HOTEN>\xff", 1)
    with pytest.raises(FormUnreadable) as refused:
        read(content)
    assert refused.value.line == content[: content.index(b"\xff")].count(b"\n") + 1


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
