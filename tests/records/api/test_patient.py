"""The FHIR face: what a hospital's client reads, finds, and is refused."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from records.models import Patient
from registry.models import ApiClient, AuditEvent
from tests.factories.city import City
from tests.factories.clients import make_client, token_for
from tests.factories.residents import make_resident

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(city: City) -> Patient:
    return make_resident(city.here, cccd="001172012345", phone="0912000345")


@pytest.fixture
def foreign(city: City) -> Patient:
    return make_resident(city.elsewhere, "Nguyễn Thị Vân", cccd="001172000001")


@pytest.fixture
def get(city: City) -> Any:
    """get(path, **parameters): as the client of the facility `here`."""
    make_client(city.here)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token_for()}"}

    def request(path: str, **parameters: str) -> Any:
        return Client().get(f"/fhir/R4/{path}", parameters, **bearer)

    return request


def audit() -> list[tuple[str, str, Any]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "outcome", "patient_id"))


def test_a_resident_open_to_the_facility_is_read_as_fhir(own: Patient, get: Any) -> None:
    answer = get(f"Patient/{own.id}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/fhir+json; charset=utf-8")
    assert answer["Cache-Control"] == "no-store"
    resource = answer.json()
    assert resource["name"] == [
        {"use": "official", "text": "Nguyễn Thị Hồng Vân", "family": "Nguyễn", "given": ["Vân", "Thị Hồng"]}
    ]
    assert (resource["birthDate"], resource["gender"]) == ("1972-03-12", "female")
    assert resource["identifier"] == [
        {"use": "official", "system": "http://fhir.ehealth.gov.vn/core/sid/citizen_id", "value": "001172012345"}
    ]
    assert audit() == [("read", "ok", own.id)]


def test_a_strangers_resident_is_not_found_like_an_unknown_one(foreign: Patient, get: Any) -> None:
    hidden, unknown, nonsense = (get(f"Patient/{key}") for key in (foreign.id, uuid.uuid4(), "khong-phai-ma"))
    assert [a.status_code for a in (hidden, unknown, nonsense)] == [404, 404, 404]
    assert hidden.json() == unknown.json()
    assert hidden.json()["resourceType"] == "OperationOutcome"
    assert [row[:2] for row in audit()][:2] == [("refuse", "refused")] * 2
    assert audit()[0][2] == foreign.id, "the trail knows whom the refused try was about"


@pytest.mark.parametrize(
    "asked",
    [
        {"identifier": "http://fhir.ehealth.gov.vn/core/sid/citizen_id|001172012345"},
        {"identifier": "001172012345"},
        {"name": "nguyen thi hong van"},
        {"name": "Nguyễn Vân"},
        {"family": "nguyen", "given": "VÂN"},
        {"given": "van", "birthdate": "1972"},
        {"name": "Nguyễn Thị Hồng Vân", "birthdate": "1972-03-12"},
        {"phone": "+84912000345"},
    ],
)
def test_search_finds_the_own_and_never_the_strangers(
    own: Patient, foreign: Patient, get: Any, asked: dict[str, str]
) -> None:
    answer = get("Patient", **asked)
    assert answer.status_code == 200
    assert [e["resource"]["id"] for e in answer.json().get("entry", [])] == [str(own.id)]
    assert audit() == [("search", "ok", None)]
    event = AuditEvent.objects.get()
    assert event.detail["found"] == [str(own.id)]
    assert "001172012345" not in str(event.detail)


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        ({}, "too-broad", "Patient"),
        ({"family": "nguyen"}, "too-broad", "Patient"),
        ({"gender": "female"}, "too-broad", "Patient"),
        ({"name": "van", "_sort": "name; DROP TABLE records_patient"}, "unknown-parameter", "_sort"),
        ({"name:contains": "van"}, "unknown-parameter", "name:contains"),
        ({"name": "van", "_count": "0"}, "bad-count", "_count"),
        ({"name": "van", "_count": "1000"}, "bad-count", "_count"),
        ({"name": "van", "_after": "x"}, "bad-cursor", "_after"),
        ({"birthdate": "1972-02-30", "name": "van"}, "bad-date", "birthdate"),
        ({"identifier": "urn:x|1"}, "unknown-system", "identifier"),
        ({"name": "v\x00"}, "bad-parameter", "name"),
        ({"gender": "nu", "name": "van"}, "bad-gender", "gender"),
    ],
)
def test_a_search_that_is_wrong_is_refused_where_it_is_wrong(
    get: Any, asked: dict[str, str], code: str, where: str
) -> None:
    answer = get("Patient", **asked)
    assert answer.status_code == 422
    issue = answer.json()["issue"][0]
    assert issue["details"]["coding"][0]["code"] == code
    assert issue["expression"] == [where]


def test_pages_follow_each_other_without_gap_or_repeat(city: City, get: Any) -> None:
    everybody = {
        str(make_resident(city.here, "Trần Văn An", date(1980, 1, 1) + timedelta(days=n // 2)).id) for n in range(7)
    }
    seen: list[str] = []
    parameters = {"name": "tran an", "_count": "3"}
    while True:
        bundle = get("Patient", **parameters).json()
        seen += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            break
        parameters = dict(parse_qsl(urlsplit(following[0]).query))
    assert len(seen) == 7
    assert set(seen) == everybody


def test_a_common_name_loses_nobody_behind_those_who_are_closed(
    city: City, get: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.queries.exchange.CANDIDATES", 4)
    for n in range(9):
        make_resident(city.elsewhere, "Lê Văn Bình", date(1970, 1, 1) + timedelta(days=n))
    last = make_resident(city.here, "Lê Văn Bình", date(1990, 1, 1))
    seen: list[str] = []
    parameters = {"name": "le binh"}
    for _ in range(5):
        bundle = get("Patient", **parameters).json()
        seen += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            break
        parameters = dict(parse_qsl(urlsplit(following[0]).query))
    assert seen == [str(last.id)]
    assert not following


def test_without_a_token_with_a_wrong_one_and_after_a_change(own: Patient, city: City, get: Any) -> None:
    url = f"/fhir/R4/Patient/{own.id}"
    assert Client().get(url).status_code == 401
    assert Client().get(url, HTTP_AUTHORIZATION="Bearer nonsense").status_code == 401
    assert get(f"Patient/{own.id}").status_code == 200
    ApiClient.objects.update(active=False)
    assert get(f"Patient/{own.id}").status_code == 401, "switching a client off bites at once"
    ApiClient.objects.update(active=True)
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert get(f"Patient/{own.id}").status_code == 401


def test_a_signed_in_browser_is_no_hospital(own: Patient, city: City) -> None:
    client = Client()
    client.force_login(city.staff["bac.si"])
    assert client.get(f"/fhir/R4/Patient/{own.id}").status_code == 401


def test_metadata_is_open_and_describes_patient() -> None:
    statement = Client().get("/fhir/R4/metadata").json()
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["rest"][0]["resource"][0]["type"] == "Patient"


def test_a_read_costs_a_fixed_number_of_queries(
    own: Patient, city: City, get: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # whose token, the resident, the audit row
        get(f"Patient/{own.id}")
