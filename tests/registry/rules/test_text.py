"""Vietnamese text: the search key, the display key, and what is never stored."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.text import clean_line, clean_note, display_key, fold, nfc, normalise_tone_placement

VIETNAMESE = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
words = st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " -'.,", min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  NGUYỄN  Thị-Hoà ", "nguyen thi hoa"),
        ("Đặng Đức", "dang duc"),
        ("Ðặng", "dang"),  # Icelandic Eth, common in old files
        ("H'Mông", "hmong"),
        ("Hoàng\u00adAnh\u200b", "hoanganh"),
        ("Trần\tVăn\nTèo", "tran van teo"),
        ("ＮＧＵＹỄＮ", "nguyen"),
        ("", ""),
    ],
)
def test_fold_gives_what_a_person_types_without_diacritics(text: str, key: str) -> None:
    assert fold(text) == key


@given(words)
def test_fold_ignores_composition_and_case(text: str) -> None:
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")} | {
        text.upper(),
        text.lower(),
    }
    assert len({fold(form) for form in forms}) == 1


@given(words)
def test_fold_of_vietnamese_is_ascii(text: str) -> None:
    assert fold(text).isascii()


@given(st.text(max_size=60))
def test_fold_is_settled_after_once_whatever_the_text(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert once == once.strip()
    assert "  " not in once


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("Hoà", "Hòa"),
        ("Khoẻ", "Khỏe"),
        ("THUỶ", "THỦY"),
        ("Thuỵ Lâm", "Thụy Lâm"),
        ("Quý", "Quý"),
        ("Quỳnh", "Quỳnh"),
        ("Hoàng", "Hoàng"),
        ("Hoài", "Hoài"),
        ("Khuỷu", "Khuỷu"),
        ("Huế", "Huế"),
    ],
)
def test_tone_placement_has_one_key(new: str, old: str) -> None:
    assert normalise_tone_placement(new) == old
    assert normalise_tone_placement(unicodedata.normalize("NFD", new)) == old
    assert display_key(new) == display_key(old)


def test_display_key_keeps_tones_apart() -> None:
    assert len({display_key(word) for word in ("Hoa", "Hòa", "Hóa", "Hỏa", "Họa")}) == 5


@given(words)
def test_tone_placement_settles_and_keeps_the_search_key(text: str) -> None:
    once = normalise_tone_placement(text)
    assert normalise_tone_placement(once) == once
    assert fold(once) == fold(text)


@given(st.text(max_size=60))
def test_stored_line_is_composed_visible_and_single_spaced(text: str) -> None:
    line = clean_line(text)
    assert line == nfc(line) == " ".join(line.split())
    assert not any(unicodedata.category(char).startswith("C") for char in line)


def test_direction_marks_and_zero_widths_are_removed() -> None:
    assert clean_line("Nguyễn\u202e Văn\u200b \ufeffA\x00n") == "Nguyễn Văn An"


def test_note_keeps_its_lines() -> None:
    assert clean_note("Ho  khan\r\n\n\n\nSốt\tcao\x07") == "Ho khan\n\nSốt cao"
