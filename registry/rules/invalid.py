"""How a pure rule says no, and how it says "yes, but look again".

A rule raises `Invalid`; the command layer turns it into the one refusal every surface shows, `Refused(code, message,
field)`. Codes are kebab-case; messages are Vietnamese, as people read them: a literal, or a Phrase where values are
filled in. A `Notice` never blocks: it travels with the parsed value.
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.rules.phrases import as_phrase


class Invalid(ValueError):
    """Input that a rule cannot accept: machine code, Vietnamese message, and the field it belongs to."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(f"{code} ({field})" if field else code)  # never the message: it may quote what was typed
        self.code = code
        self.message = as_phrase(message)
        self.field = field

    def at(self, field: str) -> Invalid:
        """The same refusal, said at another field."""
        return type(self)(self.code, self.message, field)


@dataclass(frozen=True, slots=True)
class Notice:
    """A doubt that a person should see but that does not stop the work."""

    code: str
    message: str
