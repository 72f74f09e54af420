"""The upload form."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.web.forms import CommandForm

TRIAL, REAL = "thu", "that"


class UploadForm(CommandForm):
    """A file, how to read it, and whether to try first."""

    profile = forms.ChoiceField(label=_("Loại tệp"))
    file = forms.FileField(
        label=_("Tệp dữ liệu"),
        allow_empty_file=True,  # the command says it, with its own words
        error_messages={"required": _("Hãy chọn tệp cần nạp.")},
    )
    mode = forms.ChoiceField(
        label=_("Cách chạy"),
        choices=[(TRIAL, _("Chạy thử")), (REAL, _("Nạp thật"))],
        initial=TRIAL,
        widget=forms.RadioSelect,
        help_text=_("Chạy thử làm đủ mọi bước rồi hoàn lại: không ghi gì vào hồ sơ."),
    )

    def __init__(self, *args: object, profiles: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["profile"].choices = profiles  # type: ignore[attr-defined]
