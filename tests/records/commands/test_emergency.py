"""Emergency access: a reason, three hours, one member of staff, and a judgement."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from records.commands.alerts import alert_emergency, review_alert, sweep_readings
from records.commands.emergency import answer_emergency_question, open_emergency_access, review_emergency_access
from records.models import AccessAlert, EmergencyAccess, EmergencyAnswer, EmergencyReview, ReadingLimit
from records.queries.access import RecordClosed, TooManyRecords, open_record
from records.queries.alerts import find_alerts
from records.queries.emergencies import find_emergencies, find_own_emergencies
from records.rules.access import Door
from records.tasks import emergency_opened
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent, OutboxMessage
from registry.queries.contexts import system_context
from tests.factories.city import NOW, City
from tests.factories.residents import make_resident
from tests.records.conftest import register

REASON = "Hôn mê, cần biết tiền sử dị ứng"


@pytest.fixture
def closed(city: City) -> uuid.UUID:
    """Somebody whom only the other clinic knows."""
    return register(city, by="le.tan.2")


def test_it_opens_for_three_hours_to_one_person_only(city: City, closed: uuid.UUID, trail: Any) -> None:
    ctx = city.ctx("bac.si", NOW)
    with pytest.raises(RecordClosed):
        open_record(ctx, closed)
    trail()
    until = open_emergency_access(ctx, patient_id=closed, reason=REASON)
    assert until == NOW + timedelta(hours=3)
    access = open_record(ctx, closed)
    assert (access.door, access.emergency_until) == (Door.EMERGENCY, until)
    assert [(row.action, row.purpose, row.patient_id) for row in trail()] == [
        ("open-emergency", "ETREAT", closed),
        ("read", "ETREAT", closed),
    ]
    with pytest.raises(RecordClosed):
        open_record(city.ctx("y.ta", NOW), closed)
    with pytest.raises(RecordClosed):
        open_record(city.ctx("bac.si", until), closed)


@pytest.mark.parametrize("reason", ["", "cấp cứu", "aaaaaaaaaaaa"])
def test_without_a_reason_it_stays_closed(city: City, closed: uuid.UUID, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=reason)
    assert (refused.value.code, refused.value.field) == ("reason-too-short", "reason")
    assert not EmergencyAccess.objects.exists()


def test_who_may_not_and_whom_nobody_knows(city: City, closed: uuid.UUID) -> None:
    with pytest.raises(Forbidden):
        open_emergency_access(city.ctx("le.tan", NOW), patient_id=closed, reason=REASON)
    with pytest.raises(NotFound):
        open_emergency_access(city.ctx("bac.si", NOW), patient_id=uuid.uuid4(), reason=REASON)


def test_the_department_of_health_judges_and_the_first_judgement_stays(city: City, closed: uuid.UUID) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    office = city.ctx("so.y.te", NOW + timedelta(days=1))
    (waiting,) = find_emergencies(office)
    assert (waiting.reason, waiting.facility, waiting.verdict) == (REASON, city.here.short_name, None)
    with pytest.raises(Refused) as refused:
        review_emergency_access(office, access_id=waiting.id, verdict="questioned")
    assert refused.value.field == "note"
    review_emergency_access(office, access_id=waiting.id, verdict="questioned", note="Gửi bệnh án kèm theo")
    assert len(find_emergencies(office)) == 0
    later = city.ctx("so.y.te", NOW + timedelta(days=2))
    review_emergency_access(later, access_id=waiting.id, verdict="justified")
    assert EmergencyReview.objects.count() == 2
    (judged,) = find_emergencies(later, reviewed=True)
    assert judged.verdict == "justified"


def test_the_judgement_is_the_departments(city: City, closed: uuid.UUID) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    access = EmergencyAccess.objects.get()
    with pytest.raises(Forbidden):
        review_emergency_access(city.ctx("bac.si", NOW), access_id=access.pk, verdict="justified")
    office = city.ctx("so.y.te", NOW)
    with pytest.raises(Refused, match="verdict-unknown"):
        review_emergency_access(office, access_id=access.pk, verdict="fine")
    with pytest.raises(NotFound):
        review_emergency_access(office, access_id=uuid.uuid4(), verdict="justified")


def test_the_kind_is_one_of_the_list(city: City, closed: uuid.UUID) -> None:
    with pytest.raises(Refused) as refused:
        open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON, kind="curious")
    assert refused.value.field == "kind"
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON, kind="unconscious")
    assert EmergencyAccess.objects.get().kind == "unconscious"


def test_a_question_is_answered_by_the_facility_and_judged_again(city: City, closed: uuid.UUID, trail: Any) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    office = city.ctx("so.y.te", NOW + timedelta(days=5))
    (waiting,) = find_emergencies(office)
    assert waiting.days_late == 2
    review_emergency_access(office, access_id=waiting.id, verdict="questioned", note="Gửi bệnh án kèm theo", seen="")
    (asked,) = find_own_emergencies(city.ctx("y.ta", NOW + timedelta(days=11)))
    assert (asked.standing, asked.note, asked.days_late) == ("questioned", "Gửi bệnh án kèm theo", 1)
    assert len(find_own_emergencies(city.ctx("bac.si.2", NOW))) == 0
    colleague = city.ctx("y.ta", NOW + timedelta(days=6))
    with pytest.raises(Refused, match="answer-too-short"):
        answer_emergency_question(colleague, access_id=waiting.id, text="vâng")
    with pytest.raises(NotFound):
        answer_emergency_question(city.ctx("bac.si.2", NOW), access_id=waiting.id, text="Người bệnh hôn mê, có bệnh án")
    with pytest.raises(NotFound):
        answer_emergency_question(colleague, access_id=uuid.uuid4(), text="Người bệnh hôn mê, có bệnh án")
    trail()
    answer_emergency_question(colleague, access_id=waiting.id, text="Người bệnh hôn mê, bệnh án số 12")
    assert [(row.action, row.patient_id) for row in trail()] == [("answer-emergency", closed)]
    with pytest.raises(Conflict, match="nothing-asked"):
        answer_emergency_question(colleague, access_id=waiting.id, text="Người bệnh hôn mê, bệnh án số 12")
    (back,) = find_emergencies(city.ctx("so.y.te", NOW + timedelta(days=6)))
    assert (back.standing, back.answer, back.days_late) == ("answered", "Người bệnh hôn mê, bệnh án số 12", None)
    with pytest.raises(Conflict, match="already-judged"):
        review_emergency_access(
            office, access_id=waiting.id, verdict="unjustified", note="Không trả lời", seen=asked.word
        )
    review_emergency_access(office, access_id=waiting.id, verdict="justified", seen=back.word)
    every = find_emergencies(office, reviewed=True)
    assert every.counts == {"justified": 1}
    assert EmergencyAnswer.objects.count() == 1


def test_every_opened_one_is_listed_however_many(city: City, closed: uuid.UUID) -> None:
    """S15: nothing falls out of the queue at a page's end."""
    for minute in range(120):
        open_emergency_access(city.ctx("bac.si", NOW + timedelta(minutes=minute)), patient_id=closed, reason=REASON)
    office, seen, after = city.ctx("so.y.te", NOW + timedelta(days=1)), set(), ""
    while True:
        page = find_emergencies(office, reviewed=True, after=after)
        seen |= {one.id for one in page.found}
        after = page.after
        if not after:
            break
    assert seen == set(EmergencyAccess.objects.values_list("id", flat=True))
    assert page.counts == {"waiting": 120}
    with pytest.raises(Refused, match="bad-cursor"):
        find_emergencies(office, after="x")
    with pytest.raises(Refused, match="standing-unknown"):
        find_emergencies(office, standing="x")


def test_an_unjustified_one_says_why(city: City, closed: uuid.UUID) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    access = EmergencyAccess.objects.get()
    with pytest.raises(Refused) as refused:
        review_emergency_access(city.ctx("so.y.te", NOW), access_id=access.pk, verdict="unjustified")
    assert refused.value.field == "note"


def test_the_department_is_told_of_each_by_the_outbox(city: City, closed: uuid.UUID) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    message = OutboxMessage.objects.get(topic="emergency.opened")
    assert emergency_opened(str(message.pk), message.payload) is True
    assert emergency_opened(str(message.pk), message.payload) is False, "told twice is told once"
    office = city.ctx("so.y.te", NOW)
    (alert,) = find_alerts(office).found
    assert (alert.kind, alert.account) == ("emergency", "bac.si")
    review_emergency_access(office, access_id=EmergencyAccess.objects.get().pk, verdict="justified")
    assert find_alerts(office).found == ()
    assert [one.verdict for one in find_alerts(office, every=True).found] == ["justified"]
    with pytest.raises(NotFound):
        alert_emergency(office, access_id=uuid.uuid4())


# ---------- reading too many records (S18) ----------


def test_one_account_reading_many_records_is_stopped_and_alerted(city: City, closed: uuid.UUID) -> None:
    ReadingLimit.objects.filter(role="doctor").update(alerts_at=3, stops_at=5)
    known = [make_resident(city.here, "Nguyễn Văn Bình").pk for _ in range(6)]
    ctx = city.ctx("bac.si", NOW)
    for one in known[:5]:
        open_record(ctx, one)
    with pytest.raises(TooManyRecords) as refused:
        open_record(ctx, known[5])
    assert refused.value.code == "reading-limit"
    open_record(ctx, known[0])  # what was open stays open
    open_record(city.ctx("y.ta", NOW), known[5])  # others go on
    open_emergency_access(ctx, patient_id=closed, reason=REASON)
    assert open_record(ctx, closed).door is Door.EMERGENCY, "an emergency is never stopped"
    stopped = AuditEvent.objects.get(code="reading-limit")
    assert (stopped.outcome, stopped.patient_id, stopped.actor_label) == ("refused", known[5], "bac.si")
    system = system_context(NOW, label="reading-sweep")
    assert sweep_readings(system) == 1
    assert sweep_readings(system) == 0, "one alert an account and hour"
    office = city.ctx("so.y.te", NOW)
    (alert,) = find_alerts(office).found
    assert (alert.kind, alert.account, alert.seen, alert.stopped) == ("reading", "bac.si", 7, 1)
    for verdict, note, field in (("", "x", "verdict"), ("normal", "", "note")):
        with pytest.raises(Refused) as why:
            review_alert(office, alert_id=alert.id, verdict=verdict, note=note)
        assert why.value.field == field
    with pytest.raises(Forbidden):
        review_alert(ctx, alert_id=alert.id, verdict="normal", note="Giao ban khoa")
    review_alert(office, alert_id=alert.id, verdict="normal", note="Giao ban khoa")
    with pytest.raises(Conflict):
        review_alert(office, alert_id=alert.id, verdict="misuse", note="Lạm dụng")
    with pytest.raises(NotFound):
        review_alert(office, alert_id=uuid.uuid4(), verdict="normal", note="Giao ban khoa")
    assert find_alerts(office).found == ()


@pytest.mark.django_db(transaction=True)
def test_two_people_judge_the_same_access(live_city: City) -> None:
    """Whoever is second learns that somebody was faster; one judgement stands."""
    closed = register(live_city, by="le.tan.2")
    open_emergency_access(live_city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    access, gate, outcomes = EmergencyAccess.objects.get(), threading.Barrier(2), []

    def judge(verdict: str) -> None:
        gate.wait()
        try:
            review_emergency_access(
                live_city.ctx("so.y.te", NOW), access_id=access.pk, verdict=verdict, note="Đã xem", seen=""
            )
            outcomes.append("done")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=judge, args=(verdict,)) for verdict in ("justified", "unjustified")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already-judged", "done"]
    assert EmergencyReview.objects.count() == 1
    assert not AccessAlert.objects.filter(kind="reading").exists()
