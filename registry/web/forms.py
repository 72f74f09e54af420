"""Forms parse; commands decide. A refused command becomes errors at the fields it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms

from registry.kernel import Refused, in_language

R = TypeVar("R")


class CommandForm(forms.Form):
    """A form whose submission runs one command."""

    required_css_class = "required"

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
        for one in refusal.all:
            self.add_error(one.field if one.field in self.fields else None, in_language(one.message))
