"""Sign-ins, sign-outs and changes of the second factor leave a trace, as accesses do."""

from __future__ import annotations

import uuid

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from registry.kernel import Actor, ActorKind, Channel, Context, Purpose, record_audit
from registry.models import Staff


def record_sign_in(staff: Staff, *, request_id: uuid.UUID) -> None:
    """One audit row for a sign-in that succeeded. Failed tries are kept by axes, under lock-out."""
    _record(staff, "sign-in", request_id)


def record_sign_out(staff: Staff, *, request_id: uuid.UUID) -> None:
    """One audit row for a sign-out; a session that ran out leaves none."""
    _record(staff, "sign-out", request_id)


def record_second_factor(staff: Staff, *, present: bool, request_id: uuid.UUID) -> None:
    """One audit row when somebody switches their own second factor on or off."""
    _record(staff, "second-factor-on" if present else "second-factor-off", request_id)


def end_sessions(staff: Staff) -> int:
    """End every open session of somebody, at once; returns how many. Sessions hold their owner inside, so all are read."""
    theirs = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == str(staff.pk)
    ]
    return Session.objects.filter(pk__in=theirs).delete()[0]


def _record(staff: Staff, action: str, request_id: uuid.UUID) -> None:
    ctx = Context(
        actor=Actor(ActorKind.STAFF, str(staff.pk), staff.username),
        facility=None,
        at=timezone.now(),
        permissions=frozenset(),
        purpose=Purpose.OPERATIONS,
        channel=Channel.WEB,
        request_id=request_id,
    )
    record_audit(ctx, action, target=("Staff", staff.pk))
