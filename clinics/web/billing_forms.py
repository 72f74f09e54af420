"""Forms of the till: the card, a charge, money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from clinics.commands.coverage import CardStated
from clinics.rules.charges.benefit import BENEFITS
from clinics.rules.charges.items import PAY_METHOD_NAMES, PayMethod
from clinics.web.forms import suggesting
from registry.web.forms import CommandForm, DecimalCommaField

LONGEST_OBJECT = 90  # of an option's text: the list's own run to several hundred


class DayField(forms.DateField):
    """A day typed as dd/mm/yyyy or ddmmyyyy."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%d/%m/%Y", "%d%m%Y", "%Y-%m-%d"],
            widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "placeholder": "dd/mm/yyyy"}),
            error_messages={"invalid": _("Hãy ghi ngày dạng dd/mm/yyyy.")},
            **kwargs,
        )


class ObjectField(forms.ChoiceField):
    """MA_DOITUONG_KCB; empty lets card and papers decide. Whether the code is in force is the command's to say."""

    def valid_value(self, value: Any) -> bool:
        """Take what was sent."""
        return True


def object_choices(objects: Mapping[str, str]) -> list[tuple[str, str]]:
    """MA_DOITUONG_KCB as options."""
    return [(code, f"{code} · {Truncator(text).chars(LONGEST_OBJECT)}") for code, text in objects.items()]


class CoverageForm(CommandForm):
    """The card of a visit; fields are the command's."""

    object_code = ObjectField(label=_("Đối tượng đến khám"), required=False)
    card = forms.CharField(label=_("Số thẻ BHYT"), max_length=30, required=False)
    benefit = forms.ChoiceField(
        label=_("Mức hưởng in trên thẻ"), choices=[("", "–"), *((code, code) for code in BENEFITS)], required=False
    )
    registered_at = forms.CharField(label=_("Nơi đăng ký ban đầu"), max_length=5, required=False)
    valid_from = DayField(label=_("Giá trị từ"), required=False)
    valid_to = DayField(label=_("Đến ngày"), required=False)
    referred_from = forms.CharField(label=_("Cơ sở chuyển đến"), max_length=5, required=False)
    referral_number = forms.CharField(label=_("Số phiếu chuyển"), max_length=50, required=False)
    referral_diagnosis = forms.CharField(label=_("Chẩn đoán ghi trên phiếu chuyển"), max_length=500, required=False)
    exempt_from = DayField(label=_("Miễn cùng chi trả từ"), required=False)
    five_years_on = DayField(label=_("Đủ 5 năm liên tục"), required=False)
    area = forms.ChoiceField(
        label=_("Khu vực"), choices=[("", "–"), ("K1", "K1"), ("K2", "K2"), ("K3", "K3")], required=False
    )

    note = forms.CharField(label=_("Lý do chọn đối tượng khác"), max_length=300, required=False)

    def __init__(self, *args: Any, objects: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = ("", _("Tự xác định theo thẻ và giấy tờ"))
        self.fields["object_code"].choices = [first, *object_choices(objects)]  # type: ignore[attr-defined]
        for name in ("registered_at", "referred_from"):
            self.fields[name].widget.attrs |= suggesting(name, "clinics:facilities")

    @property
    def stated(self) -> CardStated:
        """What was typed; of a form with faults, what could be read."""
        said = {name: self.cleaned_data.get(name) for name in CoverageForm.base_fields}
        return CardStated(**{name: value for name, value in said.items() if value is not None})


class ChargeForm(CommandForm):
    """One thing of the price list. Whether it is in the list is the command's to say."""

    code = forms.CharField(label=_("Mục trong bảng giá"), max_length=1400)
    quantity = DecimalCommaField(
        label=_("Số lượng"),
        initial=1,
        max_digits=9,
        decimal_places=3,
        error_messages={"invalid": _("Hãy ghi một số, ví dụ 2 hoặc 0,5.")},
    )

    def of_day(self, day: date) -> Self:
        """The form that finds what the list of a day holds."""
        self.fields["code"].widget.attrs |= suggesting("code", "clinics:price_suggestions", f"?ngay={day:%Y-%m-%d}")
        return self

    def clean_code(self) -> str:
        """The list beside the field writes "code · name"; the code alone may be typed as well."""
        return str(self.cleaned_data["code"]).partition(" · ")[0].strip()


class PayForm(CommandForm):
    """Money received."""

    amount = forms.DecimalField(
        label=_("Số tiền thu"),
        max_digits=15,
        decimal_places=0,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("Hãy ghi số đồng nguyên.")},
    )
    method = forms.ChoiceField(
        label=_("Cách trả"), choices=[(one.value, _(PAY_METHOD_NAMES[one])) for one in PayMethod]
    )


class PeriodForm(CommandForm):
    """From one day to another."""

    first = DayField(label=_("Từ ngày"))
    last = DayField(label=_("Đến ngày"))


class ProfileForm(CommandForm):
    """What every insurance file repeats."""

    head_code = forms.CharField(label=_("Mã số thủ trưởng đơn vị (MA_TTDV)"), max_length=255, required=False)
    walk_in_code = ObjectField(label=_("Đối tượng của người tự đến (theo xếp cấp của cơ sở)"), required=False)

    def __init__(self, *args: Any, objects: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["walk_in_code"].choices = [("", _("Không cố định")), *object_choices(objects)]  # type: ignore[attr-defined]
