"""A city register and an old hospital's file: linked without labels, within what was measured."""

from __future__ import annotations

import pytest

from benchmarks.filing import mojibake
from benchmarks.households import Row
from benchmarks.registers import Files, make_files
from migration.rules.repairs import repair_text
from records.rules.linkage.columns import Table
from records.rules.linkage.linking import Linked, link, trained_model
from records.rules.linkage.roles import Columns, fields_of, make_table
from records.rules.matching import Traits, Verdict, match

COLUMNS = Columns(
    "id",
    {
        "full_name": "name", "birth_date": "birth", "sex": "sex", "national_id": "cccd", "insurance": "bhyt",
        "phone": "phone",
    },
    ("ward", "address"),
)  # fmt: skip


def table(rows: list[Row]) -> Table:
    told = [(row.birth.display, row.sex, row.cccd, row.bhyt, row.phone) for row in rows]
    columns = dict(zip(("birth", "sex", "cccd", "bhyt", "phone"), map(list, zip(*told, strict=True)), strict=True))
    texts = {name: [repair_text(getattr(row, name)) for row in rows] for name in ("name", "ward", "address")}
    return make_table(COLUMNS, columns | texts | {"id": [str(n) for n in range(len(rows))]})


def linked(seed: int) -> tuple[Files, Linked]:
    files = make_files(seed, 3000, 1000)
    hospital, register = table(files.hospital), table(files.register)
    model, untrained = trained_model(fields_of(COLUMNS), hospital, register)
    assert untrained == ()
    return files, link(hospital, register, model, measure_household=True)


@pytest.mark.parametrize("seed", [7, 8])
def test_an_old_hospitals_file_finds_its_people(seed: int) -> None:
    files, found = linked(seed)
    pairs = {(one.left, one.right) for one in found.decided.links}
    truth = set(files.truth.items())
    right = len(pairs & truth)
    precision, recall = right / len(pairs), right / len(truth)
    assert 2 * precision * recall / (precision + recall) >= 0.985
    sure = [one for one in found.decided.links if one.bits >= found.model.auto]
    assert sum((one.left, one.right) in truth for one in sure) / len(sure) >= 0.999
    assert len(sure) / len(truth) >= 0.90
    assert found.decided.once_left
    assert found.decided.once_right


def test_the_desks_rule_never_takes_another_for_the_same() -> None:
    """Every hospital row against its household and namesakes in the register, with the shipped weights."""
    files = make_files(9, 3000, 1000)
    by_given: dict[tuple[str, int], list[int]] = {}
    for place, row in enumerate(files.register):
        by_given.setdefault((row.name.split()[-1], row.birth.value.year), []).append(place)
    same = wrong = possible = 0
    for place, row in enumerate(files.hospital):
        beside = by_given.get((repair_text(row.name).split()[-1], row.birth.value.year), [])
        for other in {*beside, *([files.truth[place]] if place in files.truth else [])}:
            verdict = match(traits(row), traits(files.register[other])).verdict
            is_one = files.truth.get(place) == other
            same += verdict is Verdict.SAME and is_one
            wrong += verdict is Verdict.SAME and not is_one
            possible += verdict is Verdict.POSSIBLE and is_one
    assert wrong == 0
    assert same > 0.5 * len(files.truth)
    assert same + possible > 0.9 * len(files.truth)


def traits(row: Row) -> Traits:
    return Traits(
        repair_text(row.name), row.birth, row.sex, cccd=frozenset(filter(None, [row.cccd])),
        bhyt=frozenset(filter(None, [row.bhyt[-10:]])), phone=row.phone, ward=repair_text(row.ward),
        address=repair_text(row.address),
    )  # fmt: skip


def test_the_generator_says_the_same_for_the_same_seed() -> None:
    assert make_files(3, 300, 100) == make_files(3, 300, 100)
    assert make_files(3, 300, 100) != make_files(4, 300, 100)


def test_mojibake_is_undone_and_other_names_are_left_alone() -> None:
    assert mojibake("Nguyễn Văn Đức") == "NguyÔn V¨n §øc"
    assert repair_text("NguyÔn V¨n §øc") == "Nguyễn Văn Đức"
    for name in ("José Núñez", "Müller", "Nguyễn Văn Đức", "Ann"):
        assert repair_text(name) == name
