"""Sign-ins leave a trace, as accesses do."""

from __future__ import annotations

import uuid

from django.utils import timezone

from registry.kernel import Actor, ActorKind, Channel, Context, Purpose, record_audit
from registry.models import Staff


def record_sign_in(staff: Staff, *, request_id: uuid.UUID) -> None:
    """One audit row for a sign-in that succeeded. Failed tries are kept by axes, under lock-out."""
    ctx = Context(
        actor=Actor(ActorKind.STAFF, str(staff.pk), staff.username),
        facility=None,
        at=timezone.now(),
        permissions=frozenset(),
        purpose=Purpose.OPERATIONS,
        channel=Channel.WEB,
        request_id=request_id,
    )
    record_audit(ctx, "sign-in", target=("Staff", staff.pk))
