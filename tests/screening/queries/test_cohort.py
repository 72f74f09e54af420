"""The ward's list: the SQL says what the rule says, page by page, in a fixed number of statements."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from records.models import Condition, Observation, Patient, PatientIdentifier, Procedure
from registry.kernel import Forbidden
from registry.models import AuditEvent
from registry.rules.dates import PartialDate
from screening.models import ProgrammeVersion
from screening.queries import cohort
from screening.queries.cohort import FACTS, OBSTACLE, AgeBand, find_eligible, find_person, rule_parameters
from screening.queries.scope import live_programme
from screening.rules.eligibility import PersonFacts, find_obstacles
from tests.factories.city import NOW
from tests.factories.screening import Ward

TODAY = NOW.date()


def _random_person(ward: Ward, chance: random.Random) -> PersonFacts:
    precision = chance.choice(["day", "day", "month", "year"])
    birth = date(
        chance.choice([1951, 1952, 1970, 1986, 1987]), chance.choice([1, 11, 12]), chance.choice([1, 22, 23, 24])
    )
    birth = (
        birth.replace(day=1)
        if precision == "month"
        else birth.replace(month=1, day=1)
        if precision == "year"
        else birth
    )
    sex = chance.choice(["male", "female", "unknown"])
    patient = ward.person(birth=birth, sex=sex)
    patient.birth_precision = precision
    patient.deceased_on = TODAY if chance.random() < 0.1 else None
    patient.save(update_fields=["birth_precision", "deceased_on"])
    tested = TODAY - timedelta(days=chance.choice([364, 365, 366])) if chance.random() < 0.4 else None
    scoped = TODAY - timedelta(days=chance.choice([3651, 3652, 3653])) if chance.random() < 0.4 else None
    excluded, insured = chance.random() < 0.2, chance.random() < 0.8
    _history(ward, patient, tested, scoped)
    _exclude(ward, patient, chance, excluded=excluded)
    if insured:
        PatientIdentifier.objects.create(
            source_record=patient.links.get().record, patient=patient, kind="bhyt", value="GD4", value_key="GD4"
        )
    return PersonFacts(
        PartialDate(birth, precision),
        sex,
        deceased=bool(patient.deceased_on),
        last_test_on=tested,
        last_cleared_on=scoped,
        excluded=excluded,
        insured=insured,
    )


EXCLUSIONS = [
    {"code": "colectomy", "label": "Đã cắt toàn bộ đại tràng", "procedures": ["45.8"], "source": "thử"},
    {"code": "ill", "label": "Đang điều trị", "conditions": ["C18"], "for_months": 6, "source": "thử"},
    {"code": "off", "label": "Chưa bật", "procedures": ["99"], "source": "thử", "active": False},
]


def _exclude(ward: Ward, patient: Patient, chance: random.Random, *, excluded: bool) -> None:
    """Something that excludes; or what nearly does: another code, one that is too old, a rule that is off."""
    stamp: dict[str, Any] = {
        "source_record": patient.links.get().record, "patient": patient, "facility": ward.city.elsewhere,
    }  # fmt: skip
    code, days = chance.choice(
        [("45.81", 4000), ("C18.9", 100)] if excluded else [("45.7", 10), ("C18", 200), ("99.1", 1)]
    )
    at = NOW - timedelta(days=days)
    if code.startswith("C"):
        Condition.objects.create(**stamp, recorded_at=at, role="secondary", code=code, display="U đại tràng")
    else:
        Procedure.objects.create(**stamp, recorded_at=at, code=code, display="Thủ thuật", performed_at=at)


def _history(ward: Ward, patient: Patient, tested: date | None, scoped: date | None) -> None:
    stamp: dict[str, Any] = {
        "source_record": patient.links.get().record, "patient": patient, "facility": ward.city.elsewhere, "recorded_at": NOW,
    }  # fmt: skip
    if tested:
        at = NOW.replace(year=tested.year, month=tested.month, day=tested.day, hour=0, minute=5)
        Observation.objects.create(**stamp, code="fit", display="FIT", value=1, observed_at=at)
    if scoped:
        at = NOW.replace(year=scoped.year, month=scoped.month, day=scoped.day, hour=23, minute=55)
        Procedure.objects.create(**stamp, code="45.23", display="Nội soi đại tràng", performed_at=at)


def test_the_statement_and_the_rule_judge_alike(ward: Ward) -> None:
    live = live_programme()
    ProgrammeVersion.objects.filter(pk=live.version.pk).update(state="retired")
    banded = live.version.rules | {
        "age_to": {"value": 74, "source": "EU 2013"},
        "insured": {"value": True, "source": "Hà Nội 2017–2019"},
        "exclusions": EXCLUSIONS,
    }
    ProgrammeVersion.objects.create(programme=live.programme, number=2, state="live", rules=banded)
    live = live_programme()
    chance = random.Random(2026)
    expected = {}
    for _ in range(80):
        facts = _random_person(ward, chance)
        newest = Patient.objects.order_by("-id").first()
        expected[newest.pk] = next(iter(find_obstacles(live.rules, facts, TODAY)), None)
        assert find_person(ward.ctx(), live, newest.pk).facts == facts
    with connection.cursor() as cursor:
        cursor.execute(f"WITH f AS ({FACTS}) SELECT f.id, {OBSTACLE} FROM f", rule_parameters(live, TODAY))
        found = dict(cursor.fetchall())
    assert found == expected
    assert len(set(found.values())) > 5


def test_pages_follow_the_given_name_and_miss_nobody(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort, "PAGE", 2)
    names = ["Trần Văn Ân", "Lê Thị Ánh", "Phạm Văn Bình", "Vũ Thị Đào", "Đỗ Văn Cường"]
    for name in names:
        ward.person(name=name)
    seen, after = [], None
    for _ in range(5):
        page = find_eligible(ward.ctx(), after=after)
        seen += [person.name for person in page.people]
        assert page.total == 5
        after = page.next_after
        if after is None:
            break
    assert seen == ["Lê Thị Ánh", "Trần Văn Ân", "Phạm Văn Bình", "Đỗ Văn Cường", "Vũ Thị Đào"]


def test_a_list_is_one_audit_row_and_a_fixed_number_of_statements(ward: Ward, django_assert_num_queries: Any) -> None:
    for birth in range(1950, 1960):
        ward.person(birth=date(birth, 1, 1))
    ctx = ward.ctx()
    with django_assert_num_queries(5):  # version, ward, page, count, audit
        assert len(find_eligible(ctx, band=AgeBand(40, 74)).people) == 8
    assert list(AuditEvent.objects.filter(request_id=ctx.request_id).values_list("action", flat=True)) == ["list"]


def test_a_technician_does_not_see_the_list(ward: Ward) -> None:
    with pytest.raises(Forbidden):
        find_eligible(ward.ctx("ky.thuat.vien"))
