"""What two people may overwrite of each other's sheet: nothing. What fills an empty line, and never a full one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.sheet import FIELD_NAMES, Change, Sheet, fill, marks_text, merged, quoted, read_marks, untouched

SHOWN = Sheet(main="J02.9", secondary=("I10",), conclusion="Nghỉ ngơi", findings={"ent": "Họng đỏ"})
WORDS = st.text(max_size=8)
SHEETS = st.builds(
    Sheet,
    reason=WORDS,
    main=st.sampled_from(["", "J02.9", "I10"]),
    secondary=st.lists(st.sampled_from(["E11.9", "K29.7"]), unique=True).map(tuple),
    conclusion=WORDS,
    course=WORDS,
    advice=WORDS,
    findings=st.dictionaries(st.sampled_from(["ent", "skin"]), WORDS, max_size=2),
)


def test_an_empty_line_has_no_mark_and_order_means_nothing() -> None:
    assert Sheet().marks == {}
    one, other = (Sheet(main="A", secondary=both) for both in (("B", "C"), ("C", "B")))
    assert one.marks == other.marks


def test_what_only_the_other_changed_stays_and_what_both_changed_is_told() -> None:
    theirs = replace(SHOWN, conclusion="Nhập viện", main="J03.9")
    assert merged(SHOWN.marks, theirs, replace(SHOWN, advice="Uống nước")) == (
        replace(theirs, advice="Uống nước"),
        [],
    ), "the lines I left alone keep what they wrote"
    kept, clashes = merged(SHOWN.marks, theirs, replace(SHOWN, conclusion="Về nhà"))
    assert (kept, clashes) == (theirs, ["conclusion"])


@given(SHEETS, SHEETS, SHEETS)
def test_nothing_is_overwritten_unseen(shown: Sheet, standing: Sheet, wanted: Sheet) -> None:
    kept, clashes = merged(shown.marks, standing, wanted)
    for name in FIELD_NAMES:
        was, now, want, got = (one.lines.get(name, "") for one in (shown, standing, wanted, kept))
        assert got == (want if now == was else now)
        assert (name in clashes) == (now != was and want not in (was, now))
    assert merged(standing.marks, standing, wanted)[1] == []


@given(SHEETS, SHEETS)
def test_filling_never_overwrites_and_says_what_it_skipped(sheet: Sheet, offered: Sheet) -> None:
    done = fill(sheet, offered)
    for name, text in sheet.lines.items():
        assert done.sheet.lines[name] == text
    assert set(done.taken) == set(done.sheet.lines) - set(sheet.lines)
    assert set(done.taken) | set(done.skipped) | {
        name for name, text in offered.lines.items() if sheet.lines.get(name) == text
    } == set(offered.lines)
    if sheet.main or sheet.secondary:
        assert (done.sheet.main, set(done.sheet.secondary)) == (sheet.main, set(sheet.secondary))


@given(SHEETS)
def test_marks_travel_in_a_form(sheet: Sheet) -> None:
    assert read_marks(marks_text(sheet.marks)) == sheet.marks
    assert untouched(sheet.marks, sheet) == set(FIELD_NAMES)


def test_what_is_no_mark_is_left_out() -> None:
    assert read_marks("main=abc nonsense tail=1 ent=") == {"main": "abc"}


def test_a_change_is_told_with_who_when_and_what() -> None:
    change = Change("course", "Sốt 4 ngày", "Sốt 3 ngày", "BS. Lê An", "10:32")
    assert change.told == "BS. Lê An vừa sửa lúc 10:32: “Sốt 3 ngày” thành “Sốt 4 ngày”."
    assert replace(change, before="", who="").told == "Người khác vừa ghi lúc 10:32: “Sốt 4 ngày”."
    assert len(quoted("a" * 200)) == 80
