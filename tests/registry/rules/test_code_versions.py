"""A new version of a code list meets the old one."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.rules.code_lists import CodeRow
from registry.rules.code_versions import Plan, StoredCode, plan_version

OLD, NEW = date(2000, 1, 1), date(2026, 7, 1)
EVE = date(2026, 6, 30)


def stored(*rows: CodeRow) -> list[StoredCode]:
    return [StoredCode(number, row) for number, row in enumerate(rows, start=1)]


def apply(table: list[StoredCode], plan: Plan) -> list[StoredCode]:
    """What the table holds after the plan."""
    kept = []
    for entry in table:
        row = plan.changed.get(entry.id, entry.row)
        kept.append(StoredCode(entry.id, replace(row, valid_to=plan.closed.get(entry.id, row.valid_to))))
    start = max((entry.id for entry in table), default=0) + 1
    return kept + [StoredCode(number, row) for number, row in enumerate(plan.added, start=start)]


FLU = CodeRow("J11", "Cúm", valid_from=OLD)
COUGH = CodeRow("R05", "Ho", valid_from=OLD)


def test_a_first_version_is_added_whole() -> None:
    plan = plan_version([], [CodeRow("J11", "Cúm")], OLD)
    assert plan == Plan((FLU,), {}, {}, 0)


def test_a_changed_meaning_closes_the_old_row_the_day_before() -> None:
    plan = plan_version(stored(FLU, COUGH), [CodeRow("J11", "Cúm mùa"), CodeRow("R05", "Ho")], NEW)
    assert plan.added == (CodeRow("J11", "Cúm mùa", valid_from=NEW),)
    assert (plan.closed, plan.changed, plan.unchanged) == ({1: EVE}, {}, 1)


def test_a_text_corrected_within_its_version_changes_in_place() -> None:
    plan = plan_version(stored(FLU), [CodeRow("J11", "Cúm, không xác định")], OLD)
    assert plan.changed == {1: CodeRow("J11", "Cúm, không xác định", valid_from=OLD)}
    assert (plan.added, plan.closed) == ((), {})


def test_only_a_complete_version_closes_what_it_no_longer_lists() -> None:
    table, version = stored(FLU, COUGH), [CodeRow("J11", "Cúm")]
    assert plan_version(table, version, NEW).closed == {}
    assert plan_version(table, version, NEW, complete=True).closed == {2: EVE}


def test_an_older_version_loaded_late_ends_before_the_newer_one() -> None:
    newer = replace(FLU, valid_from=NEW)
    plan = plan_version(stored(newer), [CodeRow("J11", "Cúm cũ")], OLD)
    assert plan.added == (CodeRow("J11", "Cúm cũ", valid_from=OLD, valid_to=EVE),)
    assert plan.closed == {}


def test_loading_the_old_version_again_reopens_nothing() -> None:
    table = apply(stored(FLU), plan_version(stored(FLU), [CodeRow("J11", "Cúm mùa")], NEW))
    assert plan_version(table, [CodeRow("J11", "Cúm")], OLD) == Plan((), {}, {}, 1)


def test_a_list_that_states_its_own_history() -> None:
    history = [
        CodeRow("1.13", "Tự đến", valid_from=OLD, valid_to=EVE, properties={"ty_le": "0"}),
        CodeRow("1.13", "Tự đến", valid_from=NEW, properties={"ty_le": "0.5"}),
    ]
    plan = plan_version([], history, OLD)
    assert plan.added == tuple(history)
    assert plan_version(apply([], plan), history, OLD) == Plan((), {}, {}, 2)


versions = st.lists(
    st.tuples(
        st.dates(date(2000, 1, 1), date(2030, 1, 1)),
        st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["một", "hai", "ba"]), max_size=3),
        st.booleans(),
    ),
    max_size=6,
)


@given(versions)
def test_whatever_is_loaded_a_code_never_means_two_things_on_one_day(
    loads: list[tuple[date, dict[str, str], bool]],
) -> None:
    table: list[StoredCode] = []
    for day, texts, complete in loads:
        rows = [CodeRow(code, display) for code, display in texts.items()]
        table = apply(table, plan_version(table, rows, day, complete=complete))
        again = plan_version(table, rows, day, complete=complete)
        assert (again.added, again.changed, again.closed) == ((), {}, {})
        for row in rows:
            assert [e.row.display for e in table if e.row.code == row.code and _covers(e, day)] == [row.display]
    for one in table:
        for other in table:
            if one.id < other.id and one.row.code == other.row.code:
                assert not _overlap(one, other)


def _covers(entry: StoredCode, day: date) -> bool:
    return entry.first <= day and (entry.row.valid_to is None or entry.row.valid_to >= day)


def _overlap(one: StoredCode, other: StoredCode) -> bool:
    far = date.max - timedelta(days=1)
    return one.first <= (other.row.valid_to or far) and other.first <= (one.row.valid_to or far)
