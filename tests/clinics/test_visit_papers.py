"""Papers of an outpatient visit: the follow-up and the referral, what they say, who may print them, what is refused."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from clinics.commands.appointments import cancel_appointment
from clinics.commands.closing import Ending, close_visit
from clinics.models import Appointment, Visit, VisitReferral
from clinics.queries.claim_facts import read_facts
from clinics.queries.visit_page import get_visit
from clinics.queries.visit_papers import get_visit_paper
from registry.kernel import Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import IONS, answered, drawn, order
from tests.clinics.test_appointments import hours
from tests.factories.city import NOW, City
from tests.factories.stays import make_referred


def close(clinic: Clinic, visit_id: uuid.UUID, **ending: str) -> Any:
    return close_visit(
        clinic.ctx("bac.si"), visit_id=visit_id, main="J02.9", conclusion="Kháng sinh 5 ngày", outcome_code="4",
        ending=Ending(**ending),
    )  # fmt: skip


def refer(clinic: Clinic, visit_id: uuid.UUID, **said: str) -> Any:
    told = {"discharge": "2", "referred_to": clinic.city.elsewhere.code, "referral_reason": "Quá khả năng",
            "condition": "Tỉnh, huyết áp 120/80"}  # fmt: skip
    return close(clinic, visit_id, **(told | said))


def text_of(answer: Any) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())


def signed_in(clinic: Clinic, username: str) -> Client:
    client = Client()
    client.force_login(clinic.city.staff[username])
    session: Any = client.session
    session["second_factor"] = True
    session.save()
    return client


def test_a_referral_says_where_why_in_which_state_and_what_was_found(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    placed = order(clinic, IONS, visit_id=visit_id)
    drawn(clinic, placed)
    answered(clinic, placed, {"K": "5,4"})
    refer(clinic, visit_id)
    visit = Visit.objects.get(pk=visit_id)
    assert visit.encounter.discharge_code == "2"
    doctor = signed_in(clinic, "bac.si")
    address = reverse("clinics:visit_paper", args=[visit_id, "chuyen-tuyen"])
    assert f'href="{address}"' in doctor.get(reverse("clinics:visit", args=[visit_id])).content.decode()
    before = AuditEvent.objects.count()
    answer = doctor.get(address)
    said = text_of(answer)
    for words in (
        "GIẤY CHUYỂN CƠ SỞ KHÁM BỆNH, CHỮA BỆNH", clinic.city.elsewhere.name, "Quá khả năng", "Tỉnh, huyết áp 120/80",
        "Kháng sinh 5 ngày", "J02.9", "Kali 5,4 mmol/L H", "Phương tiện vận chuyển",
    ):  # fmt: skip
        assert words in said, words
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert AuditEvent.objects.count() == before + 1
    row = AuditEvent.objects.latest("id")
    assert (row.action, row.target_type, row.target_id) == ("print", "Visit", str(visit_id))


def test_the_insurance_file_takes_the_referral_over(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    refer(clinic, visit_id)
    added = read_facts(clinic.ctx("bac.si"), Visit.objects.get(pk=visit_id)).added
    assert added["XML1"]["MA_NOI_DEN"] == clinic.city.elsewhere.code
    assert added["XML13"]["TINH_TRANG_CT"] == "Tỉnh, huyết áp 120/80"


def test_the_follow_up_paper_stands_while_the_booking_does(clinic: Clinic) -> None:
    hours(clinic)
    visit_id = clinic.consult()
    booked = close(clinic, visit_id, follow_up="7").appointment
    assert [slug for slug, _name in get_visit(clinic.ctx("bac.si"), visit_id).papers] == ["hen-kham-lai"]
    told = get_visit_paper(clinic.ctx("bac.si"), visit_id, "hen-kham-lai").words
    assert (told.returns_at, told.returns_to) == (booked.starts_at, clinic.room.name)
    said = text_of(signed_in(clinic, "bac.si").get(reverse("clinics:visit_paper", args=[visit_id, "hen-kham-lai"])))
    assert "GIẤY HẸN KHÁM LẠI" in said
    assert f"{booked.starts_at.astimezone(NOW.tzinfo):%d/%m/%Y}" in said
    cancel_appointment(clinic.ctx("le.tan"), appointment_id=Appointment.objects.get().pk, reason="Bận")
    with pytest.raises(NotFound):
        get_visit_paper(clinic.ctx("bac.si"), visit_id, "hen-kham-lai")
    assert get_visit(clinic.ctx("bac.si"), visit_id).papers == ()


def test_no_paper_of_an_open_visit_of_another_kind_or_for_others(clinic: Clinic, city: City) -> None:
    visit_id = clinic.consult()
    doctor = clinic.ctx("bac.si")
    with pytest.raises(NotFound):
        get_visit_paper(doctor, visit_id, "chuyen-tuyen")
    refer(clinic, visit_id)
    for kind in ("hen-kham-lai", "ra-vien", "khac"):
        with pytest.raises(NotFound):
            get_visit_paper(doctor, visit_id, kind)
    with pytest.raises(NotFound):
        get_visit_paper(clinic.ctx("bac.si.2"), visit_id, "chuyen-tuyen")
    with pytest.raises(Forbidden):
        get_visit_paper(clinic.ctx("le.tan"), visit_id, "chuyen-tuyen")
    assert not AuditEvent.objects.filter(action="print").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"referred_to": ""}, "referred_to"),
        ({"referred_to": "99999"}, "referred_to"),
        ({"referral_reason": " "}, "referral_reason"),
        ({"condition": ""}, "condition"),
        ({"discharge": "3"}, "discharge"),
    ],
)
def test_a_referral_is_refused_at_the_field_and_nothing_is_closed(
    clinic: Clinic, wrong: dict[str, str], field: str
) -> None:
    visit_id = clinic.consult()
    with pytest.raises(Refused) as refused:
        refer(clinic, visit_id, **wrong)
    assert [one.field for one in refused.value.all] == [field]
    assert Visit.objects.get(pk=visit_id).state == "in-consultation"
    assert not VisitReferral.objects.exists()
    refer(clinic, visit_id)
    assert VisitReferral.objects.get().referred_to == clinic.city.elsewhere


def test_somebody_cannot_be_sent_to_the_facility_they_are_in_nor_after_death(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    with pytest.raises(Refused) as refused:
        refer(clinic, visit_id, referred_to=clinic.city.here.code)
    assert refused.value.field == "referred_to"
    told = Ending("", "", "", "2", clinic.city.elsewhere.code, "Quá khả năng", "Nguy kịch")
    with pytest.raises(Refused) as refused:
        close_visit(
            clinic.ctx("bac.si"), visit_id=visit_id, main="J02.9", conclusion="Về", outcome_code="5", ending=told
        )
    assert refused.value.field == "outcome_code"


def test_the_doctor_sends_somebody_on_from_the_sheet(clinic: Clinic) -> None:
    from django.utils import timezone

    visit_id = clinic.consult(at=timezone.now())
    doctor = signed_in(clinic, "bac.si")
    page = doctor.get(reverse("clinics:visit", args=[visit_id])).content.decode()
    assert 'name="referred_to"' in page
    sent = {"reason": "Ho", "main": "J02.9", "secondary": "", "conclusion": "Chuyển", "outcome_code": "4",
            "discharge": "5", "referral_reason": "Nguyện vọng", "condition": "Ổn định"}  # fmt: skip
    address = reverse("clinics:diagnoses", args=[visit_id])
    again = doctor.post(address, sent)
    assert again.status_code == 422
    assert "Hãy ghi mã cơ sở chuyển đến." in again.content.decode()
    assert "Nguyện vọng" in again.content.decode()
    assert doctor.post(address, sent | {"referred_to": clinic.city.elsewhere.code}).status_code == 302
    assert VisitReferral.objects.get().reason == "Nguyện vọng"


def test_the_factory_of_referred_people_makes_one(city: City) -> None:
    assert VisitReferral.objects.get(visit_id=make_referred(city)).referred_to == city.elsewhere
