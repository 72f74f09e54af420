"""People as the desks of two clinics state them, and what the trail says of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from records.commands.registration import register_resident
from records.rules.person import StatedPerson, state_person
from registry.models import AuditEvent
from tests.factories.city import NOW, City

VAN = {
    "name": "Nguyễn Thị Hồng Vân",
    "birth": "12/03/1972",
    "sex": "female",
    "phone": "0912000345",
    "cccd": "001172012345",
    "bhyt": "GD4010120456789",
}
BARE = {name: VAN[name] for name in ("name", "birth", "sex")}


def stated(said: dict[str, Any] | None = None, **change: Any) -> StatedPerson:
    """Vân of Kim Liên, or somebody else."""
    person = state_person(today=NOW.date(), **((VAN if said is None else said) | change))
    assert isinstance(person, StatedPerson), person
    return person


def register(city: City, by: str = "le.tan", said: dict[str, Any] | None = None, **change: Any) -> uuid.UUID:
    """Somebody registered at that member's clinic, whoever else looks alike."""
    person = stated(said, **change)
    ctx = city.ctx(by, NOW)
    return register_resident(ctx, person=person, channel="form", raw={}, confirmed_new=True).patient_id


@pytest.fixture
def trail() -> Callable[[], list[AuditEvent]]:
    """trail(): the audit rows since the last call, oldest first."""
    seen: set[uuid.UUID] = set()

    def since() -> list[AuditEvent]:
        rows = [row for row in AuditEvent.objects.order_by("at", "id") if row.id not in seen]
        seen.update(row.id for row in rows)
        return rows

    return since
