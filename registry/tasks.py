"""Scheduled work of the registry: thin doors to commands."""

from __future__ import annotations

from celery import shared_task

from registry.commands import outbox, seals


@shared_task
def seal_audit() -> int:
    """Seal what has been written since the last seal; returns how many rows."""
    return seals.seal_audit_trail()


@shared_task
def prepare_audit_months() -> int:
    """Make the partitions of the coming three months; returns how many were missing."""
    return seals.prepare_audit_months()


@shared_task
def deliver_message(message_id: str) -> None:
    """Deliver one outbox message to its listeners."""
    outbox.deliver(message_id)


@shared_task
def sweep_outbox() -> int:
    """Deliver what a lost broker or worker left lying; returns how many messages."""
    return outbox.sweep()
