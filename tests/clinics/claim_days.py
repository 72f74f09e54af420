"""Whole visits for insurance files, through the commands that clinics use: registered, carded, examined, charged, closed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from clinics.commands.charging import add_charge
from clinics.commands.check_in import check_in
from clinics.commands.claims import add_to_claim, set_insurance_profile
from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.coverage import CardStated, record_coverage
from clinics.commands.following import charge_visit
from clinics.commands.payments import take_payment
from clinics.commands.stays.daily import write_sheet
from clinics.commands.stays.leaving import discharge
from clinics.commands.stays.placing import admit
from clinics.commands.triage import record_vitals
from clinics.models import Visit
from clinics.queries.bills import read_bill
from clinics.rules.charges.items import ChargeKind, Item, Particulars
from clinics.rules.stays import DaySheet, Ending
from records.commands.registration import register_resident
from records.commands.reports import record_report
from records.rules.details import Details
from records.rules.person import StatedPerson, state_person
from records.rules.reports import Measure, Report
from registry.models import Department
from tests.clinics.billing import CARD, put_prices
from tests.clinics.conftest import Clinic
from tests.factories.city import NOW

MAIN = ("J02.9", "J03.9", "I10", "E11.9")
LICENCE = "001234/HNO-CCHN"
MEDICINE = Particulars(strength="500 mg", form="Viên nén", route_code="1.01", dose="Ngày 2 lần", registration="VD-1")


def ready(clinic: Clinic) -> None:
    """Prices in force, licences on the staff, the facility's profile."""
    put_prices(clinic)
    for person in clinic.city.staff.values():
        person.licence_number = LICENCE
        person.save(update_fields=["licence_number"])
    set_insurance_profile(clinic.ctx("thu.ngan"), head_code="0123456789")


def make_visit(clinic: Clinic, random: Random, **said: Any) -> Visit:
    """One ended visit; the payer and the way of coming by chance unless said. complete=False leaves details out."""
    at = NOW + timedelta(minutes=random.randint(0, 400))
    patient_id = _register(clinic, random, complete=said.pop("complete", True))
    in_bed = said.pop("in_bed", False)
    payer = said.pop("payer", random.choice(("insurance", "insurance", "insurance", "self-pay", "free")))
    given = check_in(
        clinic.ctx("le.tan", at), patient_id=patient_id, room_id=clinic.room.pk, reason="Ho & sốt <3 ngày>", payer=payer,
        priority="none", care_type=random.choice(("01", "05", "13")),
    )  # fmt: skip
    visit = Visit.objects.select_related("encounter", "room__department").get(pk=given.visit_id)
    if payer == "insurance":
        record_coverage(clinic.ctx("le.tan", at), visit_id=visit.pk, stated=said.pop("card", None) or _card(random))
    _examine(clinic, random, visit, at, patient_id)
    end = _lie if in_bed else _close
    return _settle(clinic, random, visit, end(clinic, random, visit, at))


def _register(clinic: Clinic, random: Random, *, complete: bool) -> uuid.UUID:
    details = (
        Details(ethnicity_code="01", nationality_code="000", blood_abo=random.choice(("", "O")))
        if complete
        else Details()
    )
    person = state_person(
        today=NOW.date(), name=random.choice(("Nguyễn Thị Hồng Vân", "Trần Văn Đức", "Lê Đỗ Thuỳ Dương")),
        birth=random.choice(("12/03/1972", "1950", "01/2019", "30/12/2001")), sex=random.choice(("male", "female")),
        phone="0912345678", address=f"Số {random.randint(1, 99)}", ward_code="00229", ward_name="Phường Kim Liên",
        cccd=f"001072{random.randrange(10**6):06d}", facility_number=f"BN{random.randrange(10**9):09d}",
        facility_code=clinic.city.here.code,
    )  # fmt: skip
    assert isinstance(person, StatedPerson), person
    stated = StatedPerson(**{name: getattr(person, name) for name in StatedPerson.__slots__} | {"details": details})
    return register_resident(clinic.ctx("le.tan"), person=stated, channel="form", raw={}, confirmed_new=True).patient_id


def _card(random: Random) -> CardStated:
    benefit, number = random.choice("1234"), f"{random.randrange(10**10):010d}"
    code = random.choice(("1.1", "1.3", "1.13", "2", "1.5"))
    said = {name: getattr(CARD, name) for name in CARD.__dataclass_fields__}
    said |= {
        "object_code": code,
        "card": f"GD{benefit}01{number}",
        "registered_at": "01T01" if code == "1.1" else "01929",
    }
    if code == "1.3":
        said |= {"referred_from": "01929", "referral_number": "12/2026"}
    return CardStated(**said)


def _examine(clinic: Clinic, random: Random, visit: Visit, at: Any, patient_id: uuid.UUID) -> None:
    doctor = clinic.ctx("bac.si", at + timedelta(minutes=10))
    record_vitals(clinic.ctx("y.ta", at), visit_id=visit.pk, readings={"weight": Decimal(random.randint(80, 900)) / 10})
    start_consultation(doctor, visit_id=visit.pk)
    for code, kind, most in (
        ("23.0075.1494", ChargeKind.SERVICE, 1), ("20.0081.0137", ChargeKind.SERVICE, 1), ("YC", ChargeKind.SERVICE, 1),
        ("40.56", ChargeKind.MEDICINE, 30), ("40.807", ChargeKind.MEDICINE, 60), ("N07", ChargeKind.SUPPLY, 2),
    ):  # fmt: skip
        if random.random() < 0.5:
            said = MEDICINE if kind is ChargeKind.MEDICINE else Particulars(performer=LICENCE)
            quantity = Decimal(random.randint(1, most))
            add_charge(doctor, visit, Item(kind, code, code, quantity, particulars=said))
            if code == "23.0075.1494":
                _report(doctor, visit, at, patient_id)


def _report(doctor: Any, visit: Visit, at: Any, patient_id: uuid.UUID) -> None:
    glucose = Measure("5.1.10", "Glucose", Decimal("5.60"), unit="mmol/L", reference="3,9–6,4")
    report = Report(
        "LAB", "Định lượng Glucose", at + timedelta(minutes=9), code="23.0075.1494", conclusion="Bình thường",
        measures=(glucose,),
    )  # fmt: skip
    record_report(doctor, patient_id=patient_id, report=report, encounter_id=visit.encounter_id)


def _close(clinic: Clinic, random: Random, visit: Visit, at: Any) -> Any:
    """The doctor closes; gives the time at the till."""
    main, *others = random.sample(MAIN, random.randint(1, 3))
    close_visit(
        clinic.ctx("bac.si", at + timedelta(minutes=40)), visit_id=visit.pk, conclusion="Uống thuốc, nghỉ ngơi",
        outcome_code="2", main=main, secondary=others,
    )  # fmt: skip
    return at + timedelta(minutes=50)


def _lie(clinic: Clinic, random: Random, visit: Visit, at: Any) -> Any:
    """Admitted, a sheet a day, gone home with leave or referred; gives the time at the till."""
    doctor = clinic.ctx("bac.si", at + timedelta(minutes=40))
    department = Department.objects.get_or_create(
        facility=clinic.city.here, code="K03", defaults={"name": "Khoa Nội tổng hợp"}
    )[0]
    record_diagnoses(doctor, visit_id=visit.pk, main=random.choice(MAIN))
    admit(doctor, visit_id=visit.pk, department_id=department.pk, reason="Cần theo dõi & tiêm")
    days = random.randint(1, 5)
    for day in range(days):
        sheet = DaySheet(f"Ngày thứ {day + 1}: đỡ sốt", "2", "Cháo")
        write_sheet(clinic.ctx("bac.si", at + timedelta(days=day, hours=1)), visit_id=visit.pk, sheet=sheet)
    out = Ending("2", "1", "Kháng sinh tiêm", "Tỉnh, hết sốt", "Khám lại khi sốt", leave_days=random.choice((0, 7)))
    if random.random() < 0.3:
        out = replace(out, discharge="2", referred_to=clinic.city.elsewhere.code, referral_reason="Vượt khả năng")
    leaves = at + timedelta(days=days - 1, hours=2)
    discharge(clinic.ctx("bac.si", leaves), visit_id=visit.pk, ending=out)
    archived = {"SO_LUU_TRU": f"26.{random.randint(1, 9999):04d}"}
    add_to_claim(clinic.ctx("thu.ngan", leaves), visit_id=visit.pk, table="XML7", values=archived)
    return leaves + timedelta(minutes=10)


def _settle(clinic: Clinic, random: Random, visit: Visit, at: Any) -> Visit:
    cashier = clinic.ctx("thu.ngan", at)
    charge_visit(cashier, visit_id=visit.pk)
    visit = Visit.objects.select_related("encounter", "facility").get(pk=visit.pk)
    owed = read_bill(visit).owed
    if owed > 0:
        take_payment(cashier, visit_id=visit.pk, amount=owed, method=random.choice(("cash", "card", "transfer")))
    return visit
