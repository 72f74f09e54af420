"""The record's tables."""

from records.models.access import AccessGrant, EmergencyAccess, EmergencyReview
from records.models.care import AllergyIntolerance, Condition, Encounter, Observation, Procedure
from records.models.identity import (
    Demographics,
    IdentifierKind,
    LinkEvent,
    NotSamePerson,
    Patient,
    PatientIdentifier,
    Precision,
    RecordLink,
    Sex,
    SourceRecord,
)
from records.models.provenance import ClinicalRow, clinical_constraints, tracked

__all__ = [
    "AccessGrant",
    "AllergyIntolerance",
    "ClinicalRow",
    "Condition",
    "Demographics",
    "EmergencyAccess",
    "EmergencyReview",
    "Encounter",
    "IdentifierKind",
    "LinkEvent",
    "NotSamePerson",
    "Observation",
    "Patient",
    "PatientIdentifier",
    "Precision",
    "Procedure",
    "RecordLink",
    "Sex",
    "SourceRecord",
    "clinical_constraints",
    "tracked",
]
