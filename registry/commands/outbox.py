"""Delivering the outbox: every listener of a topic hears of it at least once, in its own transaction."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from registry.models import OutboxMessage

log = structlog.get_logger(__name__)

SWEEP_AFTER = timedelta(seconds=30)
SWEEP_LIMIT = 500
MAX_ATTEMPTS = 20


def deliver(message_id: str) -> bool:
    """Call each listener with (message id, payload); listeners are idempotent.

    False when somebody else holds the message or a listener failed.
    """
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True).filter(pk=message_id, delivered_at=None).first()
        )
        if message is None:
            return False
        try:
            with transaction.atomic():
                for name in settings.RECORD_LISTENERS.get(message.topic, []):
                    import_string(name)(str(message.id), message.payload)
        except Exception as error:  # noqa: BLE001 - a listener's fault is kept with the message and tried again
            log.warning("outbox.listener_failed", message=message_id, topic=message.topic, error=type(error).__name__)
            OutboxMessage.objects.filter(pk=message.pk).update(
                attempts=F("attempts") + 1, last_error=type(error).__name__
            )
            return False
        OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=timezone.now(), attempts=F("attempts") + 1)
    return True


def sweep() -> int:
    """Deliver waiting messages older than half a minute, oldest first; returns how many went out."""
    waiting = OutboxMessage.objects.filter(
        delivered_at=None, attempts__lt=MAX_ATTEMPTS, created_at__lt=timezone.now() - SWEEP_AFTER
    )
    ids = list(waiting.order_by("created_at").values_list("pk", flat=True)[:SWEEP_LIMIT])
    return sum(deliver(str(pk)) for pk in ids)
