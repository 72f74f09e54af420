"""The till: who is to pay, one visit's bill, the card it is paid with, receipts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.charging import charge_code, price_again, reverse_charge
from clinics.commands.coverage import record_coverage
from clinics.commands.following import charge_visit
from clinics.commands.payments import cancel_receipt, give_back, take_payment
from clinics.queries.cards import CoveragePage, get_coverage
from clinics.queries.cashier import Receipt, get_bill, get_receipt, get_till
from clinics.queries.prices import find_prices
from clinics.rules.charges.items import PAY_METHOD_NAMES, PayMethod
from clinics.web.billing_forms import ChargeForm, CoverageForm, PayForm
from clinics.web.reception import safe_next
from registry.kernel import Permission, Refused, in_language
from registry.web.display import vi_number
from registry.web.guards import needs
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest

LONGEST_TEXT = 120


@require_GET
def till(request: StaffRequest) -> HttpResponse:
    """Today's visits with what they owe."""
    return render(request, "clinics/till.html", {"till": get_till(request.ctx)})


@require_GET
def bill(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """One visit's bill."""
    return _bill(request, visit_id)


@require_POST
@needs(Permission.BILLING_CHARGE)
def charge(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Charge one thing of the price list."""
    form = ChargeForm(request.POST)
    if form.is_valid():
        done = form.run(lambda: charge_code(request.ctx, visit_id=visit_id, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("Đã thêm “%(name)s”.") % {"name": done.name})
            return redirect("clinics:bill", visit_id)
    return _bill(request, visit_id, charge_form=form)


@require_GET
@needs(Permission.BILLING_CHARGE)
def prices(request: StaffRequest) -> HttpResponse:
    """Rows of the price list of ?ngay= (yyyy-mm-dd, else today) for what is being typed, as options beside the field."""
    try:
        day = date.fromisoformat(request.GET.get("ngay", ""))
    except ValueError:
        day = timezone.localdate(request.ctx.at)
    text = request.GET.get("code", "")[:LONGEST_TEXT]
    found = find_prices(request.ctx, day, text) if len(text.strip()) > 1 else []
    return render(request, "clinics/_prices_found.html", {"found": found, "text": text})


@require_POST
@needs(Permission.BILLING_CHARGE)
def gather(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Charge all the visit has given rise to."""

    def run() -> str:
        done = charge_visit(request.ctx, visit_id=visit_id)
        return _("Đã thêm %(added)d dòng, bỏ %(dropped)d dòng.") % {"added": done.added, "dropped": done.dropped}

    return _act(request, visit_id, run)


@require_POST
@needs(Permission.BILLING_CHARGE)
def reprice(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Look for prices of lines that wait for one."""

    def run() -> str:
        return _("Có giá thêm cho %(count)d dòng.") % {"count": price_again(request.ctx, visit_id=visit_id)}

    return _act(request, visit_id, run)


@require_POST
@needs(Permission.BILLING_CHARGE)
def reverse(request: StaffRequest, visit_id: uuid.UUID, charge_id: uuid.UUID) -> HttpResponse:
    """Take one line back."""

    def run() -> str:
        reverse_charge(request.ctx, charge_id=charge_id, reason=request.POST.get("reason", "")[:400])
        return _("Đã bỏ dòng chi phí.")

    return _act(request, visit_id, run)


@require_POST
@needs(Permission.BILLING_PAY)
def pay(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Receive money; the receipt opens from the bill."""
    form = PayForm(request.POST)
    if form.is_valid():
        done = form.run(lambda: take_payment(request.ctx, visit_id=visit_id, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("Đã thu tiền, biên lai số %(number)s.") % {"number": done.number})
            return redirect("clinics:bill", visit_id)
    return _bill(request, visit_id, pay_form=form)


@require_POST
@needs(Permission.BILLING_PAY)
def refund(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Give back what was paid too much."""

    def run() -> str:
        said = {name: request.POST.get(name, "")[:400] for name in ("method", "reason")}
        number = give_back(request.ctx, visit_id=visit_id, **said).number
        return _("Đã trả lại tiền, biên lai số %(number)s.") % {"number": number}

    return _act(request, visit_id, run)


@require_POST
@needs(Permission.BILLING_PAY)
def cancel(request: StaffRequest, visit_id: uuid.UUID, payment_id: uuid.UUID) -> HttpResponse:
    """Take a whole receipt back."""

    def run() -> str:
        reason = request.POST.get("reason", "")[:400]
        number = cancel_receipt(request.ctx, payment_id=payment_id, reason=reason).number
        return _("Đã huỷ biên lai bằng biên lai số %(number)s.") % {"number": number}

    return _act(request, visit_id, run)


@require_http_methods(["GET", "POST"])
def coverage(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The card of a visit: shown, and written anew when something of it changes."""
    form = None
    if request.method == "POST":
        form = CoverageForm(request.POST, objects={})
        if form.is_valid():
            done = form.run(lambda: record_coverage(request.ctx, visit_id=visit_id, stated=form.stated))
            if done is not None:
                messages.success(request, _("Đã ghi thẻ BHYT của lượt khám."))
                return redirect(safe_next(request, request.path))
    page = get_coverage(request.ctx, visit_id)
    shown = form or CoverageForm(objects=page.objects, initial=_initial(page))
    if form is not None:
        form.fields["object_code"].choices = CoverageForm(objects=page.objects).fields["object_code"].choices  # type: ignore[attr-defined]
    context = {"page": page, "form": shown, "next": safe_next(request, "")}
    return render(request, "clinics/coverage.html", context, status=422 if form is not None else 200)


@require_GET
def receipt(request: StaffRequest, payment_id: uuid.UUID) -> HttpResponse:
    """The receipt, A5."""
    told = get_receipt(request.ctx, payment_id)
    return pdf_answer("receipt", _receipt_data(told), at=told.payment.at, filename="bien-lai.pdf")


def _act(request: StaffRequest, visit_id: uuid.UUID, run: Callable[[], str]) -> HttpResponse:
    """Run a command without fields of its own; its refusal is a message on the bill."""
    try:
        said = run()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
        return _bill(request, visit_id, refused=True)
    messages.success(request, said)
    return redirect("clinics:bill", visit_id)


def _bill(
    request: StaffRequest,
    visit_id: uuid.UUID,
    *,
    charge_form: ChargeForm | None = None,
    pay_form: PayForm | None = None,
    refused: bool = False,
) -> HttpResponse:
    refused = refused or charge_form is not None or pay_form is not None
    page = get_bill(request.ctx, visit_id)
    owed = max(page.bill.owed, Decimal(0))
    context = {
        "page": page,
        "charge_form": (charge_form or ChargeForm()).of_day(page.visit.visit_date),
        "pay_form": pay_form or PayForm(initial={"amount": f"{owed:f}"}),
        "methods": PAY_METHOD_NAMES,
        "may_claim": request.ctx.may(Permission.CLAIM_READ),
    }
    return render(request, "clinics/bill.html", context, status=422 if refused else 200)


def _initial(page: CoveragePage) -> dict[str, Any]:
    """What stands, else what an earlier visit or the file says, to be compared with the card in hand."""
    return asdict(page.known.stated) if page.known else {}


def _receipt_data(told: Receipt) -> dict[str, Any]:
    payment, bill = told.payment, told.bill
    moment = f"{timezone.localtime(payment.at):%d/%m/%Y %H:%M}"
    back = payment.amount < 0
    return {
        "paper": "a5",
        "letterhead": {
            "facility": told.facility,
            "number": _("Số: %(number)s/%(year)s") % {"number": f"{payment.number:07d}", "year": payment.year},
            "note": "",
            "printed": moment,
        },
        "title": _("PHIẾU TRẢ LẠI TIỀN") if back else _("BIÊN LAI THU TIỀN"),
        "facts": [
            [_("Người bệnh"), told.patient],
            [_("Năm sinh"), str(told.birth_year)],
            [_("Cách trả"), in_language(PAY_METHOD_NAMES[PayMethod(payment.method)])],
            [_("Mức hưởng BHYT (%)"), _money(bill["level"])],
            *([[_("Lý do"), payment.reason]] if payment.reason else []),
        ],
        "head": [_("Nội dung"), _("SL"), _("Đơn giá"), _("Thành tiền"), _("BHYT"), _("Người bệnh")],
        "lines": [
            [one["name"], *(_money(one[name]) for name in ("quantity", "price", "total", "fund", "patient"))]
            for one in bill["lines"]
        ],
        "sums": [
            [_("Tổng chi phí"), _money(bill["sums"]["total"])],
            [_("Quỹ BHYT trả"), _money(bill["sums"]["fund"])],
            [_("Nguồn khác"), _money(bill["sums"]["other"])],
            [_("Cùng chi trả"), _money(bill["sums"]["copay"])],
            [_("Tự trả"), _money(bill["sums"]["own"])],
            [_("Phải thu của người bệnh"), _money(bill["due"])],
        ],
        "amount": [
            _("Trả lại") if back else _("Thu lần này"),
            _("%(amount)s đ") % {"amount": _money(str(abs(payment.amount)))},
        ],
        "signatures": [
            {"title": _("Người bệnh"), "hint": _("(ký, ghi rõ họ tên)"), "name": ""},
            {"title": _("Người thu tiền"), "hint": _("(ký, ghi rõ họ tên)"), "name": payment.by.full_name},
        ],
    }


def _money(text: str) -> str:
    """As it is read in Vietnam: 12.345,5."""
    amount = Decimal(text)
    places = 0 if amount == amount.to_integral_value() else 2
    return vi_number(amount, places)
