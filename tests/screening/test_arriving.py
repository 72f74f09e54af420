"""Whoever comes to any clinic hears what is due, and can have it done there today."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records.models import AccessGrant
from records.queries.access import RecordClosed
from records.queries.panels import due_at_arrival
from registry.kernel import Conflict
from screening.commands.enrolment import take_over
from screening.commands.kits import issue_kit
from screening.models import Enrolment, EnrolmentStatus
from tests.factories.screening import Ward, kit_number


def _open_elsewhere(ward: Ward, enrolment: Enrolment) -> None:
    """The person has come to the other clinic: their record is open there."""
    AccessGrant.objects.get_or_create(
        source_record=enrolment.source_record, facility=ward.city.elsewhere, basis="registration",
        defaults={"granted_at": ward.at},
    )  # fmt: skip


@pytest.fixture
def visitor(ward: Ward) -> Enrolment:
    """Enrolled at `here`, due today, and now at the strangers' clinic."""
    ward.at = timezone.now() - timedelta(hours=1)
    enrolment = ward.enrolled()
    _open_elsewhere(ward, enrolment)
    ward.later(minutes=1)
    return enrolment


def test_what_is_due_is_said_at_both_clinics_and_leads_where_it_can_be_done(ward: Ward, visitor: Enrolment) -> None:
    (here,) = due_at_arrival(ward.ctx(), visitor.patient_id)
    assert here.url == reverse("screening:enrolment", args=[visitor.pk])
    (there,) = due_at_arrival(ward.city.ctx("bac.si.2", ward.at), visitor.patient_id)
    assert there.url == reverse("screening:enrol", args=[visitor.patient_id])
    assert "FIT" in there.label


def test_the_desk_hears_no_result(ward: Ward) -> None:
    enrolment = ward.positive()
    assert due_at_arrival(ward.ctx(), enrolment.patient_id) != ()
    receptionist = ward.city.ctx("le.tan", ward.at)
    assert due_at_arrival(receptionist, enrolment.patient_id) == ()


def test_the_person_is_taken_over_and_gets_the_kit_where_they_are(ward: Ward, visitor: Enrolment) -> None:
    there = ward.city.ctx("sang.loc.2", ward.at)
    taken = take_over(there, patient_id=visitor.patient_id, programme="colorectal")
    assert taken.facility_id == ward.city.elsewhere.pk
    assert EnrolmentStatus.objects.filter(enrolment=visitor).latest("at").reason.startswith("Chuyển từ ")
    issue_kit(there, enrolment_id=visitor.pk, number=kit_number())
    with pytest.raises(Conflict, match="not-elsewhere"):
        take_over(there, patient_id=visitor.patient_id, programme="colorectal")


def test_nobody_is_taken_from_under_an_open_step_or_a_kit(ward: Ward) -> None:
    for enrolment in (ward.positive(), ward.with_kit().episode.enrolment):
        _open_elsewhere(ward, enrolment)
        with pytest.raises(Conflict, match="under-way"):
            take_over(ward.city.ctx("sang.loc.2", ward.at), patient_id=enrolment.patient_id, programme="colorectal")


def test_a_stranger_s_record_stays_closed(ward: Ward) -> None:
    enrolment = ward.enrolled(facility=ward.city.here)
    with pytest.raises(RecordClosed):
        take_over(ward.city.ctx("sang.loc.2", ward.at), patient_id=enrolment.patient_id, programme="colorectal")


def test_the_pages_offer_it(ward: Ward, visitor: Enrolment) -> None:
    client = Client()
    client.force_login(ward.city.staff["le.tan.2"])
    session = client.session
    session["second_factor"] = True
    session.save()
    arrival = client.get(reverse("clinics:arrive", args=[visitor.patient_id]))
    assert "Đến hạn" in arrival.content.decode()
    client.force_login(ward.city.staff["bac.si.2"])
    session = client.session
    session["second_factor"] = True
    session.save()
    offer = client.get(reverse("screening:enrol", args=[visitor.patient_id]))
    assert "Nhận về, làm hôm nay" in offer.content.decode()
    address = reverse("screening:take_over", args=[visitor.patient_id])
    done = client.post(address, {"programme": "colorectal"}, follow=True)
    assert "Đã nhận về cơ sở này" in done.content.decode()
    assert client.post(address, {"programme": "colorectal"}).status_code == 409
