"""What a resident was asked and answered, purpose by purpose; and, for other apps, who has agreed to what."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from records.models import ConsentPurpose, ConsentText
from records.queries.access import RecordAccess, look_through_door
from records.rules.consent import Signers, signers_of
from registry.kernel import Context, Permission, query, record_audit

PAGE = 100

_ANSWERS = """
SELECT c.id, p.key, p.name, c.decision, t.number, t.body, c.given_at, c.valid_until, c.given_by, c.representative,
       c.relationship, c.child_agreed, c.proof, c.proof_note, f.short_name, s.full_name, r.short_name, c.third_party,
       w.at, w.reason, w.proof, wf.short_name, ws.full_name
  FROM records_recordlink l JOIN records_consent c ON c.source_record_id = l.record_id
  JOIN records_consentpurpose p ON p.id = c.purpose_id JOIN records_consenttext t ON t.id = c.text_id
  JOIN registry_facility f ON f.id = c.facility_id JOIN registry_staff s ON s.id = c.recorded_by_id
  LEFT JOIN registry_facility r ON r.id = c.recipient_id
  LEFT JOIN records_consentwithdrawal w ON w.consent_id = c.id
  LEFT JOIN registry_facility wf ON wf.id = w.facility_id LEFT JOIN registry_staff ws ON ws.id = w.recorded_by_id
 WHERE l.patient_id = %s ORDER BY w.at IS NOT NULL, c.given_at DESC, c.id DESC LIMIT %s
"""
_AGREED = """
SELECT DISTINCT l.patient_id FROM records_recordlink l JOIN records_consent c ON c.source_record_id = l.record_id
  JOIN records_consentpurpose p ON p.id = c.purpose_id
 WHERE l.patient_id = ANY(%s::uuid[]) AND p.key = %s AND p.active AND c.decision = 'permit'
   AND (c.valid_until IS NULL OR c.valid_until >= %s)
   AND NOT EXISTS (SELECT 1 FROM records_consentwithdrawal w WHERE w.consent_id = c.id)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A purpose that is asked today, with the wording in use. recipient: "", "facility" or "third-party"."""

    key: str
    name: str
    recipient: str
    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer with its proof, and how it ended."""

    id: uuid.UUID
    purpose_key: str
    purpose: str
    decision: str
    text_number: int
    text: str
    given_at: datetime
    valid_until: date | None
    given_by: str
    representative: str
    relationship: str
    child_agreed: bool | None
    proof: str
    proof_note: str
    facility: str
    recorded_by: str
    recipient: str | None
    third_party: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    withdrawn_proof: str | None
    withdrawn_facility: str | None
    withdrawn_by: str | None

    def in_force(self, on: date) -> bool:
        """Whether it is the answer that counts today."""
        return self.withdrawn_at is None and (self.valid_until is None or self.valid_until >= on)


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Everything the page shows; answers in force first."""

    access: RecordAccess
    asked: tuple[Asked, ...]
    signers: Signers
    answers: tuple[Answer, ...]
    today: date


@query(Permission.CONSENT_RECORD)
def get_consents(ctx: Context, patient_id: uuid.UUID) -> ConsentPage:
    """The consents of a record that is open here. Raises NotFound, RecordClosed (403)."""
    access = look_through_door(ctx, patient_id)
    today = timezone.localdate(ctx.at)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [str(access.patient_id), PAGE])
        answers = tuple(Answer(*row) for row in cursor.fetchall())
    record_audit(ctx, "read-consents", patient_id=access.patient_id)
    return ConsentPage(access, find_asked(), signers_of(access.person.birth, today), answers, today)


def find_asked() -> tuple[Asked, ...]:
    """The purposes in use with their latest wording, in the order they are asked; one without words is not asked."""
    texts = ConsentText.objects.filter(purpose__active=True).order_by("purpose_id", "-number").distinct("purpose_id")
    latest = {text.purpose_id: text for text in texts}
    return tuple(
        Asked(one.key, one.name, one.recipient, latest[one.pk].body, latest[one.pk].number)
        for one in ConsentPurpose.objects.filter(active=True)
        if one.pk in latest
    )


def people_who_agreed(patient_ids: Collection[uuid.UUID], purpose: str, on: date) -> set[uuid.UUID]:
    """Of these people, those whose agreement to a purpose is in force. For operations that audit themselves."""
    with connection.cursor() as cursor:
        cursor.execute(_AGREED, [[str(one) for one in patient_ids], purpose, on])
        return {row[0] for row in cursor.fetchall()}
