"""The form of the reception desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.rules.payers import CARE_TYPES, FIRST_CARE_TYPE, PAYER_NAMES, Payer
from clinics.rules.priorities import PRIORITY_NAMES, Priority
from clinics.web.billing_forms import CoverageForm


class CheckInForm(CoverageForm):
    """Reception: who pays, why, where, whether somebody goes first, and the card of who pays by insurance."""

    payer = forms.ChoiceField(
        label=_("Đối tượng"),
        choices=[(p.value, _(PAYER_NAMES[p])) for p in Payer],
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn đối tượng."), "invalid_choice": _("Hãy chọn đối tượng.")},
    )
    reason = forms.CharField(
        label=_("Lý do đến khám"), max_length=500, error_messages={"required": _("Hãy ghi lý do đến khám.")}
    )
    room_id = forms.TypedChoiceField(
        label=_("Phòng khám"),
        coerce=int,
        error_messages={"required": _("Hãy chọn phòng khám."), "invalid_choice": _("Hãy chọn một phòng của cơ sở.")},
    )
    priority = forms.ChoiceField(
        label=_("Ưu tiên"),
        choices=[(p.value, _(PRIORITY_NAMES[p])) for p in Priority],
        widget=forms.Select(attrs={"data-key": "Alt+U", "aria-keyshortcuts": "Alt+U"}),
    )
    care_type = forms.ChoiceField(
        label=_("Loại hình khám"),
        choices=[(code, _(name)) for code, name in CARE_TYPES.items()],
        initial=FIRST_CARE_TYPE,
    )
    paper_number = forms.IntegerField(
        label=_("Số giấy đã phát"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("Hãy ghi số in trên phiếu giấy, ví dụ 0142.")},
    )

    def __init__(
        self, *args: Any, rooms: Iterable[tuple[int, str]], objects: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """rooms: (id, text) in the order shown; objects: MA_DOITUONG_KCB, code to words."""
        super().__init__(*args, objects=objects or {}, **kwargs)
        self.fields["room_id"].choices = list(rooms)  # type: ignore[attr-defined]
        if not self.is_bound:
            # What stands there is the usual one: typing replaces it (clinics/desk.js selects it), Ctrl+Enter takes it.
            self.fields["reason"].widget.attrs |= {"autofocus": True, "data-select": ""}

    def clean(self) -> dict[str, Any]:
        """Nobody is held up by a card they do not use."""
        said = super().clean() or self.cleaned_data
        if said.get("payer") != Payer.INSURANCE:
            for name in CoverageForm.base_fields:
                self.errors.pop(name, None)
        return said

    @property
    def asked(self) -> dict[str, Any]:
        """What the check-in command takes."""
        own = [name for name in self.fields if name not in CoverageForm.base_fields]
        return {name: self.cleaned_data.get(name) for name in own} | {"card": self.stated}
