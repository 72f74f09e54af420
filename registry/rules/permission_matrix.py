"""The permission matrix as a table for people (docs/reference/permissions.md)."""

from __future__ import annotations

from registry.rules.permissions import ROLE_NAMES, ROLE_PERMISSIONS, Permission, Role

SHOWN = [role for role in Role if role is not Role.SYSTEM]


def permission_matrix() -> str:
    """A Markdown table: permissions down, roles across, ● where the role carries the permission."""
    head = "| Permission | " + " | ".join(ROLE_NAMES[role] for role in SHOWN) + " |"
    rule = "|---|" + ":-:|" * len(SHOWN)
    rows = [
        f"| `{permission}` | "
        + " | ".join("●" if permission in ROLE_PERMISSIONS[role] else "" for role in SHOWN)
        + " |"
        for permission in Permission
    ]
    return "\n".join([head, rule, *rows])
