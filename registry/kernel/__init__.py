"""The kernel: Context, @command, @query, Refused, audit, outbox, jobs. Every app stands on these names."""

from registry.kernel.audit import record_audit
from registry.kernel.context import Actor, ActorKind, Channel, Context, FacilityRef, Purpose
from registry.kernel.jobs import advance_job, finish_job, start_job
from registry.kernel.language import in_language
from registry.kernel.operations import command, query, record_refusal, require
from registry.kernel.outbox import emit
from registry.kernel.refusal import (
    AuditMissingError,
    AuditUnavailableError,
    Conflict,
    Forbidden,
    Kind,
    NotFound,
    Refused,
)
from registry.rules.permissions import Permission, Role

__all__ = [
    "Actor",
    "ActorKind",
    "AuditMissingError",
    "AuditUnavailableError",
    "Channel",
    "Conflict",
    "Context",
    "FacilityRef",
    "Forbidden",
    "Kind",
    "NotFound",
    "Permission",
    "Purpose",
    "Refused",
    "Role",
    "advance_job",
    "command",
    "emit",
    "finish_job",
    "in_language",
    "query",
    "record_audit",
    "record_refusal",
    "require",
    "start_job",
]
