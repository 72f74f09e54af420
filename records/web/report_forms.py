"""The form of a laboratory's or imaging's report: the service, its conclusion, and a line for every index."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.queries.documents import Line
from records.queries.reports import CATEGORIES, ReportVersion
from records.rules.reports import LONGEST_CODE, MOST_MEASURES, Measure, Report, read_value
from records.web.dose_forms import DayField
from registry.kernel import Refused, in_language
from registry.rules.dates import PartialDate
from registry.rules.invalid import Invalid
from registry.web.forms import CommandForm

LINES = 6  # shown when nothing is written yet
SPARE = 3  # empty ones under what is written
MORE = 6  # added by the button
COLUMNS = ("display", "code", "value", "unit", "reference")
WIDTHS = {"display": 255, "code": LONGEST_CODE, "value": 520, "unit": 50, "reference": 60}
SIZES = {"display": 18, "code": 8, "value": 8, "unit": 6, "reference": 8}
_LABELS = {
    "display": _("Chỉ số, dòng %(n)s"),
    "code": _("Mã, dòng %(n)s"),
    "value": _("Kết quả, dòng %(n)s"),
    "unit": _("Đơn vị, dòng %(n)s"),
    "reference": _("Trị số bình thường, dòng %(n)s"),
}
_AT = {"performed_at": "performed_on", "measures": "display"}  # the form's field of a rule's
_TIMES = ["%H:%M", "%Hh%M", "%H%M", "%Hh"]


@dataclass(frozen=True, slots=True)
class IndexLine:
    """A line of the form. kept: it corrects an index that stands, whose code stays."""

    cells: Mapping[str, forms.BoundField]
    kept: bool


class ReportForm(CommandForm):
    """One report. A correction carries the codes of the indexes that stand, and a reason."""

    category = forms.ChoiceField(
        label=_("Loại"),
        choices=[(key, _(name)) for key, name in CATEGORIES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn xét nghiệm hoặc chẩn đoán hình ảnh.")},
    )
    display = forms.CharField(
        label=_("Tên xét nghiệm, kỹ thuật"),
        max_length=500,
        error_messages={"required": _("Hãy ghi tên xét nghiệm hoặc kỹ thuật.")},
    )
    code = forms.CharField(label=_("Mã dịch vụ"), max_length=50, required=False)
    performed_on = DayField(label=_("Ngày làm"), error_messages={"required": _("Hãy ghi ngày làm.")})
    performed_time = forms.TimeField(
        label=_("Giờ"),
        required=False,
        input_formats=_TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "hh:mm", "class": "code"}),
        error_messages={"invalid": _("Hãy ghi giờ theo mẫu 14:30.")},
    )
    performer = forms.CharField(label=_("Người làm, nơi làm"), max_length=255, required=False)
    result = forms.CharField(
        label=_("Mô tả kết quả"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    conclusion = forms.CharField(
        label=_("Kết luận"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    document = forms.TypedChoiceField(
        label=_("Bản gốc"),
        required=False,
        coerce=uuid.UUID,
        empty_value=None,
        help_text=_("Giấy tờ đã nộp vào hồ sơ này."),
        error_messages={"invalid_choice": _("Hãy chọn một giấy tờ đang có trong hồ sơ này.")},
    )
    reason = forms.CharField(
        label=_("Lý do sửa"), max_length=300, required=False, help_text=_("Bản trước vẫn được giữ và đọc được.")
    )

    def __init__(self, *args: Any, papers: Sequence[Line] | None = None, lines: int = 0, **kwargs: Any) -> None:
        """papers: to choose the original from; lines: how many for indexes when the form is not bound."""
        super().__init__(*args, **kwargs)
        self.lines = min(_count(self.data.get("lines")) if self.is_bound else lines or LINES, MOST_MEASURES)
        self.offer(papers)
        for place in range(self.lines):
            for column in COLUMNS:
                self.fields[f"{column}-{place}"] = _cell(column, place)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def offer(self, papers: Sequence[Line] | None) -> None:
        """The papers to choose from. Before the record is opened (None) whatever was sent: the command knows whose it is."""
        offered = [(str(one.id), f"{one.title} · {one.dated_on:%d/%m/%Y}") for one in papers or ()]
        if papers is None and self.is_bound:
            offered = [(sent := str(self.data.get("document", "")), sent)]
        self.fields["document"].choices = [("", _("– Không có –")), *offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What stands may be corrected, not left out."""
        for place in range(self.lines):
            if f"kept-{place}" in self.data and not self._said(place):
                self.add_error(
                    f"display-{place}",
                    _("Chỉ số đã ghi không bỏ trống được. Nếu ghi nhầm cả phiếu, hãy bỏ phiếu rồi ghi lại."),
                )
        return dict(self.cleaned_data)

    def take(self, refusal: Refused) -> None:
        """A refusal at measures.N.column stands at the N-th line that says something."""
        for one in refusal.all:
            field = self._field_of(one.field or "")
            self.add_error(field if field in self.fields else None, in_language(one.message))

    def _field_of(self, field: str) -> str:
        root, *rest = field.split(".")
        if root == "measures" and len(rest) == len(("place", "column")):
            return f"{rest[1]}-{self._filled()[int(rest[0])]}"
        return _AT.get(root, root) if root != "measures" else ""

    @property
    def report(self) -> Report:
        """What was typed, once it could be read."""
        said = self.cleaned_data
        return Report(
            category=said["category"],
            display=said["display"],
            performed_at=_moment(said["performed_on"], said["performed_time"]),
            code=said["code"],
            result=said["result"],
            conclusion=said["conclusion"],
            performer=said["performer"],
            measures=tuple(self._measure(place) for place in self._filled()),
            document=said["document"],
        )

    def _measure(self, place: int) -> Measure:
        said = {column: self.cleaned_data[f"{column}-{place}"] for column in COLUMNS}
        number, words = said.pop("value") or (None, "")
        return Measure(**said, value=number, value_text=words)

    def _filled(self) -> list[int]:
        return [place for place in range(self.lines) if self._said(place)]

    def _said(self, place: int) -> bool:
        """Whether a line says something; the code alone of an index that stands says nothing."""
        return any(self.data.get(f"{column}-{place}", "").strip() for column in COLUMNS if column != "code")

    def indexes(self) -> Iterator[IndexLine]:
        """The lines as the page shows them."""
        for place in range(self.lines):
            cells = {column: self[f"{column}-{place}"] for column in COLUMNS}
            kept = f"kept-{place}" in self.data if self.is_bound else bool(self.initial.get(f"kept-{place}"))
            yield IndexLine(cells, kept)


class ValueField(forms.CharField):
    """A result as typed; cleaned to (number, words)."""

    def clean(self, value: Any) -> Any:
        """A number with a comma or a point, else words."""
        try:
            return read_value(super().clean(value))
        except Invalid as problem:
            raise forms.ValidationError(in_language(problem.message), problem.code) from problem


class WithdrawForm(CommandForm):
    """Why a report is taken back."""

    reason = forms.CharField(label=_("Vì sao ghi nhầm"), max_length=300, required=False)


def _cell(column: str, place: int) -> forms.CharField:
    kind = ValueField if column == "value" else forms.CharField
    label = _LABELS[column] % {"n": place + 1}
    return kind(
        label=label,
        required=False,
        max_length=WIDTHS[column],
        widget=forms.TextInput(
            attrs={"aria-label": label, "class": "input code" if column == "code" else "input", "size": SIZES[column]}
        ),
        error_messages={"max_length": _("Dài quá %(limit_value)d ký tự.")},
    )


def _count(text: Any) -> int:
    return int(text) if str(text or "").isdecimal() and len(str(text)) <= len(str(MOST_MEASURES)) else LINES


def _moment(day: Any, at: time | None) -> datetime:
    return datetime.combine(day, at or time(), timezone.get_default_timezone())


def initial_of(now: ReportVersion) -> dict[str, Any]:
    """What stands, as the form shows it."""
    at = timezone.localtime(now.performed_at)
    told = {
        "category": now.category, "display": now.display, "code": now.code, "performed_on": PartialDate(at.date()).display,
        "performed_time": at.time(), "performer": now.performer, "result": now.result, "conclusion": now.conclusion,
        "document": now.document_id,
    }  # fmt: skip
    for place, one in enumerate(now.indexes):
        values = (one.display, one.code, one.written, one.unit, one.reference, True)
        told |= dict(zip((f"{column}-{place}" for column in (*COLUMNS, "kept")), values, strict=True))
    return told


def typed_so_far(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed into a form that is shown again with more lines."""
    return {name: value for name, value in data.items() if name not in ("csrfmiddlewaretoken", "lines")}
