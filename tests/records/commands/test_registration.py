"""Registering: once a person, warned of duplicates, decisions remembered, nobody created twice at the same moment."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from records.commands.identity_decisions import decide_not_same
from records.commands.registration import DuplicateSuspected, Registered, add_statement, register_resident
from records.models import (
    AccessGrant,
    LinkEvent,
    MatchCandidate,
    NotSamePerson,
    Patient,
    PatientIdentifier,
    RecordLink,
    SourceRecord,
)
from records.queries.access import RecordClosed
from registry.kernel import Forbidden, NotFound, Refused
from registry.rules.phrases import Phrase
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, VAN, register, stated


def test_one_registration_writes_the_whole_identity_and_one_audit_row(city: City, trail: Any) -> None:
    done = register_resident(city.ctx("le.tan", NOW), person=stated(), channel="form", raw={"name": VAN["name"]})
    patient = Patient.objects.get(pk=done.patient_id)
    record = SourceRecord.objects.get(pk=done.record_id)
    assert (patient.name, patient.name_key, patient.given_key) == (VAN["name"], "nguyen thi hong van", "van")
    assert (record.facility, record.channel, record.raw) == (city.here, "form", {"name": VAN["name"]})
    assert len(record.content_hash) == 64
    assert RecordLink.objects.get(record=record).patient == patient
    assert [event.action for event in LinkEvent.objects.filter(record=record)] == ["linked"]
    assert set(PatientIdentifier.objects.filter(patient=patient).values_list("kind", "value_key")) == {
        ("cccd", "001172012345"),
        ("bhyt", "0120456789"),
    }
    assert AccessGrant.objects.get(source_record=record).facility == city.here
    (row,) = trail()
    assert (row.action, row.patient_id, row.outcome) == ("create", done.patient_id, "ok")
    assert VAN["name"] not in str(row.detail)


def test_the_same_person_is_refused_even_when_confirmed(city: City) -> None:
    known = register(city)
    for confirmed in (False, True):
        with pytest.raises(DuplicateSuspected) as refused:
            register_resident(
                city.ctx("le.tan.2", NOW), person=stated(), channel="form", raw={}, confirmed_new=confirmed
            )
        assert refused.value.code == "already-registered"
        assert refused.value.certain
        assert [one.patient_id for one in refused.value.candidates] == [known]
    assert Patient.objects.count() == SourceRecord.objects.count() == 1


def test_somebody_alike_is_a_warning_with_reasons_and_the_decision_is_remembered(city: City) -> None:
    known = register(city)
    ctx = city.ctx("le.tan", NOW)
    with pytest.raises(DuplicateSuspected) as refused:
        register_resident(ctx, person=stated(BARE), channel="form", raw={})
    assert refused.value.code == "possible-duplicate"
    assert not refused.value.certain
    assert "Trùng họ tên" in refused.value.candidates[0].match.reasons
    done = register_resident(ctx, person=stated(BARE), channel="form", raw={}, confirmed_new=True, not_same=[known])
    decision = NotSamePerson.objects.get()
    assert {decision.first_id, decision.second_id} == {known, done.patient_id}
    assert decision.decided_by == city.staff["le.tan"]


def test_a_confirmation_covers_only_the_people_who_were_shown(city: City) -> None:
    register(city, said=BARE)
    stranger = uuid.uuid4()
    with pytest.raises(DuplicateSuspected, match="possible-duplicate"):
        register_resident(
            city.ctx("le.tan", NOW),
            person=stated(BARE),
            channel="form",
            raw={},
            confirmed_new=True,
            not_same=[stranger],
        )
    assert Patient.objects.count() == 1


def test_a_newborn_under_its_mothers_name_is_registered_without_a_warning(city: City) -> None:
    register(city)
    done = register_resident(
        city.ctx("le.tan", NOW), person=stated(BARE, birth="20/11/2026", phone=VAN["phone"]), channel="form", raw={}
    )
    assert Patient.objects.filter(pk=done.patient_id).exists()


def test_who_may_not_register(city: City, trail: Any) -> None:
    with pytest.raises(Forbidden):
        register_resident(city.ctx("bac.si", NOW), person=stated(), channel="form", raw={})
    (row,) = trail()
    assert (row.action, row.outcome, row.code) == ("refuse", "refused", "permission-denied")
    assert not Patient.objects.exists()


def test_a_correction_is_a_new_statement_and_the_golden_record_follows(city: City, trail: Any) -> None:
    known = register(city, said=BARE)
    trail()
    add_statement(
        city.ctx("le.tan", NOW.replace(hour=9)),
        patient_id=known,
        person=stated(name="Nguyễn Thị Hồng Vân", phone="0987000111"),
        channel="form",
        raw={},
    )
    patient = Patient.objects.get(pk=known)
    assert (patient.phone, patient.version) == ("0987000111", 2)
    assert SourceRecord.objects.filter(link__patient=known).count() == 2
    assert [(row.action, row.patient_id) for row in trail()] == [("update", known)]


def test_a_name_that_was_replaced_is_still_known_at_the_desk(city: City) -> None:
    """Whoever comes back with the old paper, or was merged under another name, is not born a second time."""
    known = register(city, said=BARE)
    later = city.ctx("le.tan", NOW + timedelta(days=1))
    add_statement(later, patient_id=known, person=stated(BARE, name="Trần Thị Mơ"), channel="form", raw={})
    assert Patient.objects.get(pk=known).name == "Trần Thị Mơ"
    for name in (BARE["name"], "Trần Thị Mơ"):
        with pytest.raises(DuplicateSuspected) as refusal:
            register_resident(later, person=stated(BARE, name=name), channel="form", raw={})
        assert [one.patient_id for one in refusal.value.candidates] == [known]


def test_a_scanned_card_outweighs_a_newer_form(city: City) -> None:
    ctx = city.ctx("le.tan", NOW)
    done = register_resident(ctx, person=stated(), channel="scan", raw={})
    typed = stated(name="Nguyễn Thị Vâng", phone="0987000111")
    add_statement(
        city.ctx("le.tan", NOW.replace(hour=9)), patient_id=done.patient_id, person=typed, channel="form", raw={}
    )
    patient = Patient.objects.get(pk=done.patient_id)
    assert (patient.name, patient.phone) == (VAN["name"], "0987000111")


def test_a_statement_about_a_closed_record_or_nobody_is_refused(city: City, trail: Any) -> None:
    known = register(city)
    trail()
    for patient_id, refusal in ((known, RecordClosed), (uuid.uuid4(), NotFound)):
        with pytest.raises(refusal):
            add_statement(city.ctx("le.tan.2", NOW), patient_id=patient_id, person=stated(), channel="form", raw={})
        (row,) = trail()
        assert row.outcome == "refused"
    assert SourceRecord.objects.count() == 1


def test_two_people_are_decided_upon_once(city: City) -> None:
    one, other = register(city), register(city, name="Lê Văn Tám", cccd="", bhyt="", phone="")
    ctx = city.ctx("le.tan", NOW)
    for first, second in ((one, other), (other, one)):
        decide_not_same(ctx, one=first, other=second, reason="hai chị em")
    assert NotSamePerson.objects.count() == 1
    with pytest.raises(Refused, match="same-number"):
        decide_not_same(ctx, one=one, other=one, reason="")
    with pytest.raises(NotFound):
        decide_not_same(ctx, one=one, other=uuid.uuid4(), reason="")


@pytest.mark.parametrize("said", [VAN, BARE])
def test_two_desks_register_the_same_citizen_at_once(live_city: City, said: dict[str, str]) -> None:
    start = threading.Barrier(2)
    results: list[Registered | DuplicateSuspected] = []

    def desk(username: str, name: str) -> None:
        ctx = live_city.ctx(username, NOW)
        try:
            start.wait(timeout=20)
            results.append(register_resident(ctx, person=stated(said, name=name), channel="form", raw={}))
        except DuplicateSuspected as refused:
            results.append(refused)
        finally:
            connection.close()

    desks = [("le.tan", "Nguyễn Thị Hồng Vân"), ("le.tan.2", "Vân Nguyễn Thị Hồng")]
    threads = [threading.Thread(target=desk, args=each) for each in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(type(one).__name__ for one in results) == ["DuplicateSuspected", "Registered"]
    assert Patient.objects.count() == SourceRecord.objects.count() == 1


REUSED = BARE | {"name": "Trần Văn Đức", "birth": "02/09/1988", "sex": "male", "cccd": VAN["cccd"]}


def test_a_reused_number_goes_to_the_department_and_is_never_final_at_the_desk(city: City) -> None:
    known = register(city)
    ctx = city.ctx("le.tan", NOW)
    with pytest.raises(DuplicateSuspected) as refused:
        register_resident(ctx, person=stated(REUSED), channel="scan", raw={})
    assert not refused.value.certain, "a number alone is not a person"
    done = register_resident(ctx, person=stated(REUSED), channel="scan", raw={}, confirmed_new=True, not_same=[known])
    pair = MatchCandidate.objects.get()
    assert {pair.first_id, pair.second_id} == {known, done.patient_id}
    assert (pair.found_by, pair.state) == ("registration", "open")
    assert "Trùng số CCCD" in {Phrase.from_json(one["text"]) for one in pair.reasons}
    assert not NotSamePerson.objects.exists()
    assert Patient.objects.filter(merged_into=None).count() == 2
