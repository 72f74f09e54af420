"""The clinic's forms: they parse, the commands decide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clinics.rules.outcomes import OUTCOMES
from clinics.rules.sheet import Part, Sheet
from records.rules.vitals import VITALS
from records.web.examination_forms import SystemsForm
from registry.kernel import in_language
from registry.web.forms import CommandForm, DecimalCommaField

SEEN = "da-thay-{}"  # the mark of a part of the sheet as it was shown


class VitalsForm(CommandForm):
    """The nurse's measurements; what is left empty was not measured."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, vital in VITALS.items():
            self.fields[key] = DecimalCommaField(
                label=in_language(vital.display),
                required=False,
                max_digits=6,
                decimal_places=2,
                error_messages={"invalid": _("Hãy ghi một số, ví dụ 38,6.")},
            )

    @property
    def readings(self) -> Mapping[str, Decimal]:
        """What was measured."""
        return {key: value for key, value in self.cleaned_data.items() if value is not None}

    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """Each field with its unit, in the order nurses measure."""
        return [(self[key], in_language(vital.unit)) for key, vital in VITALS.items()]


class SheetForm(SystemsForm):
    """The doctor's sheet: course, findings, codes, conclusion, advice, outcome, and the marks of what was shown.

    Codes are plain text: the list beside them is a convenience.
    """

    main = forms.CharField(label=_("Bệnh chính (ICD-10)"), max_length=120, required=False)
    secondary = forms.CharField(label=_("Bệnh kèm theo"), max_length=400, required=False)
    conclusion = forms.CharField(
        label=_("Kết luận và hướng xử trí"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    outcome_code = forms.ChoiceField(
        label=_("Kết quả điều trị"),
        choices=[("", _("– Chọn –")), *((code, _(name)) for code, name in OUTCOMES.items())],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in Part:
            self.fields[SEEN.format(part.value)] = forms.CharField(
                required=False, max_length=12, widget=forms.HiddenInput
            )
        for name in ("main", "secondary"):
            self.fields[name].widget.attrs |= suggesting(name)
        if not self.is_bound:
            self.fields["main"].widget.attrs["autofocus"] = True

    @property
    def seen(self) -> dict[Part, str] | None:
        """The marks of the sheet this answers; None when the form carried none (a caller without the page)."""
        names = {part: SEEN.format(part.value) for part in Part}
        if not any(name in self.data for name in names.values()):
            return None
        return {part: self.cleaned_data[name] for part, name in names.items()}

    @property
    def hidden(self) -> list[forms.BoundField]:
        """The marks, for the template."""
        return [self[SEEN.format(part.value)] for part in Part]

    def look_again(self, sheet: Sheet) -> None:
        """Carry the marks of the sheet as it stands now: whoever saves again has seen it."""
        data = cast("QueryDict", self.data).copy()
        data.update({SEEN.format(part.value): mark for part, mark in sheet.marks.items()})
        self.data = data

    @property
    def main_code(self) -> str:
        """The code at the beginning of what was typed ("J03.9" or "J03.9 Viêm amidan cấp")."""
        return first_word(self.cleaned_data["main"])

    @property
    def secondary_codes(self) -> list[str]:
        """The codes between semicolons, commas or line ends."""
        return split_codes(self.cleaned_data["secondary"])


def suggesting(name: str, route: str = "clinics:suggestions", asked: str = "") -> dict[str, str]:
    """A text field that asks a route for codes while typing and shows them in the list named goi-y-NAME."""
    return {
        "role": "combobox",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": f"goi-y-{name}",
        "autocomplete": "off",
        "spellcheck": "false",
        "hx-get": reverse(route) + asked,
        "hx-trigger": "input changed delay:150ms",
        "hx-target": f"#goi-y-{name}",
        "hx-sync": "this:replace",
    }


class CancelForm(CommandForm):
    """Why a visit is taken back."""

    reason = forms.CharField(
        label=_("Lý do huỷ"), max_length=300, error_messages={"required": _("Hãy ghi lý do huỷ lượt khám.")}
    )


def first_word(text: str) -> str:
    """The first word, or ""."""
    return next(iter(text.split()), "")


def split_codes(text: str) -> list[str]:
    """Codes of a line, each the first word between two separators."""
    return [word for part in re.split(r"[;,\n]", text) if (word := first_word(part))]
