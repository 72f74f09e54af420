"""Today at the demo clinic, through the same commands people use: a queue, and a screening programme under way."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from clinics.commands.check_in import check_in
from clinics.commands.closing import close_visit
from clinics.commands.consultation import start_consultation
from clinics.commands.triage import record_vitals
from clinics.rules.payers import Payer
from clinics.rules.priorities import suggested_priority
from hanoi_ehr.demo.commands.residents import City
from hanoi_ehr.demo.facilities import CLINIC
from hanoi_ehr.demo.histories import HANOI
from hanoi_ehr.demo.people import Person
from registry.kernel import Channel, Context
from registry.models import Assignment, Room
from registry.queries.contexts import context_of_staff
from registry.rules.dates import PartialDate, age_on
from screening.commands.calling import plan_batch
from screening.commands.duties import close_duty_not_done, record_assessment
from screening.commands.enrolment import enrol
from screening.commands.invitations import answer_invitation
from screening.commands.kits import issue_kit, record_kit_return, reject_kit
from screening.commands.results import record_result
from screening.commands.sending import mark_letters_sent
from screening.models import InvitationBatch
from screening.models.kits import Rejection
from screening.queries.calling import Capacity, preview_batch
from screening.queries.cohort import find_person
from screening.queries.scope import live_programme

REASONS = (
    "Đau đầu, chóng mặt",
    "Ho, sốt nhẹ từ hôm qua",
    "Đau thượng vị",
    "Khám định kỳ tăng huyết áp",
    "Đau khớp gối",
    "Mất ngủ",
)
OUT_OF_BREATH = "Khó thở, tức ngực"


@dataclass(frozen=True, slots=True)
class Desk:
    """The clinic's staff as contexts at any moment. `clinic` people are those whose record is open there."""

    clinic: Sequence[Person]
    assignments: dict[str, Assignment]
    now: datetime

    @classmethod
    def of(cls, city: City, now: datetime) -> Desk:
        """The desk of the demo clinic."""
        known = [
            person
            for person, history in zip(city.people, city.histories, strict=True)
            if history.home == CLINIC and person.birth_precision == "day"
        ]
        found = Assignment.objects.filter(facility__code=CLINIC).select_related("staff", "facility")
        return cls(known, {assignment.staff.username: assignment for assignment in found}, now)

    def ctx(self, username: str, at: datetime) -> Context:
        """The context of one of the clinic's accounts at a moment."""
        assignment = self.assignments[username]
        return context_of_staff(
            assignment.staff, assignment, at=at, channel=Channel.COMMAND_LINE, request_id=uuid.uuid4()
        )

    def today(self, minutes_ago: int) -> datetime:
        """So many minutes ago, but never before today began."""
        dawn = datetime.combine(timezone.localdate(self.now), time(0, 1), HANOI)
        return max(dawn, self.now - timedelta(minutes=minutes_ago))


@dataclass(frozen=True, slots=True)
class Wait:
    """One of today's visits: minutes since check-in, the room, how far it has come (0 waiting … 3 closed)."""

    minutes: int
    room: str
    stage: int


# Stages: 0 waiting, 1 vitals taken, 2 with the doctor, 3 closed.
QUEUE = (
    Wait(150, "P3", 3), Wait(138, "P3", 3), Wait(121, "P4", 3), Wait(96, "P3", 2), Wait(84, "P3", 1), Wait(77, "P2", 1),
    Wait(66, "P3", 1), Wait(58, "P4", 1), Wait(49, "P3", 1), Wait(41, "P2", 0), Wait(33, "P3", 0), Wait(27, "P4", 0),
    Wait(19, "P3", 0), Wait(12, "P3", 0), Wait(5, "P3", 0),
)  # fmt: skip


def open_day(desk: Desk, chance: Random) -> int:
    """Today's queue. Gives the number of visits."""
    rooms = dict(Room.objects.filter(facility__code=CLINIC).values_list("code", "pk"))
    today = timezone.localdate(desk.now)
    children = iter([person for person in desk.clinic if 1 <= person.age(today) < 12])  # noqa: PLR2004
    adults = iter([person for person in desk.clinic if 18 <= person.age(today) < 95][60:])  # noqa: PLR2004
    served = 0
    for wait in QUEUE:
        person = next(children if wait.room == "P2" else adults, None)
        if person is not None:
            _attend(desk, chance, person, wait, rooms[wait.room])
            served += 1
    return served


def _attend(desk: Desk, chance: Random, person: Person, wait: Wait, room: int) -> None:
    arrived = desk.today(wait.minutes)
    age = age_on(PartialDate(person.birth), arrived.date())
    visit = check_in(
        desk.ctx("le.tan", arrived),
        patient_id=uuid.UUID(person.id),
        room_id=room,
        reason=chance.choice(REASONS),
        payer=Payer.INSURANCE if person.bhyt else Payer.SELF_PAY,
        priority=suggested_priority(age),
        care_type="01",
    )
    if wait.stage >= 1:
        readings = _readings(chance, age.years)
        record_vitals(desk.ctx("y.ta", desk.today(wait.minutes - 8)), visit_id=visit.visit_id, readings=readings)
    if wait.stage >= 2:  # noqa: PLR2004 - the stages named above
        start_consultation(desk.ctx("bac.si", desk.today(wait.minutes - 20)), visit_id=visit.visit_id)
    if wait.stage >= 3:  # noqa: PLR2004
        _close(desk, visit.visit_id, desk.today(wait.minutes - 35))


def _readings(chance: Random, years: int) -> dict[str, Decimal]:
    readings = {
        "temperature": Decimal(f"{chance.gauss(36.9, 0.4):.1f}"),
        "pulse": Decimal(chance.randint(66, 96)),
        "spo2": Decimal(chance.randint(96, 99)),
    }
    if years >= 18:  # noqa: PLR2004
        high = chance.randint(112, 158)
        readings |= {"systolic": Decimal(high), "diastolic": Decimal(int(high * 0.61))}
    return readings


def _close(desk: Desk, visit_id: uuid.UUID, at: datetime) -> None:
    close_visit(
        desk.ctx("bac.si", at),
        visit_id=visit_id,
        conclusion="Điều trị ngoại trú, tái khám sau 5 ngày nếu không đỡ.",
        outcome_code="2",
        main="J06.9",
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One enrolled person: days since each step; value in µg Hb/g. None: not yet. ending: what closed a positive."""

    enrolled: int
    issued: int | None = None
    returned: int | None = None
    resulted: int | None = None
    value: str = ""
    ending: str = ""
    finding: str = ""
    extra: dict[str, int] = field(default_factory=dict)


def cases() -> Iterator[Case]:
    """Every state the worklist knows, open duties first, from fresh to long overdue (deadline 31 days)."""
    for days, value in ((2, "28"), (9, "64.5"), (19, "33"), (27, "145"), (38, "51"), (64, "22"), (110, "88")):
        yield Case(days + 18, days + 14, days + 4, days, value)
    yield Case(160, 156, 149, 146, "76", "colonoscopy", "adenomas-1-2", {"done": 121})
    yield Case(120, 116, 109, 106, "41", "colonoscopy", "normal", {"done": 84})
    yield Case(200, 196, 189, 186, "310", "colonoscopy", "cancer", {"done": 170})
    yield Case(140, 136, 129, 126, "25", "refused", "", {"done": 90})
    yield from (Case(days) for days in (2, 3, 9, 20))
    yield from (Case(days + 2, days) for days in (1, 4, 12, 35, 70))
    yield from (Case(30, 28, days) for days in (1, 2))
    yield Case(26, 24, 12, ending="rejected")
    for days, value in (
        (20, "3"),
        (34, "0"),
        (48, "7.5"),
        (61, "11"),
        (95, "2"),
        (130, "14"),
        (170, "0"),
        (220, "6"),
        (300, "9"),
    ):
        yield Case(days + 20, days + 16, days + 3, days, value)


def open_programme(desk: Desk) -> int:
    """The colorectal programme at the clinic. Gives the number of people enrolled."""
    today = timezone.localdate(desk.now)
    people = [person for person in desk.clinic if 46 <= person.age(today) <= 74]  # noqa: PLR2004
    enrolled = 0
    for number, case in enumerate(cases(), start=1):
        person = next((one for one in people if _may_enrol(desk, one, case)), None)
        if person is None:
            continue
        people.remove(person)
        _screen(desk, person, case, number)
        enrolled += 1
    return enrolled


INVITED_DAYS_AGO = 16
FIRST_PLACES, NEXT_PLACES = Capacity(4, 10), Capacity(2, 10)
SAID = (
    ("accepted", "", None), ("refused", "Bận việc đồng áng, hẹn năm sau", None), ("deferred", "Đang chăm người ốm", 30),
    ("", "Gọi ba lần không nghe máy", None),
)  # fmt: skip


def invite(desk: Desk) -> int:
    """A batch that went out two weeks ago, with what people said, and one for this week. Gives the people invited."""
    at = _clock(desk)
    sent = _invite(desk, INVITED_DAYS_AGO, INVITED_DAYS_AGO, FIRST_PLACES)
    if sent is None:
        return 0
    mark_letters_sent(desk.ctx("y.ta", at(INVITED_DAYS_AGO - 1)), batch_id=sent.pk)
    for invitation, (response, note, days) in zip(sent.invitations.order_by("pk"), SAID, strict=False):
        day = _day(desk, -days) if days else None
        nurse = desk.ctx("y.ta", at(INVITED_DAYS_AGO - 9))
        answer_invitation(nurse, invitation_id=invitation.pk, response=response, day=day, note=note)
    coming = _invite(desk, 1, 0, NEXT_PLACES)
    return sum(batch.invitations.count() for batch in (sent, coming) if batch)


def _invite(desk: Desk, days_ago: int, week_days_ago: int, places: Capacity) -> InvitationBatch | None:
    """The clinic's batch of a week; None in a city too small to have anybody due."""
    nurse = desk.ctx("y.ta", _clock(desk)(days_ago))
    asked: dict[str, Any] = {"programme": "colorectal", "week": _day(desk, week_days_ago), "capacity": places}
    return plan_batch(nurse, **asked) if preview_batch(nurse, **asked).plan.size else None


def _may_enrol(desk: Desk, person: Person, case: Case) -> bool:
    """Whether the record was open at the clinic that day, or the person lives in its ward."""
    known = find_person(desk.ctx("y.ta", _clock(desk)(case.enrolled)), live_programme(), uuid.UUID(person.id))
    return known is not None and (known.open_here or known.in_catchment)


def _screen(desk: Desk, person: Person, case: Case, number: int) -> None:
    at = _clock(desk)
    enrolment = enrol(desk.ctx("y.ta", at(case.enrolled)), patient_id=uuid.UUID(person.id))
    if case.issued is None:
        return
    kit = issue_kit(desk.ctx("y.ta", at(case.issued)), enrolment_id=enrolment.pk, number=f"MAU-{number:05d}")
    if case.returned is None:
        return
    record_kit_return(desk.ctx("y.ta", at(case.returned)), kit_id=kit.pk, sampled_on=_day(desk, case.returned + 1))
    if case.ending == "rejected":
        reject_kit(desk.ctx("ky.thuat.vien", at(case.returned - 1)), kit_id=kit.pk, reason=Rejection.values[0])
    if case.resulted is None:
        return
    record_result(desk.ctx("ky.thuat.vien", at(case.resulted)), kit_id=kit.pk, value=Decimal(case.value))
    _end(desk, case, enrolment.pk, at)


def _end(desk: Desk, case: Case, enrolment_id: uuid.UUID, at: Callable[[int], datetime]) -> None:
    if case.ending == "colonoscopy":
        record_assessment(
            desk.ctx("bac.si", at(case.extra["done"] - 1)),
            enrolment_id=enrolment_id,
            performed_on=_day(desk, case.extra["done"]),
            complete=True,
            finding=case.finding,
        )
    if case.finding == "cancer":
        record_assessment(
            desk.ctx("bac.si", at(case.extra["done"] - 21)),
            enrolment_id=enrolment_id,
            performed_on=_day(desk, case.extra["done"] - 20),
            finding="done",
            stage="T2N0M0",
            note="Hội chẩn đa chuyên khoa, phẫu thuật cắt đoạn đại tràng.",
        )
    if case.ending == "refused":
        close_duty_not_done(
            desk.ctx("bac.si", at(case.extra["done"])),
            enrolment_id=enrolment_id,
            reason="refused",
            note="Đã tư vấn hai lần qua điện thoại và tại phòng khám, người bệnh ký giấy từ chối.",
        )


def _day(desk: Desk, days: int) -> date:
    return timezone.localdate(desk.now) - timedelta(days=days)


def _clock(desk: Desk) -> Callable[[int], datetime]:
    """Mid-morning so many days ago; of today's steps, now."""

    def at(days: int) -> datetime:
        return desk.now if days <= 0 else datetime.combine(_day(desk, days), time(9, 30), HANOI)

    return at
