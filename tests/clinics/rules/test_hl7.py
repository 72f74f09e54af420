"""Reading HL7 v2: separators, escapes, encodings, repetitions, broken lines; units that are the same, and that are not."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.hl7 import (
    Head,
    Separators,
    acknowledgement,
    decode,
    escape,
    read_head,
    read_message,
    same_unit,
    split_file,
    unescape,
)
from registry.rules.invalid import Invalid

MESSAGE = (
    "MSH|^~\\&|XN-1000|KHOA XN|HIS|01M03|20261123081500||ORU^R01^ORU_R01|MSG0001|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||BN1^^^01M03||NGUYỄN^THỊ VÂN||19720312|F\r"
    "ORC|RE|2611230001\r"
    "OBR|1|2611230001|2611230002^XN|23.0058.1487^Điện giải đồ|||20261123081000\r"
    "OBX|1|NM|NA^Natri^99L^2951-2^^LN||140|mmol/L|135-145|N|||F\r"
    "OBX|2|SN|K^Kali||<^2.5|mmol/L||LL|||F\r"
    "NTE|1||Mẫu hơi vàng~Đã quay lại\r"
    "SPM|1|2611230003&HIS^2611230004&LAB||BLD\r"
)


def test_a_message_is_read_whole() -> None:
    message = read_message(MESSAGE)
    (group,) = message.groups
    assert (message.control_id, message.sender, message.birth) == ("MSG0001", "XN-1000|KHOA XN", date(1972, 3, 12))
    assert group.numbers == ("2611230001", "2611230002", "2611230003", "2611230004")
    assert (group.service, group.segment) == ("23.0058.1487", 4)
    sodium, potassium = group.observed
    assert (sodium.codes, sodium.value, sodium.unit, sodium.status) == (("NA", "2951-2"), "140", "mmol/L", "F")
    assert (potassium.value, potassium.segment) == ("<2.5", 6)
    assert group.notes == ("Mẫu hơi vàng\nĐã quay lại",)


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_line_ends_frames_and_batches_do_not_matter(ending: str) -> None:
    whole = MESSAGE.replace("\r", ending)
    framed = "FHS|^~\\&\rBHS|^~\\&\r" + "".join(f"\x0b{whole}\x1c\r" for _ in range(2)) + "BTS|2\rFTS|1\r"
    cut = split_file(framed.encode())
    assert len(cut) == 2
    assert cut[0].sha256 == cut[1].sha256 == split_file(MESSAGE.encode())[0].sha256
    assert read_message(cut[0].content.decode()) == read_message(MESSAGE)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file-empty"), (b" \r\n", "file-empty"), (b"ABC|1\r", "file-no-message")]
)
def test_a_file_without_messages_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        split_file(content)
    assert refused.value.code == code


def test_a_file_of_too_many_messages_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        split_file(b"MSH|^~\\&|A\r" * 501)
    assert refused.value.code == "file-messages"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PID|1\r", "hl7-head"),
        ("MSH", "hl7-head"),
        ("MSHA^~\\&AB\r", "hl7-head"),
        ("MSH|^~\\&|A|B|||20260101||ADT^A01|1|P|2.5\r", "hl7-kind"),
        ("MSH|^~\\&|A|B|||20260101||ORU^R01|1|P|2.5\rPID|1\r", "hl7-empty"),
    ],
)
def test_what_is_no_result_message_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_message(text)
    assert refused.value.code == code


def test_other_separators_are_taken_from_the_head() -> None:
    text = "MSH$*!?:$MAY$XN$$$2026$$ORU*R01$7$P$2.3\rOBR$1$26*X$$A*B\rOBX$1$ST$C1*Tên$$a!b?F?c\r"
    (group,) = read_message(text).groups
    assert (group.numbers, group.service, group.observed[0].value) == (("26",), "A", "a\nb$c")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("dòng 1\\.br\\dòng 2", "dòng 1\ndòng 2"),
        ("\\XC491\\ỏ", "đỏ"),
        ("\\H\\đậm\\N\\", "đậm"),
        ("lẻ \\ một", "lẻ \\ một"),
        ("", ""),
    ],
)
def test_escapes_are_read(written: str, read: str) -> None:
    assert unescape(written, Separators()) == read


@given(st.text(alphabet=st.characters(blacklist_categories=("C", "Z")), max_size=40))
def test_what_we_escape_is_read_back(text: str) -> None:
    from registry.rules.text import clean_line

    assert unescape(escape(text), Separators()) == clean_line(text)


@pytest.mark.parametrize(
    ("encoding", "declared", "read_by"),
    [
        ("utf-8", "", "utf-8"),
        ("utf-8", "UNICODE UTF-8", "utf-8"),
        ("iso-8859-1", "8859/1", "iso-8859-1"),
        ("cp1258", "", "cp1258"),
    ],
)
def test_the_encoding_is_found(encoding: str, declared: str, read_by: str) -> None:
    import unicodedata

    word = "é ê" if encoding == "iso-8859-1" else "Kết quả: đạt"
    written = (
        unicodedata.normalize("NFD", word).replace("e\u0302", "ê").replace("a\u0306", "ă")
        if encoding == "cp1258"
        else word
    )
    content = f"MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.5||||||{declared}\rNTE|1||".encode() + written.encode(encoding)
    text, found = decode(content)
    assert found == read_by
    assert text.endswith(word)


def test_a_file_in_utf16_is_read() -> None:
    assert split_file(MESSAGE.encode("utf-16"))[0].sha256 == split_file(MESSAGE.encode())[0].sha256


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(junk: bytes) -> None:
    for content in (junk, b"MSH|^~\\&|" + junk, MESSAGE.encode() + junk):
        with contextlib.suppress(Invalid):  # and nothing else
            for raw in split_file(content):
                text, _ = decode(raw.content)
                read_head(text)
                read_message(text)


@pytest.mark.parametrize(
    ("sent", "own", "same"),
    [
        ("", "mmol/L", True),
        ("mmol/l", "mmol/L", True),
        ("umol/L", "µmol/L", True),
        ("10*9/L", "G/L", True),
        ("10^12/L", "T/L", True),
        ("IU/L", "U/L", True),
        ("mg/dL", "mmol/L", False),
        ("g/L", "G/L", False),
        ("g/dL", "g/L", False),
    ],
)
def test_units_that_are_the_same_and_that_are_not(sent: str, own: str, same: bool) -> None:
    assert same_unit(sent, own) is same


def test_the_answer_names_the_message_and_the_outcome() -> None:
    head = Head("MSG|1", "XN-1000", "KHOA", "ORU^R01", "2.5.1")
    ack = acknowledgement(head, own_facility="01M03", own_id="x1", at="20261123", outcome="AE", text="Sai | số")
    first, second, last = ack.split("\r")
    assert first.startswith("MSH|^~\\&|HANOI-EHR|01M03|XN-1000|KHOA|20261123||ACK^R01^ACK|x1|P|2.5.1")
    assert (second, last) == ("MSA|AE|MSG\\F\\1|Sai \\F\\ số", "")
