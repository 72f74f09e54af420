"""Phrases: Vietnamese by themselves, another language on demand, unharmed by storage."""

from __future__ import annotations

import copy

import pytest

from registry.rules.phrases import Phrase, as_phrase, joined

ENGLISH = {
    "Số CCCD phải có 12 chữ số, đang có {count}.": "A citizen number has 12 digits; this one has {count}.",
    "Lượt khám này không còn mở: {state:lower}.": "This visit is no longer open: {state:lower}.",
    "Đã khám xong": "Examined",
    "Nam": "Male",
}


def english(text: str) -> str:
    return ENGLISH.get(text, text)


def test_it_reads_as_vietnamese_and_is_said_in_english() -> None:
    phrase = Phrase("Số CCCD phải có 12 chữ số, đang có {count}.", count=11)
    assert phrase == "Số CCCD phải có 12 chữ số, đang có 11."
    assert phrase.translated(english) == "A citizen number has 12 digits; this one has 11."


def test_values_that_are_phrases_are_translated_and_names_are_not() -> None:
    state = Phrase("Lượt khám này không còn mở: {state:lower}.", state=Phrase("Đã khám xong"))
    assert state == "Lượt khám này không còn mở: đã khám xong."
    assert state.translated(english) == "This visit is no longer open: examined."
    assert Phrase("{name}, {sex}", name="Nam", sex=Phrase("Nam")).translated(english) == "Nam, Male"


def test_braces_are_plain_signs_without_values_and_inside_values() -> None:
    assert Phrase("ký hiệu lạ (< > & { })") == "ký hiệu lạ (< > & { })"
    assert Phrase("“{text}”", text="{count}").translated(english) == "“{count}”"


def test_a_missing_value_is_a_fault_of_the_programme() -> None:
    with pytest.raises(KeyError):
        Phrase("{one} {two}", one=1)


def test_joined_leaves_out_what_is_empty() -> None:
    both = joined([Phrase("Nam"), "", "Đã khám xong"], ", ")
    assert both == "Nam, Đã khám xong"
    assert both.translated(english) == "Male, Examined"
    assert joined([]) == ""
    assert joined(["{x}"]).translated(english) == "{x}"


@pytest.mark.parametrize(
    "phrase", [Phrase("Nam"), Phrase("{state:lower} {n}", state=Phrase("Đã khám xong"), n=3), joined(["Nam", "{}"])]
)
def test_it_survives_storage_and_copies(phrase: Phrase) -> None:
    for kept in (Phrase.from_json(phrase.to_json()), copy.deepcopy(phrase)):
        assert kept == phrase
        assert kept.translated(english) == phrase.translated(english)


def test_a_plain_sentence_becomes_a_phrase_once() -> None:
    phrase = as_phrase("Nam")
    assert as_phrase(phrase) is phrase
    assert phrase.translated(english) == "Male"
