"""Screening on a resident's line of time."""

from __future__ import annotations

from records.queries.access import open_record
from records.queries.timeline import Wanted, get_timeline
from screening.commands.enrolment import enrol
from tests.factories.city import NOW, City
from tests.records.conftest import register


def test_joining_stands_on_the_line_of_time(city: City) -> None:
    resident = register(city)
    enrol(city.ctx("sang.loc", NOW), patient_id=resident)
    access = open_record(city.ctx("bac.si", NOW), resident)
    (entry,) = get_timeline(access, wanted=Wanted(kind="screening")).entries
    assert "đại trực tràng" in entry.title
    assert entry.text == "Đang tham gia"
    assert entry in get_timeline(access).entries
    assert get_timeline(access, wanted=Wanted(kind="screening", text="khong co")).entries == ()
    assert get_timeline(access, wanted=Wanted(kind="screening", year=2020)).entries == ()
