"""Forms about consent and requests: who says it and how it is proved, with nothing chosen beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from records.commands.consents import PurposeAnswer
from records.queries.consents import Asked
from records.rules.consent import Signers, Statement
from registry.web.forms import CommandForm

GIVERS = [("self", _("Chính người bệnh")), ("representative", _("Người đại diện (cha, mẹ, người giám hộ)"))]
PROOFS = [
    ("paper", _("Bản giấy có chữ ký, đã lưu")),
    ("witnessed", _("Nói trực tiếp, tôi chứng kiến")),
    ("vneid", _("Xác nhận trên VNeID")),
]
DECISIONS = [("permit", _("Đồng ý")), ("deny", _("Không đồng ý"))]
DATES = ("%d/%m/%Y", "%Y-%m-%d")


class ProofForm(CommandForm):
    """Who says it, and the proof. Field names are those of records.rules.consent.Statement's refusals."""

    given_by = forms.ChoiceField(label=_("Ai trả lời"), choices=GIVERS, widget=forms.RadioSelect, required=False)
    representative = forms.CharField(label=_("Họ tên người đại diện"), max_length=200, required=False)
    relationship = forms.CharField(label=_("Quan hệ với người bệnh"), max_length=60, required=False)
    proof = forms.ChoiceField(label=_("Bằng chứng"), choices=PROOFS, widget=forms.RadioSelect, required=False)
    proof_note = forms.CharField(label=_("Số lưu bản giấy, hoặc mã giao dịch VNeID"), max_length=200, required=False)
    text_read = forms.BooleanField(
        label=_("Tôi đã đọc nội dung cho người trả lời nghe và giữ bằng chứng nêu trên"), required=False
    )

    def statement(self) -> Statement:
        """What was filled in, for the command to judge."""
        said = self.cleaned_data
        return Statement(
            given_by=said.get("given_by", ""),
            representative=said.get("representative", ""),
            relationship=said.get("relationship", ""),
            proof=said.get("proof", ""),
            note=said.get("proof_note", ""),
            text_read=bool(said.get("text_read")),
            child_agreed=bool(said.get("child_agreed")),
        )


class ConsentForm(ProofForm):
    """One question a purpose, none answered beforehand."""

    child_agreed = forms.BooleanField(label=_("Trẻ (từ đủ 7 tuổi) cũng đồng ý"), required=False)

    def __init__(self, asked: Sequence[Asked], signers: Signers, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        if not signers.child:
            del self.fields["child_agreed"]
        for one in asked:
            self.fields[f"decision_{one.key}"] = forms.ChoiceField(
                label=one.name, choices=DECISIONS, widget=forms.RadioSelect, required=False
            )
            if one.recipient == "facility":
                self.fields[f"recipient_{one.key}"] = forms.CharField(
                    label=_("Mã cơ sở nhận"), max_length=5, required=False, widget=_code()
                )
            if one.recipient == "third-party":
                self.fields[f"third_party_{one.key}"] = forms.CharField(
                    label=_("Người hoặc tổ chức nhận"), max_length=200, required=False
                )
            self.fields[f"until_{one.key}"] = forms.DateField(
                label=_("Có giá trị đến hết ngày"), input_formats=DATES, required=False, widget=_day()
            )

    def questions(self) -> list[dict[str, Any]]:
        """The purposes with their fields, for the template."""
        return [
            {
                "asked": one,
                "decision": self[f"decision_{one.key}"],
                "recipient": self._bound(f"recipient_{one.key}"),
                "third_party": self._bound(f"third_party_{one.key}"),
                "until": self[f"until_{one.key}"],
            }
            for one in self.asked
        ]

    def _bound(self, name: str) -> Any:
        return self[name] if name in self.fields else None

    def answers(self) -> list[PurposeAnswer]:
        """The purposes that were answered; silence is no answer."""
        said = self.cleaned_data
        return [
            PurposeAnswer(
                purpose=one.key,
                decision=said[f"decision_{one.key}"],
                recipient=said.get(f"recipient_{one.key}", ""),
                third_party=said.get(f"third_party_{one.key}", ""),
                valid_until=_until(said.get(f"until_{one.key}")),
            )
            for one in self.asked
            if said.get(f"decision_{one.key}")
        ]


REQUESTS = [
    ("view", _("Xem dữ liệu")),
    ("copy", _("Nhận bản sao")),
    ("correct", _("Chỉnh sửa")),
    ("withdraw", _("Rút lại đồng ý")),
    ("restrict", _("Hạn chế xử lý")),
    ("erase", _("Xoá dữ liệu")),
]


class RequestForm(ProofForm):
    """What the resident asks about their data."""

    kind = forms.ChoiceField(label=_("Yêu cầu"), choices=REQUESTS, widget=forms.RadioSelect, required=False)
    wish = forms.CharField(
        label=_("Người bệnh muốn gì"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["given_by"].label = _("Ai yêu cầu")
        self.fields["text_read"].label = _("Tôi đã kiểm tra giấy tờ của người yêu cầu và giữ bằng chứng nêu trên")


class HandlingForm(CommandForm):
    """A step of a request: step is what is done, note what is told to whoever asked."""

    step = forms.ChoiceField(
        choices=[(one, one) for one in ("take", "reply", "done", "declined", "taken-back", "lift")],
        widget=forms.HiddenInput,
    )
    note = forms.CharField(
        label=_("Nội dung trả lời"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    state = forms.CharField(label=_("Kết quả"), required=False, widget=forms.HiddenInput)


class WithdrawalForm(ProofForm):
    """An answer taken back; a reason may be given and need not be."""

    consent_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Lý do"), max_length=300, required=False)


def _until(day: Any) -> date | None:
    return day if isinstance(day, date) else None


def _code() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "code", "autocomplete": "off", "placeholder": "01xxx"})


def _day() -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": "dd/mm/yyyy"})
