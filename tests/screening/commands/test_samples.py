"""Samples that wait for their result: the clock of the version, whose it is, whom it is told to, and what ends it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction

from records.commands.encounters import record_result as write_result
from registry.kernel import Conflict, NotFound, Refused
from screening.commands.duties import record_assessment
from screening.commands.enrolment import enrol
from screening.commands.invitations import is_under_way
from screening.commands.kits import issue_kit
from screening.commands.observations import sweep_observations
from screening.commands.results import record_test
from screening.commands.samples import assign_sample, record_sample, take_sample_case
from screening.commands.sweeps import sweep
from screening.models import Duty, Enrolment, Sample, SampleStatus
from screening.queries.cohort import may_move
from screening.queries.enrolments import get_enrolment
from screening.queries.worklist import Bucket, Filters, Holder, get_worklist
from tests.factories.screening import Ward, kit_number


def _woman(ward: Ward, programme: str = "cervical", name: str = "Lê Thị An") -> Enrolment:
    person = ward.person(sex="female", name=name, birth=date(1972, 5, 4))
    return enrol(ward.ctx(), patient_id=person.pk, programme=programme)


def _sampled(ward: Ward, action: str = "hpv", **more: Any) -> Sample:
    programme = "breast" if action == "biopsy" else "cervical"
    return record_sample(ward.ctx(), enrolment_id=_woman(ward, programme).pk, action=action, **more)


@pytest.mark.parametrize(("action", "days"), [("hpv", 21), ("cytology", 14), ("biopsy", 28), ("colposcopy", 28)])
def test_each_sample_has_the_versions_own_clock(ward: Ward, action: str, days: int) -> None:
    """A/641, section 2.3: HPV 3 weeks, cytology 2 weeks, biopsy 4 weeks."""
    sample = _sampled(ward, action)
    assert sample.deadline == ward.at.date() + timedelta(days=days)
    rules = get_enrolment(ward.ctx(), sample.episode.enrolment_id).rules
    clock = rules.sample_clock(action)
    assert clock is not None
    assert "A/641" in clock.source


def test_a_late_sample_is_on_the_worklist_and_told_upwards(ward: Ward) -> None:
    sample = _sampled(ward, "hpv", number="hpv-0001")
    ward.positive(name="Trần Văn Thịnh")
    take_sample_case(ward.ctx(), enrolment_id=sample.episode.enrolment_id, sample_id=sample.pk)
    ward.later(days=22)
    board = get_worklist(ward.ctx(), filters=Filters(bucket=Bucket.OVERDUE))
    (case,) = board.cases
    assert (case.is_sample, case.duty_id, str(case.step)) == (
        True,
        sample.pk,
        "Chờ kết quả mẫu xét nghiệm HPV nguy cơ cao",
    )
    assert (str(case.result), case.owner) == ("Mẫu lấy ngày 23/11/2026", "Nhân viên sang.loc")
    for bucket in Bucket:
        for holder in Holder:
            for step in ("", "sample", "colonoscopy"):
                shown = get_worklist(ward.ctx(), filters=Filters(bucket, holder, step))
                assert len(shown.cases) == shown.counts.of(bucket, holder, step), (bucket, holder, step)
    ward.later(days=60)
    assert sweep(ward.ctx()).escalated > 0
    sample.refresh_from_db()
    assert sample.level == "department"
    assert sweep(ward.ctx()).escalated == 0, "said once a level"
    assert SampleStatus.objects.filter(sample=sample, kind="escalated").exists()


def test_whatever_brings_the_result_ends_the_wait(ward: Ward, at_commit: Any) -> None:
    by_hand, by_clinic = (
        _sampled(ward),
        record_sample(ward.ctx(), enrolment_id=_woman(ward, name="Lê Thị Bình").pk, action="hpv"),
    )
    ward.later(days=3)
    record_test(ward.ctx(), enrolment_id=by_hand.episode.enrolment_id, action="hpv", code="negative")
    patient_id = by_clinic.episode.enrolment.patient_id
    write_result(ward.ctx("bac.si"), patient_id=patient_id, code="hpv", display="HPV", value_text="16-18")
    assert sweep_observations(ward.ctx()) == 1
    at_commit()
    for sample in (by_hand, by_clinic):
        sample.refresh_from_db()
        assert sample.result is not None
        assert sample.closed_at == ward.at
    assert get_enrolment(ward.ctx(), by_hand.episode.enrolment_id).samples == []


def test_a_result_of_before_the_sample_is_not_its_result(ward: Ward) -> None:
    sample = _sampled(ward)
    yesterday = ward.at.date() - timedelta(days=1)
    record_test(
        ward.ctx(), enrolment_id=sample.episode.enrolment_id, action="hpv", code="16-18", performed_on=yesterday
    )
    sample.refresh_from_db()
    assert sample.closed_at is None


def test_a_biopsy_waits_beside_the_duty_and_both_end_with_its_result(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward, "breast")
    record_test(ward.ctx(), enrolment_id=woman.pk, action="mammography", code="4B")
    assert Duty.objects.get().action == "biopsy"
    sample = record_sample(ward.ctx(), enrolment_id=woman.pk, action="biopsy")
    assert len(get_worklist(ward.ctx()).cases) == 2
    record_assessment(ward.ctx("bac.si"), enrolment_id=woman.pk, performed_on=ward.at.date(), finding="invasive")
    at_commit()
    sample.refresh_from_db()
    assert sample.result is not None
    assert [one.action for one in Duty.objects.filter(closed_at=None)] == ["clinician-decides"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"action": "via"}, "action"),
        ({"action": "fit"}, "action"),
        ({"action": "?"}, "action"),
        ({"action": "hpv", "number": "x"}, "number"),
        ({"action": "hpv", "number": "mẫu số 1"}, "number"),
        ({"action": "hpv", "taken_on": date(2027, 1, 1)}, "taken_on"),
        ({"action": "hpv", "taken_on": date(1960, 1, 1)}, "taken_on"),
    ],
)
def test_what_cannot_be_a_sample_is_refused(ward: Ward, given: dict[str, Any], field: str) -> None:
    woman = _woman(ward)
    with pytest.raises(Refused) as refused, transaction.atomic():
        record_sample(ward.ctx(), enrolment_id=woman.pk, **given)
    assert (refused.value.field, Sample.objects.count()) == (field, 0)


def test_one_sample_waits_for_one_test_and_a_number_is_used_once(ward: Ward) -> None:
    sample = _sampled(ward, number="HPV-0001")
    other = _woman(ward, name="Lê Thị Bình")
    with pytest.raises(Conflict) as waits:
        record_sample(ward.ctx(), enrolment_id=sample.episode.enrolment_id, action="hpv")
    with pytest.raises(Conflict) as used:
        record_sample(ward.ctx(), enrolment_id=other.pk, action="hpv", number=" hpv-0001 ")
    with pytest.raises(Conflict) as kit:
        issue_kit(ward.ctx(), enrolment_id=ward.enrolled().pk, number="HPV-0001")
    assert [one.value.code for one in (waits, used, kit)] == ["sample-waits", "number-used", "kit-number-used"]
    number = kit_number()
    issue_kit(ward.ctx(), enrolment_id=ward.enrolled(name="Lê Văn Cả").pk, number=number)
    with pytest.raises(Conflict):
        record_sample(ward.ctx(), enrolment_id=other.pk, action="hpv", number=number)


def test_no_sample_of_the_dead_or_of_who_has_left(ward: Ward) -> None:
    woman = _woman(ward)
    Enrolment.objects.filter(pk=woman.pk).update(standing="ceased", next_due_on=None)
    with pytest.raises(Refused) as left:
        record_sample(ward.ctx(), enrolment_id=woman.pk, action="hpv")
    woman.patient.deceased_on = ward.at.date()
    woman.patient.save(update_fields=["deceased_on"])
    with pytest.raises(Refused) as dead:
        record_sample(ward.ctx(), enrolment_id=woman.pk, action="hpv")
    assert (left.value.code, dead.value.code) == ("standing", "deceased")


def test_whose_sample_waits_is_under_way_and_not_called_again(ward: Ward) -> None:
    sample = _sampled(ward)
    assert (is_under_way(sample.episode), may_move(sample.episode.enrolment)) == (True, False)
    record_test(ward.ctx(), enrolment_id=sample.episode.enrolment_id, action="hpv", code="negative")
    assert Sample.objects.get().closed_at is not None


def test_who_may_hold_it(ward: Ward) -> None:
    sample = _sampled(ward)
    here: dict[str, Any] = {"enrolment_id": sample.episode.enrolment_id, "sample_id": sample.pk}
    stranger = ward.city.staff["sang.loc.2"].pk
    with pytest.raises(Refused) as refused:
        assign_sample(ward.ctx(), **here, staff_id=stranger)
    assign_sample(ward.ctx(), **here, staff_id=ward.city.staff["y.ta"].pk)
    with pytest.raises(Conflict) as owned:
        take_sample_case(ward.ctx(), **here)
    with pytest.raises(NotFound):
        take_sample_case(ward.ctx("sang.loc.2"), **here)
    with pytest.raises(NotFound):
        take_sample_case(ward.ctx(), enrolment_id=here["enrolment_id"], sample_id=uuid.uuid4())
    record_test(ward.ctx(), enrolment_id=here["enrolment_id"], action="hpv", code="negative")
    with pytest.raises(Conflict) as closed:
        take_sample_case(ward.ctx(), **here)
    assert [one.value.code for one in (refused, owned, closed)] == ["owner", "owned", "sample-closed"]


def test_the_table_itself_lets_no_sample_go_without_a_result(ward: Ward) -> None:
    sample = _sampled(ward)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sample.objects.filter(pk=sample.pk).update(closed_at=ward.at)
    with pytest.raises(InternalError), transaction.atomic():
        Sample.objects.filter(pk=sample.pk)._raw_delete("default")
    record_test(ward.ctx(), enrolment_id=sample.episode.enrolment_id, action="hpv", code="negative")
    with pytest.raises(InternalError), transaction.atomic():
        Sample.objects.filter(pk=sample.pk).update(closed_at=None, result=None)
