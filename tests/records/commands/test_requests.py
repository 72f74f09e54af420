"""Data-subject requests: the law's clocks, steps that are kept, and what each kind really does."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from records.commands.consents import PurposeAnswer, record_consents
from records.commands.encounters import Diagnosis, finish_encounter, open_encounter, record_diagnoses
from records.commands.requests import close_request, lift_restriction, record_request, reply_request, take_request
from records.models import Condition, DataSubjectRequest, Encounter, PublicHoliday, RequestStep, RequestTerm
from records.queries.access import RecordClosed, RecordRestricted, open_record
from records.queries.requests import find_requests, get_request, get_requests_of
from records.queries.retention import keep_until, kept_of
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from tests.factories.city import NOW, City
from tests.records.commands.test_consents import SIGNED
from tests.records.conftest import register
from tests.records.web.test_pages import page, signed_in

NOTE = "Đã gửi bản sao có đóng dấu"


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Vân, known here, with one visit of mental health care."""
    known = register(city)
    ctx = city.ctx("bac.si", NOW - timedelta(days=30))
    encounter = open_encounter(ctx, patient_id=known, care_type="01", reason="Mất ngủ")
    record_diagnoses(ctx, encounter, Diagnosis("F32", "Giai đoạn trầm cảm"))
    finish_encounter(ctx, encounter, "Theo dõi", "2")
    return known


def ask(city: City, patient_id: uuid.UUID, kind: str, by: str = "le.tan", days: float = 0) -> uuid.UUID:
    """A request received so many days after NOW (a Monday)."""
    ctx = city.ctx(by, NOW + timedelta(days=days))
    return record_request(ctx, patient_id=patient_id, kind=kind, wish="Tôi muốn biết", statement=SIGNED)


@pytest.mark.parametrize(
    ("kind", "act_by"),
    [
        ("view", date(2026, 12, 3)), ("copy", date(2026, 12, 3)), ("correct", date(2026, 12, 3)),
        ("withdraw", date(2026, 12, 8)), ("restrict", date(2026, 12, 8)), ("erase", date(2026, 12, 14)),
    ],
)  # fmt: skip
def test_the_clocks_of_each_kind(city: City, resident: uuid.UUID, kind: str, act_by: date, trail: Any) -> None:
    """Received on Monday 23/11/2026; 13/12 is a Sunday."""
    trail()
    made = DataSubjectRequest.objects.get(pk=ask(city, resident, kind))
    assert (made.reply_by, made.act_by, made.state) == (date(2026, 11, 25), act_by, "received")
    assert [(row.action, row.patient_id, row.detail) for row in trail()] == [
        ("record-request", resident, {"kind": kind})
    ]


def test_terms_and_holidays_are_data(city: City, resident: uuid.UUID) -> None:
    PublicHoliday.objects.create(day=date(2026, 11, 24), name="Nghỉ", confirmed=True, source="QĐ thử")
    PublicHoliday.objects.create(day=date(2026, 11, 25), name="Chưa chắc", confirmed=False, source="QĐ thử")
    RequestTerm.objects.filter(key="view").update(days=30)
    made = DataSubjectRequest.objects.get(pk=ask(city, resident, "view"))
    assert (made.reply_by, made.act_by) == (date(2026, 11, 26), date(2026, 12, 23))


def test_a_request_is_taken_answered_and_done(city: City, resident: uuid.UUID) -> None:
    made, doctor = ask(city, resident, "copy"), city.ctx("bac.si", NOW + timedelta(days=1))
    work = find_requests(doctor)
    assert (work.open, work.overdue, work.unowned) == (1, 0, 1)
    assert (work.found[0].days_left, work.found[0].name) == (1, "Nguyễn Thị Hồng Vân")
    take_request(doctor, request_id=made)
    with pytest.raises(Refused) as short:
        reply_request(doctor, request_id=made, note="vâng")
    assert short.value.field == "note"
    reply_request(doctor, request_id=made, note="Sẽ gửi bản sao ngày 30/11")
    late = find_requests(city.ctx("bac.si", NOW + timedelta(days=12)))
    assert (late.open, late.overdue, late.found[0].days_left) == (1, 1, -2)
    close_request(doctor, request_id=made, state="done", note=NOTE)
    assert find_requests(doctor).found == ()
    assert [one.state for one in find_requests(doctor, every=True).found] == ["done"]
    assert list(RequestStep.objects.order_by("at", "id").values_list("state", "owner")) == [
        ("received", None), ("received", doctor.actor.staff_id), ("replied", doctor.actor.staff_id),
        ("done", doctor.actor.staff_id),
    ]  # fmt: skip
    for again in ("done", "declined", "taken-back"):
        with pytest.raises(Conflict, match="request-closed"):
            close_request(doctor, request_id=made, state=again, note=NOTE)
    with pytest.raises(Conflict):
        take_request(doctor, request_id=made)


def test_erasing_is_answered_with_the_laws_limit_and_nothing_is_deleted(city: City, resident: uuid.UUID) -> None:
    made, doctor = ask(city, resident, "erase"), city.ctx("bac.si", NOW)
    assert keep_until(resident) == date(2046, 12, 31)
    assert [(line.name, line.encounters) for line in kept_of(resident)] == [("Hồ sơ bệnh án tâm thần", 1)]
    with pytest.raises(Refused) as refused:
        close_request(doctor, request_id=made, state="done", note=NOTE)
    assert refused.value.code == "must-be-kept"
    assert "31/12/2046" in refused.value.message
    close_request(doctor, request_id=made, state="declined", note="Hồ sơ phải lưu theo luật")
    step = RequestStep.objects.order_by("-at", "-id")[0]
    assert step.detail == {"keep_until": "2046-12-31"}
    assert Encounter.objects.count() == Condition.objects.count() == 1


def test_a_withdrawal_done_ends_every_consent(city: City, resident: uuid.UUID) -> None:
    answers = [PurposeAnswer("treatment-sharing", "permit", recipient="01T02"), PurposeAnswer("research", "permit")]
    record_consents(city.ctx("le.tan", NOW), patient_id=resident, answers=answers, statement=SIGNED)
    assert open_record(city.ctx("bac.si.2", NOW), resident)
    made = ask(city, resident, "withdraw")
    close_request(city.ctx("bac.si", NOW), request_id=made, state="done", note="Đã rút mọi đồng ý")
    with pytest.raises(RecordClosed):
        open_record(city.ctx("bac.si.2", NOW), resident)
    assert RequestStep.objects.order_by("-at", "-id")[0].detail == {"withdrawn": 2}


def test_a_restriction_closes_the_record_until_it_is_lifted(city: City, resident: uuid.UUID) -> None:
    made, doctor = ask(city, resident, "restrict"), city.ctx("bac.si", NOW)
    with pytest.raises(Conflict, match="not-restricted"):
        lift_restriction(doctor, request_id=made, note="Người bệnh bỏ hạn chế")
    close_request(doctor, request_id=made, state="done", note="Hạn chế xử lý theo yêu cầu")
    with pytest.raises(RecordRestricted):
        open_record(doctor, resident)
    assert get_request(doctor, made).restricts
    lift_restriction(doctor, request_id=made, note="Người bệnh bỏ hạn chế")
    assert open_record(doctor, resident).patient_id == resident
    with pytest.raises(Conflict):
        lift_restriction(doctor, request_id=made, note="Người bệnh bỏ hạn chế")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"kind": "forget"}, ["kind"]),
        ({"wish": " "}, ["wish"]),
        ({"statement": replace(SIGNED, proof="")}, ["proof"]),
        ({"statement": replace(SIGNED, text_read=False)}, ["text_read"]),
        ({"statement": replace(SIGNED, given_by="")}, ["given_by"]),
        ({"statement": replace(SIGNED, given_by="representative")}, ["representative"]),
    ],
)
def test_what_is_missing_is_told_at_its_field(
    city: City, resident: uuid.UUID, change: dict[str, Any], fields: list[str]
) -> None:
    said = {"kind": "view", "wish": "Xem", "statement": SIGNED} | change
    with pytest.raises(Refused) as refused:
        record_request(city.ctx("le.tan", NOW), patient_id=resident, **said)
    assert [one.field for one in refused.value.all] == fields
    assert not DataSubjectRequest.objects.exists()


def test_whose_request_it_is(city: City, resident: uuid.UUID) -> None:
    made = ask(city, resident, "view")
    for ctx in (city.ctx("bac.si.2", NOW), city.ctx("le.tan.2", NOW)):
        assert find_requests(ctx).found == ()
        with pytest.raises(NotFound):
            get_request(ctx, made)
    with pytest.raises(NotFound):
        close_request(city.ctx("bac.si.2", NOW), request_id=made, state="done", note=NOTE)
    with pytest.raises(Forbidden):
        take_request(city.ctx("le.tan", NOW), request_id=made)
    with pytest.raises(Forbidden):
        find_requests(city.ctx("thu.ngan", NOW))
    with pytest.raises(RecordClosed):
        ask(city, resident, "view", by="le.tan.2")
    with pytest.raises(RecordClosed):
        get_requests_of(city.ctx("bac.si.2", NOW), resident)
    office = city.ctx("so.y.te", NOW)
    assert [one.id for one in find_requests(office).found] == [made]
    take_request(office, request_id=made)
    assert get_request(office, made).line.owner == "Nhân viên so.y.te"
    with pytest.raises(Refused, match="bad-cursor"):
        find_requests(office, after="x")
    with pytest.raises(Refused, match="state-unknown"):
        close_request(office, request_id=made, state="lost", note=NOTE)


def test_the_pages(city: City, resident: uuid.UUID, trail: Any) -> None:
    desk, address = signed_in(city, "le.tan"), reverse("records:resident_requests", args=[resident])
    assert "Hồ sơ bệnh án tâm thần" in page(desk.get(address))
    said = {"given_by": "self", "proof": "paper", "proof_note": "12", "text_read": "on"}
    trail()
    unclear = desk.post(address, said | {"kind": "erase"})
    assert unclear.status_code == 422
    assert list(unclear.context["form"].errors) == ["wish"]
    assert [row.action for row in trail()] == ["read-requests"]
    assert desk.post(address, said | {"kind": "erase", "wish": "Xoá hết"})["Location"] == address
    made = DataSubjectRequest.objects.get()
    doctor, one = signed_in(city, "bac.si"), reverse("records:request", args=[made.pk])
    assert "Xoá hết" in page(doctor.get(reverse("records:requests")))
    shown = page(doctor.get(one))
    assert "Luật buộc lưu đến" in shown
    assert 'value="done"' not in shown
    trail()
    assert doctor.post(one, {"step": "declined", "note": ""}).status_code == 422
    assert [row.action for row in trail()] == ["read-requests"]
    assert doctor.post(one, {"step": "declined", "note": "Hồ sơ phải lưu theo luật"}).status_code == 302
    assert [row.action for row in trail()] == ["handle-request"]
    assert "Phải lưu hồ sơ đến hết ngày 31/12/20" in page(doctor.get(one))
    assert desk.post(one, {"step": "take"}).status_code == 403
    assert "Từ chối, có căn cứ" in page(signed_in(city, "so.y.te").get(reverse("records:requests") + "?tat-ca=1"))


@pytest.mark.django_db(transaction=True)
def test_two_people_close_the_same_request(live_city: City) -> None:
    known = register(live_city)
    made = ask(live_city, known, "restrict")
    gate, outcomes = threading.Barrier(2), []

    def close(state: str) -> None:
        gate.wait()
        try:
            close_request(live_city.ctx("bac.si", NOW), request_id=made, state=state, note="Quyết định của bác sĩ")
            outcomes.append("done")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=close, args=(state,)) for state in ("done", "declined")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "request-closed"]
    assert RequestStep.objects.filter(request=made).count() == 2
