"""The hospital API: one result or many, each once; who may send, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.models import AuditEvent
from screening.commands.kits import issue_kit
from screening.models import Kit, Result
from tests.factories.clients import make_client, token_for
from tests.factories.screening import Ward, kit_number

SCOPE = "system/Observation.c"
WHERE = "/api/tam-soat/ket-qua/"


@pytest.fixture
def send(ward: Ward) -> Any:
    """send(data, scope): as the client of the other clinic."""
    make_client(ward.city.elsewhere)

    def request(data: Any, scope: str = SCOPE) -> Any:
        bearer = {"Authorization": f"Bearer {token_for(scope=scope)}"}
        return Client().post(WHERE, data, content_type="application/json", headers=bearer)

    return request


def _kit(ward: Ward, name: str = "Lê Văn An") -> Kit:
    return issue_kit(ward.ctx(), enrolment_id=ward.enrolled(name=name).pk, number=kit_number())


def _audit(answer: Any) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(request_id=answer["X-Request-Id"]).values_list("action", "outcome"))


def test_one_result_lands_and_sent_again_changes_nothing(ward: Ward, send: Any) -> None:
    kit = _kit(ward)
    said = {"barcode": kit.number, "value": 57.5}
    first, again = send(said), send(said)
    assert (first.status_code, first.json()) == (200, {"landed": 1, "known": 0, "refused": []})
    assert again.json() == {"landed": 0, "known": 1, "refused": []}
    result = Result.objects.get()
    assert (result.origin, result.verdict, result.facility_id) == ("api", "positive", ward.city.elsewhere.pk)
    assert _audit(first) == [("record-results", "ok")]


def test_many_results_are_answered_line_by_line(ward: Ward, send: Any) -> None:
    kits = [_kit(ward, f"Lê Văn {name}") for name in ("An", "Bình")]
    answer = send(
        {
            "results": [
                {"barcode": kits[0].number, "code": "negative"},
                {"barcode": "LA-0000", "value": 3},
                {"barcode": kits[1].number, "value": 3, "resulted_on": "hôm qua"},
                {"barcode": kits[1].number},
                "FIT",
                {"barcode": "\u0000", "value": 3},
            ]
        }
    )
    told = answer.json()
    assert (answer.status_code, told["landed"], told["known"]) == (200, 1, 0)
    assert [(one["line"], one["code"]) for one in told["refused"]] == [
        (2, "barcode-unknown"), (3, "line"), (4, "line"), (5, "line"), (6, "barcode-unknown"),
    ]  # fmt: skip
    assert all(one["message"] for one in told["refused"])
    assert _audit(answer) == [("record-results", "ok")]


@pytest.mark.parametrize(
    "data", [{}, [], {"results": []}, {"results": [{}] * 1001}, {"barcode": "LA-0000", "value": 1}]
)
def test_what_is_no_result_is_refused_whole(send: Any, data: Any) -> None:
    answer = send(data)
    assert (answer.status_code, answer.json()["resourceType"]) == (422, "OperationOutcome")


def test_only_a_token_that_may_send_sends(ward: Ward, send: Any) -> None:
    said = {"barcode": _kit(ward).number, "value": 3}
    assert Client().post(WHERE, said, content_type="application/json").status_code == 401
    refused = send(said, "system/Patient.rs")
    assert (refused.status_code, len(_audit(refused)), Result.objects.count()) == (403, 1, 0)
    sends_only = {"Authorization": f"Bearer {token_for(scope=SCOPE)}"}
    assert Client().get("/fhir/R4/Patient?identifier=001172012345", headers=sends_only).status_code == 403
