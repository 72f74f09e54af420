"""Telling the Department of Health about access: every emergency, and accounts that read more than their role needs."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, connection, transaction

from records.models import AccessAlert, AlertReview, EmergencyAccess
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.text import clean_line

# One alert an account, facility and clock hour; while it goes on, its count grows. The trail is the only witness asked.
_UNUSUAL = """
INSERT INTO records_accessalert (kind, key, actor_kind, actor_id, actor_label, role, facility_id, seen, at)
SELECT 'reading', 'reading/' || e.actor_kind || '/' || e.actor_id || '/' || coalesce(e.facility_code, '') || '/'
                  || to_char(date_trunc('hour', now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24'),
       e.actor_kind, e.actor_id, max(e.actor_label), e.role, e.facility_id, count(DISTINCT e.patient_id), now()
  FROM registry_auditevent e JOIN records_readinglimit l ON l.role = e.role AND l.alerts_at IS NOT NULL
 WHERE e.at > now() - interval '1 hour' AND e.patient_id IS NOT NULL
 GROUP BY e.actor_kind, e.actor_id, e.role, e.facility_id, e.facility_code, l.alerts_at
HAVING count(DISTINCT e.patient_id) >= l.alerts_at
ON CONFLICT (key) DO UPDATE SET seen = greatest(records_accessalert.seen, excluded.seen), at = excluded.at
 WHERE records_accessalert.seen < excluded.seen
RETURNING id, xmax = 0
"""


@command(Permission.ACCESS_REVIEW)
def sweep_readings(ctx: Context) -> int:
    """Find accounts that opened many residents' records within the last hour; returns how many alerts are new."""
    with connection.cursor() as cursor:
        cursor.execute(_UNUSUAL)
        new = [identity for identity, made in cursor.fetchall() if made]
    for identity in new:
        emit(ctx, "access.alerted", {"alert_id": str(identity)})
    record_audit(ctx, "sweep-readings", detail={"alerts": [str(one) for one in new]})
    return len(new)


@command(Permission.ACCESS_REVIEW)
def alert_emergency(ctx: Context, *, access_id: uuid.UUID) -> bool:
    """Tell the Department of an opened emergency access; saying it twice changes nothing. Whether it was news."""
    access = EmergencyAccess.objects.filter(pk=access_id).select_related("staff").first()
    if access is None:
        raise NotFound
    _, made = AccessAlert.objects.get_or_create(
        key=f"emergency/{access_id}",
        defaults={
            "kind": AccessAlert.Kind.EMERGENCY,
            "subject_id": access.pk,
            "actor_kind": "staff",
            "actor_id": str(access.staff_id),
            "actor_label": access.staff.username,
            "facility_id": access.facility_id,
            "at": access.opened_at,
        },
    )
    record_audit(ctx, "alert-emergency", target=("EmergencyAccess", access.pk))
    return made


@command(Permission.ACCESS_REVIEW)
def review_alert(ctx: Context, *, alert_id: uuid.UUID, verdict: str, note: str) -> None:
    """Say what became of an alert about reading, once. Refused at `verdict` or `note`, Conflict when somebody was faster."""
    told = clean_line(note)[:500]
    if verdict not in AlertReview.Verdict.values:
        raise Refused("verdict-unknown", "Hãy chọn kết luận.", "verdict")
    if not told:
        raise Refused("note-missing", "Hãy ghi đã kiểm tra thế nào.", "note")
    alert = AccessAlert.objects.filter(pk=alert_id, kind=AccessAlert.Kind.READING).first()
    if alert is None or ctx.actor.staff_id is None:
        raise NotFound
    try:
        with transaction.atomic():
            AlertReview.objects.create(alert=alert, verdict=verdict, note=told, by_id=ctx.actor.staff_id, at=ctx.at)
    except IntegrityError as error:
        raise Conflict("already-judged", "Người khác vừa kết luận cảnh báo này.") from error
    record_audit(ctx, "review-alert", target=("AccessAlert", alert.pk), detail={"verdict": verdict})
