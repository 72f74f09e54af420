"""Merging two people and taking it apart: nothing copied, everything back, in any order."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from records.commands.encounters import open_encounter, record_vitals
from records.commands.identity_decisions import decide_not_same
from records.commands.merging import merge_people, unmerge
from records.commands.registration import add_statement
from records.models import (
    AccessGrant,
    AllergyIntolerance,
    Encounter,
    LinkEvent,
    Merge,
    MergeUndone,
    Patient,
    PatientIdentifier,
    RecordLink,
    SourceRecord,
)
from records.queries.access import open_record
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from screening.models import Enrolment
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, City
from tests.factories.screening import make_ward
from tests.records.conftest import BARE, VAN, register, stated
from tests.records.worlds import lying_caches

WHY = "Cùng CCCD và ảnh thẻ, đã gọi điện xác nhận"


def twice(city: City) -> tuple[uuid.UUID, uuid.UUID]:
    """One woman whom two clinics registered: here with her card, elsewhere by her name and another phone."""
    keep = register(city)
    other = register(city, by="le.tan.2", said=BARE, name="Nguyễn Thị Hồng Vâng", phone="0987654321")
    return keep, other


def merge(city: City, keep: uuid.UUID, other: uuid.UUID, at: Any = NOW) -> uuid.UUID:
    return merge_people(city.ctx("so.y.te", at), keep=keep, other=other, reason=WHY).merge_id


def undo(city: City, merge_id: uuid.UUID, at: Any = NOW) -> None:
    unmerge(city.ctx("so.y.te", at), merge_id=merge_id, reason="Hai chị em, gộp nhầm")


def test_a_merge_moves_links_and_caches_and_leaves_one_audit_row(city: City, trail: Any) -> None:
    keep, other = twice(city)
    visit = open_encounter(city.ctx("bac.si.2", NOW), patient_id=other, care_type="01", reason="Ho")
    trail()
    done = merge_people(city.ctx("so.y.te", NOW), keep=keep, other=other, reason=WHY)
    (row,) = trail()
    assert (row.action, row.patient_id, row.target_type, row.target_id) == ("merge", keep, "Patient", str(other))
    assert VAN["name"] not in str(row.detail)
    assert WHY not in str(row.detail)
    alias = Patient.objects.get(pk=other)
    assert (alias.merged_into_id, alias.name) == (keep, "Nguyễn Thị Hồng Vâng")
    assert Encounter.objects.get(pk=visit.pk).patient_id == keep
    assert set(RecordLink.objects.values_list("patient_id", flat=True)) == {keep}
    assert RecordLink.objects.get(home=other).record_id == visit.source_record_id
    assert SourceRecord.objects.count() == 2
    event = LinkEvent.objects.get(action="moved")
    assert (event.patient_id, event.previous_id, event.reason) == (keep, other, WHY)
    assert Merge.objects.get().pk == done.merge_id
    assert lying_caches() == []


def test_the_golden_record_and_the_doors_follow(city: City) -> None:
    keep, other = twice(city)
    open_encounter(city.ctx("bac.si.2", NOW), patient_id=other, care_type="01", reason="Ho")
    before = Patient.objects.get(pk=keep)
    add_statement(
        city.ctx("le.tan.2", NOW + timedelta(days=1)), patient_id=other, person=stated(BARE, phone="0911222333"),
        channel="form", raw={},
    )  # fmt: skip
    merge_id = merge(city, keep, other, NOW + timedelta(days=2))
    golden = Patient.objects.get(pk=keep)
    assert (golden.name, golden.phone) == (VAN["name"], "0911222333")  # the proved name, the newest phone
    assert golden.version == before.version + 1
    for number in (keep, other):  # both clinics see the whole person by either number
        for doctor in ("bac.si", "bac.si.2"):
            assert open_record(city.ctx(doctor, NOW), number).patient_id == keep
    undo(city, merge_id)
    assert Patient.objects.get(pk=keep).phone == VAN["phone"]
    assert open_record(city.ctx("bac.si.2", NOW), other).patient_id == other
    with pytest.raises(Forbidden, match="record-closed"):
        open_record(city.ctx("bac.si.2", NOW), keep)
    assert AccessGrant.objects.filter(facility=city.elsewhere).count() == 3


def test_what_is_written_after_a_merge_stays_with_its_record(city: City) -> None:
    keep, other = twice(city)
    open_visit = open_encounter(city.ctx("bac.si.2", NOW), patient_id=other, care_type="01", reason="Ho")
    merge_id = merge(city, keep, other)
    vitals = record_vitals(city.ctx("bac.si.2", NOW), open_visit, {"pulse": Decimal(80)})
    theirs = open_encounter(city.ctx("bac.si.2", NOW), patient_id=keep, care_type="01", reason="Sốt")
    ours = open_encounter(city.ctx("bac.si", NOW), patient_id=other, care_type="01", reason="Đau")
    assert {vitals[0].patient_id, theirs.patient_id, ours.patient_id} == {keep}
    undo(city, merge_id)
    assert set(Encounter.objects.filter(patient=other).values_list("pk", flat=True)) == {open_visit.pk, theirs.pk}
    assert Encounter.objects.get(patient=keep).pk == ours.pk
    assert lying_caches() == []


def test_a_stale_encounter_in_hand_still_writes_to_the_right_person(city: City) -> None:
    keep, other = twice(city)
    in_hand = open_encounter(city.ctx("bac.si.2", NOW), patient_id=other, care_type="01", reason="Ho")
    merge(city, keep, other)
    assert in_hand.patient_id == other
    (reading,) = record_vitals(city.ctx("bac.si.2", NOW), in_hand, {"pulse": Decimal(80)})
    assert reading.patient_id == keep


def test_an_answer_of_one_is_not_taken_back_by_an_answer_of_the_other(city: City) -> None:
    """An allergy noted while merged replaces "none known" of its own record's person only."""
    keep, other = twice(city)
    record_allergy(city.ctx("bac.si.2", NOW), patient_id=other, substance="")
    merge_id = merge(city, keep, other)
    record_allergy(city.ctx("bac.si", NOW), patient_id=keep, substance="Penicillin")
    undo(city, merge_id)
    assert AllergyIntolerance.objects.get(patient=other).superseded_by_id is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_merges_are_undone_in_any_order(city: City, order: tuple[int, ...]) -> None:
    """A ← B, then A ← C, then D ← A: whatever goes first, each record is with whom the merges in force say."""
    names = ["Lê Văn An", "Trần Văn Bình", "Phạm Văn Cường", "Hoàng Văn Dũng"]
    a, b, c, d = (
        register(city, said=BARE, name=name, birth=f"0{n + 1}/01/1980", sex="male") for n, name in enumerate(names)
    )
    at_birth = dict(RecordLink.objects.values_list("record_id", "patient_id"))
    edges = [(a, b), (a, c), (d, a)]
    merges = [merge(city, keep, other) for keep, other in edges]
    assert set(Patient.objects.exclude(pk=d).values_list("merged_into_id", flat=True)) == {d}
    in_force = dict(zip(merges, edges, strict=True))
    for which in order:
        undo(city, merges[which])
        del in_force[merges[which]]
        up = {other: keep for keep, other in in_force.values()}
        for record, home in at_birth.items():
            stands = home
            while stands in up:
                stands = up[stands]
            assert RecordLink.objects.get(pk=record).patient_id == stands
        assert lying_caches() == []
    assert {p.pk: p.name for p in Patient.objects.filter(merged_into=None)} == dict(
        zip((a, b, c, d), names, strict=True)
    )
    assert not RecordLink.objects.exclude(home=None).exists()


def test_screening_and_identifiers_follow(city: City) -> None:
    ward = make_ward(city)
    enrolment = ward.positive(name="Đỗ Thị Lan")
    keep = register(city, said=BARE, name="Đỗ Thị Lan", birth="13/03/1972", cccd="001172054321")
    merge_id = merge(city, enrolment.patient_id, keep)
    assert PatientIdentifier.objects.get(value_key="001172054321").patient_id == enrolment.patient_id
    undo(city, merge_id)
    merge_id = merge(city, keep, enrolment.patient_id)
    assert Enrolment.objects.get().patient_id == keep
    assert lying_caches() == []
    undo(city, merge_id)
    assert Enrolment.objects.get().patient_id == enrolment.patient_id


def test_refusals(city: City, trail: Any) -> None:
    keep, other = twice(city)
    ctx = city.ctx("so.y.te", NOW)
    with pytest.raises(Refused, match="reason-missing"):
        merge_people(ctx, keep=keep, other=other, reason=" . ")
    with pytest.raises(Refused, match="same-person"):
        merge_people(ctx, keep=keep, other=keep, reason=WHY)
    with pytest.raises(NotFound):
        merge_people(ctx, keep=keep, other=uuid.uuid4(), reason=WHY)
    with pytest.raises(NotFound):
        unmerge(ctx, merge_id=uuid.uuid4(), reason=WHY)
    for role in ("le.tan", "bac.si", "di.tru"):
        trail()
        with pytest.raises(Forbidden):
            merge_people(city.ctx(role, NOW), keep=keep, other=other, reason=WHY)
        assert [row.outcome for row in trail()] == ["refused"]
    merge_id = merge(city, keep, other)
    with pytest.raises(Refused, match="same-person"):
        merge_people(ctx, keep=other, other=keep, reason=WHY)
    with pytest.raises(Refused, match="reason-missing"):
        unmerge(ctx, merge_id=merge_id, reason="")
    undo(city, merge_id)
    with pytest.raises(Conflict, match="unmerged"):
        unmerge(ctx, merge_id=merge_id, reason=WHY)
    assert MergeUndone.objects.count() == 1


def test_whom_somebody_told_apart_nobody_merges(city: City) -> None:
    """Also by way of a third: the decision holds for every number of a person."""
    keep, other = twice(city)
    third = register(city, said=BARE, birth="05/05/1975")
    decide_not_same(city.ctx("le.tan", NOW), one=other, other=third, reason="hai chị em")
    merge(city, keep, other)
    for one, two in ((keep, third), (third, keep), (third, other)):
        with pytest.raises(Refused, match="not-same-decided"):
            merge_people(city.ctx("so.y.te", NOW), keep=one, other=two, reason=WHY)
