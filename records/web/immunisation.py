"""Immunisation: the schedule by age, the doses, and the form that notes or corrects one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from records.commands.immunisations import correct_dose, record_dose, withdraw_dose
from records.queries.access import open_record
from records.queries.immunisation import (
    NOT_DONE,
    PROGRAMMES,
    REACTIONS,
    DoseRow,
    Immunisations,
    find_vaccines,
    get_immunisations,
)
from records.queries.newborn import get_mothers_tetanus
from records.rules.immunisation import PlannedDose, State, Step
from records.web.dose_forms import DoseCorrectionForm, DoseForm, WithdrawForm, initial_of, wanted_dose
from records.web.page import first_rows, record_page
from registry.kernel import Permission, require
from registry.rules.dates import PartialDate
from registry.web.forms import CommandForm
from registry.web.requests import StaffRequest

STATES: dict[State, tuple[Any, str]] = {
    State.DONE: (gettext_lazy("Đã tiêm"), "success"),
    State.DUE: (gettext_lazy("Đến hạn"), "warning"),
    State.OVERDUE: (gettext_lazy("Quá hạn"), "danger"),
    State.UPCOMING: (gettext_lazy("Chưa đến hạn"), ""),
    State.OPEN: (gettext_lazy("Có thể tiêm"), "accent"),
    State.CLOSED: (gettext_lazy("Quá tuổi tiêm"), ""),
    State.CONTRAINDICATED: (gettext_lazy("Chống chỉ định"), ""),
}
CALLED = (State.DUE, State.OVERDUE, State.OPEN)
YEARS_FROM = 24  # months; a two-year-old is said in years


@require_http_methods(["GET", "POST"])
def immunisation(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The schedule and the doses; POST notes one (?sua=… shows the form of a dose to correct or take back)."""
    if request.method == "POST":
        require(request.ctx, Permission.IMMUNIZATION_RECORD)
        return _write(request, patient_id)
    return _page(request, patient_id)


def _write(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    act = request.POST.get("lam", "ghi")
    if act == "bo":
        taken = WithdrawForm(request.POST)
        return _done(
            request, patient_id, taken, lambda: _withdraw(request, patient_id, taken), _("Đã bỏ mũi ghi nhầm.")
        )
    vaccines = find_vaccines(request.ctx)
    if act == "sua":
        right = DoseCorrectionForm(request.POST, vaccines=vaccines)
        return _done(request, patient_id, right, lambda: _correct(request, patient_id, right), _("Đã sửa mũi tiêm."))
    form = DoseForm(request.POST, vaccines=vaccines)
    return _done(request, patient_id, form, lambda: _record(request, patient_id, form), _("Đã ghi mũi tiêm."))


def _record(request: StaffRequest, patient_id: uuid.UUID, form: DoseForm) -> object:
    return record_dose(request.ctx, patient_id=patient_id, dose=form.dose)


def _correct(request: StaffRequest, patient_id: uuid.UUID, form: DoseCorrectionForm) -> object:
    said = form.cleaned_data
    return correct_dose(
        request.ctx, patient_id=patient_id, dose_id=said["dose_id"], dose=form.dose, reason=said["reason"]
    )


def _withdraw(request: StaffRequest, patient_id: uuid.UUID, form: WithdrawForm) -> object:
    said = form.cleaned_data
    return withdraw_dose(request.ctx, patient_id=patient_id, dose_id=said["dose_id"], reason=said["reason"])


def _done(
    request: StaffRequest, patient_id: uuid.UUID, form: CommandForm, command: Callable[[], object], said: str
) -> HttpResponse:
    if form.is_valid() and form.run(command) is not None:
        messages.success(request, said)
        return redirect(reverse("records:immunisation", args=[patient_id]))
    return _page(request, patient_id, form)


def _page(request: StaffRequest, patient_id: uuid.UUID, refused: CommandForm | None = None) -> HttpResponse:
    access = open_record(request.ctx, patient_id, action="read-immunisation")
    found = get_immunisations(access)
    may = request.ctx.may(Permission.IMMUNIZATION_RECORD)
    others = _others(found)
    context = {
        "children": _groups(found, "national"),
        "tetanus": _rows(found, [one for one in found.steps if one.planned.programme == "tetanus"]),
        "others": [_dose(one) for one in first_rows(request, others)],
        "others_count": len(others),
        "earlier": [_dose(one) for one in first_rows(request, found.earlier)],
        "earlier_count": len(found.earlier),
        "counts": _counts(found),
        "mothers_tetanus": get_mothers_tetanus(access),
        "unconfirmed": found.unconfirmed,
        "may": may,
        **(_forms(request, found, refused) if may else {}),
    }
    status = 422 if refused else 200
    return record_page(request, access, "records:immunisation", "records/immunisation.html", context, status=status)


def _forms(request: StaffRequest, found: Immunisations, refused: CommandForm | None) -> dict[str, Any]:
    """The one form the page shows: a new dose, or a standing one to correct with the way to take it back."""
    asked = request.GET.get("sua", "") or request.POST.get("dose_id", "")
    row = found.dose(wanted_dose(asked)) if asked else None
    vaccines = find_vaccines(request.ctx)
    if row is None:
        form = (
            refused
            if isinstance(refused, DoseForm)
            else DoseForm(vaccines=vaccines, initial=_suggested(request, found))
        )
        if not form.is_bound:
            form.fields["lot" if form.initial.get("vaccine") else "vaccine"].widget.attrs |= _focus(request)
        return {"form": form, "refused": refused}
    correction = refused if isinstance(refused, DoseCorrectionForm) else None
    withdrawal = (
        refused if isinstance(refused, WithdrawForm) else WithdrawForm(initial={"dose_id": row.id}, auto_id="bo_%s")
    )
    return {
        "form": correction or DoseCorrectionForm(vaccines=vaccines, initial=initial_of(row)),
        "withdrawal": withdrawal,
        "corrected": _dose(row),
        "refused": refused,
    }


def _focus(request: StaffRequest) -> dict[str, bool]:
    return {"autofocus": True} if request.GET.get("vac-xin") else {}


def _suggested(request: StaffRequest, found: Immunisations) -> dict[str, Any]:
    """Today, and the dose of the row that was pressed, else the most overdue one."""
    code = request.GET.get("vac-xin", "")
    step = next((one for one in found.steps if one.planned.vaccine == code and one.state in CALLED), None)
    if step is None and not code:
        step = next(iter(found.called), None)
    today = {"on": PartialDate(found.today).display}
    if step is None:
        return today | {"vaccine": code}
    planned = step.planned
    return today | {"vaccine": planned.vaccine, "number": planned.number, "programme": planned.programme}


def _groups(found: Immunisations, programme: str) -> list[dict[str, Any]]:
    """Steps under the age they are due at, youngest first."""
    steps = [one for one in found.steps if one.planned.programme == programme]
    steps.sort(key=lambda one: (_age_order(one.planned), one.planned.position))
    return [
        {"age": age, "rows": _rows(found, list(rows))}
        for age, rows in groupby(steps, key=lambda one: _age(one.planned))
    ]


def _age_order(planned: PlannedDose) -> tuple[int, int]:
    return (planned.due.months, planned.due.days) if planned.due else (0, 0)


def _age(planned: PlannedDose) -> str:
    """ "Sơ sinh", "2 tháng", "7 tuổi"."""
    months = planned.due.months if planned.due else 0
    if not months:
        return _("Sơ sinh")
    if months >= YEARS_FROM:
        return _("%(n)s tuổi") % {"n": months // 12}
    return ngettext("%(n)s tháng", "%(n)s tháng", months) % {"n": months}


def _rows(found: Immunisations, steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [_row(found, step) for step in steps]


def _row(found: Immunisations, step: Step) -> dict[str, Any]:
    text, kind = STATES[step.state]
    given = found.dose(step.given.key) if step.given else None
    refusal = found.dose(step.refusal.key) if step.refusal else None
    return {
        "name": step.planned.series_name,
        "number": step.planned.number,
        "vaccine": step.planned.vaccine,
        "note": step.planned.note,
        "confirmed": step.planned.confirmed,
        "source": step.planned.source,
        "state": text,
        "kind": kind,
        "given": _dose(given) if given else None,
        "refusal": _dose(refusal) if refusal else None,
        # a paid combination keeps a schedule of its own: its earlier doses are no mistake
        "too_early": [
            _dose(row)
            for one in step.too_early
            if not dict(one.counts_for)[step.planned.series] and (row := found.dose(one.key))
        ],
        "due_on": step.due_on if step.state is not State.CLOSED else None,
        "called": step.state in CALLED,
    }


def _others(found: Immunisations) -> list[DoseRow]:
    """Doses that stand in no row of the schedule: outside the programme, too many, not given."""
    shown: set[object] = {one.given.key for one in found.steps if one.given}
    shown |= {early.key for one in found.steps for early in one.too_early}
    shown |= {one.refusal.key for one in found.steps if one.refusal}
    return [one for one in found.doses if one.id not in shown]


def _dose(row: DoseRow) -> dict[str, Any]:
    not_done = NOT_DONE.get(row.not_done_code, "")
    reaction = REACTIONS.get(row.reaction_grade, "") if row.reaction_grade else ""
    return {
        "id": row.id,
        "display": row.display,
        "product": row.product,
        "number": row.number,
        "on": row.on.display,
        "lot": row.lot,
        "place": row.place or row.facility,
        "given": row.given,
        "primary_source": row.primary_source,
        "not_done": not_done,
        "not_done_reason": row.not_done_reason,
        "reaction": reaction,
        "reaction_text": row.reaction,
        "severe": row.reaction_grade == "severe",
        "next_due_on": row.next_due_on,
        "gestation_weeks": row.gestation_weeks,
        "note": row.note,
        "programme": PROGRAMMES[row.programme],
        "recorded_by": row.recorded_by,
        "recorded_at": row.recorded_at,
        "facility": row.facility,
        "superseded_reason": row.superseded_reason,
    }


def _counts(found: Immunisations) -> dict[str, int]:
    return {
        "done": sum(one.state is State.DONE for one in found.steps),
        "due": sum(one.state is State.DUE for one in found.steps),
        "overdue": sum(one.state is State.OVERDUE for one in found.steps),
        "all": len(found.steps),
    }
