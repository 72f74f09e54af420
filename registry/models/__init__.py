"""The registry's tables."""

from registry.models.audit import AuditEvent, AuditSeal
from registry.models.base import AppendOnly, Period, PeriodQuerySet, Uuid7Model, UuidV7, append_only_triggers
from registry.models.codes import CodeSystem, Concept
from registry.models.facilities import Department, Facility, Room
from registry.models.staff import ADMIN_RIGHTS, ApiClient, Assignment, Staff
from registry.models.units import AdministrativeUnit, UnitSuccession
from registry.models.work import Job, OutboxMessage

__all__ = [
    "ADMIN_RIGHTS",
    "AdministrativeUnit",
    "ApiClient",
    "AppendOnly",
    "Assignment",
    "AuditEvent",
    "AuditSeal",
    "CodeSystem",
    "Concept",
    "Department",
    "Facility",
    "Job",
    "OutboxMessage",
    "Period",
    "PeriodQuerySet",
    "Room",
    "Staff",
    "UnitSuccession",
    "Uuid7Model",
    "UuidV7",
    "append_only_triggers",
]
