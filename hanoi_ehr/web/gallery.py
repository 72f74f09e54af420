"""`/giao-dien/`: every component once, in every state, through the same includes and tags that the pages use.

The people and numbers here are invented for the gallery and live in this file only; nothing is read from the database.
"""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from hanoi_ehr.web import gallery_samples as samples
from registry.web import charts


class SampleForm(forms.Form):
    """One field of every kind; bound to wrong answers it shows every error."""

    cccd = forms.CharField(label=_("Số CCCD"), min_length=12, max_length=12)
    birth = forms.DateField(label=_("Ngày sinh"))
    weight = forms.DecimalField(label=_("Cân nặng"), required=False, help_text=_("Dấu phẩy cho số lẻ"), localize=True)
    ethnicity = forms.ChoiceField(label=_("Dân tộc"), choices=[("kinh", "Kinh"), ("tay", "Tày"), ("muong", "Mường")])
    payer = forms.ChoiceField(
        label=_("Đối tượng"),
        choices=[("bhyt", _("Bảo hiểm y tế")), ("dv", _("Dịch vụ")), ("mp", _("Miễn phí"))],
        widget=forms.RadioSelect,
    )
    sex = forms.ChoiceField(
        label=_("Giới tính"), choices=[("nu", _("Nữ")), ("nam", _("Nam"))], widget=forms.RadioSelect
    )
    note = forms.CharField(label=_("Ghi chú"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    remind = forms.BooleanField(label=_("Đồng ý nhắn tin nhắc hẹn"), required=False)


def _clocks(today: date) -> list[tuple[date, date]]:
    """Due and opening days of a clock run out, one of today, one soon and one far off."""
    opened = today - timedelta(days=20)
    return [(today + timedelta(days=left), opened) for left in (-12, 0, 2, 18)]


def _context(today: date) -> dict[str, Any]:
    return {
        "form": SampleForm(initial=samples.FORM_GOOD, prefix="mau"),
        "form_wrong": SampleForm(samples.FORM_WRONG, prefix="sai"),
        "clocks": _clocks(today),
        "today": today,
        "line_off": charts.line_chart("HbA1c", "%", samples.HBA1C, high=7.0),
        "line_normal": charts.line_chart("Glucose lúc đói", "mmol/L", samples.GLUCOSE, low=4.4, high=7.2),
        "line_single": charts.line_chart("Creatinin", "µmol/L", samples.CREATININE, low=45, high=84),
        "cascade": charts.cascade(str(_("Từ dương tính đến đóng ca")), samples.CASCADE),
        "split": charts.split_bars(str(_("Đối soát")), samples.RECONCILIATION),
        "targets": charts.targets("WHO 90-70-90", samples.TARGETS),
        "funnel": charts.funnel(str(_("Khám chẩn đoán theo cơ sở")), samples.FACILITIES),
        "waits": charts.wait_columns(str(_("Ngày chờ")), samples.WAITS, 31, 12),
        "map": charts.ward_map(str(_("Tỉ lệ tham gia theo phường, xã")), samples.PARTICIPATION, {}),
        **samples.COMPONENTS,
    }


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the gallery; whoever is signed in may look."""
    return render(request, "gallery/index.html", _context(timezone.localdate()))
