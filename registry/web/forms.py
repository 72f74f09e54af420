"""Forms parse; commands decide. A refused command becomes errors at the fields it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms

from registry.kernel import Refused, in_language

R = TypeVar("R")


class CommandForm(forms.Form):
    """A form whose submission runs one command."""

    required_css_class = "required"
    refused: frozenset[str] = frozenset()  # the codes of what was refused, for pages that answer one of them

    def run(self, command: Callable[[], R]) -> R | None:
        """Run the command; None when it was refused for its input, with the errors at their fields.

        Raises Refused for refusals of access: those are pages, not form errors.
        """
        try:
            return command()
        except Refused as refusal:
            if refusal.concerns_access:
                raise
            self.take(refusal)
            return None

    def take(self, refusal: Refused) -> None:
        """Show each refusal at its field, or above the form when it names none of ours."""
        self.refused = frozenset(one.code for one in refusal.all)
        for one in refusal.all:
            self.add_error(one.field if one.field in self.fields else None, in_language(one.message))


class DecimalCommaField(forms.DecimalField):
    """A number typed with the Vietnamese comma or with a point; "38.6" is never three hundred and eighty-six."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(localize=False, **kwargs)
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """One comma or one point separates decimals; what is typed here never reaches the thousands."""
        return super().to_python(str(value).strip().replace(",", ".") if value else value)
