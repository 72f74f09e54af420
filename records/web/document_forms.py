"""Forms of papers: they parse, the commands decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from records.commands.documents import Paper
from records.queries.documents import KINDS
from registry.web.forms import CommandForm

DATES = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d%m%Y", "%Y-%m-%d"]
ACCEPTED = ".pdf,.jpg,.jpeg,.png,.webp,.dcm,application/pdf,image/jpeg,image/png,image/webp,application/dicom"


class DocumentForm(CommandForm):
    """A paper as somebody hands it in. Field names are the fields that the command's refusals name."""

    file = forms.FileField(
        label=_("Tệp"),
        allow_empty_file=True,  # the command says it, with its own words
        error_messages={"required": _("Hãy chọn tệp cần nộp."), "invalid": _("Hãy chọn tệp cần nộp.")},
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    kind = forms.ChoiceField(
        label=_("Loại giấy tờ"),
        choices=[("", _("Chọn…")), *((code, _(name)) for code, name in KINDS)],
        error_messages={"required": _("Hãy chọn loại giấy tờ."), "invalid_choice": _("Hãy chọn loại giấy tờ.")},
    )
    title = forms.CharField(
        label=_("Tên giấy tờ"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Hãy ghi tên giấy tờ, ví dụ: Kết quả nội soi đại tràng.")},
    )
    dated_on = forms.DateField(
        label=_("Ngày trên giấy tờ"),
        input_formats=DATES,
        widget=forms.DateInput(
            format="%d/%m/%Y", attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": "dd/mm/yyyy"}
        ),
        error_messages={
            "required": _("Hãy ghi ngày trên giấy tờ."),
            "invalid": _("Ngày phải ghi dạng dd/MM/yyyy, ví dụ 05/03/2026."),
        },
    )
    restricted = forms.BooleanField(
        label=_("Hạn chế xem (HIV, sức khoẻ tâm thần…)"),
        required=False,
        help_text=_("Chỉ người có quyền xem phần hạn chế mới thấy giấy tờ này."),
    )

    def paper(self) -> Paper:
        """What was said of the paper."""
        said = self.cleaned_data
        return Paper(said["kind"], said["title"], said["dated_on"], said["restricted"])


class ReplaceForm(DocumentForm):
    """The same, in place of an earlier paper, with a reason."""

    reason = forms.CharField(
        label=_("Lý do thay"),
        max_length=300,
        help_text=_("Bản cũ được giữ lại và vẫn xem được."),
        error_messages={"required": _("Hãy ghi rõ lý do, ít nhất 10 ký tự.")},
    )
    field_order = ["file", "reason", "kind", "title", "dated_on", "restricted"]


class WithdrawForm(CommandForm):
    """Why a paper should not be in this record."""

    reason = forms.CharField(
        label=_("Lý do rút"),
        max_length=300,
        help_text=_("Ví dụ: giấy tờ của người khác. Không ai mở được nữa; dòng này và lý do được giữ lại."),
        error_messages={"required": _("Hãy ghi rõ lý do, ít nhất 10 ký tự.")},
    )
    prefix = "rut"
