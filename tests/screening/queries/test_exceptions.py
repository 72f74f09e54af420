"""Exceptions by rule: each is found, and goes when its cause goes."""

from __future__ import annotations

from datetime import date, timedelta

from records.models import Patient
from registry.models import AuditEvent
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit
from screening.models import Enrolment, Kit
from screening.queries.exceptions import Fault, find_faults
from tests.factories.screening import Ward, kit_number


def _counts(ward: Ward) -> dict[Fault, int]:
    return dict(find_faults(ward.ctx()).counts)


def test_a_clean_ward_has_none(ward: Ward) -> None:
    ward.positive()
    ward.resulted("3", ward.enrolled(name="Lê Văn An"))
    assert _counts(ward) == {}


def test_every_rule_finds_its_own_and_lets_go(ward: Ward) -> None:
    early = ward.resulted("3", ward.enrolled(name="Lê Văn An"))
    Kit.objects.filter(pk=early.kit_id).update(sampled_on=ward.at.date() + timedelta(days=1))
    woman = ward.person(name="Lê Thị Bình", sex="female")
    enrol(ward.ctx(), patient_id=woman.pk, programme="cervical")
    Patient.objects.filter(pk=woman.pk).update(sex="male")
    gone = ward.resulted("3", ward.enrolled(name="Lê Văn Cả")).episode.enrolment
    Patient.objects.filter(pk=gone.patient_id).update(deceased_on=ward.at.date() - timedelta(days=2))
    undated = ward.enrolled(name="Lê Văn Dần")
    Enrolment.objects.filter(pk=undated.pk).update(next_due_on=None)
    twice = [ward.enrolled(name=f"Lê Văn {name}") for name in ("Giáp", "Giáp Hai")]
    Enrolment.objects.filter(pk=twice[1].pk).update(patient_id=twice[0].patient_id)
    issue_kit(ward.ctx(), enrolment_id=ward.enrolled(name="Lê Văn Hải").pk, number=kit_number())
    ward.with_kit(ward.enrolled(name="Lê Văn Khải"))
    ward.later(days=29)
    assert _counts(ward) == {
        Fault.BEFORE_SAMPLE: 1, Fault.WRONG_SEX: 1, Fault.DEAD_INVITED: 1, Fault.AFTER_DEATH: 1, Fault.NOT_DUE: 1,
        Fault.TWICE: 2, Fault.KIT_OUT: 1, Fault.SAMPLE_WAITS: 1,
    }  # fmt: skip
    (line,) = find_faults(ward.ctx(), fault=Fault.WRONG_SEX).lines
    assert (line.name, line.programme) == ("Lê Thị Bình", "Cổ tử cung")
    Patient.objects.filter(pk=woman.pk).update(sex="female")
    Enrolment.objects.filter(pk=undated.pk).update(next_due_on=date(2027, 1, 1))
    assert not {Fault.WRONG_SEX, Fault.NOT_DUE} & set(_counts(ward))


def test_the_city_counts_without_names_and_another_facility_sees_nothing(ward: Ward) -> None:
    undated = ward.enrolled(name="Lê Văn Dần")
    Enrolment.objects.filter(pk=undated.pk).update(next_due_on=None)
    ctx = ward.ctx("so.y.te")
    (line,) = find_faults(ctx).lines
    assert (line.name, line.enrolment_id, line.fault) == ("", None, Fault.NOT_DUE)
    assert AuditEvent.objects.filter(request_id=ctx.request_id).count() == 1
    assert find_faults(ward.ctx("sang.loc.2")).lines == []
