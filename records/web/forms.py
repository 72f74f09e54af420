"""Forms of the record: they parse, commands decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.web.forms import CommandForm

SEXES = [("female", _("Nữ")), ("male", _("Nam")), ("unknown", _("Chưa xác định"))]


class RegisterForm(CommandForm):
    """A resident as the desk states them. Field names are the arguments of state_person."""

    name = forms.CharField(label=_("Họ và tên"), max_length=255)
    birth = forms.CharField(
        label=_("Ngày sinh"), max_length=20, help_text=_("dd/MM/yyyy; chỉ biết năm thì gõ năm, ví dụ 1948")
    )
    sex = forms.ChoiceField(label=_("Giới tính"), choices=SEXES, widget=forms.RadioSelect)
    cccd = forms.CharField(label=_("Số CCCD"), max_length=20, required=False, help_text=_("12 chữ số"))
    bhyt = forms.CharField(
        label=_("Số thẻ BHYT"), max_length=30, required=False, help_text=_("15 ký tự, hoặc 10 số của thẻ mới")
    )
    phone = forms.CharField(label=_("Điện thoại"), max_length=30, required=False)
    ward = forms.CharField(
        label=_("Phường, xã"), max_length=120, required=False, help_text=_("Gõ vài chữ không dấu rồi chọn")
    )
    address = forms.CharField(label=_("Số nhà, ngõ, đường"), max_length=500, required=False, widget=forms.TextInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth"].widget.attrs |= {
            "inputmode": "numeric",
            "autocomplete": "off",
            "placeholder": "dd/mm/yyyy",
        }
        self.fields["cccd"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off", "class": "code"}
        self.fields["bhyt"].widget.attrs |= {"autocomplete": "off", "class": "code"}
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "off", "class": "code"}
        self.fields["name"].widget.attrs |= {"autocomplete": "off"}
        self.fields["ward"].widget.attrs |= {"autocomplete": "off", "list": "phuong-xa"}
        if self.initial and not self.is_bound:  # a card or the search box filled it: on to what they did not say
            first = next((one for one in ("name", "birth", "sex") if not self.initial.get(one)), "phone")
            self.fields[first].widget.attrs["autofocus"] = True


EMERGENCIES = [
    ("unconscious", _("Người bệnh không tỉnh táo, không nói được")),
    ("life", _("Nguy hiểm tính mạng, phải xử trí ngay")),
    ("history", _("Cần ngay tiền sử, dị ứng, thuốc đang dùng")),
    ("transfer", _("Chuyển viện cấp cứu, giấy tờ chưa đến")),
    ("other", _("Lý do khác")),
]


class EmergencyForm(CommandForm):
    """Why a closed record must be opened now."""

    kind = forms.ChoiceField(
        label=_("Tình huống"), choices=EMERGENCIES, widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn tình huống khẩn cấp.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Lý do mở khẩn cấp"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ít nhất 10 ký tự. Sở Y tế sẽ xem lại, người bệnh đọc được."),
    )


class ReviewForm(CommandForm):
    """The judgement of one emergency access. seen: the judgement or answer that was on screen."""

    access_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    verdict = forms.ChoiceField(
        label=_("Kết luận"),
        choices=[
            ("justified", _("Chính đáng")),
            ("questioned", _("Cần giải trình")),
            ("unjustified", _("Không chính đáng")),
        ],
    )
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)


class AnswerForm(CommandForm):
    """The facility's answer to what the Department of Health asked."""

    access_id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Giải trình"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class AlertForm(CommandForm):
    """What became of an alert about reading."""

    alert_id = forms.UUIDField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=_("Kết luận"), choices=[("normal", _("Công việc bình thường")), ("misuse", _("Lạm dụng, đã xử lý"))]
    )
    note = forms.CharField(label=_("Đã kiểm tra thế nào"), max_length=500, required=False)


class ReasonForm(CommandForm):
    """Why a merge or a record is taken back."""

    reason = forms.CharField(
        label=_("Vì sao"), max_length=300, help_text=_("Ít nhất 5 ký tự; được giữ lại cùng kết luận.")
    )


class GiveBackForm(ReasonForm):
    """To whom a record goes: the key of a person, empty for a new one; rows: how many rows the reviewer was shown."""

    to = forms.UUIDField(required=False)
    rows = forms.IntegerField(required=False)


class DecisionForm(ReasonForm):
    """Whether two people are one; keep: who stands for both."""

    keep = forms.UUIDField(required=False)
