"""Senders without a gateway: a file a message, for trying out and for a modem that reads a folder; and the console."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import orjson
from django.conf import settings

from screening.senders import Message, NotSentError

_KEY = re.compile(r"[0-9A-Za-z-]{1,80}")


class FileSender:
    """Writes each message into settings.SCREENING_OUTBOX as <key>.json, readable by its owner only; once."""

    def send(self, message: Message) -> str:
        """The file's name."""
        if not _KEY.fullmatch(message.key):
            raise NotSentError("Khoá của tin nhắn không hợp lệ.")
        folder = Path(settings.SCREENING_OUTBOX)
        name = f"{message.key}.json"
        body = orjson.dumps({"to": message.to, "text": message.text})
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(folder / name, body)
        except OSError as error:
            raise NotSentError("Không ghi được tin nhắn vào thư mục gửi.") from error
        return name

    def _write(self, path: Path, body: bytes) -> None:
        """Whole or not at all: a reader of the folder never sees half a message."""
        draft = path.with_suffix(".part")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
        draft.replace(path)


class ConsoleSender:
    """Prints that a message went out. The number is masked: a console is often kept as a log."""

    def send(self, message: Message) -> str:
        """The message's key."""
        sys.stdout.write(f"SMS …{message.to[-3:]}: {message.text}\n")
        return message.key
