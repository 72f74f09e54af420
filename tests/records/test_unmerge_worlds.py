"""Merge then unmerge of random pairs, in random order, with edits in between: the database is equal, row for row, to one
where they never merged, but for the ledger and the audit.

Three worlds live the same edits: one that merges and undoes, one that never merged, and one that only ever made the merges
that were not undone. After a part of the undoing the first equals the third, at the end it equals the second.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from records.commands.encounters import (
    Diagnosis,
    finish_encounter,
    open_encounter,
    record_diagnoses,
    record_result,
    record_vitals,
)
from records.commands.merging import merge_people, unmerge
from records.commands.registration import add_statement, register_resident
from records.models import Encounter, MergeUndone, Patient
from registry.kernel import FacilityRef
from registry.models import Facility
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, City, make_facility
from tests.factories.screening import make_ward
from tests.records.conftest import stated
from tests.records.worlds import lying_caches, picture

WHY = "thử gộp rồi tách"
GIVEN = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Khánh", "Lâm", "Minh", "Nam")
EDITS = ("visit", "vitals", "statement", "allergy", "none-known", "result", "again")


@dataclass(frozen=True)
class Step:
    """One thing that happens. merge and undo only in worlds that merge; the others everywhere."""

    kind: str
    one: int
    other: int = 0
    stranger: bool = False


_contexts: dict[tuple[int, str], Any] = {}


@dataclass
class World:
    """People by number in the order of registration, and who acts."""

    city: City
    people: list[Any] = field(default_factory=list)
    visits: dict[int, Encounter] = field(default_factory=dict)
    merges: list[Any] = field(default_factory=list)
    edges: dict[Any, tuple[int, int]] = field(default_factory=dict)
    minute: int = 0

    def ctx(self, username: str, facility: FacilityRef | None = None) -> Any:
        self.minute += 1
        key = (id(self.city), username)
        known = _contexts.get(key) or _contexts.setdefault(key, self.city.ctx(username, NOW))
        ctx = replace(known, at=NOW + timedelta(minutes=self.minute))
        return replace(ctx, facility=facility) if facility else ctx

    def where(self, step: Step) -> FacilityRef:
        """The facility that registered the person, or one that meets nobody else: their rows have one home."""
        if step.stranger:
            return _ref(Facility.objects.get(code=stranger_code(step.one)))
        return _ref(self.city.here if step.one % 2 else self.city.elsewhere)


def stranger_code(number: int) -> str:
    return f"9{number:04d}"


def _ref(facility: Any) -> FacilityRef:
    return FacilityRef(facility.pk, facility.code, facility.short_name)


def person_of(number: int, **change: Any) -> Any:
    born = f"{number % 28 + 1:02d}/{number // 28 % 12 + 1:02d}/{1950 + number % 40}"
    name = f"Nguyễn Thị {GIVEN[number // 10 % 10]} {GIVEN[number % 10]}"
    said = {"name": name, "birth": born, "sex": "female", "cccd": "", "phone": f"091{number + 2345678:07d}"}
    return stated(said, **change)


def populate(world: World, count: int) -> None:
    for number in range(count):
        place = world.where(Step("register", number))
        ctx = world.ctx("le.tan", place)
        done = register_resident(ctx, person=person_of(number), channel="form", raw={}, confirmed_new=True)
        world.people.append(done.patient_id)
    make_ward(world.city)
    for number in range(1, min(count, 5), 2):  # those whom the clinic itself registered
        enrolment = enrol(world.ctx("sang.loc"), patient_id=world.people[number])
        issue_kit(world.ctx("sang.loc"), enrolment_id=enrolment.pk, number=f"GOP-{number:05d}")


def edit(world: World, step: Step) -> None:
    asked, place = world.people[step.one], world.where(step)
    doctor, desk = world.ctx("bac.si", place), world.ctx("le.tan", place)
    if step.kind == "visit":
        world.visits[step.one] = open_encounter(doctor, patient_id=asked, care_type="01", reason="Khám")
    elif step.kind in {"vitals", "again"} and step.one in world.visits:
        visit = world.visits[step.one]
        record_vitals(doctor, visit, {"pulse": Decimal(70 + step.other % 30)})
        record_diagnoses(doctor, visit, Diagnosis("J00", "Cảm") if step.kind == "vitals" else Diagnosis("I10", "THA"))
        if step.kind == "again" and visit.status == Encounter.Status.IN_PROGRESS:
            finish_encounter(doctor, visit, "Ổn")
    elif step.kind == "statement" and not step.stranger:  # to a stranger the record may still be closed
        told = person_of(
            step.one, phone=f"098{step.other + 3456789:07d}", cccd=f"0011{step.one:08d}" if step.other % 2 else ""
        )
        add_statement(desk, patient_id=asked, person=told, channel="form", raw={})
    elif step.kind in {"allergy", "none-known"}:
        substance = f"Thuốc {step.other}" if step.kind == "allergy" else ""
        record_allergy(doctor, patient_id=asked, substance=substance)
    elif step.kind == "result":
        record_result(doctor, patient_id=asked, code="29771-3", display="FIT", value=Decimal(step.other))


def standing_for(patient_id: Any) -> Any:
    found = Patient.objects.get(pk=patient_id)
    return found.merged_into_id or found.pk


def merge(world: World, one: int, other: int) -> None:
    keep, gone = world.people[one], world.people[other]
    if standing_for(keep) == standing_for(gone):
        return
    done = merge_people(world.ctx("so.y.te"), keep=keep, other=gone, reason=WHY)
    world.merges.append(done.merge_id)
    world.edges[done.merge_id] = (world.people.index(done.keep), world.people.index(done.other))


def undo(world: World, which: int) -> None:
    if world.merges:
        unmerge(world.ctx("so.y.te"), merge_id=world.merges.pop(which % len(world.merges)), reason=WHY)


def live(world: World, plan: list[Step]) -> None:
    """Everything in turn; the clock runs alike in worlds that skip steps."""
    for number, step in enumerate(plan):
        world.minute = 10_000 + number * 10
        if step.kind == "merge":
            merge(world, step.one, step.other)
        elif step.kind == "undo":
            undo(world, step.one)
        elif step.kind in EDITS:
            edit(world, step)


@contextmanager
def undone() -> Iterator[None]:
    """A world that leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def seen(city: City, count: int, happen: Callable[[World], Any]) -> Any:
    """What the database shows after this."""
    with undone():
        world = World(city)
        populate(world, count)
        return happen(world)


def compare(city: City, count: int, plan: list[Step], seed: int) -> None:
    for number in range(count):
        make_facility(stranger_code(number), f"Phòng khám {number}")
    edits = [replace(s, kind="nothing") if s.kind in {"merge", "undo"} else s for s in plan]

    def merging(world: World) -> tuple[Any, Any, list[tuple[int, int]]]:
        live(world, plan)
        left = [world.edges[one] for one in world.merges]
        assert lying_caches() == []
        midway = picture()
        order = random.Random(seed)
        while world.merges:
            undo(world, order.randrange(len(world.merges)))
        assert lying_caches() == []
        assert MergeUndone.objects.count() == len(world.edges)
        return midway, picture(), left

    midway, end, left = seen(city, count, merging)

    def never(world: World) -> Any:
        live(world, edits)
        return picture()

    def only_the_rest(world: World) -> Any:
        for keep, other in left:
            merge(world, keep, other)
        live(world, edits)
        return picture()

    same(end, seen(city, count, never))
    same(midway, seen(city, count, only_the_rest))


def same(one: dict[str, Any], two: dict[str, Any]) -> None:
    """Every table alike, row for row; else pytest shows the rows that stand in one world only."""
    tables = [table for table in one if one[table] != two[table]]
    rows = {table: (Counter(one[table]), Counter(two[table])) for table in tables}
    apart = {
        table: {"only first": first - second, "only second": second - first} for table, (first, second) in rows.items()
    }
    assert apart == {}
    assert one.keys() == two.keys()


def plans(people: int) -> st.SearchStrategy[list[Step]]:
    somebody = st.integers(0, people - 1)
    merges = st.builds(Step, st.just("merge"), somebody, somebody)
    undos = st.builds(Step, st.just("undo"), st.integers(0, 9))
    edits = st.builds(Step, st.sampled_from(EDITS), somebody, st.integers(0, 99), st.booleans())
    return st.lists(st.one_of(merges, merges, undos, edits, edits), min_size=4, max_size=24)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # a world takes a second to build: shrinking one would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=plans(5), seed=st.integers(0, 1000))
def test_unmerging_leaves_the_world_as_if_nobody_had_merged(city: City, plan: list[Step], seed: int) -> None:
    compare(city, 5, plan, seed)


@pytest.mark.long
def test_a_thousand_pairs(city: City) -> None:
    """1,000 merges among 1,400 people, edits before, between and after, undone in random order."""
    chance = random.Random(831)
    count, plan, made = 1_400, [], 0
    apart = list(range(count))
    while made < 1_000:
        if chance.random() < 0.55 and len(apart) > 1:
            chance.shuffle(apart)
            plan.append(Step("merge", apart[0], apart.pop()))
            made += 1
        elif chance.random() < 0.25:
            plan.append(Step("undo", chance.randrange(1_000)))
        else:
            kind = chance.choice(EDITS)
            plan.append(Step(kind, chance.randrange(count), chance.randrange(100), chance.random() < 0.3))
    compare(city, count, plan, 831)
