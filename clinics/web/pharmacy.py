"""The pharmacy: who waits, the counter, the shelf, the facility's formulary."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from clinics.commands.formulary import switch_drug
from clinics.commands.pharmacy import discard_stock, dispense, receive_lot, return_medicine
from clinics.queries.formulary import list_formulary
from clinics.queries.pharmacy import Counter, get_counter, list_stock, list_waiting
from clinics.rules.formulary import KIND_NAMES, Kind
from clinics.rules.prescriptions import read_code
from clinics.rules.safety.doses import number
from registry.kernel import Permission, in_language
from registry.rules.invalid import Invalid
from registry.web.forms import CommandForm, DecimalCommaField
from registry.web.guards import needs
from registry.web.requests import StaffRequest

STOCK_STATES = (
    ("", gettext_lazy("Tất cả")),
    ("soon", gettext_lazy("Sắp hết hạn")),
    ("expired", gettext_lazy("Hết hạn")),
)


class TokenForm(CommandForm):
    """A form that is worked off once, however often it is sent."""

    token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": gettext_lazy("Hãy tải lại trang.")})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid.uuid4


def amount_field(label: Any, *, required: bool = True) -> DecimalCommaField:
    """How many units."""
    return DecimalCommaField(
        label=label,
        required=required,
        max_digits=12,
        decimal_places=3,
        error_messages={"invalid": gettext_lazy("Hãy ghi một số."), "required": gettext_lazy("Hãy ghi số lượng.")},
    )


class HandOverForm(TokenForm):
    """Units of each line."""

    def __init__(self, *args: Any, counter: Counter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = counter.lines
        for line in counter.lines:
            self.fields[f"line-{line.position}"] = amount_field(line.name, required=False)
            self.initial[f"line-{line.position}"] = number(line.offered)

    @property
    def amounts(self) -> Mapping[uuid.UUID, Decimal]:
        """By line; what is left empty is nothing."""
        said = self.cleaned_data
        return {line.id: said.get(f"line-{line.position}") or Decimal(0) for line in self.lines}

    def rows(self) -> list[tuple[Any, forms.BoundField]]:
        """Each line with its field."""
        return [(line, self[f"line-{line.position}"]) for line in self.lines]


class QuantityForm(TokenForm):
    """So much, with a reason: a return, or what is thrown away."""

    quantity = amount_field(gettext_lazy("Số lượng"))
    reason = forms.CharField(
        label=gettext_lazy("Lý do"), max_length=300, error_messages={"required": gettext_lazy("Hãy ghi lý do.")}
    )


class ReceiptForm(TokenForm):
    """A lot that comes in."""

    code = forms.CharField(
        label=gettext_lazy("Mã thuốc"), max_length=255, error_messages={"required": gettext_lazy("Hãy ghi mã thuốc.")}
    )
    lot = forms.CharField(
        label=gettext_lazy("Số lô"), max_length=60, error_messages={"required": gettext_lazy("Hãy ghi số lô.")}
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Hạn dùng"),
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        error_messages={
            "required": gettext_lazy("Hãy ghi hạn dùng."),
            "invalid": gettext_lazy("Ngày phải ghi dạng dd/MM/yyyy."),
        },
    )
    quantity = amount_field(gettext_lazy("Số lượng"))


@require_GET
def pharmacy(request: StaffRequest) -> HttpResponse:
    """Who waits for medicines; ?ma= is a prescription's code, typed or scanned."""
    typed, fault = request.GET.get("ma", "").strip(), ""
    code = ""
    try:
        code = read_code(typed) if typed else ""
    except Invalid as bad:
        fault = in_language(bad.message)
    found = list_waiting(request.ctx, code)
    if code and len(found) == 1:
        return redirect("clinics:counter", found[0].id)
    if code and not found:
        fault = _("Không có đơn nào còn lãnh được với mã này ở cơ sở.")
    return render(request, "clinics/pharmacy.html", {"found": found, "typed": typed, "fault": fault})


@require_http_methods(["GET", "POST"])
@needs(Permission.MEDICINE_DISPENSE)
def counter(request: StaffRequest, prescription_id: uuid.UUID) -> HttpResponse:
    """GET shows what is owed; POST hands over, or (`lam=tra:…`) takes back."""
    if request.method == "GET":
        return _counter(request, get_counter(request.ctx, prescription_id))
    action, _colon, movement = request.POST.get("lam", "").partition(":")
    if action == "tra":
        form = QuantityForm(request.POST)
        said: dict[str, Any] = {"movement_id": _uuid(movement)}
        if form.is_valid() and form.run(lambda: return_medicine(request.ctx, **said, **form.cleaned_data)) is not None:
            messages.success(request, _("Đã nhận lại thuốc vào kho."))
            return redirect("clinics:counter", prescription_id)
        return _counter(request, get_counter(request.ctx, prescription_id), returned=form, movement=movement)
    return _handed_over(request, prescription_id)


def _handed_over(request: StaffRequest, prescription_id: uuid.UUID) -> HttpResponse:
    amounts = AmountsForm(request.POST)
    if amounts.is_valid():
        done = amounts.run(
            lambda: dispense(
                request.ctx,
                prescription_id=prescription_id,
                amounts=amounts.amounts,
                token=amounts.cleaned_data["token"],
            )
        )
        if done is not None:
            messages.success(request, _("Đã cấp phát thuốc."))
            return redirect("clinics:counter", prescription_id)
    page = get_counter(request.ctx, prescription_id)
    form = HandOverForm(request.POST, counter=page)
    form.is_valid()
    for field, errors in amounts.errors.items():
        target = field if field in form.fields else None
        for error in errors if target not in form.errors else []:
            form.add_error(target, str(error))
    return _counter(request, page, form=form)


class AmountsForm(TokenForm):
    """What is posted at the counter before anybody has looked at the prescription: amounts by line's number."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        for key in data:
            if key.startswith("line-"):
                self.fields[key] = amount_field(gettext_lazy("Số lượng"), required=False)

    @property
    def amounts(self) -> Mapping[uuid.UUID, Decimal]:
        """By line: hidden fields id-N say which line the Nth is."""
        found = {}
        for name, value in self.cleaned_data.items():
            if name.startswith("line-") and value:
                found[_uuid(self.data.get(f"id-{name.removeprefix('line-')}", ""))] = value
        return found


@require_http_methods(["GET", "POST"])
@needs(Permission.STOCK_MANAGE)
def stock(request: StaffRequest) -> HttpResponse:
    """GET shows the shelf; POST takes a lot in, or (`lam=huy:…`) throws some of one away."""
    if request.method == "GET":
        return _stock(request)
    action, _colon, lot = request.POST.get("lam", "").partition(":")
    if action == "huy":
        gone = QuantityForm(request.POST)
        said: dict[str, Any] = {"lot_id": _uuid(lot)}
        if gone.is_valid() and gone.run(lambda: discard_stock(request.ctx, **said, **gone.cleaned_data)) is not None:
            messages.success(request, _("Đã ghi huỷ thuốc."))
            return redirect("clinics:stock")
        return _stock(request, gone=gone, lot=lot)
    form = ReceiptForm(request.POST)
    if form.is_valid() and form.run(lambda: receive_lot(request.ctx, **form.cleaned_data)) is not None:
        messages.success(request, _("Đã nhập kho."))
        return redirect("clinics:stock")
    return _stock(request, form=form)


@require_http_methods(["GET", "POST"])
@needs(Permission.STOCK_MANAGE)
def formulary(request: StaffRequest) -> HttpResponse:
    """The facility's formulary; POST puts a medicine (`ma`) on it (`giu=1`) or takes it off."""
    if request.method == "POST":
        code = request.POST.get("ma", "")
        if code:
            switch_drug(request.ctx, code=code, kept=request.POST.get("giu") == "1")
        return redirect(f"{reverse('clinics:formulary')}?{request.GET.urlencode()}")
    page = request.GET.get("trang", "1")
    found = list_formulary(request.ctx, request.GET.get("q", ""), int(page) if page.isdecimal() else 1)
    names = {kind.value: "" if kind is Kind.ORDINARY else KIND_NAMES[kind] for kind in Kind}
    rows = [(drug, names[drug.kind]) for drug in found.drugs]
    return render(request, "clinics/formulary.html", {"page": found, "rows": rows, "q": request.GET.get("q", "")})


def _counter(
    request: StaffRequest,
    page: Counter,
    *,
    form: HandOverForm | None = None,
    returned: QuantityForm | None = None,
    movement: str = "",
) -> HttpResponse:
    context = {
        "page": page,
        "form": form or HandOverForm(counter=page),
        "returned": returned or QuantityForm(),
        "movement": movement,
        "refused": form,
        "paper_url": reverse("clinics:prescription_paper", args=[page.prescription.id]),
    }
    return render(request, "clinics/counter.html", context, status=422 if form or returned else 200)


def _stock(
    request: StaffRequest, *, form: ReceiptForm | None = None, gone: QuantityForm | None = None, lot: str = ""
) -> HttpResponse:
    state, text = request.GET.get("loai", ""), request.GET.get("q", "")
    found = list_stock(request.ctx, text, state)
    counts = {"": None, "soon": found.soon, "expired": found.expired}
    links = [
        {"label": name, "url": f"?loai={key}", "count": counts[key], "current": key == state}
        for key, name in STOCK_STATES
    ]
    context = {"stock": found, "links": links, "q": text, "state": state, "form": form or ReceiptForm(),
               "gone": gone or QuantityForm(), "lot": lot, "refused_gone": gone}  # fmt: skip
    return render(request, "clinics/stock.html", context, status=422 if form or gone else 200)


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        return uuid.UUID(int=0)
