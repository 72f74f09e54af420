"""Old encodings: known vectors, round trips through inverse tables, and columns that must not be guessed."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import migration
from migration.rules.encodings import (
    Encoding,
    Undecodable,
    decide_encoding,
    decode,
    decode_name,
    decode_text,
    restore_capitals,
)
from migration.rules.syllables import is_syllable, syllables
from registry.rules.tables import read_tsv

DATA = Path(migration.__file__).parent / "data"
NAME = "Nguyễn Văn Đức"
TCVN3_RAW = bytes.fromhex("4e677579d46e2056a86e20a7f863")
VNI_RAW = bytes.fromhex("4e67757965e36e205661ea6e20d1f6f963")

TO_TCVN3 = {row["unicode_char"]: bytes([int(row["byte_hex"], 16)]) for row in read_tsv(DATA / "tcvn3.tsv")}
TO_VNI = {
    row["unicode_char"]: bytes.fromhex(row["sequence_hex"])
    for row in read_tsv(DATA / "vni.tsv")
    if row["source"] == "unikey"
}


def words_of(name: str) -> list[str]:
    return [word for word in name.replace("-", " ").split() if word.isalpha()]


def list_of(words: str) -> list[str]:
    return words.split()


def to_tcvn3(text: str) -> bytes:
    """As an old system stored it: a toned capital has no byte and becomes its small letter."""
    return b"".join(TO_TCVN3.get(char) or TO_TCVN3.get(char.lower()) or char.encode("ascii") for char in text)


def to_vni(text: str) -> bytes:
    return b"".join(TO_VNI.get(char) or char.encode("ascii") for char in text)


def to_cp1258(text: str) -> bytes:
    """Tones as separate marks after the letter, as Windows wrote them."""
    return b"".join(_cp1258_letter(char) for char in text)


def _cp1258_letter(char: str) -> bytes:
    try:
        return char.encode("cp1258")
    except UnicodeEncodeError:
        marks = unicodedata.normalize("NFD", char)
        tone = next(mark for mark in marks[1:] if mark in "\u0300\u0309\u0303\u0301\u0323")
        return unicodedata.normalize("NFC", marks.replace(tone, "")).encode("cp1258") + tone.encode("cp1258")


def through_1252(raw: bytes) -> bytes:
    """What is left after a careless export: bytes shown as Windows-1252, then saved as UTF-8."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw).encode("utf-8")


ENCODERS = {
    Encoding.UTF8: lambda text: text.encode("utf-8"),
    Encoding.TCVN3: to_tcvn3,
    Encoding.VNI: to_vni,
    Encoding.CP1258: to_cp1258,
    Encoding.UTF8_VIA_1252: lambda text: through_1252(text.encode("utf-8")),
    Encoding.TCVN3_VIA_1252: lambda text: through_1252(to_tcvn3(text)),
    Encoding.VNI_VIA_1252: lambda text: through_1252(to_vni(text)),
    Encoding.CP1258_VIA_1252: lambda text: through_1252(to_cp1258(text)),
}
FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"]
MIDDLES = ["Văn", "Thị", "Đức", "Ngọc", "Thị Thuý", "Hữu", "Quốc", "Xuân", "Mỹ", "Gia"]
GIVENS = [
    "Đức",
    "Hoà",
    "Thuỷ",
    "Hạnh",
    "Phượng",
    "Quỳnh",
    "Nghĩa",
    "Ánh",
    "Ước",
    "Yến",
    "Sơn",
    "Tuấn",
    "Huệ",
    "Ỷ",
    "Lỗi",
]
REAL = list_of("Nguyễn quý Quốc quyền khuỷu hoà hòa giếng gì nghĩa khuya Trương ước ỷ Huệ xoong yến")
UNREAL = list_of("NguyÔn Ñöùc fạ chỏc ngế cề kà qạ Vaên nguyá bnà")
names = st.tuples(*map(st.sampled_from, (FAMILIES, MIDDLES, GIVENS))).map(" ".join)
columns = st.lists(names, min_size=20, max_size=40)


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TCVN3_RAW, Encoding.TCVN3),
        (VNI_RAW, Encoding.VNI),
        (NAME.encode(), Encoding.UTF8),
        (b"\xef\xbb\xbf" + NAME.encode(), Encoding.UTF8),
        (unicodedata.normalize("NFD", NAME).encode(), Encoding.UTF8),
        ("NguyÔn V¨n §øc".encode(), Encoding.TCVN3_VIA_1252),
        ("Nguyeãn Vaên Ñöùc".encode(), Encoding.VNI_VIA_1252),
        ("Nguyá»…n VÄƒn Äá»©c".replace("Äá", "Ä\x90á").encode(), Encoding.UTF8_VIA_1252),
        (to_cp1258(NAME), Encoding.CP1258),
    ],
)
def test_known_vectors(raw: bytes, encoding: Encoding) -> None:
    decision = decide_encoding([raw])
    assert (decision.encoding, decision.refused_reason) == (encoding, "")
    assert decode(raw, encoding) == NAME


@settings(max_examples=40, deadline=None)
@given(columns, st.sampled_from(sorted(ENCODERS)))
def test_a_column_of_names_comes_back_whatever_wrote_it(column: list[str], encoding: Encoding) -> None:
    raw = [ENCODERS[encoding](name) for name in column]
    decision = decide_encoding(raw)
    assert decision.encoding == encoding
    assert decision.confidence > 0.1
    assert [decode(value, encoding).casefold() for value in raw] == [name.casefold() for name in column]
    assert [decode_name(value, encoding) for value in raw] == column


@given(st.text(alphabet=[char for char in TO_VNI if char.isalpha()] + [" ", "n", "h"], max_size=30))
def test_vni_round_trip_of_every_letter(text: str) -> None:
    assert decode(to_vni(text), Encoding.VNI) == text


def test_tables_are_whole() -> None:
    assert len(TO_TCVN3) == 74
    assert len(TO_VNI) == 134
    assert all(decode(raw, Encoding.TCVN3) == char for char, raw in TO_TCVN3.items())


def test_an_ascii_column_needs_no_guess() -> None:
    decision = decide_encoding([b"NGUYEN VAN A", b"0912000345", b""])
    assert (decision.encoding, decision.confidence, decision.words) == (Encoding.ASCII, 1.0, 0)


@pytest.mark.parametrize(
    "column",
    [
        ["Hôpital français", "café crème", "garçon"],
        ["Müller", "Größe", "Straße"],
        ["日本", "東京"],
    ],
)
def test_another_language_is_refused(column: list[str]) -> None:
    for codec in ("utf-8", "cp1252"):
        try:
            raw = [value.encode(codec) for value in column]
        except UnicodeEncodeError:
            continue
        decision = decide_encoding(raw)
        assert (decision.encoding, decision.refused_reason) == (None, "encoding-unknown")
        assert "bảng mã" in decision.message


def test_a_column_of_mixed_encodings_is_refused() -> None:
    people = [f"{family} {middle} {given}" for family in FAMILIES for middle in MIDDLES[:2] for given in GIVENS]
    raw = [to_tcvn3(name) if at % 2 else name.encode() for at, name in enumerate(people)]
    assert decide_encoding(raw).refused_reason == "encoding-unknown"


def test_a_tie_is_settled_only_by_the_rest_of_the_file() -> None:
    raw = ["Vò".encode()]  # the word Vò, or Vũ of TCVN3 shown as Windows-1252
    assert decide_encoding(raw).refused_reason == "encoding-ambiguous"
    assert decide_encoding(raw, prior=Encoding.UTF8).encoding is Encoding.UTF8
    assert decode(raw[0], Encoding.TCVN3_VIA_1252) == "Vũ"
    assert decide_encoding(raw, prior=Encoding.TCVN3_VIA_1252).encoding is Encoding.TCVN3_VIA_1252


def test_units_take_the_encoding_of_their_file() -> None:
    raw = ["µmol/L".encode(), "10³/µL".encode()]
    assert decide_encoding(raw).refused_reason == "encoding-unknown"
    assert decide_encoding(raw, prior=Encoding.UTF8).encoding is Encoding.UTF8


def test_a_damaged_value_is_named_and_kept() -> None:
    with pytest.raises(Undecodable) as refusal:
        decode(b"Nguy\xd4n \x81", Encoding.TCVN3)
    assert (refusal.value.raw, refusal.value.code) == (b"Nguy\xd4n \x81", "encoding-value")
    for raw, encoding in ((b"\xf9", Encoding.VNI), (b"\xff", Encoding.UTF8), (b"\xe9", Encoding.ASCII)):
        with pytest.raises(Undecodable):
            decode(raw, encoding)
    with pytest.raises(Undecodable):
        decode("Nguyễn".encode(), Encoding.TCVN3_VIA_1252)


def test_decoded_text_cannot_be_decoded_again() -> None:
    with pytest.raises(TypeError, match="decoded already"):
        decode(NAME, Encoding.UTF8)  # type: ignore[arg-type]


def test_lost_capitals_come_back() -> None:
    assert decode_name(to_tcvn3("NGUYỄN VĂN ĐỨC"), Encoding.TCVN3) == NAME
    assert decode_name(to_tcvn3("nguyễn văn đức"), Encoding.TCVN3) == NAME
    assert decode_text(to_tcvn3("BỆNH VIỆN BẠCH MAI"), Encoding.TCVN3) == "BỆNH VIỆN BẠCH MAI"
    assert decode_text(to_tcvn3("Khoa HỒI SỨC, Hà Nội"), Encoding.TCVN3) == "Khoa HỒI SỨC, Hà Nội"
    assert restore_capitals("Bệnh viện E") == "Bệnh viện E"


@pytest.mark.parametrize("word", REAL)
def test_real_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", UNREAL)
def test_what_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)


def test_syllables_cover_the_names_of_hanoi() -> None:
    rows = read_tsv(DATA.parent.parent / "registry" / "data" / "units.tsv")
    unknown = {word for row in rows if row["parent_code"] for word in words_of(row["name"]) if not is_syllable(word)}
    assert not unknown
    assert 15_000 < len(syllables()) < 20_000
