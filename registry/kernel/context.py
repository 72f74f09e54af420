"""Context: who acts, where, when, with which rights and why. The first argument of every command and query."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from registry.rules.permissions import Permission


class ActorKind(StrEnum):
    """What kind of actor stands behind a context."""

    STAFF = "staff"
    CLIENT = "client"
    SYSTEM = "system"


class Channel(StrEnum):
    """The face through which the request came."""

    WEB = "web"
    ADMIN = "admin"
    API = "api"
    TASK = "task"
    COMMAND_LINE = "command-line"


class Purpose(StrEnum):
    """Why the data is used (HL7 v3 PurposeOfUse codes, as FHIR AuditEvent carries them)."""

    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    PUBLIC_HEALTH = "PUBHLTH"
    OPERATIONS = "HOPERAT"
    SYSTEM_ADMINISTRATION = "HSYSADMIN"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts. `id` is stable, `label` is a login name: never a resident."""

    kind: ActorKind
    id: str
    label: str

    @property
    def staff_id(self) -> int | None:
        """The primary key of the staff member, or None for a client or the system."""
        return int(self.id) if self.kind is ActorKind.STAFF else None


@dataclass(frozen=True, slots=True)
class FacilityRef:
    """The facility a context stands in: primary key, 5-character MA_CSKCB, short name."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Context:
    """Who, where, when, rights, why. Built by middleware, an API token, a Celery task or an importer."""

    actor: Actor
    facility: FacilityRef | None
    at: datetime
    permissions: frozenset[Permission]
    purpose: Purpose
    channel: Channel
    role: str = ""
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def may(self, permission: Permission) -> bool:
        """Whether the actor carries this permission here and now."""
        return permission in self.permissions

    def for_purpose(self, purpose: Purpose) -> Context:
        """The same context with another purpose of use."""
        return replace(self, purpose=purpose)
