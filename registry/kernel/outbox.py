"""The outbox: a change and the news of it are one transaction; delivery comes after commit and is swept for stragglers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from registry.kernel.context import Context
from registry.models import OutboxMessage

log = structlog.get_logger(__name__)


def emit(ctx: Context, topic: str, payload: Mapping[str, str]) -> None:
    """Tell RECORD_LISTENERS[topic] after commit. payload: identifiers only, never what a resident said.

    A topic nobody listens to leaves no row.
    """
    if topic not in settings.RECORD_LISTENERS:
        return
    message = OutboxMessage.objects.create(topic=topic, payload=dict(payload), request_id=ctx.request_id)
    transaction.on_commit(partial(_send, str(message.id)))


def _send(message_id: str) -> None:
    """Hand the message's id to a worker. A broker that is away loses nothing: the sweep finds the row."""
    deliver = import_string("registry.tasks.deliver_message")
    try:
        deliver.apply_async(args=[message_id], retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - any broker fault means the same: the sweep will deliver it
        log.warning("outbox.broker_away", message=message_id, error=type(error).__name__)
