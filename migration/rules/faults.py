"""Why a record, or a whole file, is not taken in. Every message is Vietnamese and says where and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.rules.phrases import Phrase, as_phrase


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason: stable code, Vietnamese message, the column or tag it belongs to, the table (empty: the record)."""

    code: str
    message: str
    field: str = ""
    table: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the quarantine keeps it: the Vietnamese sentence, and its template and values where it has any."""
        phrase = as_phrase(self.message)
        kept = {"code": self.code, "message": str(phrase), "field": self.field, "table": self.table}
        return kept | ({"phrase": phrase.to_json()} if phrase.values else {})


def kept_message(kept: Mapping[str, Any]) -> Phrase:
    """The message of a fault as `to_json` wrote it, ready for any language."""
    return Phrase.from_json(kept["phrase"]) if "phrase" in kept else Phrase(kept["message"])


class FileRefused(Exception):
    """The file as a whole cannot be taken: code, Vietnamese message, the line it was seen at (0 when it has none)."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.line = line
