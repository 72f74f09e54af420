"""Merges against merges, registrations and visits, on connections of their own: no ring, no deadlock, no lying cache."""

from __future__ import annotations

import functools
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from records.commands.corrections import stamp_like
from records.commands.encounters import open_encounter, record_vitals
from records.commands.merging import merge_people, unmerge
from records.commands.registration import add_statement, register_resident
from records.models import AllergyIntolerance, Encounter, Merge, MergeUndone, Observation, Patient, SourceRecord
from registry.kernel import Context, Permission, command, record_audit
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, register, stated
from tests.records.worlds import lying_caches

WHY = "một người, hai mã"
ROUNDS = 6


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own from one starting line; what it returned, or was refused with."""
    line, ends = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        line.wait(20)
        try:
            ends[place] = work()
        except Exception as error:  # noqa: BLE001 - a deadlock is an end too: the test looks at it
            ends[place] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return ends


def only_refusals(ends: list[Any], *codes: str) -> None:
    assert {getattr(end, "code", repr(end)) for end in ends if isinstance(end, Exception)} <= set(codes)


@command(Permission.VISIT_CHECK_IN)
def visit_and_note(ctx: Context, *, patient_id: uuid.UUID, name: str) -> None:
    """What a desk and a consultation write in one transaction: visit, readings, allergy."""
    visit = open_encounter(ctx, patient_id=patient_id, care_type="01", reason=name)
    record_vitals(ctx, visit, {"pulse": Decimal(80)})
    record_allergy(ctx, patient_id=patient_id, substance=name)
    record_audit(ctx, "create", patient_id=visit.patient_id)


def test_merging_both_ways_makes_one_of_them_and_no_ring(live_city: City) -> None:
    ctx = live_city.ctx("so.y.te", NOW)
    for number in range(ROUNDS):
        one, two, three = (
            register(live_city, said=BARE, name=f"Lê Văn {name}", birth=f"{number + 1:02d}/0{month}/1980", sex="male")
            for month, name in enumerate(("An", "Bình", "Cường"), start=1)
        )
        ends = at_once(
            *(
                lambda keep=keep, other=other: merge_people(ctx, keep=keep, other=other, reason=WHY)
                for keep, other in ((one, two), (two, one), (two, three), (three, one), (one, three))
            )
        )
        only_refusals(ends, "same-person")
        assert sum(not isinstance(end, Exception) for end in ends) == 2  # three people need two merges to be one
        standing = Patient.objects.filter(pk__in=(one, two, three), merged_into=None)
        assert standing.count() == 1
        assert lying_caches() == []


def test_an_unmerge_asked_twice_at_once_happens_once(live_city: City) -> None:
    one, two = register(live_city), register(live_city, said=BARE, name="Trần Thị Bé")
    ctx = live_city.ctx("so.y.te", NOW)
    done = merge_people(ctx, keep=one, other=two, reason=WHY)
    ends = at_once(*(lambda: unmerge(ctx, merge_id=done.merge_id, reason=WHY) for _ in range(4)))
    only_refusals(ends, "unmerged")
    assert MergeUndone.objects.count() == 1
    assert Patient.objects.filter(merged_into=None).count() == 2


def test_what_desks_write_while_people_are_merged_and_parted_is_with_the_right_person(live_city: City) -> None:
    one = register(live_city)
    two = register(live_city, by="le.tan.2", said=BARE, name="Nguyễn Thị Hồng Vâng")
    authority, here, there = (live_city.ctx(who, NOW) for who in ("so.y.te", "le.tan", "le.tan.2"))

    def merge_and_part() -> None:
        for number in range(ROUNDS):
            keep, other = (one, two) if number % 2 else (two, one)
            done = merge_people(authority, keep=keep, other=other, reason=WHY)
            unmerge(authority, merge_id=done.merge_id, reason=WHY)

    def visits(ctx: Context, patient_id: uuid.UUID) -> None:
        for number in range(ROUNDS):
            visit_and_note(ctx, patient_id=patient_id, name=f"lần {number}")

    def statements() -> None:
        for number in range(ROUNDS):
            told = stated(BARE, phone=f"09870012{number:02d}", name="Nguyễn Thị Hồng Vâng")
            later = live_city.ctx("le.tan.2", NOW + timedelta(minutes=number))
            add_statement(later, patient_id=two, person=told, channel="form", raw={})

    ends = at_once(merge_and_part, lambda: visits(here, one), lambda: visits(there, two), statements)
    only_refusals(ends)
    assert Merge.objects.count() == MergeUndone.objects.count() == ROUNDS
    assert lying_caches() == []
    assert Encounter.objects.filter(patient=one).count() == Encounter.objects.filter(patient=two).count() == ROUNDS
    assert Observation.objects.filter(patient=one).count() == ROUNDS
    assert Patient.objects.get(pk=two).phone == f"09870012{ROUNDS - 1:02d}"
    assert set(SourceRecord.objects.filter(link__patient=one).values_list("facility_id", flat=True)) == {
        live_city.here.pk
    }


def test_a_merge_while_somebody_registers_the_same_person(live_city: City) -> None:
    """The desk is warned of whoever stands for them at that moment; nobody hangs and nobody is born twice."""
    desk, authority = live_city.ctx("le.tan", NOW), live_city.ctx("so.y.te", NOW)
    for number in range(ROUNDS):
        said = {"name": "Phạm Thị Sen", "birth": f"{number + 1:02d}/07/1966", "sex": "female"}
        one = register(live_city, said=said)
        two = register(live_city, by="le.tan.2", said=said | {"name": "Đỗ Thị Mai"}, phone="0912000777")
        merging = functools.partial(merge_people, authority, keep=one, other=two, reason=WHY)
        again = functools.partial(register_resident, desk, person=stated(said), channel="form", raw={})
        ends = at_once(merging, again)
        only_refusals(ends, "possible-duplicate")
        assert lying_caches() == []
    assert SourceRecord.objects.filter(name="Phạm Thị Sen").count() == ROUNDS


def test_a_correction_begun_before_a_merge_is_written_for_whom_the_record_belongs_to_now(live_city: City) -> None:
    """The corrected row was read, somebody merges, the correction is stamped; and then merges wait for the correction."""
    keep, other = register(live_city), register(live_city, by="le.tan.2", said=BARE, name="Nguyễn Thị Hồng Vâng")
    authority, doctor = live_city.ctx("so.y.te", NOW), live_city.ctx("le.tan.2", NOW)
    allergy = visit_and_allergy(doctor, other)
    read, merged = threading.Event(), threading.Event()

    def correct() -> uuid.UUID:
        with transaction.atomic():
            row = AllergyIntolerance.objects.get(pk=allergy)
            read.set()
            assert merged.wait(20)
            stamp = stamp_like(doctor, row)
            AllergyIntolerance.objects.create(**stamp, substance="Penicillin")
        return uuid.UUID(str(stamp["patient_id"]))

    def merging() -> None:
        assert read.wait(20)
        merge_people(authority, keep=keep, other=other, reason=WHY)
        merged.set()

    written, _ = at_once(correct, merging)
    assert written == keep
    assert lying_caches() == []


def visit_and_allergy(ctx: Context, patient_id: uuid.UUID) -> uuid.UUID:
    visit_and_note(ctx, patient_id=patient_id, name="Tôm")
    return AllergyIntolerance.objects.values_list("pk", flat=True).get(patient_id=patient_id)
