"""Refused: the one way a rule says no. Every face turns it into its own words."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Kind(IntEnum):
    """Why it was refused; the value is the HTTP status the API answers with."""

    FORBIDDEN = 403
    NOT_FOUND = 404
    CONFLICT = 409
    INVALID = 422


class Refused(Exception):
    """A rule said no.

    code: stable, English, kebab-case, for machines. message: Vietnamese, what is wrong and how to mend it, a literal or a
    Phrase (never a formatted string: it could not be said in English). field: the
    name of the command's argument it belongs to, or None when it concerns the whole request. Several faults found at
    once are carried together in `all`.
    """

    def __init__(self, code: str, message: str, field: str | None = None, *, kind: Kind = Kind.INVALID) -> None:
        super().__init__(f"{code} ({field})" if field else code)  # never the message: it may quote what was typed
        self.code = code
        self.message = message
        self.field = field
        self.kind = kind
        self.all: Sequence[Refused] = (self,)
        self.audited = False  # whether its audit row is written: one refusal leaves one row, whoever sees it first

    @classmethod
    def several(cls, refusals: Sequence[Refused]) -> Refused:
        """One refusal that carries all of them; the first gives code, message and kind."""
        first = refusals[0]
        merged = cls(first.code, first.message, first.field, kind=first.kind)
        merged.all = tuple(refusals)
        return merged

    @property
    def concerns_access(self) -> bool:
        """Whether this is a refusal of access (audited), not of input."""
        return self.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND)


class Forbidden(Refused):
    """The actor lacks the right."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code, message, field, kind=Kind.FORBIDDEN)


class NotFound(Refused):
    """It does not exist, or belongs to another facility: both answer alike."""

    def __init__(
        self, message: str = "Không tìm thấy, hoặc không thuộc cơ sở của bạn.", code: str = "not-found"
    ) -> None:
        super().__init__(code, message, kind=Kind.NOT_FOUND)


class Conflict(Refused):
    """Somebody else was faster, or the state no longer allows it."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(code, message, field, kind=Kind.CONFLICT)


class AuditMissingError(AssertionError):
    """A programming fault: a command or query finished without an audit row. The work is rolled back."""


class AuditUnavailableError(RuntimeError):
    """The audit row could not be written, so the request is refused (fail closed)."""
