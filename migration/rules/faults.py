"""Why a record, or a whole file, is not taken in. Every message is Vietnamese and says where and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason: stable code, Vietnamese message, the column or tag it belongs to, the table (empty: the record)."""

    code: str
    message: str
    field: str = ""
    table: str = ""

    def to_json(self) -> dict[str, str]:
        """As the quarantine keeps it."""
        return {"code": self.code, "message": self.message, "field": self.field, "table": self.table}


class FileRefused(Exception):
    """The file as a whole cannot be taken: code, Vietnamese message, the line it was seen at (0 when it has none)."""

    def __init__(self, code: str, message: str, line: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.line = line
