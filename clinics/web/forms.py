"""The clinic's forms: they parse, the commands decide."""

from __future__ import annotations

import re

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.web.forms import CommandForm

NAMING_FACILITIES = ("registered_at", "referred_from", "referred_to")
"""Fields that ask for a facility while typing."""


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

    @property
    def why(self) -> str:
        """What was typed."""
        return str(self.cleaned_data["reason"])


def first_word(text: str) -> str:
    """The first word, or ""."""
    return next(iter(text.split()), "")


def split_codes(text: str) -> list[str]:
    """Codes of a line, each the first word between two separators."""
    return [word for part in re.split(r"[;,\n]", text) if (word := first_word(part))]
