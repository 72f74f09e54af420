"""Ways out for messages, behind one small face: `settings.SCREENING_SENDER` names a class that sends one message.

`send` returns the gateway's own number of the message, or raises NotSentError with why, in Vietnamese: then the invitation
is failed, never sent. The same `key` sent twice reaches the person once: every sender keeps to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class NotSentError(Exception):
    """The message did not go out. reason: Vietnamese, for the list of failures; never a number or a name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """One message. key: of this attempt, the same when it is tried again after a crash; to: E.164."""

    key: str
    to: str
    text: str


class Sender(Protocol):
    """Sends one message at a time."""

    def send(self, message: Message) -> str:
        """The gateway's number of the message. Raises NotSentError."""


def configured_sender() -> Sender:
    """The sender the settings name."""
    return cast("Sender", import_string(settings.SCREENING_SENDER)())
