"""The insurance card at the desk: judged on the day, derived with its reason, kept as statements, never typed twice."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.commands.claims import set_insurance_profile
from clinics.commands.coverage import record_coverage
from clinics.commands.departures import cancel_visit
from clinics.models import InsuranceCoverage, Visit
from clinics.queries.bills import read_bill
from clinics.queries.cards import find_facilities, get_coverage
from clinics.queries.reception import get_arrival
from clinics.rules.charges.cards import CardStated
from clinics.rules.charges.ways import Basis, CardState
from records.commands.registration import register_resident
from records.rules.person import StatedPerson, state_person
from registry.kernel import Forbidden, NotFound, Refused
from registry.models import AuditEvent, Facility
from registry.rules.qr import parse_bhyt_qr
from tests.clinics.billing import CARD, charge, put_prices
from tests.clinics.conftest import Clinic
from tests.factories.city import NOW

NUMBER = "GD4010123456789"
OTHER_FACILITY = "01929"


def qr(
    number: str = NUMBER, *, facility: str = "01 - T01", until: str = "31/12/2026", name: str = "Nguyễn Thị Thẻ"
) -> str:
    """What a scanner types of a card; the name of the clinic's code has a letter, so tests name another where it counts."""
    return (
        f"{number}|{name.encode().hex()}|12/03/1972|2||{facility}|01/01/2026|{until}|01/01/2026|{number[5:]}|-|4|01/01/2031"
        "|abc|$"
    )


def known(clinic: Clinic, bhyt: str = NUMBER) -> uuid.UUID:
    """A resident whose card number is on file."""
    person = state_person(
        today=timezone.localdate(), name="Nguyễn Thị Thẻ", birth="12/03/1972", sex="female", bhyt=bhyt
    )
    assert isinstance(person, StatedPerson), person
    desk = clinic.ctx("le.tan", timezone.now())
    return register_resident(desk, person=person, channel="form", raw={}, confirmed_new=True).patient_id


def stated(**said: Any) -> CardStated:
    kept = {name: getattr(CARD, name) for name in CARD.__dataclass_fields__} | {"object_code": ""}
    return CardStated(**(kept | said))


def faults(work: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as refused:
        work()
    return [(one.code, one.field) for one in refused.value.all]


def test_check_in_keeps_the_card_with_the_way_and_its_reason(clinic: Clinic) -> None:
    given = clinic.check_in(card=stated())
    row = InsuranceCoverage.objects.get(visit=given.visit_id)
    assert (row.object_code, row.basis, row.benefit, row.card) == ("1.1", Basis.REGISTERED, "4", NUMBER)
    put_prices(clinic)
    charge(clinic, given.visit_id, "20.0081.0137")
    assert read_bill(Visit.objects.select_related("encounter").get(pk=given.visit_id)).level == 80


def test_referral_papers_are_kept_and_asked_for(clinic: Clinic) -> None:
    paper = {"registered_at": OTHER_FACILITY, "referred_from": OTHER_FACILITY}
    assert faults(lambda: clinic.check_in(card=stated(**paper))) == [("referral-missing", "referral_number")]
    assert not Visit.objects.exists()
    said = paper | {"referral_number": "12/2026", "referral_diagnosis": "Đái tháo đường típ 2"}
    row = InsuranceCoverage.objects.get(visit=clinic.check_in(card=stated(**said)).visit_id)
    assert (row.object_code, row.basis) == ("1.3", Basis.REFERRED)
    assert (row.referral_number, row.referral_diagnosis) == ("12/2026", "Đái tháo đường típ 2")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"valid_to": NOW.date() - timedelta(days=1)}, [("card-late", "valid_to")]),
        ({"valid_from": NOW.date() + timedelta(days=1)}, [("card-early", "valid_from")]),
        ({"card": "GD"}, [("bhyt-format", "card")]),
        ({"card": "0123456789"}, [("benefit-missing", "benefit")]),
        ({"registered_at": OTHER_FACILITY}, [("object-missing", "object_code")]),
        ({"object_code": "77"}, [("object-unknown", "object_code")]),
        ({"registered_at": "", "valid_to": None}, [("object-missing", "object_code"), ("card-period", "valid_to"),
                                                   ("facility-missing", "registered_at")]),
    ],
)  # fmt: skip
def test_a_card_that_is_wrong_is_said_at_its_field(clinic: Clinic, said: Any, expected: Any) -> None:
    assert faults(lambda: clinic.check_in(card=stated(**said))) == expected
    assert not Visit.objects.exists()


def test_an_emergency_counts_and_is_never_held_up(clinic: Clinic) -> None:
    given = clinic.check_in(priority="emergency", card=stated(registered_at=OTHER_FACILITY))
    row = InsuranceCoverage.objects.get(visit=given.visit_id)
    assert (row.object_code, row.basis) == ("2", Basis.EMERGENCY)
    late = clinic.check_in(
        clinic.register("Trần Văn Cấp", "01/01/1980", "male"),
        priority="emergency",
        card=stated(valid_to=date(2026, 1, 2)),
    )
    assert not InsuranceCoverage.objects.filter(visit=late.visit_id).exists()


def test_a_number_alone_and_another_payer_leave_no_statement(clinic: Clinic) -> None:
    clinic.check_in(card=CardStated(card=NUMBER))
    clinic.check_in(clinic.register("Trần Văn Tự", "01/01/1980", "male"), payer="self-pay", card=stated())
    assert not InsuranceCoverage.objects.exists()


def test_the_facility_says_once_what_people_who_come_by_themselves_are(clinic: Clinic) -> None:
    set_insurance_profile(clinic.ctx("thu.ngan"), head_code="0123456789", walk_in_code="1.12")
    row = InsuranceCoverage.objects.get(visit=clinic.check_in(card=stated(registered_at=OTHER_FACILITY)).visit_id)
    assert (row.object_code, row.basis) == ("1.12", Basis.WALK_IN)
    wrong = faults(lambda: set_insurance_profile(clinic.ctx("thu.ngan"), head_code="1", walk_in_code="77"))
    assert wrong == [("object-unknown", "walk_in_code")]


def test_another_choice_is_kept_with_its_reason_and_the_card_brought_later_counts(clinic: Clinic) -> None:
    visit_id = clinic.check_in(payer="self-pay").visit_id
    desk = clinic.ctx("le.tan")
    record_coverage(desk, visit_id=visit_id, stated=stated(object_code="1.5", note="Có giấy hẹn ngày 01/11"))
    row = InsuranceCoverage.objects.get()
    assert (row.basis, row.note, Visit.objects.get().payer) == (Basis.CHOSEN, "Có giấy hẹn ngày 01/11", "insurance")
    record_coverage(desk, visit_id=visit_id, stated=CardStated("9"))
    assert Visit.objects.get().payer == "self-pay"
    page = get_coverage(desk, visit_id)
    assert [one.object_code for one in page.history] == ["9", "1.5"]
    assert page.known
    assert page.known.judged.way
    assert page.known.judged.way.basis is Basis.UNINSURED


def test_the_next_visit_starts_from_the_last_card(clinic: Clinic) -> None:
    patient_id = clinic.register()
    first = clinic.check_in(patient_id, card=stated(exempt_from=date(2026, 3, 1), five_years_on=date(2031, 1, 1)))
    cancel_visit(clinic.ctx("le.tan"), visit_id=first.visit_id, reason="Hẹn lại")
    card = get_arrival(clinic.ctx("le.tan"), patient_id).card
    assert card
    assert (card.origin, card.day, card.stated.card, card.judged.state) == (
        "statement",
        NOW.date(),
        NUMBER,
        CardState.VALID,
    )
    assert card.judged.full
    assert card.judged.level == 100  # exempt since March
    next_year = get_arrival(clinic.ctx("le.tan", NOW + timedelta(days=60)), patient_id).card
    assert next_year
    assert (next_year.judged.state, next_year.stated.exempt_from) == (CardState.LATE, None)
    assert next_year.stated.five_years_on == date(2031, 1, 1)


def test_a_scanned_card_counts_for_its_own_person_only(clinic: Clinic) -> None:
    patient_id = known(clinic)
    scanned = parse_bhyt_qr(qr(facility="01 - 929"), NOW.date())
    card = get_arrival(clinic.ctx("le.tan"), patient_id, scanned=scanned).card
    assert card
    assert (card.origin, card.stated.registered_at, card.stated.valid_to) == (
        "scan",
        OTHER_FACILITY,
        date(2026, 12, 31),
    )
    assert card.judged.way is None
    stranger = get_arrival(clinic.ctx("le.tan"), known(clinic, "GD4010999999999"), scanned=scanned).card
    assert stranger
    assert (stranger.origin, stranger.stated.card) == ("file", "GD4010999999999")


def test_facilities_are_found_by_code_and_name(clinic: Clinic) -> None:
    Facility.objects.filter(pk=clinic.city.here.pk).update(name_key="phong kham da khoa kim lien")
    desk = clinic.ctx("le.tan")
    for text in ("01t0", "kim liên", "lien phong"):
        assert "01T01" in [code for code, _ in find_facilities(desk, text)]
    assert find_facilities(desk, "!!") == []
    with pytest.raises(Forbidden):
        find_facilities(clinic.ctx("so.y.te"), "01")


def test_another_facilitys_card_does_not_exist(clinic: Clinic) -> None:
    visit_id = clinic.check_in(card=stated()).visit_id
    with pytest.raises(NotFound):
        get_coverage(clinic.ctx("le.tan.2"), visit_id)


@pytest.fixture
def desk(clinic: Clinic) -> Client:
    """The desk in a browser."""
    client = Client()
    client.force_login(clinic.city.staff["le.tan"])
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_from_the_scanned_card_to_the_number(clinic: Clinic, desk: Client) -> None:
    patient_id = known(clinic)
    set_insurance_profile(clinic.ctx("thu.ngan"), head_code="0123456789", walk_in_code="1.12")
    answer = desk.post(reverse("clinics:reception"), {"q": qr(facility="01 - 929")})
    assert (answer.status_code, answer["Location"]) == (302, reverse("clinics:arrive", args=[patient_id]))
    page = desk.get(answer["Location"])
    told = text_of(page)
    assert "Thẻ còn giá trị" in told
    assert "tự đến, theo xếp cấp của cơ sở" in told
    assert "Theo thẻ vừa quét" in told
    form = {key: value for key, value in page.context["form"].initial.items() if value is not None}
    before = AuditEvent.objects.count()
    done = desk.post(answer["Location"], form)
    assert done.status_code == 302
    assert AuditEvent.objects.count() == before + 1
    row = InsuranceCoverage.objects.get()
    assert (row.object_code, row.registered_at, row.card) == ("1.12", OTHER_FACILITY, NUMBER)


def test_the_desk_is_told_at_the_field_and_other_payers_are_not_asked(clinic: Clinic, desk: Client) -> None:
    patient_id = known(clinic)
    form = {"payer": "insurance", "reason": "Ho", "room_id": clinic.room.pk, "priority": "none", "care_type": "01",
            "card": NUMBER, "registered_at": "01T01", "valid_from": "01/01/2020", "valid_to": "31/12/2020"}  # fmt: skip
    address = reverse("clinics:arrive", args=[patient_id])
    refused = desk.post(address, form)
    assert refused.status_code == 422
    assert "Thẻ đã hết hạn trước ngày khám" in text_of(refused)
    typo = desk.post(address, form | {"valid_to": "31-13-2026"})
    assert "Hãy ghi ngày dạng dd/mm/yyyy" in text_of(typo)
    assert desk.post(address, form | {"valid_to": "31-13-2026", "payer": "self-pay"}).status_code == 302


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"valid_from": "01/01/2020", "valid_to": "31/12/2099", "registered_at": "01T01"},
            "quỹ trả <strong>80 %</strong>",
        ),
        ({"valid_from": "01/01/2020", "valid_to": "31/12/2020", "registered_at": "01T01"}, "Thẻ đã hết hạn"),
        ({"registered_at": OTHER_FACILITY}, "Phải chọn đối tượng"),
        ({"registered_at": OTHER_FACILITY, "priority": "emergency"}, "cấp cứu"),
        ({}, "Mới biết số thẻ"),
    ],
)
def test_a_card_is_judged_while_it_is_typed(clinic: Clinic, desk: Client, said: dict[str, str], told: str) -> None:
    answer = desk.post(reverse("clinics:card_check"), {"card": NUMBER} | said)
    assert told in text_of(answer)
    found = desk.get(reverse("clinics:facilities"), {"registered_at": "01T"})
    assert 'data-code="01T01"' in text_of(found)
