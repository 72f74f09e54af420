"""Finding chunks nobody works on: the lease ran out, or the message never arrived."""

from __future__ import annotations

from django.db import connection

SWEEP_LIMIT = 200

# A waiting chunk is lost when its batch has not moved for a minute; several sweepers never take the same chunk.
_ABANDONED = """
UPDATE migration_importchunk SET sent_at = clock_timestamp()
WHERE id IN (
    SELECT c.id FROM migration_importchunk c JOIN migration_importbatch b ON b.id = c.batch_id
    WHERE b.state = 'running' AND (
        (c.state = 'running' AND c.lease_until < clock_timestamp())
        OR (c.state = 'waiting' AND coalesce(c.sent_at, '-infinity') < clock_timestamp() - interval '1 minute'
            AND NOT EXISTS (SELECT 1 FROM migration_importchunk m
                            WHERE m.batch_id = c.batch_id AND m.finished_at > clock_timestamp() - interval '1 minute')))
    ORDER BY c.batch_id, c.no LIMIT %s FOR UPDATE OF c SKIP LOCKED)
RETURNING id
"""


def take_abandoned() -> list[int]:
    """The chunks to send again, marked as sent now."""
    with connection.cursor() as cursor:
        cursor.execute(_ABANDONED, [SWEEP_LIMIT])
        return sorted(row[0] for row in cursor.fetchall())
