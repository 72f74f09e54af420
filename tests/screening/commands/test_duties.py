"""The two ways off the worklist, and everything that is not one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from records.commands.encounters import record_procedure
from records.commands.merging import merge_people
from records.models import Procedure
from registry.commands.outbox import deliver
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent, OutboxMessage
from screening.commands.duties import assign_duty, close_duty_not_done, put_off, record_assessment, take_duty
from screening.commands.results import record_result
from screening.commands.sweeps import sweep
from screening.models import Duty, DutyStatus, Enrolment, Episode, Result
from screening.queries.enrolments import get_enrolment
from screening.queries.worklist import Bucket, Filters, get_worklist
from screening.tasks import appointment_missed, identity_changed, procedure_recorded, sweep_duties
from tests.factories.screening import Ward, stored


def _open(enrolment: Enrolment) -> list[str]:
    return list(Duty.objects.filter(episode__enrolment=enrolment, closed_at=None).values_list("action", flat=True))


def test_a_complete_colonoscopy_closes_the_case(ward: Ward, at_commit: Any) -> None:
    enrolment = ward.positive()
    ward.later(days=10)
    done = record_assessment(
        ward.ctx("bac.si"), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=True,
        finding="advanced-adenoma",
    )  # fmt: skip
    at_commit()
    assert (done.next_step, done.next_due_on, done.rule) == ("recall", date(2029, 12, 3), "CR-US-06")
    duty = Duty.objects.get(closed_by=done)
    assert (duty.outcome, duty.closed_at, _open(enrolment)) == ("done", ward.at, [])
    assert list(duty.statuses.order_by("at").values_list("kind", flat=True)) == ["opened", "closed"]
    enrolment.refresh_from_db()
    assert (enrolment.standing, enrolment.next_due_on) == ("surveillance", date(2029, 12, 3))
    assert Episode.objects.get(enrolment=enrolment).ending == "assessed"
    seen = Procedure.objects.get(pk=done.procedure_id)
    assert (seen.code, seen.facility_id) == ("colonoscopy", ward.city.here.pk)


def test_an_incomplete_colonoscopy_leaves_the_case_open(ward: Ward, at_commit: Any) -> None:
    enrolment = ward.positive()
    ward.later(days=10)
    first = record_assessment(ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=False)
    at_commit()
    assert (first.next_step, first.rule, _open(enrolment)) == ("colonoscopy", "incomplete", ["colonoscopy"])
    procedure_recorded("", {"patient_id": str(enrolment.patient_id)})
    assert _open(enrolment) == ["colonoscopy"], "its own incomplete examination answers for nothing"
    ward.later(days=10)
    record_assessment(
        ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=True, finding="normal"
    )
    assert _open(enrolment) == []


def test_a_cancer_leads_to_treatment_and_out_of_fit(ward: Ward) -> None:
    enrolment = ward.positive()
    done = record_assessment(
        ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=False, finding="cancer"
    )
    enrolment.refresh_from_db()
    assert (done.next_step, done.rule, _open(enrolment)) == ("treatment", "CR-CX", ["treatment"])
    ward.later(days=20)
    record_assessment(
        ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), finding="done", stage="T2N0M0"
    )
    enrolment.refresh_from_db()
    assert (_open(enrolment), enrolment.standing, enrolment.next_due_on) == ([], "ceased", None)
    assert Episode.objects.get(enrolment=enrolment).ending == "treated"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"performed_on": None, "complete": True, "finding": "normal"}, ["performed_on"]),
        ({"performed_on": 1, "complete": True, "finding": "normal"}, ["performed_on"]),
        ({"performed_on": -30, "complete": True, "finding": "normal"}, ["performed_on"]),
        ({"performed_on": 0}, ["complete"]),
        ({"performed_on": 0, "complete": True}, ["finding"]),
        ({"performed_on": 0, "finding": "lạ"}, ["complete", "finding"]),
        ({"performed_on": 0, "complete": True, "finding": "other"}, ["next_due_on"]),
    ],
)
def test_an_examination_that_says_too_little_is_refused(ward: Ward, given: dict[str, Any], fields: list[str]) -> None:
    enrolment = ward.positive()
    days = given.pop("performed_on")
    day = None if days is None else ward.at.date() + timedelta(days=days)
    with pytest.raises(Refused) as refused:
        record_assessment(ward.ctx(), enrolment_id=enrolment.pk, performed_on=day, **given)
    assert [one.field for one in refused.value.all] == fields
    assert _open(enrolment) == ["colonoscopy"]


def test_a_documented_reason_closes_the_case_and_the_person_is_invited_again(ward: Ward, at_commit: Any) -> None:
    enrolment = ward.positive()
    closed = close_duty_not_done(ward.ctx("bac.si"), enrolment_id=enrolment.pk, reason="refused")
    at_commit()
    assert (closed.state, closed.reason, closed.by_id) == ("not-done", "refused", ward.city.staff["bac.si"].pk)
    enrolment.refresh_from_db()
    assert (_open(enrolment), enrolment.next_due_on) == ([], date(2027, 11, 23))
    with pytest.raises(Conflict):
        close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="refused")


def test_who_died_is_never_invited_again(ward: Ward) -> None:
    enrolment = ward.positive()
    close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="deceased")
    enrolment.refresh_from_db()
    assert (enrolment.standing, enrolment.next_due_on) == ("ceased", None)


@pytest.mark.parametrize(
    ("reason", "field"), [("", "reason"), ("chán", "reason"), ("unreachable", "note"), ("other", "note")]
)
def test_a_reason_that_documents_nothing_is_refused(ward: Ward, reason: str, field: str) -> None:
    enrolment = ward.positive()
    with pytest.raises(Refused) as refused:
        close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason=reason, note="  ")
    assert (refused.value.field, _open(enrolment)) == (field, ["colonoscopy"])


def test_who_refuses_for_now_stays_on_the_list_and_is_called_again_on_the_day(ward: Ward) -> None:
    enrolment = ward.positive()
    day = ward.at.date() + timedelta(days=14)
    put_off(ward.ctx(), enrolment_id=enrolment.pk, call_on=day, note="chờ qua mùa vụ")
    assert _open(enrolment) == ["colonoscopy"]
    asked = Filters(bucket=Bucket.CALL)
    assert get_worklist(ward.ctx(), filters=asked).cases == []
    ward.later(days=14)
    board = get_worklist(ward.ctx(), filters=asked)
    assert [(case.enrolment_id, case.call_on) for case in board.cases] == [(enrolment.pk, day)]
    assert (board.counts.of(Bucket.CALL), board.counts.of(Bucket.OPEN)) == (1, 1)
    put_off(ward.ctx(), enrolment_id=enrolment.pk, call_on=day + timedelta(days=7), note="tuần sau")
    assert get_worklist(ward.ctx(), filters=asked).cases == []
    told = DutyStatus.objects.filter(kind="put-off").order_by("at").values_list("note", flat=True)
    assert list(told) == ["chờ qua mùa vụ", "tuần sau"]
    close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="refused")
    ward.later(days=7)
    assert get_worklist(ward.ctx(), filters=asked).cases == []


@pytest.mark.parametrize(
    ("days", "note", "fields"),
    [(None, "bận", ["call_on"]), (0, "bận", ["call_on"]), (91, "bận", ["call_on"]), (7, "  ", ["note"])],
)
def test_a_call_that_is_not_soon_or_has_no_words_is_refused(
    ward: Ward, days: int | None, note: str, fields: list[str]
) -> None:
    enrolment = ward.positive()
    day = None if days is None else ward.at.date() + timedelta(days=days)
    with pytest.raises(Refused) as refused:
        put_off(ward.ctx(), enrolment_id=enrolment.pk, call_on=day, note=note)
    assert [one.field for one in refused.value.all] == fields
    assert not DutyStatus.objects.filter(kind="put-off").exists()


def test_a_case_has_an_owner_who_works_here(ward: Ward) -> None:
    enrolment = ward.positive()
    nurse, coordinator = ward.city.staff["y.ta"], ward.city.staff["sang.loc"]
    assert take_duty(ward.ctx("y.ta"), enrolment_id=enrolment.pk).owner_id == nurse.pk
    with pytest.raises(Conflict):
        take_duty(ward.ctx(), enrolment_id=enrolment.pk)
    given = assign_duty(ward.ctx(), enrolment_id=enrolment.pk, staff_id=coordinator.pk)
    assert given.owner_id == coordinator.pk
    owners = list(given.statuses.filter(kind="assigned").order_by("at", "pk").values_list("owner_id", "by_id"))
    assert owners == [(nurse.pk, nurse.pk), (coordinator.pk, coordinator.pk)]
    with pytest.raises(Refused) as refused:
        assign_duty(ward.ctx(), enrolment_id=enrolment.pk, staff_id=ward.city.staff["bac.si.2"].pk)
    assert refused.value.field == "staff_id"


def test_another_facility_finds_no_case_and_a_technician_may_not_close_it(ward: Ward) -> None:
    enrolment = ward.positive()
    stranger = ward.ctx("sang.loc.2")
    for attempt in (
        lambda ctx: record_assessment(ctx, enrolment_id=enrolment.pk),
        lambda ctx: close_duty_not_done(ctx, enrolment_id=enrolment.pk, reason="refused"),
        lambda ctx: put_off(ctx, enrolment_id=enrolment.pk, call_on=ward.at.date() + timedelta(days=7), note="bận"),
    ):
        with pytest.raises(NotFound):
            attempt(stranger)
        with pytest.raises(Forbidden):
            attempt(ward.ctx("ky.thuat.vien"))
    with pytest.raises(NotFound):
        take_duty(stranger, enrolment_id=enrolment.pk)
    assert _open(enrolment) == ["colonoscopy"]


def _elsewhere(ward: Ward, enrolment: Enrolment, code: str = "45.23") -> Procedure:
    return record_procedure(
        ward.ctx("bac.si.2"),
        patient_id=enrolment.patient_id,
        code=code,
        display="Nội soi đại tràng",
        result="Polyp 4 mm",
    )


def test_a_colonoscopy_of_another_facility_answers_and_asks_to_be_classified(ward: Ward, at_commit: Any) -> None:
    enrolment = ward.positive()
    take_duty(ward.ctx(), enrolment_id=enrolment.pk)
    ward.later(days=5)
    seen = _elsewhere(ward, enrolment)
    told = {"patient_id": str(enrolment.patient_id), "procedure_id": str(seen.pk), "code": seen.code}
    assert procedure_recorded("", told) == 1
    assert procedure_recorded("", told) == 0
    at_commit()
    duty = Duty.objects.get(episode__enrolment=enrolment, closed_at=None)
    assert (duty.action, duty.owner_id) == ("classify", ward.city.staff["sang.loc"].pk)
    done = record_assessment(ward.ctx(), enrolment_id=enrolment.pk, complete=True, finding="adenomas-1-2")
    at_commit()
    assert (done.procedure_id, done.facility_id, _open(enrolment)) == (seen.pk, ward.city.elsewhere.pk, [])
    assert Procedure.objects.count() == 1


def test_other_procedures_and_earlier_ones_answer_for_nothing(ward: Ward) -> None:
    early = ward.enrolled()
    seen = _elsewhere(ward, early)
    Procedure.objects.filter(pk=seen.pk).update(performed_at=ward.at - timedelta(days=3))
    enrolment = ward.resulted("57.5", early).kit.episode.enrolment
    _elsewhere(ward, enrolment, code="gastroscopy")
    assert procedure_recorded("", {"patient_id": str(enrolment.patient_id)}) == 0
    assert _open(enrolment) == ["colonoscopy"]


def test_a_result_that_comes_after_its_colonoscopy_is_answered_at_once(ward: Ward) -> None:
    kit = ward.with_kit()
    ward.later(days=1)
    _elsewhere(ward, kit.episode.enrolment)
    ward.later(days=1)
    record_result(ward.ctx(), kit_id=kit.pk, value=Decimal(80))
    assert _open(kit.episode.enrolment) == ["classify"]


def test_the_sweep_finds_what_was_lost_and_changes_nothing_twice(ward: Ward, at_commit: Any) -> None:
    kit = ward.with_kit()
    lost = stored(kit, ward, code="positive", verdict="positive", value=50)  # before the database checks at commit
    answered = ward.positive(name="Lê Văn An")
    ward.later(minutes=5)
    _elsewhere(ward, answered)
    swept = sweep(ward.ctx())
    assert (swept.recovered, swept.settled, swept.open, swept.overdue) == (1, 1, 2, 0)
    assert list(lost.duties.get().statuses.values_list("kind", flat=True)) == ["recovered"]
    at_commit()
    again = sweep(ward.ctx())
    assert (again.recovered, again.settled, again.open) == (0, 0, 2)


def test_the_scheduled_sweep_counts_what_is_overdue(ward: Ward) -> None:
    ward.at -= timedelta(days=1500)
    ward.positive(birth=date(1950, 1, 1))
    counts = sweep_duties()
    assert (counts["open"], counts["overdue"], counts["recovered"]) == (1, 1, 0)


def test_the_database_keeps_a_case_open_whatever_is_written(ward: Ward, at_commit: Any) -> None:
    enrolment = ward.positive()
    duty = Duty.objects.get(episode__enrolment=enrolment)
    point = transaction.savepoint()
    Episode.objects.filter(pk=duty.episode_id).update(closed_at=ward.at, ending="assessed")
    with pytest.raises(IntegrityError, match="closed"):
        at_commit()
    transaction.savepoint_rollback(point)
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.filter(pk=duty.pk).update(closed_at=ward.at, outcome="done")
    with pytest.raises(DatabaseError), transaction.atomic():
        duty.delete()
    close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="refused")
    for change in ({"closed_at": None, "outcome": "", "closed_by": None}, {"deadline": date(2030, 1, 1)}):
        with pytest.raises(DatabaseError, match="update"), transaction.atomic():
            Duty.objects.filter(pk=duty.pk).update(**change)
    assert Result.objects.filter(state="not-done").count() == 1


def test_the_news_of_a_colonoscopy_travels_by_the_outbox(ward: Ward) -> None:
    enrolment = ward.positive()
    ward.later(days=5)
    _elsewhere(ward, enrolment)
    message = OutboxMessage.objects.get(topic="procedure.recorded")
    assert set(message.payload) == {"patient_id", "procedure_id", "code"}
    assert deliver(str(message.pk))
    assert _open(enrolment) == ["classify"]
    _elsewhere(ward, ward.enrolled(name="Lê Văn An"))
    other = OutboxMessage.objects.get(topic="procedure.recorded", delivered_at=None)
    before = AuditEvent.objects.count()
    assert deliver(str(other.pk))
    assert AuditEvent.objects.count() == before, "a person to whom nothing is owed is not looked at"


def test_a_merge_that_brings_a_colonoscopy_answers_for_the_duty_at_once(ward: Ward) -> None:
    """The examination was written under a second number of the same person; nobody waits for the hourly sweep."""
    enrolment = ward.positive()
    second = ward.person(name="Lê Văn Hai")
    ward.later(days=5)
    record_procedure(
        ward.city.ctx("bac.si.2", ward.at), patient_id=second.pk, code="45.23", display="Nội soi", performed_at=ward.at
    )
    ctx = ward.city.ctx("so.y.te", ward.at)
    merge_people(ctx, keep=enrolment.patient_id, other=second.pk, reason="một người, hai mã")
    assert _open(enrolment) == ["colonoscopy"]
    message = OutboxMessage.objects.get(topic="patient.merged")
    assert set(message.payload) == {"patient_id", "alias_id"}
    assert deliver(str(message.pk))
    assert _open(enrolment) == ["classify"]
    assert identity_changed("", message.payload) == 0, "told twice: nothing changes"


def test_a_missed_appointment_of_who_owes_a_step_is_told_at_once(ward: Ward, at_commit: Any) -> None:
    """A/641, section 2.3: a missed scheduled exam counts at once."""
    enrolment, nobody = ward.positive(), ward.enrolled(name="Lê Văn An")
    told = {"patient_id": str(enrolment.patient_id), "appointment_id": "x"}
    assert [appointment_missed("", told), appointment_missed("", told)] == [1, 0]
    assert appointment_missed("", {"patient_id": str(nobody.patient_id)}) == 0
    at_commit()
    duty = Duty.objects.get()
    assert (duty.level, duty.closed_at) == ("facility", None)
    assert DutyStatus.objects.filter(duty=duty, kind="missed").count() == 1
    assert "Bỏ hẹn khám" in "".join(str(one.title) for one in get_enrolment(ward.ctx(), enrolment.pk).happenings)
