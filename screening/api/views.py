"""Results sent by a hospital's system: parse, one command, answer line by line."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.api.authentication import context_of
from registry.kernel import Refused, in_language
from registry.rules.phrases import Phrase
from screening.commands.laboratory import Received, receive_sent_results
from screening.rules.result_file import Line

RESULT = {
    "type": "object",
    "required": ["barcode"],
    "properties": {
        "barcode": {"type": "string", "maxLength": 40},
        "value": {"type": "number", "description": "Con số theo đơn vị của chương trình (FIT: µg Hb/g)"},
        "code": {"type": "string", "description": "Mã hoặc chữ kết quả của phiên bản đang dùng"},
        "sampled_on": {"type": "string", "format": "date"},
        "resulted_on": {"type": "string", "format": "date"},
    },
}
MANY = {"type": "object", "properties": {"results": {"type": "array", "items": RESULT, "maxItems": 1000}}}
REFUSED = {"type": "object", "properties": {key: {"type": "string"} for key in ("line", "barcode", "code", "message")}}
ANSWER = {
    "type": "object",
    "properties": {
        "landed": {"type": "integer"},
        "known": {"type": "integer"},
        "refused": {"type": "array", "items": REFUSED},
    },
}
OUTCOME = {"type": "object", "properties": {"resourceType": {"type": "string"}}, "required": ["resourceType"]}


@method_decorator(login_not_required, name="dispatch")
class ResultsView(APIView):
    """POST ket-qua/: one result, or many; each lands once, and sending it again changes nothing."""

    @extend_schema(
        operation_id="screening_results",
        summary="Gửi kết quả tầm soát theo mã vạch",
        description="Một kết quả, hoặc {results: [...]}. Dòng nào bị từ chối được kể riêng; các dòng khác vẫn vào.",
        request={"application/json": {"oneOf": [RESULT, MANY]}},
        responses={
            (200, "application/fhir+json"): ANSWER,
            **{(status, "application/fhir+json"): OUTCOME for status in (401, 403, 422, 503)},
        },
    )
    def post(self, request: Request) -> Response:
        """How many landed, how many were known, which were refused and why. One result that is refused answers 422."""
        said, one = _said(request.data)
        done = receive_sent_results(context_of(request), lines=[_line(at, row) for at, row in enumerate(said, 1)])
        if one and done.refused:
            first = done.refused[0]
            raise Refused(first.code, first.message)
        return Response(_answer(done))


def _said(data: Any) -> tuple[list[Any], bool]:
    """The results, and whether one was sent by itself."""
    if isinstance(data, dict) and isinstance(data.get("results"), list):
        return data["results"], False
    if isinstance(data, dict) and "barcode" in data:
        return [data], True
    raise Refused("results", "Hãy gửi một kết quả có barcode, hoặc {results: […]}.", "results")


def _line(number: int, row: Any) -> Line:
    """One result as it was sent; what cannot be read is refused with its line."""
    if not isinstance(row, dict):
        return Line(number, "", fault=Phrase("Mỗi kết quả là một đối tượng JSON."))
    barcode = str(row.get("barcode") or "")[:40]
    given = row.get("code") if row.get("code") not in (None, "") else row.get("value")
    result = "" if given is None else str(given)[:100]
    days: dict[str, date | None] = {}
    for key in ("sampled_on", "resulted_on"):
        try:
            days[key] = date.fromisoformat(str(row[key])) if row.get(key) else None
        except ValueError:
            fault = Phrase("“{value}” không phải ngày dạng 2026-11-23.", value=str(row[key])[:30])
            return Line(number, barcode, result, fault=fault)
    missing = Phrase("Thiếu mã vạch.") if not barcode else Phrase("Thiếu kết quả.") if not result else None
    return Line(number, barcode, result, days["sampled_on"], days["resulted_on"], missing)


def _answer(done: Received) -> dict[str, Any]:
    return {
        "landed": done.landed,
        "known": done.known,
        "refused": [
            {"line": one.number, "barcode": one.barcode, "code": one.code, "message": in_language(one.message)}
            for one in done.refused
        ],
    }
