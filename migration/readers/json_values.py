"""What a JSON document says where something is expected: never an error, for hospitals write what they like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_dict(told: object) -> Mapping[str, Any]:
    """The object, or an empty one where the file says something else."""
    return told if isinstance(told, dict) else {}


def as_list(told: object) -> list[Any]:
    """The list, or an empty one."""
    return told if isinstance(told, list) else []


def as_text(told: object) -> str:
    """A text or a number as text; an empty text for anything else."""
    return told.strip() if isinstance(told, str) else str(told) if isinstance(told, int | float) else ""


def reference_of(told: object, field: str) -> str:
    """Where a field points; an empty text for nowhere."""
    return as_text(as_dict(as_dict(told).get(field)).get("reference"))


def name_in(reference: str) -> str:
    """Type/id of a relative or absolute reference; a URN as it stands."""
    if reference.startswith(("urn:", "#")) or "/" not in reference:
        return reference
    return "/".join(reference.partition("/_history/")[0].rsplit("/", 2)[-2:])
