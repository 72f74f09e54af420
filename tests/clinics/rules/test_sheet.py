"""What two people may overwrite of each other's sheet: nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.sheet import Part, Sheet, overtaken

SHOWN = Sheet(main="J02.9", secondary=("I10",), conclusion="Nghỉ ngơi", findings={"ent": "Họng đỏ"})
WORDS = st.text(max_size=8)
SHEETS = st.builds(
    Sheet,
    main=st.sampled_from(["", "J02.9", "I10"]),
    secondary=st.lists(st.sampled_from(["E11.9", "K29.7"]), unique=True).map(tuple),
    conclusion=WORDS,
    course=WORDS,
    advice=WORDS,
    findings=st.dictionaries(st.sampled_from(["ent", "skin"]), WORDS, max_size=2),
)


def test_an_empty_part_has_an_empty_mark_and_order_means_nothing() -> None:
    assert set(Sheet().marks.values()) == {""}
    one, other = (Sheet(main="A", secondary=both) for both in (("B", "C"), ("C", "B")))
    assert one.marks == other.marks


def test_only_a_part_that_changed_and_is_wanted_otherwise_is_overtaken() -> None:
    theirs = replace(SHOWN, conclusion="Nhập viện", main="J03.9")
    assert overtaken(SHOWN.marks, theirs, replace(theirs, advice="Uống nước")) == []
    assert overtaken(SHOWN.marks, theirs, replace(theirs, conclusion="Nghỉ ngơi")) == [Part.CONCLUSION]
    assert overtaken(SHOWN.marks, theirs, SHOWN) == [Part.DIAGNOSES, Part.CONCLUSION]


@given(SHEETS, SHEETS, SHEETS)
def test_who_saw_the_newest_may_write_anything_and_who_did_not_overwrites_nothing(a: Sheet, b: Sheet, c: Sheet) -> None:
    assert overtaken(b.marks, b, c) == []
    lost = overtaken(a.marks, b, c)
    for part in Part:
        if a.text_of(part) != b.text_of(part) and c.text_of(part) != b.text_of(part):
            assert part in lost
        else:
            assert part not in lost
