"""What the forms of the history are made of: their grid, their reason for a correction, and their kinds of fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from records.rules.history import (
    DISEASES,
)
from records.rules.history_facts import (
    Fact,
)
from registry.rules.dates import PartialDate
from registry.web.forms import CommandForm, DecimalCommaField

MANY = 4  # optional fields
NUMBER_ERRORS = {"invalid": _("Hãy ghi một số."), "min_value": _("Hãy ghi số từ 0.")}
YES_NO = [("", _("chưa hỏi")), ("1", _("có")), ("0", _("không"))]


@dataclass(frozen=True, slots=True)
class Placed:
    """A field where the form shows it."""

    bound: forms.BoundField
    width: str
    unit: str
    segment: bool


class HistoryForm(CommandForm):
    """A section's form. `fact_type` is what it makes, `widths` its grid; a correction asks for a reason as well."""

    fact_type: ClassVar[type[Fact]]
    widths: ClassVar[Mapping[str, str]] = {}
    units: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, correcting: bool = False, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if correcting:
            self.fields["reason"] = words(
                _("Lý do sửa"), 300, hint=_("Bản trước vẫn được giữ và đọc được cùng lý do này.")
            )
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        if not self.is_bound:
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    @property
    def placed(self) -> Iterable[Placed]:
        """The fields in order, with their width, unit and shape; the reason is shown apart."""
        for bound in self:
            if bound.name != "reason":
                segment = isinstance(bound.field.widget, forms.RadioSelect)
                yield Placed(bound, self.widths.get(bound.name, ""), self.units.get(bound.name, ""), segment)

    @property
    def mostly_optional(self) -> bool:
        """Whether saying once that fields may stay empty is calmer than marking each."""
        return sum(not field.required for field in self.fields.values()) > MANY

    @property
    def fact(self) -> Fact:
        """What was typed; what was left empty is unsaid."""
        said = {one.name: self.cleaned_data[one.name] for one in fields(self.fact_type) if one.name in self.fields}
        return self.fact_type(**said)

    @classmethod
    def initial_of(cls, fact: Fact) -> dict[str, Any]:
        """What a correction starts from; a tick is a tick, a question of three answers is a word."""
        ticks = {name for name, one in cls.base_fields.items() if isinstance(one, forms.BooleanField)}
        told = {one.name: getattr(fact, one.name) for one in fields(fact)}
        return {name: value if name in ticks else _shown(value) for name, value in told.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, PartialDate):
        return value.display
    return "" if value is None else value


def words(label: Any, limit: int, *, rows: int = 0, hint: Any = "", required: bool = False) -> forms.CharField:
    """A line of words, or an area of rows; limit: of its column."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        widget=widget,
        help_text=hint,
        error_messages={"required": _("Hãy ghi mục này."), "max_length": _("Dài quá %(limit_value)d ký tự.")},
    )


def count(label: Any, hint: Any = "") -> forms.IntegerField:
    """A whole number from 0; left empty it was not asked."""
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(
        label=label, required=False, min_value=0, widget=widget, help_text=hint, error_messages=NUMBER_ERRORS
    )


def number(label: Any, hint: Any = "") -> DecimalCommaField:
    """A number with at most one decimal, comma or point."""
    errors = {"invalid": _("Hãy ghi một số, ví dụ 46,5."), "max_digits": _("Số này quá dài.")}
    return DecimalCommaField(
        label=label,
        required=False,
        max_digits=6,
        decimal_places=1,
        help_text=hint,
        error_messages=errors | {"max_decimal_places": _("Nhiều nhất một số lẻ sau dấu phẩy.")},
    )


def pick(label: Any, choices: Mapping[Any, Any], *, required: bool = True, radio: bool = False) -> forms.ChoiceField:
    """One of a rule's choices, in words; their order is the form's."""
    empty = [] if radio else [("", _("– Chọn –"))]
    named = [(key, _(str(getattr(choice, "label", choice)))) for key, choice in choices.items()]
    return forms.ChoiceField(
        label=label,
        choices=[*empty, *named],
        required=required,
        widget=forms.RadioSelect if radio else forms.Select,
        error_messages={"required": _("Hãy chọn một mục."), "invalid_choice": _("Hãy chọn trong danh sách.")},
    )


def pick_number(label: Any, *, required: bool) -> forms.TypedChoiceField:
    """One of the form's fifteen boxes."""
    return forms.TypedChoiceField(
        label=label,
        choices=[("", _("– Chọn –")), *((key, _(name)) for key, name in DISEASES.items())],
        coerce=int,
        empty_value=None,
        required=required,
        error_messages={"required": _("Hãy chọn nhóm bệnh."), "invalid_choice": _("Hãy chọn trong danh sách.")},
    )


def yes_no(label: Any) -> forms.TypedChoiceField:
    """Yes, no, or not asked."""
    return forms.TypedChoiceField(
        label=label,
        choices=YES_NO,
        coerce=lambda said: said == "1",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
