"""The demonstration city: believable, made up, the same for the same seed, loaded once, open to its accounts."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from clinics.models import (
    Appointment,
    Bed,
    ClaimFile,
    CriticalAlert,
    DailySheet,
    Dispensing,
    InsuranceCoverage,
    OrderGiven,
    OrderItem,
    Payment,
    Prescription,
    Stay,
    StockLot,
    Visit,
)
from hanoi_ehr.demo import credentials
from hanoi_ehr.demo.commands.residents import City, compose
from hanoi_ehr.demo.facilities import ACCOUNTS, CLINIC, PLACES
from hanoi_ehr.demo.people import Person, residents
from records.models import Encounter, MatchCandidate, Observation, Patient, SourceRecord
from registry.models import AuditEvent, Facility, Staff
from registry.rules.identifiers import parse_bhyt, parse_cccd
from registry.rules.names import is_plausible_name
from registry.rules.permissions import Role
from registry.rules.phones import parse_phone
from screening.models import Duty

TODAY = date(2026, 11, 22)
SMALL = 600


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return residents(7, 5000, TODAY)


def fingerprint(city: City) -> str:
    text = repr([asdict(one) for one in (*city.people, *city.histories)]) + repr(city.statements)
    return hashlib.sha256(text.encode()).hexdigest()


def city_of(seed: int) -> City:
    return compose(residents(seed, 200, TODAY), seed, TODAY)


def test_the_same_seed_is_the_same_city_and_another_seed_another() -> None:
    assert fingerprint(city_of(1)) == fingerprint(city_of(1))
    assert fingerprint(city_of(1)) != fingerprint(city_of(2))


def test_there_are_as_many_people_as_asked_each_with_a_key_of_their_own(people: list[Person]) -> None:
    assert len(people) == len({person.id for person in people}) == 5000


def test_ages_and_family_names_are_a_citys(people: list[Person]) -> None:
    ages = [person.age(TODAY) for person in people]
    families = Counter(person.name.split()[0] for person in people)
    assert 0.2 < sum(age < 15 for age in ages) / 5000 < 0.3
    assert 0.1 < sum(age >= 60 for age in ages) / 5000 < 0.2
    assert 0.45 < sum(person.sex == "male" for person in people) / 5000 < 0.55
    assert 0.3 < families["Nguyễn"] / 5000 < 0.4
    assert families.most_common(1)[0][0] == "Nguyễn"


def test_papers_fit_their_holders_and_belong_to_nobody(people: list[Person]) -> None:
    for person in people:
        assert is_plausible_name(person.name)
        assert parse_phone(person.phone).national == person.phone
        assert person.phone.startswith("057")
        if person.cccd:
            parsed = parse_cccd(person.cccd, person.birth, person.sex)
            assert parsed.notices == ()
            assert int(person.cccd[6:]) >= 900_000
        if person.bhyt:
            assert parse_bhyt(person.bhyt).notices == ()


def test_some_have_no_papers_and_some_are_written_twice(people: list[Person]) -> None:
    grown = [person for person in people if person.age(TODAY) >= 14]
    assert 0.02 < sum(not person.cccd for person in grown) / len(grown) < 0.12
    twice = Counter((person.name, person.ward.code, person.address) for person in people)
    assert sum(count > 1 for count in twice.values()) >= 5
    newborn = [p for p in people if p.age(TODAY) < 1 and any(o.name == p.name and o.age(TODAY) > 18 for o in people)]
    assert newborn


def test_histories_stay_inside_a_life_and_treatment_shows() -> None:
    city = compose(residents(7, 2000, TODAY), 7, TODAY)
    first, last = [], []
    for person, history in zip(city.people, city.histories, strict=True):
        assert all(person.birth <= visit.started.date() <= TODAY for visit in history.visits)
        assert all(sum(one.role == "main" for one in visit.diagnoses) == 1 for visit in history.visits)
        pressures = [
            visit.readings["systolic"]
            for visit in history.visits
            if any(one.code == "I10" for one in visit.diagnoses) and "systolic" in visit.readings
        ]
        if len(pressures) >= 6:
            first.append(pressures[0])
            last.append(pressures[-1])
    assert len(first) > 50
    assert sum(first) / len(first) > sum(last) / len(last) + 10


def test_facilities_are_twelve_and_marked_as_samples() -> None:
    assert len(PLACES) == 12
    for place in PLACES:
        assert "(mẫu)" in place.name
        assert re.fullmatch(r"01M\d\d", place.code)
        digits = [int(digit) for digit in place.gln]
        assert len(digits) == 13
        assert sum(digit * (3 if n % 2 else 1) for n, digit in enumerate(digits)) % 10 == 0
    assert {account.role for account in ACCOUNTS} == set(Role) - {Role.API_CLIENT, Role.SYSTEM}


DEMO = {"EHR_DEMO": True, "EHR_DEMO_PASSWORD": "mat-khau-mau-2026"}


def load() -> None:
    call_command("load_demo", residents=SMALL, seed=3, stderr=io.StringIO(), stdout=io.StringIO())


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The city, loaded once for this module inside a transaction that is rolled back."""
    with django_db_blocker.unblock(), override_settings(**DEMO), transaction.atomic():
        load()
        yield
        transaction.set_rollback(True)


def test_nothing_is_loaded_where_the_demonstration_is_off(db: None, settings: Any) -> None:
    settings.EHR_DEMO = False
    for name in ("load_demo", "demo_logins"):
        with pytest.raises(CommandError, match="EHR_DEMO"):
            call_command(name)
    assert not Facility.objects.filter(source="demo").exists()
    assert not Patient.objects.exists()


def test_logins_of_a_city_that_was_never_loaded_are_refused_in_words(db: None, settings: Any) -> None:
    settings.EHR_DEMO = True
    with pytest.raises(CommandError, match="load_demo"):
        call_command("demo_logins")


def test_possible_duplicates_wait_for_review_at_once(demo: None) -> None:
    assert MatchCandidate.objects.filter(state=MatchCandidate.State.OPEN).exists()


def test_the_city_is_loaded_once_with_one_audit_row_of_the_load(demo: None) -> None:
    assert Patient.objects.count() == SMALL
    assert SourceRecord.objects.filter(channel="demo").count() >= SMALL
    assert Encounter.objects.filter(status="finished").count() > SMALL
    assert Observation.objects.filter(code="8480-6").exists()
    assert AuditEvent.objects.filter(action="load-demo").count() == 1
    trail = AuditEvent.objects.count()
    load()
    assert Patient.objects.count() == SMALL
    assert AuditEvent.objects.count() == trail


def test_today_people_wait_and_positives_are_open_since_different_days(demo: None) -> None:
    today = timezone.localdate()
    states = Counter(Visit.objects.filter(visit_date=today, facility__code=CLINIC).values_list("state", flat=True))
    assert len(states) >= 3
    deadlines = set(Duty.objects.filter(closed_at=None).values_list("deadline", flat=True))
    assert min(deadlines) < today < max(deadlines)
    assert Duty.objects.exclude(closed_at=None).exists()


def test_the_till_has_every_kind_of_bill_and_a_file_with_a_mistake(demo: None) -> None:
    payments = list(Payment.objects.order_by("number").values_list("amount", flat=True))
    assert [one > 0 for one in payments[:3]] == [True, False, True], "one receipt was taken back"
    assert {"1.1", "1.12"} <= set(InsuranceCoverage.objects.values_list("object_code", flat=True))
    assert {"self-pay", "insurance"} <= set(Visit.objects.filter(state="closed").values_list("payer", flat=True))
    assert ClaimFile.objects.filter(errors=0).exists()
    assert ClaimFile.objects.filter(errors__gt=0).exists()


def test_every_account_answers_to_the_password_and_the_administrator_to_the_code(demo: None) -> None:
    hashed = set(Staff.objects.filter(username__in=[a.username for a in ACCOUNTS]).values_list("password", flat=True))
    assert len(hashed) == 1
    assert check_password("mat-khau-mau-2026", hashed.pop())
    administrators = [account.username for account in ACCOUNTS if account.role is Role.CITY_ADMINISTRATOR]
    totp = Authenticator.objects.get(user__username=administrators[0], type=Authenticator.Type.TOTP)
    assert totp.wrap().validate_code(credentials.totp_code(administrators[0]))
    assert not totp.wrap().validate_code("000000")


def test_the_hospitals_software_gets_a_token_with_the_printed_secret(demo: None) -> None:
    printed = io.StringIO()
    call_command("demo_logins", stdout=printed)
    for account in ACCOUNTS:
        assert account.username in printed.getvalue()
    secret = re.search(r"client_secret\s+(\S+)", printed.getvalue())
    assert secret
    pair = base64.b64encode(f"{credentials.OAUTH_CLIENT}:{secret.group(1)}".encode()).decode()
    answer = Client().post(
        "/o/token/", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {pair}"}
    )
    assert answer.status_code == 200
    wrong = base64.b64encode(f"{credentials.OAUTH_CLIENT}:khac".encode()).decode()
    refused = Client().post(
        "/o/token/", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {wrong}"}
    )
    assert refused.status_code == 401


def test_a_new_password_in_the_environment_reaches_every_account(demo: None) -> None:
    with override_settings(EHR_DEMO_PASSWORD="mat-khau-khac-2026"), transaction.atomic():
        call_command("demo_logins", stdout=io.StringIO())
    hashed = set(Staff.objects.filter(username__in=[a.username for a in ACCOUNTS]).values_list("password", flat=True))
    assert len(hashed) == 1
    assert check_password("mat-khau-khac-2026", hashed.pop())


def test_every_room_of_the_clinic_has_something_to_do(demo: None) -> None:
    assert Appointment.objects.filter(starts_at__gt=timezone.now()).count() > 5
    assert StockLot.objects.filter(on_hand__gt=0).count() > 5
    assert set(OrderItem.objects.values_list("state", flat=True)) >= {"verified", "ordered"}
    assert CriticalAlert.objects.exists(), "a critical value waits for a doctor"
    assert Prescription.objects.count() >= 2
    assert Dispensing.objects.count() == 1


def test_somebody_lies_in_the_ward_with_todays_sheet_and_somebody_without(demo: None) -> None:
    today = timezone.localdate()
    stays = Stay.objects.filter(ended_at=None)
    assert stays.count() == 2
    assert Bed.objects.exclude(pk__in=stays.values("bed_id")).exists()
    assert DailySheet.objects.filter(day=today).values("stay").distinct().count() == 1
    assert OrderGiven.objects.filter(order__sheet__day__lt=today, done=True).exists()
