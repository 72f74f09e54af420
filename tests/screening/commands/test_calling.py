"""Call and recall: who is planned, what goes out, what is answered, and how a round without an answer ends."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from records.models import Patient
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from screening.commands.calling import measure_station, plan_batch, plan_station, share_city, start_city_plan
from screening.commands.invitations import answer_invitation
from screening.commands.kits import issue_kit
from screening.commands.sending import follow_up, mark_letters_sent, retry_failed, send_message, withdraw_batch
from screening.models import Enrolment, Episode, Invitation, InvitationBatch, InvitationStatus
from screening.queries.batches import Tab, find_by_letter, get_batch, get_letters, list_batches
from screening.queries.calling import Capacity, preview_batch
from screening.rules.calling import LeftOut
from screening.senders import Message, NotSentError
from tests.factories.screening import kit_number

ROOM = Capacity(100, 100)


class Sent:
    """A sender that keeps what it was given; refuses everything while `broken`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.broken = ""

    def send(self, message: Message) -> str:
        if self.broken:
            raise NotSentError(self.broken)
        self.messages.append(message)
        return message.key


def monday(ward: Any) -> date:
    day: date = ward.at.date()
    return day - timedelta(days=day.weekday())


def plan(ward: Any, capacity: Capacity = ROOM, **more: Any) -> InvitationBatch:
    return plan_batch(ward.ctx(), programme="colorectal", week=more.pop("week", monday(ward)), capacity=capacity)


def only(batch: InvitationBatch) -> Invitation:
    return batch.invitations.select_related("episode__enrolment").order_by("-number").first()  # type: ignore[return-value]


def agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has agreed to messages; who really did is the consents' own test."""
    for module in ("screening.commands.calling", "screening.commands.sending"):
        monkeypatch.setattr(f"{module}.people_who_agreed", lambda people, _purpose, _on: set(people))


@pytest.fixture
def system(ward: Any) -> Any:
    from registry.queries.contexts import system_context

    return lambda: system_context(ward.at, label="test")


def test_a_batch_invites_the_due_and_the_ward_and_nobody_twice(ward: Any) -> None:
    recalled = ward.enrolled()
    strangers = [ward.person() for _ in range(3)]
    batch = plan(ward)
    invited = Enrolment.objects.filter(episodes__invitations__batch=batch)
    assert set(invited.values_list("patient_id", flat=True)) == {recalled.patient_id, *(one.pk for one in strangers)}
    assert all(one.target and one.closed_at is None for one in Episode.objects.filter(enrolment__in=invited))
    assert InvitationStatus.objects.filter(invitation__batch=batch, state="planned").count() == 4
    with pytest.raises(Conflict, match="batch-exists"):
        plan(ward)
    with pytest.raises(Refused, match="nobody-due"):
        plan(ward, week=monday(ward) + timedelta(days=7))
    ahead = preview_batch(ward.ctx(), programme="colorectal", week=monday(ward), capacity=ROOM)
    assert (ahead.count.due, ahead.count.left_out) == (0, {LeftOut.INVITED: 4})


def test_the_week_invites_no_more_than_it_can_serve(ward: Any) -> None:
    for _ in range(8):
        ward.person()
    batch = plan(ward, Capacity(1, 100))  # 15.4 of a hundred come: six invitations are one test at most
    assert batch.invitations.count() == 6
    assert (batch.inputs["limit"], batch.inputs["new"]) == ("laboratory", 8)


def test_who_may_not_be_invited_is_left_out_and_said_why(ward: Any) -> None:
    ward.positive()
    ward.with_kit()
    dead, moved, ceased = ward.enrolled(), ward.enrolled(), ward.enrolled()
    Patient.objects.filter(pk=dead.patient_id).update(deceased_on=ward.at.date())
    Patient.objects.filter(pk=moved.patient_id).update(ward_code="79999")
    Enrolment.objects.filter(pk=ceased.pk).update(standing="ceased", next_due_on=None)
    later = ward.enrolled()
    Enrolment.objects.filter(pk=later.pk).update(next_due_on=ward.at.date() + timedelta(days=30))
    ahead = preview_batch(ward.ctx(), programme="colorectal", week=monday(ward), capacity=ROOM)
    assert ahead.count.left_out == {
        LeftOut.DECEASED: 1, LeftOut.CEASED: 1, LeftOut.MOVED: 1, LeftOut.FOLLOW_UP: 1, LeftOut.BEING_TESTED: 1,
        LeftOut.NOT_DUE: 1,
    }  # fmt: skip
    assert ahead.count.due == 0


@pytest.mark.parametrize(
    ("week", "capacity", "field"),
    [
        (-7, ROOM, "week"),
        (27 * 7, ROOM, "week"),
        (0, Capacity(-1, 5), "laboratory"),
        (0, Capacity(5, 100_001), "endoscopy"),
    ],
)
def test_impossible_plans_are_refused(ward: Any, week: int, capacity: Capacity, field: str) -> None:
    ward.person()
    with pytest.raises(Refused) as refused:
        plan(ward, capacity, week=monday(ward) + timedelta(days=week))
    assert refused.value.field == field


def test_a_nurse_sees_only_her_own_facility(ward: Any) -> None:
    ward.person()
    batch = plan(ward)
    with pytest.raises(NotFound):
        get_batch(ward.city.ctx("bac.si.2", ward.at), batch.pk)


def test_messages_go_to_who_agreed_and_letters_to_the_rest(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.person(phone="0912000345")
    assert only(plan(ward)).channel in ("letter", "ward-list")
    agrees(monkeypatch)
    ward.person(phone="0912000346")
    assert only(plan(ward, week=monday(ward) + timedelta(days=7))).channel == "sms"


def test_a_message_is_sent_once_and_a_failure_is_never_called_sent(
    ward: Any, system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agrees(monkeypatch)
    ward.person(phone="0912000345")
    batch, sender = plan(ward), Sent()
    sender.broken = "Cổng tin nhắn không trả lời kịp."
    assert send_message(system(), invitation_id=only(batch).pk, sender=sender) == "failed"
    assert only(batch).sent_on is None
    assert retry_failed(ward.ctx(), batch_id=batch.pk) == 1
    sender.broken = ""
    for _ in range(2):
        assert send_message(system(), invitation_id=only(batch).pk, sender=sender) == "sent"
    (message,) = sender.messages
    assert message.to == "+84912000345"
    assert "FIT" in message.text
    assert "Nguyễn" not in message.text


def test_an_agreement_taken_back_turns_the_message_into_a_letter(
    ward: Any, system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agrees(monkeypatch)
    ward.person(phone="0912000345")
    batch, sender = plan(ward), Sent()
    monkeypatch.setattr("screening.commands.sending.people_who_agreed", lambda _people, _purpose, _on: set())
    assert send_message(system(), invitation_id=only(batch).pk, sender=sender) == "planned"
    assert (only(batch).channel, sender.messages) == ("letter", [])


def test_letters_are_printed_found_by_their_code_and_marked_once(ward: Any) -> None:
    ward.person()
    batch = plan(ward)
    (person,) = get_letters(ward.ctx(), batch.pk).people
    assert find_by_letter(ward.ctx(), f"HNTS-{person.id.hex.upper()}") == person.enrolment_id
    with pytest.raises(Refused, match="no-such-letter"):
        find_by_letter(ward.ctx(), "HNTS-12")
    with pytest.raises(Refused, match="no-such-letter"):
        find_by_letter(ward.ctx(), f"HNTS-{uuid.uuid4().hex}")
    assert mark_letters_sent(ward.ctx(), batch_id=batch.pk) == 1
    assert mark_letters_sent(ward.ctx(), batch_id=batch.pk) == 0
    assert get_batch(ward.ctx(), batch.pk).counts[Tab.WAITING] == 1


def test_coming_answers_the_invitation(ward: Any) -> None:
    enrolment = ward.enrolled()
    batch = plan(ward)
    issue_kit(ward.ctx(), enrolment_id=enrolment.pk, number=kit_number())
    assert only(batch).response == "attended"
    assert get_batch(ward.ctx(), batch.pk).counts[Tab.CAME] == 1
    assert list_batches(ward.ctx()).lines[0].came == 1


@pytest.mark.parametrize(
    ("response", "day", "standing", "due", "open_rounds"),
    [
        ("accepted", None, "active", 0, 1),
        ("refused", None, "active", 365, 0),
        ("elsewhere", -10, "active", 355, 0),
        ("ceased", None, "ceased", None, 0),
        ("deferred", 20, "deferred", 20, 1),
    ],
)
def test_what_an_answer_does(
    ward: Any, response: str, day: int | None, standing: str, due: int | None, open_rounds: int, at_commit: Any
) -> None:
    ward.person()
    invitation = only(plan(ward))
    today = ward.at.date()
    said = today + timedelta(days=day) if day is not None else None
    answer_invitation(ward.ctx(), invitation_id=invitation.pk, response=response, day=said)
    at_commit()
    enrolment = Enrolment.objects.get(pk=invitation.episode.enrolment_id)
    assert enrolment.standing == standing
    assert enrolment.next_due_on == (None if due is None else today + timedelta(days=due))
    assert Episode.objects.filter(enrolment=enrolment, closed_at=None).count() == open_rounds
    if response != "accepted":
        with pytest.raises(Conflict, match="answered"):
            answer_invitation(ward.ctx(), invitation_id=invitation.pk, response="refused")


@pytest.mark.parametrize(
    ("response", "day", "note", "field"),
    [
        ("attended", None, "", "response"), ("maybe", None, "", "response"), ("", None, "", "note"),
        ("deferred", None, "", "day"), ("deferred", 0, "", "day"), ("deferred", 900, "", "day"),
        ("elsewhere", 1, "", "day"), ("elsewhere", None, "", "day"), ("refused", 3, "", "day"),
    ],
)  # fmt: skip
def test_unusable_answers_are_refused(ward: Any, response: str, day: int | None, note: str, field: str) -> None:
    ward.person()
    invitation = only(plan(ward))
    said = ward.at.date() + timedelta(days=day) if day is not None else None
    with pytest.raises(Refused) as refused:
        answer_invitation(ward.ctx(), invitation_id=invitation.pk, response=response, day=said, note=note)
    assert refused.value.field == field
    with pytest.raises(NotFound):
        answer_invitation(ward.city.ctx("bac.si.2", ward.at), invitation_id=invitation.pk, response="accepted")


def test_a_refusal_never_ends_a_round_that_is_under_way(ward: Any) -> None:
    enrolment = ward.enrolled()
    invitation = only(plan(ward))
    answer_invitation(ward.ctx(), invitation_id=invitation.pk, response="accepted")
    issue_kit(ward.ctx(), enrolment_id=enrolment.pk, number=kit_number())
    with pytest.raises(Conflict):
        answer_invitation(ward.ctx(), invitation_id=invitation.pk, response="refused")


def test_silence_is_reminded_twice_and_then_waits_for_the_next_round(ward: Any, system: Any, at_commit: Any) -> None:
    ward.person()
    batch = plan(ward)
    opened = ward.at.date()
    for number in (1, 2):
        mark_letters_sent(ward.ctx(), batch_id=batch.pk)
        ward.later(days=27)
        assert follow_up(system()).reminded == 0
        ward.later(days=1)
        assert follow_up(system()).reminded == 1
        assert follow_up(system()).reminded == 0
        assert only(batch).number == number + 1
    mark_letters_sent(ward.ctx(), batch_id=batch.pk)
    ward.later(days=28)
    assert follow_up(system()).ended == 1
    at_commit()
    enrolment = only(batch).episode.enrolment
    assert (enrolment.standing, enrolment.next_due_on) == ("active", opened.replace(year=opened.year + 1))
    assert only(batch).episode.ending == "not-tested"
    assert follow_up(system()) == type(follow_up(system()))(0, 0, 0, 0)


def test_who_said_they_would_come_and_did_not_is_reminded(ward: Any, system: Any) -> None:
    ward.person()
    batch = plan(ward)
    answer_invitation(ward.ctx(), invitation_id=only(batch).pk, response="accepted")
    ward.later(days=28)
    assert follow_up(system()).reminded == 1
    assert batch.invitations.get(number=1).response == "accepted"


@pytest.mark.parametrize("response", ["", "refused", "deferred"])
def test_an_invitation_that_was_reminded_since_takes_no_answer(ward: Any, system: Any, response: str) -> None:
    ward.person()
    batch = plan(ward)
    first = only(batch)
    answer_invitation(ward.ctx(), invitation_id=first.pk, response="accepted")
    ward.later(days=28)
    assert follow_up(system()).reminded == 1
    day = ward.at.date() + timedelta(days=9) if response == "deferred" else None
    with pytest.raises(Conflict, match="reminded"):
        answer_invitation(ward.ctx(), invitation_id=first.pk, response=response, day=day, note="gọi")
    latest = batch.invitations.get(number=2)
    answer_invitation(ward.ctx(), invitation_id=latest.pk, response=response, day=day, note="gọi")


@pytest.mark.parametrize(
    ("change", "note", "standing"),
    [
        ({"deceased_on": date(2026, 11, 20)}, "Đã mất", "ceased"),
        ({"ward_code": "79999"}, "Đã chuyển khỏi Hà Nội", "ceased"),
    ],
)
def test_the_dead_and_the_moved_are_not_reminded(
    ward: Any, system: Any, change: dict[str, Any], note: str, standing: str, at_commit: Any
) -> None:
    person = ward.person()
    batch = plan(ward)
    Patient.objects.filter(pk=person.pk).update(**change)
    assert follow_up(system()).withdrawn == 1
    at_commit()
    invitation = only(batch)
    assert (invitation.state, invitation.note, invitation.episode.enrolment.standing) == ("withdrawn", note, standing)
    assert follow_up(system()).withdrawn == 0


def test_who_was_tested_elsewhere_meanwhile_is_asked_an_interval_later(ward: Any, system: Any) -> None:
    from records.commands.encounters import record_result

    person = ward.person()
    batch = plan(ward)
    ward.later(days=2)
    elsewhere = ward.city.ctx("bac.si.2", ward.at)
    record_result(elsewhere, patient_id=person.pk, code="fit", display="FIT", value=Decimal(3), unit="µg Hb/g")
    assert follow_up(system()).withdrawn == 1
    assert only(batch).note == "Đã làm ở nơi khác, chưa đến hạn lại"
    assert only(batch).episode.enrolment.next_due_on > ward.at.date() + timedelta(days=300)


def test_a_deferral_ends_on_its_day_and_the_person_is_invited_again(ward: Any, system: Any) -> None:
    ward.person()
    batch = plan(ward)
    answer_invitation(
        ward.ctx(), invitation_id=only(batch).pk, response="deferred", day=ward.at.date() + timedelta(days=40)
    )
    ward.later(days=39)
    assert follow_up(system()).resumed == 0
    ward.later(days=1)
    assert follow_up(system()).resumed == 1
    assert (only(batch).number, only(batch).state, only(batch).episode.enrolment.standing) == (2, "planned", "active")


def test_a_batch_is_taken_back_before_it_goes_out(ward: Any, at_commit: Any) -> None:
    for _ in range(3):
        ward.person()
    batch = plan(ward)
    assert withdraw_batch(ward.ctx(), batch_id=batch.pk) == 3
    at_commit()
    assert withdraw_batch(ward.ctx(), batch_id=batch.pk) == 0
    again = plan(ward, week=monday(ward) + timedelta(days=7))
    assert again.invitations.count() == 3


def test_the_city_is_planned_station_by_station_and_twice_changes_nothing(ward: Any, system: Any) -> None:
    for _ in range(4):
        ward.person()
    place = ward.city.here
    station = measure_station(system(), programme="colorectal", week=monday(ward), facility_id=place.pk)
    assert station is not None
    assert station.count.due == 4
    capacity = Capacity(1000, 1000)
    shared = share_city([station], capacity)
    for expected in (4, 0):
        invited = plan_station(
            system(), programme="colorectal", week=monday(ward), station=station, size=shared.size, capacity=capacity,
            plan=shared,
        )  # fmt: skip
        assert invited == expected
    assert measure_station(system(), programme="colorectal", week=monday(ward), facility_id=place.pk) is None
    with pytest.raises(Forbidden):
        start_city_plan(ward.ctx(), programme="colorectal", week=monday(ward), capacity=capacity)


def test_who_deferred_may_come_earlier(ward: Any, system: Any) -> None:
    enrolment = ward.enrolled()
    batch = plan(ward)
    later = ward.at.date() + timedelta(days=40)
    answer_invitation(ward.ctx(), invitation_id=only(batch).pk, response="deferred", day=later)
    ward.later(days=3)
    issue_kit(ward.ctx(), enrolment_id=enrolment.pk, number=kit_number())
    enrolment.refresh_from_db()
    assert (enrolment.standing, enrolment.deferred_until, only(batch).response) == ("active", None, "attended")
    ward.later(days=60)
    assert follow_up(system()).resumed == 0


def test_the_scheduler_sends_in_the_daytime_and_once(ward: Any, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    from django.utils import timezone

    from screening import tasks

    agrees(monkeypatch)
    ward.person(phone="0912000345")
    batch, sender = plan(ward), Sent()
    monkeypatch.setattr(tasks, "configured_sender", lambda: sender)
    for hour, expected in ((7, 0), (8, 1), (9, 1)):
        moment = timezone.localtime(ward.at).replace(hour=hour)
        monkeypatch.setattr(tasks.timezone, "now", lambda moment=moment: moment)
        tasks.send_invitations()
        assert len(sender.messages) == expected
    assert only(batch).state == "sent"


def test_the_city_is_planned_in_the_background_with_its_progress(ward: Any, system: Any) -> None:
    from registry.models import Facility, Job
    from screening import tasks

    Facility.objects.filter(pk=ward.city.here.pk).update(kind="health-station")
    for _ in range(3):
        ward.person()
    department = ward.city.ctx("so.y.te", ward.at)
    week = monday(ward) + timedelta(days=7)
    job = start_city_plan(department, programme="colorectal", week=week, capacity=ROOM)
    assert tasks.plan_city(str(job.pk), "colorectal", week.isoformat(), 100, 100) == 3
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.done, done.total) == ("done", 2, 2)
    assert list_batches(department).lines[0].invited == 3
    assert get_batch(department, InvitationBatch.objects.get().pk).people == []
    assert tasks.plan_city(str(job.pk), "colorectal", week.isoformat(), 100, 100) == 0
