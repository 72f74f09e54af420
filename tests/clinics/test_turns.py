"""Turns: passed over, back in line, sent on; numbers on paper; fifty desks at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest
from django.db import OperationalError
from psycopg2.errors import LockNotAvailable

from clinics.commands.calls import call_again, call_next
from clinics.commands.closing import close_visit
from clinics.commands.consultation import start_consultation
from clinics.commands.paper_blocks import close_block, reserve_block
from clinics.commands.steps import move
from clinics.commands.turns import return_turn, skip_turn, transfer_visit
from clinics.models import QueueBlockEnd, QueueStep, QueueTicket, Visit
from clinics.queries.board import get_board
from clinics.queries.queue import get_worklist
from clinics.queries.wall import get_wall
from clinics.rules.states import VisitState
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.crowd import bulk_residents
from tests.clinics.test_check_in import in_threads
from tests.factories.city import NOW, make_room


def waiting(clinic: Clinic, count: int, **said: Any) -> list[uuid.UUID]:
    """So many people in the first room, a minute apart."""
    people = bulk_residents(clinic, count)
    return [
        clinic.check_in(who, at=NOW + timedelta(minutes=minute), **said).visit_id for minute, who in enumerate(people)
    ]


def called(clinic: Clinic, room: Any = None) -> Iterator[int]:
    """The numbers of a room in the order they are called, until nobody waits."""
    desk = clinic.ctx("le.tan", NOW + timedelta(hours=2))
    while True:
        try:
            yield call_next(desk, room_id=(room or clinic.room).pk).number
        except Refused:
            return


def test_who_missed_the_call_is_passed_over_and_comes_back_behind_three(clinic: Clinic) -> None:
    visits = waiting(clinic, 6)
    desk = clinic.ctx("le.tan", NOW + timedelta(hours=1))
    with pytest.raises(Refused, match="turn-not-called"):
        skip_turn(desk, visit_id=visits[0])
    call_next(desk, room_id=clinic.room.pk)
    skip_turn(desk, visit_id=visits[0])
    with pytest.raises(Conflict, match="turn-set-aside"):
        skip_turn(desk, visit_id=visits[0])
    assert [entry.number for entry in get_worklist(desk).entries][-1] == "0001"
    assert get_wall(desk, clinic.room.code).called is None
    return_turn(desk, visit_id=visits[0])
    with pytest.raises(Conflict, match="turn-kept"):
        return_turn(desk, visit_id=visits[0])
    listed = [entry.number for entry in get_worklist(desk).entries]
    assert listed == ["0002", "0003", "0004", "0001", "0005", "0006"]
    assert get_wall(desk, clinic.room.code).rows[0].next == ("0002", "0003", "0004")
    assert list(called(clinic)) == [2, 3, 4, 1, 5, 6]
    assert call_again(desk, visit_id=visits[0]).number == 1
    assert list(QueueStep.objects.order_by("at", "id").values_list("kind", flat=True)) == ["skip", "return"]


def test_the_wall_shows_the_last_called_before_all_who_wait_with_smaller_numbers(clinic: Clinic) -> None:
    waiting(clinic, 6)
    urgent = clinic.check_in(
        bulk_residents(clinic, 1)[0], priority="emergency", at=NOW + timedelta(minutes=30)
    ).visit_id
    desk = clinic.ctx("le.tan", NOW + timedelta(hours=1))
    assert get_wall(desk, clinic.room.code).rows[0].next == ("0007", "0001", "0002")
    assert call_next(desk, room_id=clinic.room.pk).number == 7
    wall = get_wall(desk, clinic.room.code)
    assert wall.called is not None
    assert (wall.called.number, wall.rows[0].now, wall.rows[0].next) == ("0007", "0007", ("0001", "0002", "0003"))
    skip_turn(desk, visit_id=urgent)
    assert call_next(desk, room_id=clinic.room.pk).number == 1
    assert get_wall(desk, clinic.room.code).rows[0].next == ("0002", "0003", "0004")


def test_a_transfer_gives_a_new_number_and_keeps_the_hour_of_arrival(clinic: Clinic) -> None:
    first, second, third = waiting(clinic, 3)
    others = [
        clinic.check_in(who, room_id=clinic.second.pk, at=NOW + timedelta(minutes=minute)).visit_id
        for who, minute in zip(bulk_residents(clinic, 2), (0, 30), strict=True)
    ]
    desk = clinic.ctx("le.tan", NOW + timedelta(hours=1))
    ticket = transfer_visit(desk, visit_id=second, room_id=clinic.second.pk, reason="Đúng chuyên khoa")
    visit = Visit.objects.get(pk=second)
    assert (ticket.number, visit.room_id, visit.ticket_id) == (3, clinic.second.pk, ticket.pk)
    assert list(visit.tickets.order_by("issued_at").values_list("number", flat=True)) == [2, 3]
    assert list(called(clinic, clinic.second)) == [1, 3, 2]
    assert list(called(clinic)) == [1, 3]
    assert len({first, third, *others}) == 4


@pytest.mark.parametrize(
    ("room", "reason", "code", "field"),
    [
        ("here", "Lý do", "room-same", "room_id"),
        ("strange", "Lý do", "room-unknown", "room_id"),
        ("second", " ", "transfer-reason-missing", "reason"),
    ],
)
def test_a_transfer_is_refused_at_its_field(clinic: Clinic, room: str, reason: str, code: str, field: str) -> None:
    visit_id = clinic.check_in().visit_id
    rooms = {"here": clinic.room, "strange": clinic.city.other_room, "second": clinic.second}
    with pytest.raises(Refused) as refused:
        transfer_visit(clinic.ctx("le.tan"), visit_id=visit_id, room_id=rooms[room].pk, reason=reason)
    assert [(one.code, one.field) for one in refused.value.all] == [(code, field)]
    assert QueueTicket.objects.count() == 1


def test_turns_of_others_and_of_those_inside_are_not_touched(clinic: Clinic) -> None:
    inside = clinic.consult()
    with pytest.raises(Conflict, match="turn-over"):
        transfer_visit(clinic.ctx("le.tan"), visit_id=inside, room_id=clinic.second.pk, reason="Muộn")
    waits = clinic.check_in(clinic.register("Lê Văn Tám", sex="male")).visit_id
    with pytest.raises(NotFound):
        skip_turn(clinic.ctx("le.tan.2"), visit_id=waits)
    with pytest.raises(Forbidden):
        skip_turn(clinic.ctx("thu.ngan"), visit_id=waits)


def test_numbers_for_paper_are_taken_in_once_and_the_rest_is_named(clinic: Clinic) -> None:
    clinic.check_in()
    desk = clinic.ctx("le.tan")
    block = reserve_block(desk, room_id=clinic.room.pk, count=3, reason="Mất điện")
    assert (block.first, block.last) == (2, 4)
    people = bulk_residents(clinic, 4)
    assert clinic.check_in(people[0]).number == 5  # the desk goes on after the block
    assert clinic.check_in(people[1], paper_number=3).number == 3
    for number, code in ((3, "paper-taken"), (6, "paper-number"), (1, "paper-number")):
        with pytest.raises(Refused) as refused:
            clinic.check_in(people[2], paper_number=number)
        assert [(one.code, one.field) for one in refused.value.all] == [(code, "paper_number")]
    with pytest.raises(NotFound):
        close_block(clinic.ctx("le.tan.2"), block_id=block.pk)
    closed = close_block(desk, block_id=block.pk)
    assert (closed.taken_in, closed.unused) == (1, 2)
    assert QueueBlockEnd.objects.get().unused == [2, 4]
    with pytest.raises(Refused, match="paper-closed"):
        clinic.check_in(people[2], paper_number=2)
    with pytest.raises(Conflict, match="block-closed"):
        close_block(desk, block_id=block.pk)


@pytest.mark.parametrize(
    ("said", "field"),
    [({"count": 0}, "count"), ({"count": 201}, "count"), ({"reason": ""}, "reason"), ({"room_id": 0}, "room_id")],
)
def test_a_block_is_refused_at_its_field(clinic: Clinic, said: dict[str, Any], field: str) -> None:
    form = {"room_id": clinic.room.pk, "count": 5, "reason": "Mất mạng"} | said
    with pytest.raises(Refused) as refused:
        reserve_block(clinic.ctx("le.tan"), **form)
    assert [one.field for one in refused.value.all] == [field]
    assert clinic.check_in().number == 1


def test_the_board_counts_and_names_nobody(clinic: Clinic) -> None:
    visits = waiting(clinic, 4)
    desk = clinic.ctx("le.tan", NOW + timedelta(minutes=40))
    call_next(desk, room_id=clinic.room.pk)
    skip_turn(desk, visit_id=visits[0])
    start_consultation(clinic.ctx("bac.si", NOW + timedelta(minutes=31)), visit_id=visits[1])
    before = AuditEvent.objects.count()
    board = get_board(desk)
    whole = board.whole
    assert (whole.examined, whole.awaited, whole.stayed) == (None, None, None)
    assert (whole.came, whole.waiting, whole.set_aside, whole.in_room, whole.done) == (4, 2, 1, 1, 0)
    assert (whole.average, whole.ninth, whole.longest) == (30, 30, 40)
    assert [room.code for room, _ in board.rooms] == [clinic.room.code]
    assert [(one.hour, one.came, one.seen) for one in board.hours] == [(7, 4, 0), (8, 0, 1)]
    told = AuditEvent.objects.order_by("at", "id").last()
    assert AuditEvent.objects.count() == before + 1
    assert told is not None
    assert told.patient_id is None


def test_the_board_tells_average_times_and_where_everybody_is(clinic: Clinic) -> None:
    """Two visits of 20 and 40 minutes' waiting; the first sent for results for 60 minutes, twice 10 with the doctor."""
    first, second = waiting(clinic, 2)  # the second came a minute after the first

    def at(minutes: int) -> Any:
        return clinic.ctx("bac.si", NOW + timedelta(minutes=minutes))

    start_consultation(at(20), visit_id=first)
    move(at(30), Visit.objects.get(pk=first), VisitState.AWAITING_RESULTS)
    start_consultation(at(41), visit_id=second)
    move(at(90), Visit.objects.get(pk=first), VisitState.IN_CONSULTATION)
    whole = get_board(at(95)).whole
    assert (whole.in_room, whole.awaiting_results, whole.average, whole.examined, whole.awaited) == (2, 0, 30, 10, 60)
    close_visit(at(100), visit_id=first, main="I10", conclusion="Ổn", outcome_code="2")
    board = get_board(at(101))
    whole = board.whole
    assert (whole.came, whole.done, whole.in_room) == (2, 1, 1)
    assert (whole.examined, whole.awaited, whole.stayed, whole.longest) == (20, 60, 100, None)
    assert board.rooms[0][1] == whole


def until_free(ask: Callable[[], object], asked_again: list[int]) -> object:
    """Ask again as often as lock_timeout says so, as a desk does. A deadlock, or anything else, is a fault."""
    while True:
        try:
            return ask()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            asked_again.append(1)


def many_desks(clinic: Clinic, desks: int, rooms: int, people: int) -> None:
    """All take numbers at once, some call meanwhile: no number doubled, none missing, nobody deadlocked."""
    places = [make_room(clinic.city.here, f"X{at}", f"Phòng X{at}") for at in range(rooms)]
    who = bulk_residents(clinic, people)
    desk = clinic.ctx("le.tan")

    asked_again: list[int] = []

    def take(at: int) -> object:
        room = places[at % rooms].pk
        given = until_free(lambda: clinic.check_in(who[at], room_id=room).number, asked_again)
        if at % 10 == 9:
            until_free(lambda: call_next(desk, room_id=room), asked_again)
        return given

    began = perf_counter()
    results = in_threads(take, list(range(people)), threads=desks)
    rate = people / (perf_counter() - began)
    print(f"{people} numbers, {desks} desks, {rooms} rooms: {rate:.0f} a second, {len(asked_again)} asked again")
    assert all(isinstance(one, int) for one in results), [one for one in results if not isinstance(one, int)][:3]
    for room in places:
        numbers = sorted(QueueTicket.objects.filter(room=room).values_list("number", flat=True))
        assert numbers == list(range(1, people // rooms + 1))


@pytest.mark.django_db(transaction=True)
def test_many_desks_take_numbers_at_once(live_clinic: Clinic) -> None:
    many_desks(live_clinic, desks=10, rooms=4, people=120)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_desks_take_five_thousand_numbers(live_clinic: Clinic) -> None:
    many_desks(live_clinic, desks=50, rooms=10, people=5000)
