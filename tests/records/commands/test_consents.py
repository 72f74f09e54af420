"""Consents: asked one by one, proved, taken back at any time, and closing at once what they opened."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from records.commands.consents import PurposeAnswer, record_consents, withdraw_consent
from records.models import AccessGrant, Consent, ConsentText, ConsentWithdrawal
from records.queries.access import RecordClosed, open_record
from records.queries.consents import get_consents, people_who_agreed
from records.rules.consent import Statement
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from tests.factories.city import NOW, City
from tests.records.conftest import register

SIGNED = Statement("self", "", "", "paper", "HS-12/2026", text_read=True)
MOTHER = Statement("representative", "Lê Thị Mẹ", "Mẹ", "witnessed", "", text_read=True, child_agreed=True)
SHARING = PurposeAnswer("treatment-sharing", "permit", recipient="01T02")


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Vân, known here only."""
    return register(city)


def agree(city: City, patient_id: uuid.UUID, *answers: PurposeAnswer, said: Statement = SIGNED) -> list[uuid.UUID]:
    return record_consents(city.ctx("le.tan", NOW), patient_id=patient_id, answers=answers, statement=said)


def opens(city: City, patient_id: uuid.UUID, days: float = 0) -> bool:
    """Whether the other clinic's doctor reads the record."""
    try:
        open_record(city.ctx("bac.si.2", NOW + timedelta(days=days)), patient_id)
    except RecordClosed:
        return False
    return True


def test_sharing_opens_to_the_named_facility_and_withdrawing_closes_it_at_once(
    city: City, resident: uuid.UUID, trail: Any
) -> None:
    assert not opens(city, resident)
    trail()
    (consent_id,) = agree(city, resident, SHARING)
    assert [(row.action, row.patient_id, row.detail) for row in trail()] == [
        ("record-consent", resident, {"answers": {"treatment-sharing": "permit"}})
    ]
    assert opens(city, resident, 4000)
    withdraw_consent(
        city.ctx("y.ta", NOW), patient_id=resident, consent_id=consent_id, statement=SIGNED, reason="Đổi ý"
    )
    assert [(row.action, row.target_id) for row in trail()][-1] == ("withdraw-consent", str(consent_id))
    assert not opens(city, resident)
    with pytest.raises(Conflict, match="already-withdrawn"):
        withdraw_consent(city.ctx("y.ta", NOW), patient_id=resident, consent_id=consent_id, statement=SIGNED)
    assert Consent.objects.count() == ConsentWithdrawal.objects.count() == 1, "nothing is erased"


def test_an_end_is_kept(city: City, resident: uuid.UUID) -> None:
    agree(city, resident, replace(SHARING, valid_until=date(2026, 11, 25)))
    assert opens(city, resident, 2.6)
    assert not opens(city, resident, 3)


def test_another_answer_to_the_same_takes_the_place_of_the_first(city: City, resident: uuid.UUID) -> None:
    agree(city, resident, SHARING)
    agree(city, resident, replace(SHARING, decision="deny"))
    assert not opens(city, resident)
    page = get_consents(city.ctx("le.tan", NOW), resident)
    assert [(one.decision, one.in_force(page.today)) for one in page.answers] == [("deny", True), ("permit", False)]
    assert page.answers[1].withdrawn_reason == "thay bằng câu trả lời mới"


def test_each_purpose_stands_for_itself_with_the_text_that_was_shown(city: City, resident: uuid.UUID) -> None:
    agree(city, resident, PurposeAnswer("research", "permit"), PurposeAnswer("screening-sms", "deny"))
    assert not AccessGrant.objects.filter(basis="consent").exists()
    assert people_who_agreed([resident], "research", NOW.date()) == {resident}
    assert people_who_agreed([resident], "screening-sms", NOW.date()) == set()
    text = ConsentText.objects.get(purpose__key="research")
    ConsentText.objects.create(purpose=text.purpose, number=2, body="Lời mới")
    page = get_consents(city.ctx("le.tan", NOW), resident)
    assert {one.purpose_key: one.text_number for one in page.answers}["research"] == 1
    assert {one.key: one.number for one in page.asked}["research"] == 2


@pytest.mark.parametrize(
    ("answers", "said", "fields"),
    [
        ((), SIGNED, [None]),
        ((SHARING,), replace(SIGNED, text_read=False), ["text_read"]),
        ((SHARING,), replace(SIGNED, proof=""), ["proof"]),
        ((SHARING,), replace(SIGNED, note=""), ["proof_note"]),
        ((replace(SHARING, recipient=""),), SIGNED, ["recipient_treatment-sharing"]),
        ((replace(SHARING, recipient="99999"),), SIGNED, ["recipient_treatment-sharing"]),
        ((replace(SHARING, recipient="01T01"),), SIGNED, ["recipient_treatment-sharing"]),
        ((replace(SHARING, recipient="01T00"),), SIGNED, ["recipient_treatment-sharing"]),
        ((PurposeAnswer("disclosure", "permit"),), SIGNED, ["third_party_disclosure"]),
        ((PurposeAnswer("research", "perhaps"),), SIGNED, ["decision_research"]),
        ((PurposeAnswer("marketing", "permit"),), SIGNED, ["decision_marketing"]),
        ((replace(SHARING, valid_until=date(2026, 11, 22)),), SIGNED, ["until_treatment-sharing"]),
        (
            (SHARING, PurposeAnswer("disclosure", "permit")),
            replace(SIGNED, proof=""),
            ["proof", "third_party_disclosure"],
        ),
    ],
)
def test_what_is_missing_is_told_at_its_field_and_nothing_is_kept(
    city: City, resident: uuid.UUID, answers: tuple[PurposeAnswer, ...], said: Statement, fields: list[str]
) -> None:
    with pytest.raises(Refused) as refused:
        agree(city, resident, *answers, said=said)
    assert [one.field for one in refused.value.all] == fields
    assert not Consent.objects.exists()


def test_a_child_agrees_too(city: City) -> None:
    child = register(city, name="Lê Minh Con", birth="01/02/2016", cccd="", bhyt="", phone="")
    for said, field in ((SIGNED, "given_by"), (replace(MOTHER, child_agreed=False), "child_agreed")):
        with pytest.raises(Refused) as refused:
            agree(city, child, SHARING, said=said)
        assert refused.value.all[0].field == field
    (kept,) = agree(city, child, SHARING, said=MOTHER)
    consent = Consent.objects.get(pk=kept)
    assert (consent.representative, consent.relationship, consent.child_agreed) == ("Lê Thị Mẹ", "Mẹ", True)


def test_who_may_not(city: City, resident: uuid.UUID) -> None:
    (consent_id,) = agree(city, resident, PurposeAnswer("research", "permit"))
    for username in ("thu.ngan", "so.y.te"):
        with pytest.raises(Forbidden):
            get_consents(city.ctx(username, NOW), resident)
    with pytest.raises(RecordClosed):
        record_consents(city.ctx("le.tan.2", NOW), patient_id=resident, answers=[SHARING], statement=SIGNED)
    other = register(city, name="Trần Văn Khác", cccd="", bhyt="", phone="")
    with pytest.raises(NotFound):
        withdraw_consent(city.ctx("le.tan", NOW), patient_id=other, consent_id=consent_id, statement=SIGNED)
    with pytest.raises(Refused, match="giver-missing"):
        withdraw_consent(
            city.ctx("le.tan", NOW), patient_id=resident, consent_id=consent_id, statement=replace(SIGNED, given_by="")
        )


def test_answers_cannot_be_changed_afterwards(city: City, resident: uuid.UUID) -> None:
    from django.db import DatabaseError

    agree(city, resident, SHARING)
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.update(decision="deny")


@pytest.mark.django_db(transaction=True)
def test_two_people_withdraw_the_same_consent(live_city: City) -> None:
    known = register(live_city)
    (consent_id,) = agree(live_city, known, SHARING)
    gate, outcomes = threading.Barrier(2), []

    def take_back(username: str) -> None:
        gate.wait()
        try:
            withdraw_consent(live_city.ctx(username, NOW), patient_id=known, consent_id=consent_id, statement=SIGNED)
            outcomes.append("done")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take_back, args=(name,)) for name in ("le.tan", "y.ta")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already-withdrawn", "done"]
    assert ConsentWithdrawal.objects.count() == 1
