"""Sealing the audit trail: signed digests in a chain, made in batches so that writers never wait for each other.

A seal covers every row whose transaction number lies in [from, to), where `to` is the oldest transaction still running in
this database: nothing can appear in a sealed range afterwards unless somebody put it there. Verification recomputes each
digest from the rows, checks the chain and the signatures, and reports rows that appeared behind a seal. Cutting off the
newest seals is seen only by who kept their numbers elsewhere. See docs/adr/0003.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from registry.models import AuditSeal
from registry.rules.phrases import Phrase

GENESIS = "0" * 64
LOCK = 0x5345_414C
BATCH = 5_000

# One canonical text per row: every column, in a fixed order, times in UTC with microseconds. JSON quotes each value, so that
# nothing can be moved from one column into the next without changing the text.
_ROWS = """
    SELECT json_build_array(id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), xact, action, outcome, code,
                            permission, actor_kind, actor_id, actor_label, role, facility_id, facility_code, patient_id,
                            target_type, target_id, purpose, channel, request_id, detail)::text
    FROM registry_auditevent WHERE xact >= %s AND xact < %s ORDER BY xact, at, id
"""
# The oldest transaction that may still write here. Transaction numbers are the whole server's: one that runs is left out of
# account only where it is seen to hold its number from another database; what cannot be placed counts as ours. Second:
# whether one ended between the two looks, so that nobody holds its number any more.
_HORIZON = """
    WITH seen AS MATERIALIZED (SELECT pg_current_snapshot() AS snapshot),
    held AS MATERIALIZED (
        SELECT lock.transactionid AS number, backend.datid
          FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS backend USING (pid)
        WHERE lock.locktype = 'transactionid' AND lock.mode = 'ExclusiveLock' AND lock.granted
    ),
    running AS (
        SELECT number FROM seen, pg_snapshot_xip(seen.snapshot) AS number
        WHERE number::xid NOT IN (
            SELECT held.number FROM held
            WHERE held.datid <> (SELECT oid FROM pg_database WHERE datname = current_database()))
        UNION ALL SELECT pg_current_xact_id_if_assigned()
    )
    SELECT least((SELECT min(number) FROM running), pg_snapshot_xmax(snapshot))::text::bigint,
           EXISTS (SELECT 1 FROM pg_snapshot_xip(snapshot) AS number WHERE number::xid NOT IN (SELECT held.number FROM held))
    FROM seen
"""
LOOKS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not add up: which seal (0 for none) and what."""

    seal: int
    what: str


def seal_audit_trail() -> int:
    """Seal all rows of ended transactions since the last seal; returns the number of rows, 0 when there is nothing."""
    key = _private_key()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = AuditSeal.objects.order_by("-number").first()
        start = last.to_xact if last else 0
        end = find_horizon(cursor)
        if end <= start:
            return 0
        digest, count = digest_rows(start, end)
        if count == 0:
            return 0
        previous = last.digest if last else GENESIS
        number = last.number + 1 if last else 1
        body = seal_text(number, start, end, count, digest, previous)
        AuditSeal.objects.create(
            number=number,
            from_xact=start,
            to_xact=end,
            row_count=count,
            digest=digest,
            previous=previous,
            signature=base64.b64encode(key.sign(body)).decode(),
            key_id=key_id(key.public_key()),
        )
    return count


def find_horizon(cursor: Any) -> int:
    """The oldest transaction that may still write here; one that ended while we looked holds nothing back: we look again."""
    for _look in range(LOOKS):
        cursor.execute(_HORIZON)
        end, one_ended_meanwhile = cursor.fetchone()
        if not one_ended_meanwhile:
            break
    return int(end)


def find_audit_faults(*, last: int | None = None) -> Iterator[Fault]:
    """Check every seal from the first, or the `last` ones; yields what does not add up, nothing when the trail is whole."""
    public = _private_key().public_key()
    seals = AuditSeal.objects.order_by("number")
    before = list(seals.reverse()[last : last + 1]) if last else []
    previous, end, expected = (before[0].digest, before[0].to_xact, before[0].number + 1) if before else (GENESIS, 0, 1)
    for seal in seals.filter(number__gte=expected).iterator():
        if seal.number != expected:
            yield Fault(seal.number, Phrase("niêm phong số {number} bị mất", number=expected))
        if seal.previous != previous or seal.from_xact != end:
            yield Fault(seal.number, "không nối với niêm phong trước")
        if not _signed(public, seal):
            yield Fault(seal.number, "chữ ký không đúng")
        digest, count = digest_rows(seal.from_xact, seal.to_xact)
        if count != seal.row_count:
            template = "có {count} dòng, lúc niêm phong là {sealed}"
            yield Fault(seal.number, Phrase(template, count=count, sealed=seal.row_count))
        elif digest != seal.digest:
            yield Fault(seal.number, "nội dung đã bị sửa")
        previous, end, expected = seal.digest, seal.to_xact, seal.number + 1


def digest_rows(start: int, end: int) -> tuple[str, int]:
    """SHA-256 (hex) over the rows of [start, end) in order, and their number. Streams: memory does not grow with rows."""
    digest, count = hashlib.sha256(), 0
    with transaction.atomic(), closing(connection.connection.cursor(name=f"seal_{uuid4().hex}")) as cursor:
        cursor.itersize = BATCH
        cursor.execute(_ROWS, [start, end])
        for (text,) in cursor:
            digest.update(text.encode() + b"\n")
            count += 1
    return digest.hexdigest(), count


def seal_text(number: int, start: int, end: int, count: int, digest: str, previous: str) -> bytes:
    """What is signed."""
    return f"hanoi-ehr-audit-seal:1:{number}:{start}:{end}:{count}:{digest}:{previous}".encode()


def key_id(public: Ed25519PublicKey) -> str:
    """The first 16 hex digits of the public key's SHA-256: tells which key signed, reveals nothing."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def prepare_audit_months(ahead: int = 3) -> int:
    """Make missing monthly partitions; returns how many were made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ehr_prepare_audit_months(%s)", [ahead])
        return int(cursor.fetchone()[0])


def _signed(public: Ed25519PublicKey, seal: AuditSeal) -> bool:
    body = seal_text(seal.number, seal.from_xact, seal.to_xact, seal.row_count, seal.digest, seal.previous)
    try:
        public.verify(base64.b64decode(seal.signature), body)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private_key() -> Ed25519PrivateKey:
    try:
        seed = base64.b64decode(settings.AUDIT_SEAL_KEY, validate=True)
        return Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError as error:
        raise ImproperlyConfigured("AUDIT_SEAL_KEY phải là 32 byte ngẫu nhiên ở dạng base64.") from error
