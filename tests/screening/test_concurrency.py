"""Two people at once, on two connections, committed: one wins, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection

from registry.kernel import Conflict, Refused
from screening.commands.duties import close_duty_not_done, record_assessment
from screening.commands.enrolment import enrol, enrol_many
from screening.commands.results import record_result
from screening.models import Duty, Enrolment, Result
from screening.queries.cohort import AgeBand
from tests.factories.screening import Ward


def _at_once(*works: Callable[[], object]) -> list[object]:
    """Run each in a thread of its own from one starting line; what it returned or was refused with."""
    line, ends = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        line.wait(10)
        try:
            ends[place] = work()
        except Refused as refusal:
            ends[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return ends


def test_two_people_record_the_same_result(live_ward: Ward) -> None:
    kit = live_ward.with_kit()
    one, two = live_ward.ctx("sang.loc"), live_ward.ctx("ky.thuat.vien")
    ends = _at_once(
        lambda: record_result(one, kit_id=kit.pk, value=Decimal(300)),
        lambda: record_result(two, kit_id=kit.pk, value=Decimal(3)),
    )
    refused = [end for end in ends if isinstance(end, Conflict)]
    assert [refusal.code for refusal in refused] == ["already-resulted"]
    result = Result.objects.get()
    assert Duty.objects.count() == (1 if result.verdict == "positive" else 0)


def test_one_closes_while_the_other_examines(live_ward: Ward) -> None:
    enrolment = live_ward.positive()
    one, two = live_ward.ctx("sang.loc"), live_ward.ctx("bac.si")
    ends = _at_once(
        lambda: close_duty_not_done(one, enrolment_id=enrolment.pk, reason="refused"),
        lambda: record_assessment(
            two, enrolment_id=enrolment.pk, performed_on=live_ward.at.date(), complete=True, finding="normal"
        ),
    )
    assert [end.code for end in ends if isinstance(end, Conflict)] == ["no-open-duty"]
    assert Result.objects.exclude(kind="test").count() == 1


def test_a_ward_and_a_desk_enrol_the_same_person_once(live_ward: Ward) -> None:
    people = [live_ward.person(name=f"Lê Văn {name}") for name in ("An", "Bình", "Cường")]
    desk, other = live_ward.ctx("y.ta"), live_ward.ctx("sang.loc")
    _at_once(
        lambda: enrol(desk, patient_id=people[1].pk),
        lambda: enrol_many(other, band=AgeBand(40, 90)),
        lambda: enrol_many(desk, band=AgeBand(40, 90)),
    )
    assert Enrolment.objects.count() == 3
    assert set(Enrolment.objects.values_list("patient_id", flat=True)) == {person.pk for person in people}
