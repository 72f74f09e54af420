"""The audit trail in the admin: to read and to check, never to write; every look is a row."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.admin import audit
from registry.kernel import record_audit
from registry.models import AuditEvent, AuditSeal
from tests.factories.city import City

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
LIST = "/quan-tri/registry/auditevent/"


@pytest.fixture
def officer(signed_in_as: SignedIn) -> Client:
    return signed_in_as("so.y.te")


def shown(answer: object) -> list[tuple[str, str]]:
    return [(row.action, row.actor_label) for row in answer.context["cl"].result_list]


def looks() -> int:
    return AuditEvent.objects.filter(action="read-audit").count()


def test_every_look_is_one_row(officer: Client, city: City) -> None:
    record_audit(city.ctx("bac.si"), "read")
    row = AuditEvent.objects.get()
    assert ("read", "bac.si") in shown(officer.get(LIST))
    assert looks() == 1
    assert officer.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert looks() == 2
    assert AuditEvent.objects.filter(action="read-audit", target_id=str(row.pk)).count() == 1


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nothing_can_be_written(officer: Client, city: City, path: str) -> None:
    record_audit(city.ctx("bac.si"), "read")
    row = AuditEvent.objects.get()
    answer = officer.post(LIST + path.format(pk=row.pk), {"action": "forged", "post": "yes"})
    assert answer.status_code == 403
    assert AuditEvent.objects.get(pk=row.pk).action == "read"
    assert AuditEvent.objects.filter(outcome="refused", actor_label="so.y.te").count() == 1


def test_the_trail_is_searched_by_resident_actor_action_target_and_request(officer: Client, city: City) -> None:
    patient = uuid.uuid4()
    ctx = city.ctx("bac.si")
    record_audit(ctx, "read", patient_id=patient)
    record_audit(city.ctx("y.ta"), "create", target=("Kit", "7"))
    for words, found in {
        str(patient): ("read", "bac.si"), "bac.si": ("read", "bac.si"), "create": ("create", "y.ta"),
        "Kit:7": ("create", "y.ta"), f"request:{ctx.request_id}": ("read", "bac.si"),
    }.items():  # fmt: skip
        rows = [row for row in shown(officer.get(LIST, {"q": words})) if row[0] != "read-audit"]
        assert rows == [found], words
    assert AuditEvent.objects.filter(action="read-audit", patient_id=patient).count() == 1, (
        "a look at a resident's rows"
    )


def test_the_list_shows_the_last_days_unless_asked_for_others(officer: Client, city: City) -> None:
    patient, old = uuid.uuid4(), timezone.now() - timedelta(days=20)
    record_audit(city.ctx("bac.si"), "recent")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_auditevent (at, action, outcome, actor_kind, actor_id, actor_label, purpose, channel,"
            " request_id, patient_id) VALUES (%s, 'old', 'ok', 'staff', '1', 'bac.si', 'TREAT', 'web', %s, %s)",
            [old, uuid.uuid4(), patient],
        )
    day = f"{timezone.localtime(old):%d/%m/%Y}"

    def actions(**query: str) -> set[str]:
        return {action for action, _ in shown(officer.get(LIST, query))} - {"read-audit"}

    assert actions() == {"recent"}
    assert actions(tu=day) == {"recent", "old"}
    assert actions(tu=day, den=day) == {"old"}
    assert actions(q=str(patient)) == {"old"}, "a resident's whole trail"
    assert actions(tu="hôm qua") == set()


def test_the_list_never_counts_the_table(officer: Client, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MAX_COUNTED", 3)
    for _ in range(6):
        record_audit(city.ctx("bac.si"), "read")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = officer.get(LIST)
    assert answer.context["cl"].paginator.count == 3
    counting = [q["sql"] for q in queries if "COUNT(" in q["sql"] and "auditevent" in q["sql"]]
    assert counting
    assert all("LIMIT 3" in statement for statement in counting)
    assert len(queries) < 20


def test_without_the_trail_there_is_no_list(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.kernel import AuditUnavailableError

    def away(*_: object, **__: object) -> None:
        raise AuditUnavailableError

    monkeypatch.setattr("registry.queries.audit_trail.record_audit", away)
    assert officer.get(LIST).status_code == 503


@pytest.mark.django_db(transaction=True)
def test_the_seals_are_checked_from_the_page(live_city: City) -> None:
    from registry.commands.seals import seal_audit_trail

    record_audit(live_city.ctx("bac.si"), "read")
    assert seal_audit_trail() == 1
    client = Client()
    client.force_login(live_city.staff["so.y.te"])
    session = client.session
    session["second_factor"] = True
    session.save()
    url = reverse("admin:registry_auditseal_verify")
    assert "nguyên vẹn" in client.post(url, {"span": "10"}).content.decode()
    seal = AuditSeal.objects.get()
    AuditSeal.objects.create(
        number=3, from_xact=seal.to_xact, to_xact=seal.to_xact, row_count=0, digest="0" * 64, previous=seal.digest,
        signature="AAAA", key_id=seal.key_id,
    )  # fmt: skip
    answer = client.post(url, {"span": "0"})
    assert {(fault.seal, fault.what) for fault in answer.context["faults"]} >= {
        (3, "niêm phong số 2 bị mất"), (3, "chữ ký không đúng"),
    }  # fmt: skip
    assert AuditEvent.objects.filter(action="verify-audit").count() == 2
