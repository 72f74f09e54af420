"""Enrolling one person, and a ward."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from records.models import AccessGrant, Observation, Procedure
from records.queries.access import RecordClosed
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from screening.commands.enrolment import enrol, enrol_many
from screening.models import Enrolment, EnrolmentStatus
from screening.queries.cohort import AgeBand
from screening.rules.eligibility import Obstacle
from tests.factories.city import NOW
from tests.factories.screening import Ward, somebody


def test_enrolling_opens_the_record_and_says_who_and_when(ward: Ward) -> None:
    patient = ward.person()
    ctx = ward.ctx("y.ta")
    enrolment = enrol(ctx, patient_id=patient.pk)
    assert (enrolment.patient_id, enrolment.facility_id) == (patient.pk, ward.city.here.pk)
    assert enrolment.next_due_on == NOW.date()
    status = EnrolmentStatus.objects.get(enrolment=enrolment)
    assert (status.standing, status.by_id, status.at) == ("active", ward.city.staff["y.ta"].pk, ctx.at)
    grant = AccessGrant.objects.get(facility=ward.city.here)
    assert (grant.basis, grant.source_record_id) == ("screening", enrolment.source_record_id)
    audited = AuditEvent.objects.filter(request_id=ctx.request_id).values_list("action", "patient_id")
    assert list(audited) == [("enrol", patient.pk)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"birth": date(1987, 1, 1)}, "too-young"),
        ({"sex": "unknown"}, "sex"),
    ],
)
def test_who_is_not_eligible_is_refused_with_the_reason(ward: Ward, said: dict[str, object], code: str) -> None:
    patient = ward.person(**said)
    with pytest.raises(Refused) as refused:
        enrol(ward.ctx(), patient_id=patient.pk)
    assert refused.value.code == code
    assert not Enrolment.objects.exists()


def test_every_reason_is_named_at_once(ward: Ward) -> None:
    patient = ward.person(sex="unknown", birth=date(1990, 5, 1))
    patient.deceased_on = date(2026, 1, 1)
    patient.save(update_fields=["deceased_on"])
    with pytest.raises(Refused) as refused:
        enrol(ward.ctx(), patient_id=patient.pk)
    assert [one.code for one in refused.value.all] == ["deceased", "sex", "too-young"]


@pytest.mark.parametrize(("days_ago", "expected"), [(360, "tested-recently"), (370, None)])
def test_a_test_done_anywhere_counts(ward: Ward, days_ago: int, expected: str | None) -> None:
    patient = ward.person()
    link = patient.links.get()
    Observation.objects.create(
        source_record=link.record, patient=patient, facility=ward.city.elsewhere, recorded_at=NOW, code="fit",
        display="FIT", value=3, unit="µg Hb/g", observed_at=NOW - timedelta(days=days_ago),
    )  # fmt: skip
    if expected is None:
        assert enrol(ward.ctx(), patient_id=patient.pk).next_due_on < NOW.date()
        return
    with pytest.raises(Refused) as refused:
        enrol(ward.ctx(), patient_id=patient.pk)
    assert refused.value.code == expected


def test_a_colonoscopy_done_anywhere_counts(ward: Ward) -> None:
    patient = ward.person()
    link = patient.links.get()
    Procedure.objects.create(
        source_record=link.record, patient=patient, facility=ward.city.elsewhere, recorded_at=NOW, code="45.23",
        display="Nội soi đại tràng", performed_at=NOW - timedelta(days=2000),
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        enrol(ward.ctx(), patient_id=patient.pk)
    assert refused.value.code == "cleared-recently"


def test_twice_is_a_conflict_wherever_it_is_tried(ward: Ward) -> None:
    first = ward.enrolled()
    with pytest.raises(Conflict) as refused:
        enrol(ward.ctx("bac.si"), patient_id=first.patient_id)
    assert refused.value.code == "enrolled"
    assert Enrolment.objects.count() == 1


def test_a_stranger_of_another_ward_stays_closed(ward: Ward) -> None:
    patient = ward.person()
    patient.ward_code = "00004"
    patient.save(update_fields=["ward_code"])
    with pytest.raises(RecordClosed):
        enrol(ward.ctx(), patient_id=patient.pk)
    AccessGrant.objects.create(
        source_record=patient.links.get().record, facility=ward.city.here, basis="encounter", granted_at=NOW
    )
    assert enrol(ward.ctx(), patient_id=patient.pk).patient_id == patient.pk


def test_nobody_is_not_found_and_a_cashier_may_not(ward: Ward) -> None:
    with pytest.raises(NotFound):
        enrol(ward.ctx(), patient_id=somebody())
    with pytest.raises(Forbidden):
        enrol(ward.ctx("thu.ngan"), patient_id=somebody())


def test_a_ward_is_enrolled_in_one_go_with_every_reason_counted(ward: Ward) -> None:
    for birth in (date(1970, 1, 1), date(1971, 1, 1), date(1972, 1, 1)):
        ward.person(birth=birth)
    ward.enrolled(birth=date(1960, 1, 1))
    ward.person(sex="unknown")
    ward.person(birth=date(1995, 1, 1))
    away = ward.person()
    away.ward_code = "00004"
    away.save(update_fields=["ward_code"])
    done = enrol_many(ward.ctx(), band=AgeBand(0, 120), limit=2)
    assert (done.enrolled, done.remaining) == (2, 1)
    assert done.skipped == {Obstacle.ENROLLED: 1, Obstacle.SEX: 1, Obstacle.TOO_YOUNG: 1}
    assert EnrolmentStatus.objects.count() == Enrolment.objects.count() == 3
    assert AccessGrant.objects.filter(basis="screening").count() == 3
    again = enrol_many(ward.ctx(), band=AgeBand(0, 120))
    assert (again.enrolled, again.remaining) == (1, 0)
    assert enrol_many(ward.ctx(), band=AgeBand(0, 120)).enrolled == 0


def test_a_ward_is_refused_to_a_hospital_without_one_and_beyond_the_limit(ward: Ward) -> None:
    with pytest.raises(Refused) as refused:
        enrol_many(ward.ctx("sang.loc.2"))
    assert refused.value.code == "no-catchment"
    with pytest.raises(Refused) as refused:
        enrol_many(ward.ctx(), limit=501)
    assert refused.value.field == "limit"
