"""The administrative details: what holds of what was stated, whatever order it comes in."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from records.commands.linking import content_hash
from records.models import StatementDetails
from records.rules.details import GROUPS, Details, DetailsStatement, project_details
from records.rules.details_stated import state_details, with_numbers
from records.rules.person import StatedPerson
from registry.rules.dates import PartialDate

START = datetime(2026, 1, 1, tzinfo=UTC)
VAN = StatedPerson("Nguyễn Thị Hồng Vân", PartialDate(date(1972, 3, 12)), "female")
NAMES = [one.name for one in fields(Details)]
details = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "1", "2"])).map(lambda said: Details(**said))
statements = st.lists(
    st.builds(lambda days, said: DetailsStatement(START + timedelta(days=days), "", said), st.integers(0, 9), details),
    max_size=5,
)


def test_every_field_has_its_column_and_its_group() -> None:
    columns = [field.name for field in StatementDetails._meta.concrete_fields]
    assert columns == ["id", "source_record", *NAMES]
    assert sorted(name for group in GROUPS for name in group) == sorted(NAMES)
    for one in fields(Details):
        assert StatementDetails._meta.get_field(one.name).max_length == one.metadata["limit"], one.name


@given(statements, st.randoms())
def test_the_order_statements_come_in_does_not_matter(told: list[DetailsStatement], chance: object) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert project_details(told).details == project_details(shuffled).details


@given(statements)
def test_each_group_holds_together_and_names_its_source(told: list[DetailsStatement]) -> None:
    golden = project_details(told)
    for group in GROUPS:
        held = {name: getattr(golden.details, name) for name in group}
        if any(held.values()):
            (source,) = {
                id(golden.sources[name]): golden.sources[name] for name, value in held.items() if value
            }.values()
            assert held == {name: getattr(source.details, name) for name in group}


def test_the_newest_word_on_a_thing_holds_and_silence_changes_nothing() -> None:
    old = DetailsStatement(
        START, "Trạm y tế", Details(occupation="Giáo viên", permanent_address="Xóm Chùa", hamlet="1")
    )
    new = DetailsStatement(START + timedelta(days=9), "BV", Details(occupation="Hưu trí", permanent_ward_name="Xã X"))
    golden = project_details([new, old])
    assert (golden.details.occupation, golden.sources["occupation"].facility) == ("Hưu trí", "BV")
    assert (golden.details.permanent_address, golden.details.permanent_ward_name) == ("", "Xã X"), "a move is a whole"
    assert (golden.details.hamlet, golden.sources["hamlet"].facility) == ("1", "Trạm y tế")


def test_what_cannot_be_read_is_answered_at_its_field() -> None:
    faults = state_details(
        Details(blood_abo="C", blood_rh="x", email="a@b", landline="12", head_relationship="BOSS", hamlet="x" * 101)
    )
    assert isinstance(faults, list)
    assert {fault.field for fault in faults} == {
        "blood_abo", "blood_rh", "email", "landline", "head_relationship", "hamlet",
    }  # fmt: skip
    assert state_details(Details(landline="024 3826 0345", occupation=" Giáo  viên ")) == Details(
        landline="02438260345", occupation="Giáo viên"
    )


def test_numbers_and_the_cards_issue() -> None:
    today = date(2026, 11, 23)
    stated = with_numbers(VAN, today=today, vneid="001172012345", bhxh="0120 456 789")
    assert isinstance(stated, StatedPerson)
    assert {one.kind: one.value_key for one in stated.identifiers} == {"vneid": "001172012345", "bhxh": "0120456789"}
    for said, field in (
        ({"bhxh": "12"}, "bhxh"),
        ({"vneid": "x" * 41}, "vneid"),
        ({"issued_on": "01/07/2021"}, "issued_on"),
        ({"issued_on": "35/07/2021"}, "issued_on"),
    ):
        faults = with_numbers(VAN, today=today, **said)
        assert isinstance(faults, list)
        assert field in {fault.field for fault in faults}


def test_a_statement_without_details_hashes_as_it_always_did() -> None:
    assert content_hash(VAN) == content_hash(replace(VAN, details=Details()))
    assert content_hash(VAN) != content_hash(replace(VAN, details=Details(occupation="Giáo viên")))
