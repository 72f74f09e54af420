"""Forms of orders and results: they parse, the commands decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinics.queries.order_page import Question
from clinics.rules.orders import URGENCY_NAMES, Urgency
from clinics.rules.results import Answer
from clinics.web.forms import split_codes
from registry.kernel import Refused
from registry.web.forms import CommandForm


class OrderForm(CommandForm):
    """What the doctor orders: codes as plain text (the list beside it is a convenience), or sets by their buttons."""

    services = forms.CharField(label=_("Dịch vụ"), max_length=2500, required=False)
    urgency = forms.ChoiceField(
        label=_("Mức độ"),
        choices=[(one.value, _(URGENCY_NAMES[one])) for one in Urgency],
        initial=Urgency.ROUTINE,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Ghi chú lâm sàng"), max_length=1000, required=False)
    repeat_reason = forms.CharField(label=_("Lý do làm lại trong ngày"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "dv_%s")  # it stands on the visit's page beside other forms
        super().__init__(*args, **kwargs)
        self.fields["services"].widget.attrs |= {
            "role": "combobox",
            "aria-autocomplete": "list",
            "aria-expanded": "false",
            "aria-controls": "goi-y-services",
            "autocomplete": "off",
            "spellcheck": "false",
            "hx-get": reverse("clinics:service_suggestions"),
            "hx-trigger": "input changed delay:150ms",
            "hx-target": "#goi-y-services",
            "hx-sync": "this:replace",
        }

    @property
    def codes(self) -> list[str]:
        """The codes between semicolons, each the first word of what was typed."""
        return split_codes(self.cleaned_data["services"])


class ReasonForm(CommandForm):
    """Why something is taken back, rejected, sent back."""

    reason = forms.CharField(label=_("Lý do"), max_length=300, error_messages={"required": _("Hãy ghi lý do.")})


class ActionForm(CommandForm):
    """What is done about a critical result."""

    action = forms.CharField(
        label=_("Đã xử trí"),
        max_length=500,
        error_messages={"required": _("Hãy ghi đã báo ai, xử trí thế nào.")},
    )


class ScanForm(CommandForm):
    """A vessel's number, typed or scanned."""

    number = forms.CharField(label=_("Mã mẫu"), max_length=20, required=False)


class ResultForm(CommandForm):
    """One ordered service: a field an analyte, then words. Fields are called a0, a1, …: codes hold signs."""

    description = forms.CharField(
        label=_("Mô tả"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    conclusion = forms.CharField(
        label=_("Kết luận"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = forms.CharField(label=_("Lý do sửa"), max_length=300, required=False)

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        self.names = {question.card.code: f"a{at}" for at, question in enumerate(questions)}
        for question in questions:
            self.fields[self.names[question.card.code]] = _answer_field(question)
        if questions:
            self.fields["description"].widget.attrs["rows"] = 2
            self.fields["conclusion"].widget.attrs["rows"] = 2
        if not self.is_bound:
            first = "a0" if questions else "description"
            self.fields[first].widget.attrs["autofocus"] = True

    @property
    def answer(self) -> Answer:
        """What was typed."""
        said = {code: self.cleaned_data.get(name) or "" for code, name in self.names.items()}
        return Answer(said, self.cleaned_data["description"], self.cleaned_data["conclusion"])

    def rows(self) -> list[tuple[forms.BoundField, Question]]:
        """Each field with its question."""
        return [(self[name], question) for name, question in zip(self.names.values(), self.questions, strict=True)]

    def take(self, refusal: Refused) -> None:
        """A refusal at an analyte's code belongs to that analyte's field."""
        for one in refusal.all:
            one.field = self.names.get(one.field or "", one.field)
        super().take(refusal)


class ServiceSetupForm(CommandForm):
    """How the facility runs one service."""

    offered = forms.BooleanField(label=_("Cơ sở làm dịch vụ này"), required=False)
    second_check = forms.BooleanField(label=_("Cần người thứ hai duyệt"), required=False)
    room_id = forms.TypedChoiceField(
        label=_("Phòng thực hiện"),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": _("Hãy chọn một phòng của cơ sở.")},
    )

    def __init__(self, *args: Any, rooms: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("– Không định –")), *rooms]
        self.fields["room_id"].choices = choices  # type: ignore[attr-defined]


class CatalogueForm(CommandForm):
    """A version of the service catalogue."""

    file = forms.FileField(
        label=_("Tệp danh mục (CSV UTF-8)"), widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt"})
    )
    valid_from = forms.DateField(
        label=_("Có hiệu lực từ ngày"),
        input_formats=["%d/%m/%Y"],
        error_messages={"invalid": _("Ngày phải ghi dạng dd/MM/yyyy.")},
    )
    source = forms.CharField(label=_("Văn bản, nguồn"), max_length=300)


class OrderSetForm(CommandForm):
    """A set of services under a name."""

    name = forms.CharField(label=_("Tên bộ"), max_length=120, error_messages={"required": _("Hãy đặt tên cho bộ.")})
    services = forms.CharField(label=_("Mã dịch vụ"), max_length=2500, required=False)
    specialty = forms.CharField(label=_("Chuyên khoa"), max_length=60, required=False)
    shared = forms.BooleanField(label=_("Dùng chung cho cả cơ sở"), required=False)

    @property
    def codes(self) -> list[str]:
        """The codes between semicolons."""
        return split_codes(self.cleaned_data["services"])


def _answer_field(question: Question) -> forms.Field:
    card = question.card
    label = f"{card.code} · {card.name}"
    if card.answers:
        choices = [("", "–"), *((one, one) for one in _with_entered(card.answers, question.entered))]
        select = forms.Select(attrs={"class": "input"})
        return forms.ChoiceField(label=label, choices=choices, required=False, initial=question.entered, widget=select)
    attrs = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
    widget = forms.TextInput(attrs=attrs if card.words else attrs | {"inputmode": "decimal"})
    return forms.CharField(label=label, max_length=500, required=False, initial=question.entered, widget=widget)


def _with_entered(answers: Sequence[str], entered: str) -> list[str]:
    """The usual answers, and what an analyser said in other words."""
    return [*answers, entered] if entered and entered not in answers else list(answers)
