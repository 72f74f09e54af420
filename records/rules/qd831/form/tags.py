"""How a field says where it stands in the file."""

from __future__ import annotations

from dataclasses import field
from typing import Any


def tag(name: str) -> Any:
    """A text under this tag; empty tags are always written."""
    return field(default="", metadata={"tag": name})


def many(name: str, kind: type) -> Any:
    """Any number of groups, each under this tag; a slash steps through an enclosing one."""
    return field(default=(), metadata={"many": name, "kind": kind})
