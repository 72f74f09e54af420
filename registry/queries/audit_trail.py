"""Reading the audit trail: itself audited, by paths that stay short while the trail grows by millions of rows a month."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from registry.kernel import Context, Permission, query, record_audit
from registry.models import AuditEvent

NEAR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """What somebody looks for: a resident's uuid, "request:uuid", a target "Type:id", or one exact word."""

    text: str = ""

    @property
    def patient_id(self) -> uuid.UUID | None:
        """The text as a resident's number, None when it is none."""
        return _number(self.text)

    @property
    def condition(self) -> Q:
        """Exact matches only. A resident's rows have an index of their own; the rest is searched within the days shown."""
        if self.patient_id:
            return Q(patient_id=self.patient_id)
        kind, _, key = self.text.partition(":")
        if kind == "request" and (number := _number(key)):
            return Q(request_id=number)
        if key:
            return Q(target_type=kind, target_id=key)
        return Q(actor_label__iexact=kind) | Q(action=kind) | Q(code=kind) | Q(facility_code=kind.upper())


@query(Permission.AUDIT_READ)
def note_trail_read(ctx: Context, *, search: AuditSearch, row: str = "") -> None:
    """Write the row of a look into the trail: by whom, and whether about one resident or one row."""
    record_audit(ctx, "read-audit", patient_id=search.patient_id, target=("AuditEvent", row))


@query(Permission.AUDIT_READ)
def note_trail_check(ctx: Context, *, seals: int, faults: int) -> None:
    """Write the row of a check of the seals: how many were checked, how many faults it found."""
    record_audit(ctx, "verify-audit", target=("AuditSeal", ""), detail={"seals": seals, "faults": faults})


def get_event(text: str) -> AuditEvent | None:
    """One row by its number, None when there is none. The number tells when it was written, so one partition is asked."""
    number = _number(text)
    if number is None or number.version != 7:  # noqa: PLR2004 - RFC 9562: time-ordered
        return None
    written = datetime.fromtimestamp((number.int >> 80) / 1000, tz=UTC)
    return AuditEvent.objects.filter(at__range=(written - NEAR, written + NEAR), id=number).first()


def _number(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
