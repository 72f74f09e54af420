"""The resident's consents: asked purpose by purpose, shown with their proof, taken back in one step."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from records.commands.consents import record_consents, withdraw_consent
from records.queries.consents import Answer, ConsentPage, find_asked, get_consents
from records.queries.panels import Panel
from records.rules.consent import Signers
from records.web.page import record_page
from records.web.proof_forms import ConsentForm, WithdrawalForm
from registry.kernel import Permission
from registry.web.requests import StaffRequest

PROOFS = {
    "paper": gettext_lazy("bản giấy"),
    "witnessed": gettext_lazy("nói trực tiếp"),
    "vneid": "VNeID",
}
BOTH = Signers(representative=True, child=True)  # a submitted form is judged by the command, whoever is needed


@require_http_methods(["GET", "POST"])
def consents(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """What was asked and answered, and the questions of today."""
    if request.method == "POST":
        form = ConsentForm(find_asked(), BOTH, request.POST)
        done = _record(request, patient_id, form)
        if done:
            messages.success(request, _("Đã ghi %(count)s câu trả lời.") % {"count": done})
            return redirect("records:consents", patient_id)
        return _refused(request, patient_id, consent_form=form)
    return _page(request, get_consents(request.ctx, patient_id))


@require_http_methods(["POST"])
def withdraw(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Take one answer back."""
    form = WithdrawalForm(request.POST)
    done = form.is_valid() and form.run(
        lambda: (
            withdraw_consent(
                request.ctx,
                patient_id=patient_id,
                consent_id=form.cleaned_data["consent_id"],
                statement=form.statement(),
                reason=form.cleaned_data.get("reason", ""),
            )
            or True
        )
    )
    if done:
        messages.success(request, _("Đã rút. Những gì đồng ý này mở ra đã đóng ngay."))
        return redirect("records:consents", patient_id)
    return _refused(request, patient_id, withdrawal_form=form)


@require_GET
def consent_sheet(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The sheet to sign on paper: every purpose with its text, nothing ticked."""
    page = get_consents(request.ctx, patient_id)
    return render(request, "records/consent_sheet.html", {"page": page, "person": page.access.person})


def _record(request: StaffRequest, patient_id: uuid.UUID, form: ConsentForm) -> int:
    """How many answers were kept; 0 when the form must be shown again, which asks the permission and the open record too."""
    if not form.is_valid():
        return 0
    kept = form.run(
        lambda: record_consents(request.ctx, patient_id=patient_id, answers=form.answers(), statement=form.statement())
    )
    return len(kept or ())


def _refused(request: StaffRequest, patient_id: uuid.UUID, **forms: Any) -> HttpResponse:
    return _page(request, get_consents(request.ctx, patient_id), status=422, **forms)


def _page(
    request: StaffRequest,
    page: ConsentPage,
    *,
    consent_form: ConsentForm | None = None,
    withdrawal_form: WithdrawalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    form = consent_form or ConsentForm(page.asked, page.signers)
    withdrawing = str(withdrawal_form.data.get("consent_id", "")) if withdrawal_form else ""
    context = {
        "page": page,
        "form": form,
        "questions": form.questions(),
        "withdrawal_form": withdrawal_form,
        "in_force": [
            _line(one, withdrawal_form if str(one.id) == withdrawing else None)
            for one in page.answers
            if one.in_force(page.today)
        ],
        "past": [_line(one, None) for one in page.answers if not one.in_force(page.today)],
    }
    panels: list[Panel] | None = None if request.ctx.may(Permission.RECORD_READ) else []
    return record_page(
        request, page.access, "records:consents", "records/consents.html", context, panels=panels, status=status
    )


def _line(one: Answer, form: WithdrawalForm | None) -> dict[str, Any]:
    return {
        "answer": one,
        "permits": one.decision == "permit",
        "whom": one.recipient or one.third_party,
        "giver": one.representative or _("chính người bệnh"),
        "proof": PROOFS.get(one.proof, one.proof),
        "withdrawn_proof": PROOFS.get(one.withdrawn_proof or "", ""),
        "form": form or WithdrawalForm(initial={"consent_id": one.id}, auto_id=f"id_{one.id.hex[-8:]}_%s"),
        "open": form is not None,
    }
