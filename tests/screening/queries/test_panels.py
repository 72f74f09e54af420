"""What the record's page says of screening, in one statement."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from records.models import AccessGrant, Patient
from records.queries.access import open_record
from records.queries.panels import Panel
from screening.commands.duties import close_duty_not_done, record_assessment
from screening.commands.enrolment import enrol
from screening.commands.results import record_test
from screening.queries.panels import screening_panel
from tests.factories.city import NOW
from tests.factories.screening import Ward


def _panel(ward: Ward, patient: Patient, username: str = "bac.si") -> Panel | None:
    facility = ward.city.elsewhere if username.endswith(".2") else ward.city.here
    AccessGrant.objects.get_or_create(
        source_record=patient.links.first().record, facility=facility, basis="encounter", defaults={"granted_at": NOW}
    )
    return screening_panel(open_record(ward.ctx(username), patient.pk))


def test_who_is_eligible_is_offered_to_who_may_enrol(ward: Ward) -> None:
    patient = ward.person()
    offered = _panel(ward, patient)
    assert offered is not None
    assert offered.action_url == reverse("screening:enrol", args=[patient.pk])
    assert [due.label for due in offered.due] == ["Đại trực tràng: FIT định lượng"]
    told = _panel(ward, patient, "ky.thuat.vien")
    assert told is not None
    assert (told.action_url, told.lines[0].title) == ("", "Đủ điều kiện làm FIT, chưa ghi danh")


def test_a_child_and_the_dead_have_no_panel(ward: Ward) -> None:
    assert _panel(ward, ward.person(birth=date(2020, 1, 1))) is None
    gone = ward.person(name="Lê Văn An")
    gone.deceased_on = date(2026, 1, 1)
    gone.save(update_fields=["deceased_on"])
    assert _panel(ward, gone) is None


def test_an_open_duty_stands_in_the_band_of_every_facility_and_opens_at_its_own(
    ward: Ward, django_assert_num_queries: Any
) -> None:
    enrolment = ward.positive()
    ward.later(days=40)
    here = _panel(ward, enrolment.patient)
    assert here is not None
    assert (here.lines[0].title, here.lines[0].side, here.lines[0].side_kind) == (
        "Chưa có nội soi đại tràng",
        "quá 9 ngày",
        "danger",
    )
    assert here.due[0].url == reverse("screening:enrolment", args=[enrolment.pk])
    there = _panel(ward, enrolment.patient, "bac.si.2")
    assert there is not None
    assert (there.due[0].label, there.due[0].url) == ("Đại trực tràng: chưa có nội soi đại tràng", "")
    access = open_record(ward.ctx("bac.si"), enrolment.patient_id)
    with django_assert_num_queries(1):
        screening_panel(access)


def test_what_comes_next_is_said_and_is_due_on_its_day(ward: Ward) -> None:
    enrolment = ward.positive()
    close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="refused")
    waits = _panel(ward, enrolment.patient)
    assert waits is not None
    assert (waits.lines[0].title, waits.lines[0].side, waits.due) == ("FIT lần tới", "23/11/2027", ())
    ward.later(days=365)
    due = _panel(ward, enrolment.patient)
    assert due is not None
    assert [one.date for one in due.due] == ["23/11/2027"]


def test_after_a_colonoscopy_the_panel_speaks_of_surveillance_and_after_one_elsewhere_says_why_not(ward: Ward) -> None:
    enrolment = ward.positive()
    record_assessment(
        ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=True, finding="normal"
    )
    after = _panel(ward, enrolment.patient)
    assert after is not None
    assert after.lines[0].title == "Nội soi đại tràng lần tới"
    done = enrol(ward.ctx(), patient_id=ward.person(name="Lê Văn An").pk)
    ward.resulted("3", done)
    assert _panel(ward, done.patient).lines[0].side == "23/11/2027"  # type: ignore[union-attr]


def test_every_programme_somebody_is_in_speaks_on_their_record(ward: Ward, django_assert_num_queries: Any) -> None:
    enrolment = ward.positive(sex="female")
    other = enrol(ward.ctx(), patient_id=enrolment.patient_id, programme="cervical")
    record_test(ward.ctx(), enrolment_id=other.pk, action="hpv", code="16-18")
    told = _panel(ward, enrolment.patient)
    assert told is not None
    said = [line.title for line in told.lines]
    assert said == ["Chưa có nội soi đại tràng", "Chưa có đánh giá chỉ định áp lạnh, đốt nhiệt"]
    assert [due.url for due in told.due] == [
        reverse("screening:enrolment", args=[one.pk]) for one in (enrolment, other)
    ]
    access = open_record(ward.ctx("bac.si"), enrolment.patient_id)
    with django_assert_num_queries(1):
        screening_panel(access)
