"""One record moves out of a person to whom it belongs: with all written under it, among merges, and back."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from records.commands.candidates import sweep_duplicates
from records.commands.corrections import stamp_like
from records.commands.encounters import open_encounter, record_vitals
from records.commands.giving_back import GivenBack, give_back
from records.commands.merging import merge_people, unmerge
from records.commands.registration import add_statement
from records.models import (
    AllergyIntolerance,
    Encounter,
    LinkEvent,
    MatchCandidate,
    Observation,
    Patient,
    PatientIdentifier,
    RecordLink,
)
from records.queries.record_ties import hanging_rows, tied_records
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import OutboxMessage
from screening.models import Enrolment
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, City
from tests.factories.residents import make_resident
from tests.factories.screening import make_ward
from tests.records.conftest import BARE, VAN, register, stated
from tests.records.test_unmerge_worlds import GIVEN, World, populate, same, undone
from tests.records.worlds import lying_caches, picture

WHY = "Bản khai của người khác cùng tên"
LATER = NOW + timedelta(days=1)


def give(city: City, patient_id: uuid.UUID, record_id: uuid.UUID, **more: Any) -> GivenBack:
    said: dict[str, Any] = {"reason": WHY} | more
    return give_back(city.ctx("so.y.te", NOW), patient_id=patient_id, record_id=record_id, **said)


@pytest.fixture
def mixed(city: City) -> tuple[uuid.UUID, uuid.UUID]:
    """Somebody registered here, to whom the other clinic's statement about another woman was linked; the two keys."""
    known = register(city)
    open_encounter(city.ctx("le.tan.2", NOW), patient_id=known, care_type="01", reason="mở hồ sơ")
    other = stated(BARE, name="Nguyễn Thị Hồng Vâng", phone="0987654321", cccd="001172099999")
    add_statement(city.ctx("le.tan.2", LATER), patient_id=known, person=other, channel="form", raw={})
    links = RecordLink.objects.filter(record__phone="0987654321")
    return known, links.get().record_id


def test_a_record_goes_to_a_new_person_with_all_that_was_written_under_it(
    city: City, mixed: tuple[uuid.UUID, uuid.UUID], trail: Any
) -> None:
    known, record = mixed
    visit = open_encounter(city.ctx("bac.si.2", LATER), patient_id=known, care_type="01", reason="Ho")
    record_vitals(city.ctx("bac.si.2", LATER), visit, {"pulse": Decimal(80)})
    assert visit.source_record_id == record
    assert Patient.objects.get(pk=known).phone == "0987654321"
    trail()
    done = give(city, known, record, rows_seen=sum(one.count for one in hanging_rows([record])))
    (row,) = trail()
    assert (row.action, row.patient_id, row.target_type, row.target_id) == ("give-back", known, "Patient", str(done.to))
    assert WHY not in str(row.detail)
    assert Patient.objects.get(pk=done.to).name == "Nguyễn Thị Hồng Vâng"
    assert Patient.objects.get(pk=known).phone == VAN["phone"]
    assert Encounter.objects.get(pk=visit.pk).patient_id == done.to
    assert Observation.objects.get(encounter=visit).patient_id == done.to
    assert PatientIdentifier.objects.get(value_key="001172099999").patient_id == done.to
    assert RecordLink.objects.get(pk=record).home_id is None
    event = LinkEvent.objects.get(action="given")
    assert (event.record_id, event.patient_id, event.previous_id, event.reason) == (record, done.to, known, WHY)
    assert lying_caches() == []


def test_given_to_who_has_a_record_already_and_back_again_is_exact(
    city: City, mixed: tuple[uuid.UUID, uuid.UUID]
) -> None:
    known, record = mixed
    owner = register(city, said=BARE, name="Nguyễn Thị Hồng Vâng", phone="0987111222")
    before = picture()
    assert give(city, known, record, to=owner).to == owner
    assert Patient.objects.get(pk=owner).phone == "0987654321"
    give(city, owner, record, to=known)
    same(picture(), before)
    assert list(LinkEvent.objects.filter(record=record, action="given").values_list("previous", "patient")) == [
        (known, owner),
        (owner, known),
    ]


def test_the_sweep_does_not_propose_again_whom_somebody_told_apart(city: City) -> None:
    known = make_resident(city.here, VAN["name"], phone=VAN["phone"]).pk
    again = stated(BARE, phone=VAN["phone"], address="Số 9 phố Vọng")
    open_encounter(city.ctx("le.tan.2", NOW), patient_id=known, care_type="01", reason="mở hồ sơ")
    add_statement(city.ctx("le.tan.2", LATER), patient_id=known, person=again, channel="form", raw={})
    done = give(city, known, RecordLink.objects.get(record__address="Số 9 phố Vọng").record_id)
    ctx = city.ctx("so.y.te", LATER)
    assert sweep_duplicates(ctx).pairs == 1, "they look alike, and the reviewer knows"
    (pair,) = MatchCandidate.objects.all()
    assert {pair.first_id, pair.second_id} == {known, done.to}
    assert (pair.state, pair.decisions.get().reason) == ("not-same", WHY)
    merge_people(ctx, keep=known, other=done.to, reason="Chính là một người, đã gặp")


def test_screening_and_the_listener_follow(city: City) -> None:
    ward = make_ward(city)
    enrolment = ward.positive()
    person = enrolment.patient_id
    add_statement(ward.ctx("le.tan"), patient_id=person, person=stated(phone="0912000345"), channel="form", raw={})
    done = give(city, person, enrolment.source_record_id)
    assert Enrolment.objects.get(pk=enrolment.pk).patient_id == done.to
    message = OutboxMessage.objects.get(topic="record.moved")
    assert message.payload == {"patient_id": str(person), "alias_id": str(done.to)}


def test_a_correction_under_another_record_goes_along(city: City, mixed: tuple[uuid.UUID, uuid.UUID]) -> None:
    """Else the row would be superseded by one of somebody else."""
    known, record = mixed
    record_allergy(city.ctx("bac.si.2", LATER), patient_id=known, substance="Tôm")
    old = AllergyIntolerance.objects.get()
    here = register_again(city, known)
    stamp = stamp_like(city.ctx("bac.si", LATER), old) | {"source_record_id": here}
    new = AllergyIntolerance.objects.create(**stamp, substance="Cua")
    AllergyIntolerance.objects.filter(pk=old.pk).update(superseded_by=new, superseded_reason="nghe nhầm")
    assert tied_records(record) == {record, here}
    done = give(city, known, record)
    assert set(AllergyIntolerance.objects.values_list("patient", flat=True)) == {done.to}
    assert done.records == {record, here}


def register_again(city: City, known: uuid.UUID) -> uuid.UUID:
    add_statement(
        city.ctx("le.tan", LATER), patient_id=known, person=stated(phone="0912777888"), channel="form", raw={}
    )
    return RecordLink.objects.get(record__phone="0912777888").record_id


def test_refusals_leave_everything_as_it_was(city: City, mixed: tuple[uuid.UUID, uuid.UUID]) -> None:
    known, record = mixed
    alone = register(city, said=BARE, name="Lê Thị Một", phone="0901000111")
    only = RecordLink.objects.get(patient=alone).record_id
    before = picture()
    for whose, what, more, code in (
        (known, record, {"reason": " "}, "reason-missing"),
        (known, record, {"to": known}, "same-person"),
        (alone, only, {}, "last-record"),
    ):
        with pytest.raises(Refused, match=code):
            give(city, whose, what, **more)
    with pytest.raises(Conflict, match="record-moved"):
        give(city, alone, record)
    with pytest.raises(Conflict, match="record-changed"):
        give(city, known, record, rows_seen=999)
    for patient_id, record_id in ((known, uuid.uuid4()), (uuid.uuid4(), record)):
        with pytest.raises(NotFound):
            give(city, patient_id, record_id)
    with pytest.raises(Forbidden):
        give_back(city.ctx("le.tan", NOW), patient_id=known, record_id=record, reason=WHY)
    same(picture(), before)


def test_inside_a_merge_the_record_is_not_given_to_the_other_number_of_the_same_person(
    city: City, mixed: tuple[uuid.UUID, uuid.UUID]
) -> None:
    known, record = mixed
    alias = register(city, said=BARE, name="Nguyễn Thị Vân", phone="0901000222")
    merge_people(city.ctx("so.y.te", NOW), keep=known, other=alias, reason=WHY)
    with pytest.raises(Refused, match="same-person"):
        give(city, known, record, to=alias)
    lent = RecordLink.objects.get(home=alias).record_id
    with pytest.raises(Refused, match="last-record"):
        give(city, known, lent)


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 1000))
def test_gifts_among_merges_given_back_leave_the_world_as_if_nothing_had_happened(city: City, seed: int) -> None:
    """Merges and gifts in random order; then the gifts returned, last first, among merges undone in random order."""
    chance = random.Random(seed)
    with undone():
        world = World(city)
        populate(world, 4)
        for person, number in zip(world.people, range(4), strict=True):
            said = stated(BARE, name=f"Trần Thị {GIVEN[number]}", phone=f"09120003{number:02d}")
            place = city.here if number % 2 else city.elsewhere
            who = "le.tan" if place == city.here else "le.tan.2"
            add_statement(city.ctx(who, LATER), patient_id=person, person=said, channel="form", raw={})
        before, ctx = picture(), city.ctx("so.y.te", LATER)
        merges, gifts = act(city, world, chance)
        assert lying_caches() == []
        for merge_id in chance.sample(merges, len(merges)):
            unmerge(ctx, merge_id=merge_id, reason=WHY)
        for record, home in reversed(gifts):
            holder = RecordLink.objects.get(pk=record).patient_id
            give(city, holder, record, to=home)
            assert lying_caches() == []
        same(picture(), before)


def act(city: City, world: World, chance: random.Random) -> tuple[list[uuid.UUID], list[tuple[uuid.UUID, uuid.UUID]]]:
    """Merges that were made, and gifts with the home each record had."""
    ctx, merges, gifts = city.ctx("so.y.te", LATER), [], []
    for _ in range(12):
        one, two = chance.sample(world.people, 2)
        link = chance.choice(list(RecordLink.objects.order_by("pk")))
        try:
            if chance.random() < 0.4:
                merges.append(merge_people(ctx, keep=one, other=two, reason=WHY).merge_id)
            else:
                give(city, link.patient_id, link.record_id, to=one)
                gifts.append((link.record_id, link.home_id or link.patient_id))
        except Refused as refusal:
            if refusal.code not in {"same-person", "last-record"}:
                raise
    return merges, gifts
