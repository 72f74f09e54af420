"""One person's screening: the page, and what is done on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from registry.kernel import Permission, in_language
from registry.web.display import vi_date
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest
from screening.commands.decisions import decide
from screening.commands.duties import assign_duty, close_duty_not_done, put_off, record_assessment, take_duty
from screening.commands.kits import issue_kit, record_kit_return, reject_kit
from screening.commands.results import record_result, record_test
from screening.commands.samples import assign_sample, record_sample, take_sample_case
from screening.queries.choices import findings_of, sampled_of, steps_of, tests_of
from screening.queries.enrolments import EnrolmentPage, get_enrolment
from screening.web.batch_forms import AnswerForm
from screening.web.forms import (
    AssessmentForm,
    AssignForm,
    DecideForm,
    IssueForm,
    NotDoneForm,
    PutOffForm,
    RejectForm,
    ResultForm,
    ReturnForm,
    SampleForm,
    TestForm,
)


@require_GET
def enrolment(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """The page."""
    return _page(request, enrolment_id)


@require_POST
@needs(Permission.SCREENING_TEST)
def issue(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """Hand out a kit."""
    form = IssueForm(request.POST, prefix="kit")
    return _run(
        request, enrolment_id, form, "issue_form", _("Đã phát kit."),
        lambda: issue_kit(request.ctx, enrolment_id=enrolment_id, number=form.cleaned_data["number"]),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def receive(request: StaffRequest, enrolment_id: uuid.UUID, kit_id: uuid.UUID) -> HttpResponse:
    """The sample is back."""
    form = ReturnForm(request.POST, prefix="mau")
    return _run(
        request, enrolment_id, form, "return_form", _("Đã nhận mẫu."),
        lambda: record_kit_return(request.ctx, kit_id=kit_id, sampled_on=form.cleaned_data["sampled_on"]),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def result(request: StaffRequest, enrolment_id: uuid.UUID, kit_id: uuid.UUID) -> HttpResponse:
    """The result."""
    form = ResultForm(request.POST, prefix="kq")
    return _run(
        request, enrolment_id, form, "result_form", _("Đã ghi kết quả FIT."),
        lambda: record_result(
            request.ctx, kit_id=kit_id, value=form.cleaned_data["value"], inadequate=form.cleaned_data["inadequate"]
        ),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def reject(request: StaffRequest, enrolment_id: uuid.UUID, kit_id: uuid.UUID) -> HttpResponse:
    """The kit cannot be used."""
    form = RejectForm(request.POST, prefix="loai")
    return _run(
        request, enrolment_id, form, "reject_form", _("Đã loại mẫu. Có thể phát kit mới."),
        lambda: reject_kit(request.ctx, kit_id=kit_id, reason=form.cleaned_data["reason"]),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ASSESS)
def assess(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """An examination's or a treatment's result."""
    form = AssessmentForm(request.POST, prefix="ns")
    return _run(
        request, enrolment_id, form, "assessment_form", _("Đã ghi kết quả."),
        lambda: record_assessment(request.ctx, enrolment_id=enrolment_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def test(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """The result of a test without a kit."""
    form = TestForm(request.POST, prefix="xn")
    return _run(
        request, enrolment_id, form, "test_form", _("Đã ghi kết quả xét nghiệm."),
        lambda: record_test(request.ctx, enrolment_id=enrolment_id, **form.said),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def sample(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """A sample was taken."""
    form = SampleForm(request.POST, prefix="lay-mau")
    return _run(
        request, enrolment_id, form, "sample_form", _("Đã ghi mẫu: từ nay chờ kết quả."),
        lambda: record_sample(request.ctx, enrolment_id=enrolment_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ENROL)
def take_sample(request: StaffRequest, enrolment_id: uuid.UUID, sample_id: uuid.UUID) -> HttpResponse:
    """See to a sample's result oneself; back to where one was."""
    form = CommandForm(request.POST)
    return _run(
        request, enrolment_id, form, "take_form", _("Bạn đang theo mẫu này."),
        lambda: take_sample_case(request.ctx, enrolment_id=enrolment_id, sample_id=sample_id),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ENROL)
def give_sample(request: StaffRequest, enrolment_id: uuid.UUID, sample_id: uuid.UUID) -> HttpResponse:
    """Give a sample to somebody. Whether they work here is the command's question."""
    form = AssignForm(request.POST, prefix="giao", staff=_named(request))
    return _run(
        request, enrolment_id, form, "assign_form", _("Đã giao người giữ mẫu."),
        lambda: assign_sample(
            request.ctx, enrolment_id=enrolment_id, sample_id=sample_id, staff_id=form.cleaned_data["staff_id"]
        ),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ASSESS)
def decision(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """The clinician's decision."""
    form = DecideForm(request.POST, prefix="qd")
    return _run(
        request, enrolment_id, form, "decide_form", _("Đã ghi quyết định."),
        lambda: decide(request.ctx, enrolment_id=enrolment_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ASSESS)
def not_done(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """The documented reason."""
    form = NotDoneForm(request.POST, prefix="kl")
    return _run(
        request, enrolment_id, form, "not_done_form", _("Đã đóng ca với lý do không làm."),
        lambda: close_duty_not_done(request.ctx, enrolment_id=enrolment_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ASSESS)
def call_later(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """Who refuses for now is called again."""
    form = PutOffForm(request.POST, prefix="gl")
    return _run(
        request, enrolment_id, form, "put_off_form", _("Đã hẹn ngày gọi lại; bước này vẫn mở."),
        lambda: put_off(request.ctx, enrolment_id=enrolment_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ENROL)
def take(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """Hold the case oneself; back to where one was."""
    form = CommandForm(request.POST)
    return _run(
        request, enrolment_id, form, "take_form", _("Bạn đang giữ ca này."),
        lambda: take_duty(request.ctx, enrolment_id=enrolment_id),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ENROL)
def assign(request: StaffRequest, enrolment_id: uuid.UUID) -> HttpResponse:
    """Give the case to somebody. Whether they work here is the command's question."""
    form = AssignForm(request.POST, prefix="giao", staff=_named(request))
    return _run(
        request, enrolment_id, form, "assign_form", _("Đã giao người giữ ca."),
        lambda: assign_duty(request.ctx, enrolment_id=enrolment_id, staff_id=form.cleaned_data["staff_id"]),
    )  # fmt: skip


def _named(request: StaffRequest) -> list[tuple[int, str]]:
    """Whoever is named: the command asks whether they work here."""
    raw = request.POST.get("giao-staff_id", "")
    return [(int(raw), "")] if raw.isdecimal() and raw.isascii() else []


def _run(
    request: StaffRequest,
    enrolment_id: uuid.UUID,
    form: CommandForm,
    name: str,
    said: str,
    command: Callable[[], object],
) -> HttpResponse:
    """One command; its refusal comes back at the form that asked, with what was typed."""
    if not form.is_valid() or form.run(command) is None:
        return _page(request, enrolment_id, refused={name: form})
    messages.success(request, said)
    target = request.POST.get("next", "")
    if target and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return redirect(target)
    return redirect("screening:enrolment", enrolment_id)


def _page(
    request: StaffRequest, enrolment_id: uuid.UUID, refused: dict[str, CommandForm] | None = None
) -> HttpResponse:
    page = get_enrolment(request.ctx, enrolment_id)
    forms = _forms(page) | (refused or {})
    for bound in (refused or {}).values():
        _offer(page, bound)
    context = {
        "page": page,
        "band": replace(page.band, due=_due(page)),
        "refused": list((refused or {}).values()),
        "timeline": [_line(one) for one in page.happenings],
        "mine": page.duty is not None and page.duty.owner_id == request.ctx.actor.staff_id,
        **forms,
    }
    return render(request, "screening/enrolment.html", context, status=422 if refused else 200)


def _forms(page: EnrolmentPage) -> dict[str, CommandForm]:
    owner = page.duty.owner_id if page.duty else None
    return {
        "issue_form": IssueForm(prefix="kit"),
        "return_form": ReturnForm(prefix="mau"),
        "result_form": ResultForm(prefix="kq"),
        "reject_form": RejectForm(prefix="loai"),
        "assessment_form": AssessmentForm(prefix="ns", **_examined(page)),
        "test_form": TestForm(prefix="xn", tests=tests_of(page.rules)),
        "sample_form": SampleForm(prefix="lay-mau", actions=sampled_of(page.rules)),
        "decide_form": DecideForm(prefix="qd", steps=steps_of(page.rules)),
        "not_done_form": NotDoneForm(prefix="kl"),
        "put_off_form": PutOffForm(prefix="gl"),
        "answer_form": AnswerForm(prefix="tl"),
        "assign_form": AssignForm(prefix="giao", staff=page.staff, initial={"staff_id": owner}),
    }


def _examined(page: EnrolmentPage) -> dict[str, Any]:
    """What the form of an examination offers and asks."""
    action = page.asked
    return {
        "findings": findings_of(page.rules, action.code) if action else [],
        "arrived": page.actions.arrived,
        "asks_complete": bool(action and action.complete),
    }


def _offer(page: EnrolmentPage, bound: CommandForm) -> None:
    """A refused form offers again what only the page knows."""
    if isinstance(bound, AssessmentForm):
        bound.offer(**_examined(page))
    elif isinstance(bound, TestForm):
        bound.offer(tests_of(page.rules))
    elif isinstance(bound, SampleForm):
        bound.offer(sampled_of(page.rules))
    elif isinstance(bound, DecideForm):
        bound.offer(steps_of(page.rules))
    elif isinstance(bound, AssignForm):
        bound.offer(page.staff)


def _due(page: EnrolmentPage) -> tuple[dict[str, str], ...]:
    """What the band says: the open step, or when the next test is due."""
    name = page.enrolment.programme.short_name
    if page.duty:
        return (
            {
                "label": f"{name}: {_small(in_language(page.owed))}",
                "date": vi_date(page.duty.deadline),
                "url": "",
            },
        )
    due = page.enrolment.next_due_on
    return ({"label": name, "date": vi_date(due), "url": ""},) if due else ()


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _line(one: Any) -> dict[str, Any]:
    return {
        "at": one.at,
        "title": in_language(one.title),
        "text": in_language(one.text),
        "meta": one.by or _("Hệ thống"),
        "kind": one.kind,
    }
