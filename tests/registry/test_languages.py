"""The same refusal in the reader's language: at a form's field, on a page, in the API's OperationOutcome."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import translation

from registry.api.errors import operation_outcome
from registry.kernel import Conflict, Refused, in_language
from registry.rules.identifiers import parse_cccd
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.web.forms import CommandForm


class NumberForm(CommandForm):
    """One field."""

    cccd = forms.CharField()


def refusal() -> Refused:
    """As commands hand on what a rule said."""
    try:
        parse_cccd("12345678")
    except Invalid as problem:
        return Refused(problem.code, problem.message, problem.field)
    raise AssertionError("eight digits were taken for a citizen number")


def error_at_field() -> str:
    form = NumberForm({"cccd": "1"})
    form.is_valid()
    form.take(refusal())
    return str(form.errors["cccd"][0])


def test_a_form_says_it_in_the_readers_language() -> None:
    assert error_at_field() == "Số CCCD phải có 12 chữ số, đang có 8."
    with translation.override("en"):
        assert error_at_field() == "A CCCD number has 12 digits; this one has 8."


def test_the_api_says_it_in_the_language_asked_for() -> None:
    taken = Conflict(
        "visit-taken", Phrase("{doctor} đang khám người bệnh này từ {time}.", doctor="Lê An", time="08:05")
    )

    def text() -> Any:
        response = operation_outcome(taken, {})
        assert response is not None
        return response.data["issue"][0]["details"]["text"]

    assert text() == "Lê An đang khám người bệnh này từ 08:05."
    with translation.override("en"):
        assert text() == "Lê An has been seeing this patient since 08:05."


def test_a_program_is_answered_in_the_language_of_its_header(client: Any, db: None) -> None:
    def answered(language: str, path: str = "/fhir/R4/Patient/x") -> Any:
        return client.get(path, headers={"accept-language": language})

    assert answered("en").headers["Content-Language"] == "en"
    assert answered("vi").headers["Content-Language"] == "vi"
    assert answered("fr").headers["Content-Language"] == "vi"
    assert answered("en", "/tai-khoan/login/").headers["Content-Language"] == "vi"  # people choose in the menu


def test_what_is_no_text_stays() -> None:
    assert in_language(None) is None
    assert in_language(3) == 3
    assert in_language("") == ""
