"""Writing the audit trail: one row per access or refusal, in the same transaction as what it tells of."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import DatabaseError, connection

from registry.kernel.context import Context
from registry.kernel.refusal import AuditUnavailableError

_INSERT = """
    INSERT INTO registry_auditevent
        (action, outcome, code, permission, actor_kind, actor_id, actor_label, role, facility_id, facility_code,
         patient_id, target_type, target_id, purpose, channel, request_id, detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""


@dataclass
class Trail:
    """What one command or query has written so far. Nested ones share the outermost one's trail."""

    permission: str
    rows: int = 0
    depth: int = field(default=1)


_current: ContextVar[Trail | None] = ContextVar("audit_trail", default=None)


@contextmanager
def trail(permission: str) -> Iterator[Trail]:
    """Open the trail of a command or query, or join the one that is open."""
    outer = _current.get()
    if outer is not None:
        outer.depth += 1
        try:
            yield outer
        finally:
            outer.depth -= 1
        return
    fresh = Trail(permission)
    token = _current.set(fresh)
    try:
        yield fresh
    finally:
        _current.reset(token)


def inside_operation() -> bool:
    """Whether a command or query is running: a nested one leaves refusals to the outermost."""
    return _current.get() is not None


def record_audit(
    ctx: Context,
    action: str,
    *,
    patient_id: uuid.UUID | str | None = None,
    target: tuple[str, object] | None = None,
    outcome: str = "ok",
    code: str = "",
    permission: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row now.

    action: verb, e.g. "read", "search", "create", "update". target: (type, id). detail: ids and codes only, never names.
    Raises AuditUnavailableError when the row cannot be written: the caller must not go on.
    """
    current = _current.get()
    values = audit_values(
        ctx,
        action,
        patient_id=patient_id,
        target=target,
        outcome=outcome,
        code=code,
        permission=permission or (current.permission if current else ""),
        detail=detail,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, values)
    except DatabaseError as error:
        raise AuditUnavailableError("audit row refused by the database") from error
    if current is not None:
        current.rows += 1


def audit_values(
    ctx: Context,
    action: str,
    *,
    patient_id: uuid.UUID | str | None,
    target: tuple[str, object] | None,
    outcome: str,
    code: str,
    permission: str,
    detail: Mapping[str, Any] | None,
) -> list[Any]:
    """The row's values in the order of the INSERT."""
    kind, identity = target or ("", "")
    return [
        action,
        outcome,
        code,
        permission,
        ctx.actor.kind.value,
        ctx.actor.id,
        ctx.actor.label,
        ctx.role,
        ctx.facility.id if ctx.facility else None,
        ctx.facility.code if ctx.facility else "",
        str(patient_id) if patient_id else None,
        kind,
        str(identity),
        ctx.purpose.value,
        ctx.channel.value,
        str(ctx.request_id),
        orjson.dumps(dict(detail or {}), default=str).decode(),
    ]
