"""@command and @query: the two doors to the data.

Both check the permission and see to the audit; a command also opens the transaction and rolls back when no audit row was
written. A refusal of access (403, 404) leaves exactly one row of its own, written after the rollback by the outermost
operation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import pghistory
from django.db import transaction

from registry.kernel.audit import inside_operation, record_audit, trail
from registry.kernel.context import Context
from registry.kernel.refusal import AuditMissingError, Forbidden, Refused
from registry.rules.permissions import Permission

P = ParamSpec("P")
R = TypeVar("R")
Operation = Callable[Concatenate[Context, P], R]

COMMANDS: dict[str, Permission] = {}
QUERIES: dict[str, Permission] = {}


def require(ctx: Context, permission: Permission) -> None:
    """Raise Forbidden unless the context carries the permission."""
    if not ctx.may(permission):
        raise Forbidden(
            "permission-denied", "Tài khoản của bạn không có quyền làm việc này. Hãy liên hệ quản trị của cơ sở."
        )


def command(permission: Permission) -> Callable[[Operation[P, R]], Operation[P, R]]:
    """Mark a writer: permission check, one transaction, an enforced audit row, history with its author."""

    def decorate(function: Operation[P, R]) -> Operation[P, R]:
        COMMANDS[_name(function)] = permission

        @functools.wraps(function)
        def run(ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with _refusals_audited(ctx, permission):
                require(ctx, permission)
                with transaction.atomic(), trail(permission) as written, _history(ctx):
                    before = written.rows
                    result = function(ctx, *args, **kwargs)
                    if written.rows == before:
                        raise AuditMissingError(f"{_name(function)} wrote no audit row")
                return result

        return run

    return decorate


def query(permission: Permission, *, audited: bool = True) -> Callable[[Operation[P, R]], Operation[P, R]]:
    """Mark a reader. `audited=False` is for what tells nothing of a resident (queues' counts, reference data)."""

    def decorate(function: Operation[P, R]) -> Operation[P, R]:
        QUERIES[_name(function)] = permission

        @functools.wraps(function)
        def run(ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with _refusals_audited(ctx, permission):
                require(ctx, permission)
                with trail(permission) as written:
                    before = written.rows
                    result = function(ctx, *args, **kwargs)
                    if audited and written.rows == before:
                        raise AuditMissingError(f"{_name(function)} wrote no audit row")
                return result

        return run

    return decorate


class _refusals_audited:  # noqa: N801 - reads as a phrase at its two uses
    """Write the one row of a refused access, outside the transaction that was rolled back."""

    def __init__(self, ctx: Context, permission: Permission) -> None:
        self.ctx = ctx
        self.permission = permission
        self.nested = inside_operation()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, Refused) and error.concerns_access and not self.nested:
            record_refusal(self.ctx, error, self.permission)


def record_refusal(ctx: Context, error: Refused, permission: str = "") -> None:
    """The audit row of a refused access. Faces use it for refusals that no operation has seen (an unknown address)."""
    error.audited = True
    patient_id = getattr(error, "patient_id", None)
    record_audit(ctx, "refuse", patient_id=patient_id, outcome="refused", code=error.code, permission=permission)


def _history(ctx: Context) -> Any:
    """History rows carry who, where and which request, by identifiers."""
    return pghistory.context(
        actor=f"{ctx.actor.kind}:{ctx.actor.id}",
        facility=ctx.facility.code if ctx.facility else None,
        request=str(ctx.request_id),
    )


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
