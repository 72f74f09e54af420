"""Screening's forms: they parse, the commands decide."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.web.forms import CommandForm
from screening.queries.choices import REASONS, REJECTIONS

DATES = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d%m%Y", "%Y-%m-%d"]
DATE_ERRORS = {"invalid": _("Ngày phải ghi dạng dd/MM/yyyy.")}
CHOOSE = ("", _("Chọn…"))


class DayField(forms.DateField):
    """A day typed as dd/MM/yyyy."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(
            format="%d/%m/%Y", attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 10}
        )
        super().__init__(input_formats=DATES, widget=widget, error_messages=DATE_ERRORS, **kwargs)


class CommaField(forms.DecimalField):
    """A number with the Vietnamese comma or a point before its decimals."""

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": _("Hãy ghi một số, ví dụ 57,5.")}
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages=wrong,
            **kwargs,
        )

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs inherit an int
        """One comma or one point; the command judges the range."""
        return super().to_python(str(value).strip().replace(",", ".") if value else value)


class IssueForm(CommandForm):
    """The number on the kit's barcode."""

    number = forms.CharField(
        label=_("Số kit"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )


class ReturnForm(CommandForm):
    """The sample is back."""

    sampled_on = DayField(label=_("Ngày lấy mẫu"), required=False)


class ResultForm(CommandForm):
    """A number in µg Hb/g, or a sample that could not be measured."""

    value = CommaField(label=_("Kết quả FIT"), required=False)
    inadequate = forms.BooleanField(label=_("Mẫu không đạt, không đo được"), required=False)


class RejectForm(CommandForm):
    """Why the kit cannot be used."""

    reason = forms.ChoiceField(
        label=_("Lý do loại mẫu"), choices=[CHOOSE, *((code, _(name)) for code, name in REJECTIONS)]
    )


class AssessmentForm(CommandForm):
    """What an examination or a treatment showed. findings: those of the episode's version."""

    performed_on = DayField(label=_("Ngày làm"), required=False)
    complete = forms.TypedChoiceField(
        label=_("Trọn vẹn (đến manh tràng, ruột sạch)"),
        choices=[("co", _("Có")), ("khong", _("Không, phải làm lại"))],
        widget=forms.RadioSelect,
        required=False,
        coerce={"co": True, "khong": False}.get,
        empty_value=None,
    )
    finding = forms.CharField(label=_("Kết luận"), max_length=30, required=False, widget=forms.Select())
    stage = forms.CharField(label=_("Giai đoạn (TNM)"), max_length=30, required=False)
    next_due_on = DayField(label=_("Hẹn khám tiếp"), required=False)
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        findings: Iterable[tuple[str, str]] = (),
        arrived: bool = False,
        asks_complete: bool = True,
        **kwargs: Any,
    ) -> None:
        """arrived: another facility wrote the examination; its day is not asked again."""
        super().__init__(*args, **kwargs)
        self.offer(findings, arrived=arrived, asks_complete=asks_complete)

    def offer(self, findings: Iterable[tuple[str, str]], *, arrived: bool, asks_complete: bool) -> None:
        """Set what can be chosen once the episode's version is known."""
        widget = self.fields["finding"].widget
        if isinstance(widget, forms.Select):
            widget.choices = [CHOOSE, *findings]
        if arrived:
            self.fields["performed_on"].widget = forms.HiddenInput()
        self.asks_complete = asks_complete


class TestForm(CommandForm):
    """The result of a test without a kit, in the version's own words."""

    __test__ = False  # a form, whatever its name suggests to pytest

    result = forms.CharField(label=_("Kết quả"), max_length=61, widget=forms.Select())
    performed_on = DayField(label=_("Ngày làm"), required=False)
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)

    def __init__(self, *args: Any, tests: Iterable[tuple[str, list[tuple[str, str]]]] = (), **kwargs: Any) -> None:
        """tests: (name of the test, its results as "action:code" and words)."""
        super().__init__(*args, **kwargs)
        self.offer(tests)

    def offer(self, tests: Iterable[tuple[str, list[tuple[str, str]]]]) -> None:
        """Set what can be chosen once the episode's version is known."""
        widget = self.fields["result"].widget
        if isinstance(widget, forms.Select):
            widget.choices = [CHOOSE, *tests]

    @property
    def said(self) -> dict[str, Any]:
        """What the command takes."""
        action, _mark, code = self.cleaned_data["result"].partition(":")
        return {
            "action": action,
            "code": code,
            "performed_on": self.cleaned_data["performed_on"],
            "note": self.cleaned_data["note"],
        }

    def add_error(self, field: str | None, error: Any) -> None:
        """What the command refuses of the action or the code belongs to the one field that names both."""
        super().add_error("result" if field in ("action", "code") else field, error)


class SampleForm(CommandForm):
    """A sample that was taken and goes to be read."""

    action = forms.CharField(label=_("Mẫu của"), max_length=30, widget=forms.Select())
    number = forms.CharField(
        label=_("Mã mẫu"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    taken_on = DayField(label=_("Ngày lấy mẫu"), required=False)

    def __init__(self, *args: Any, actions: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        """actions: (code, name) of those whose samples are waited for."""
        super().__init__(*args, **kwargs)
        self.offer(actions)

    def offer(self, actions: Iterable[tuple[str, str]]) -> None:
        """Set what can be chosen once the episode's version is known."""
        widget = self.fields["action"].widget
        if isinstance(widget, forms.Select):
            widget.choices = [CHOOSE, *actions]


class DecideForm(CommandForm):
    """What a clinician decides where no row of the table answers."""

    step = forms.CharField(label=_("Bước tiếp theo"), max_length=30, widget=forms.Select())
    due_on = DayField(label=_("Hẹn ngày"), required=False)
    note = forms.CharField(label=_("Căn cứ"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, steps: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        """steps: (code, words) of what may follow."""
        super().__init__(*args, **kwargs)
        self.offer(steps)

    def offer(self, steps: Iterable[tuple[str, str]]) -> None:
        """Set what can be chosen once the episode's version is known."""
        widget = self.fields["step"].widget
        if isinstance(widget, forms.Select):
            widget.choices = [CHOOSE, *steps]


class NotDoneForm(CommandForm):
    """Why the step will not be done."""

    reason = forms.ChoiceField(
        label=_("Lý do không làm"), choices=[CHOOSE, *((code, _(name)) for code, name in REASONS)]
    )
    note = forms.CharField(
        label=_("Đã làm những gì, vào ngày nào"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PutOffForm(CommandForm):
    """When to call again somebody who refuses for now."""

    call_on = DayField(label=_("Gọi lại ngày"), required=False)
    note = forms.CharField(
        label=_("Người bệnh nói gì"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class AssignForm(CommandForm):
    """Who holds the case from now on."""

    staff_id = forms.TypedChoiceField(label=_("Người giữ"), coerce=int)

    def __init__(self, *args: Any, staff: Iterable[tuple[int, str]] = (), **kwargs: Any) -> None:
        """staff: (id, name) of who works here."""
        super().__init__(*args, **kwargs)
        self.offer(staff)

    def offer(self, staff: Iterable[tuple[int, str]]) -> None:
        """Set who can be chosen."""
        self.fields["staff_id"].choices = [CHOOSE, *staff]  # type: ignore[attr-defined]


class BandForm(CommandForm):
    """Ages from–to of a list or of a bulk enrolment."""

    low = forms.IntegerField(label=_("Từ tuổi"), min_value=0, max_value=120, required=False)
    high = forms.IntegerField(label=_("Đến tuổi"), min_value=0, max_value=120, required=False)


class ManyForm(BandForm):
    """Enrol the first of a list."""

    limit = forms.IntegerField(label=_("Số người"))
