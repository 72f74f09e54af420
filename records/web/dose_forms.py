"""The form of one dose, for noting and for correcting it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from records.queries.immunisation import NOT_DONE, PROGRAMMES, REACTIONS, DoseRow, VaccineChoice
from records.rules.doses import GIVEN, NOT_GIVEN, Dose
from registry.kernel import in_language
from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.invalid import Invalid
from registry.web.forms import CommandForm

DAY_INPUT = {"inputmode": "numeric", "autocomplete": "off", "placeholder": "dd/mm/yyyy", "class": "code"}


class PastDayField(forms.CharField):
    """A day as people write it, perhaps only its month or year; cleaned to a PartialDate."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)
        self.widget.attrs |= DAY_INPUT

    def clean(self, value: Any) -> Any:
        """The date as far as it is known, None when nothing was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_partial_date(text, date.max)  # the command knows today and says what lies ahead
        except Invalid as problem:
            raise forms.ValidationError(in_language(problem.message), problem.code) from problem


class DayField(PastDayField):
    """A whole day; cleaned to a date."""

    def clean(self, value: Any) -> Any:
        """The date, None when nothing was typed."""
        parsed = super().clean(value)
        if parsed is None:
            return None
        if parsed.precision != "day":
            raise forms.ValidationError(_("Hãy ghi đủ ngày, tháng, năm."), "date-precision")
        return parsed.value


class DoseForm(CommandForm):
    """One dose; field names are those of records.rules.doses.Dose."""

    status = forms.ChoiceField(
        label=_("Kết quả"),
        choices=[(GIVEN, _("Đã tiêm, uống")), (NOT_GIVEN, _("Không tiêm"))],
        initial=GIVEN,
        widget=forms.RadioSelect,
    )
    vaccine = forms.ChoiceField(label=_("Vắc xin"))
    number = forms.IntegerField(label=_("Mũi thứ"), required=False)
    on = PastDayField(label=_("Ngày"))
    programme = forms.ChoiceField(label=_("Chương trình"), choices=[(key, _(name)) for key, name in PROGRAMMES.items()])
    lot = forms.CharField(label=_("Số lô"), max_length=40, required=False)
    expires_on = DayField(label=_("Hạn dùng"), required=False)
    primary_source = forms.TypedChoiceField(
        label=_("Nguồn"),
        choices=[("1", _("Tiêm tại đây")), ("0", _("Chép từ sổ, phiếu tiêm"))],
        coerce=lambda value: value == "1",
        initial="1",
        widget=forms.RadioSelect,
    )
    place = forms.CharField(label=_("Nơi tiêm"), max_length=255, required=False, help_text=_("Khi tiêm ở nơi khác"))
    not_done_code = forms.ChoiceField(
        label=_("Lý do không tiêm"),
        required=False,
        choices=[("", _("– Chọn –")), *((key, _(name)) for key, name in NOT_DONE.items())],
    )
    not_done_reason = forms.CharField(label=_("Ghi rõ lý do"), max_length=300, required=False)
    product = forms.CharField(label=_("Tên thương mại"), max_length=120, required=False)
    site = forms.CharField(label=_("Vị trí tiêm"), max_length=60, required=False)
    reaction_grade = forms.ChoiceField(
        label=_("Phản ứng sau tiêm"), required=False, choices=[(key, _(name)) for key, name in REACTIONS.items()]
    )
    reaction = forms.CharField(label=_("Mô tả phản ứng"), max_length=500, required=False)
    next_due_on = DayField(label=_("Ngày hẹn tiêm tiếp"), required=False)
    gestation_weeks = forms.IntegerField(label=_("Tuần thai"), required=False)
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)

    def __init__(self, *args: Any, vaccines: Sequence[VaccineChoice], **kwargs: Any) -> None:
        """vaccines: today's list."""
        super().__init__(*args, **kwargs)
        groups = [
            (_(name), [(one.code, one.display) for one in vaccines if one.programme == key])
            for key, name in PROGRAMMES.items()
        ]
        self.fields["vaccine"].choices = [("", _("– Chọn –")), *groups]  # type: ignore[attr-defined]
        for name in ("number", "gestation_weeks"):
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        for name in ("lot", "product", "place", "site"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    @property
    def dose(self) -> Dose:
        """What was typed, once it could be read."""
        return Dose(**{name: self.cleaned_data[name] for name in self.base_fields if name in Dose.__slots__})

    @property
    def more_open(self) -> bool:
        """Whether the rarely used fields hold something or are wrong."""
        return any(self[name].errors or self[name].value() for name in MORE)


MORE = ("product", "site", "reaction_grade", "reaction", "next_due_on", "gestation_weeks", "note")


class DoseCorrectionForm(DoseForm):
    """The same with the dose it corrects and the reason."""

    dose_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Lý do sửa"), max_length=300, required=False, help_text=_("Bản ghi trước vẫn được giữ và đọc được.")
    )


class WithdrawForm(CommandForm):
    """A row noted by mistake, and why."""

    dose_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Lý do bỏ"), max_length=300, required=False)


def initial_of(row: DoseRow) -> dict[str, Any]:
    """A standing dose as its form shows it."""
    return {
        "dose_id": row.id,
        "status": row.status,
        "vaccine": row.vaccine,
        "number": row.number,
        "on": row.on.display,
        "programme": row.programme,
        "lot": row.lot,
        "expires_on": _day(row.expires_on),
        "primary_source": "1" if row.primary_source else "0",
        "place": row.place,
        "not_done_code": row.not_done_code,
        "not_done_reason": row.not_done_reason,
        "product": row.product,
        "site": row.site,
        "reaction_grade": row.reaction_grade,
        "reaction": row.reaction,
        "next_due_on": _day(row.next_due_on),
        "gestation_weeks": row.gestation_weeks,
        "note": row.note,
    }


def _day(value: date | None) -> str:
    return PartialDate(value).display if value else ""


def wanted_dose(text: str) -> uuid.UUID | None:
    """The dose named in an address, if it is a number at all."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
