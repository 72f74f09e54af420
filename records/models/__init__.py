"""The record's tables."""

from records.models.access import (
    AccessAlert,
    AccessGrant,
    AccessGrantEnd,
    AlertReview,
    EmergencyAccess,
    EmergencyAnswer,
    EmergencyReview,
    ProcessingRestriction,
    ProcessingRestrictionEnd,
)
from records.models.care import AllergyIntolerance, Condition, Encounter, Observation, Procedure
from records.models.consent import Consent, ConsentPurpose, ConsentText, ConsentWithdrawal
from records.models.details import StatementDetails
from records.models.documents import Document, ReceivedForm, StoredFile
from records.models.examination import ClinicalNote, DiagnosticReport, ExaminationFinding
from records.models.history import (
    AskedAndNone,
    BirthHistory,
    Disability,
    FamilyMemberHistory,
    HistoryRow,
    OtherIssue,
    RelatedPerson,
    ReproductiveHistory,
    RiskFactor,
    SurgicalHistory,
)
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
from records.models.immunisation import Immunization, ImmunizationSchedule, VaccineProgramme
from records.models.linkage import LinkageModel
from records.models.medication import MedicationRequest
from records.models.merging import CandidateDecision, MatchCandidate, Merge, MergeUndone
from records.models.policy import AccessPeriod, ReadingLimit, RestrictedCode
from records.models.provenance import ClinicalRow, clinical_constraints, tracked
from records.models.requests import DataSubjectRequest, PublicHoliday, RequestStep, RequestTerm, RetentionClass

__all__ = [
    "AccessAlert",
    "AccessGrant",
    "AccessGrantEnd",
    "AccessPeriod",
    "AlertReview",
    "AllergyIntolerance",
    "AskedAndNone",
    "BirthHistory",
    "CandidateDecision",
    "ClinicalNote",
    "ClinicalRow",
    "Condition",
    "Consent",
    "ConsentPurpose",
    "ConsentText",
    "ConsentWithdrawal",
    "DataSubjectRequest",
    "Demographics",
    "DiagnosticReport",
    "Disability",
    "Document",
    "EmergencyAccess",
    "EmergencyAnswer",
    "EmergencyReview",
    "Encounter",
    "ExaminationFinding",
    "FamilyMemberHistory",
    "HistoryRow",
    "IdentifierKind",
    "Immunization",
    "ImmunizationSchedule",
    "LinkEvent",
    "LinkageModel",
    "MatchCandidate",
    "MedicationRequest",
    "Merge",
    "MergeUndone",
    "NotSamePerson",
    "Observation",
    "OtherIssue",
    "Patient",
    "PatientIdentifier",
    "Precision",
    "Procedure",
    "ProcessingRestriction",
    "ProcessingRestrictionEnd",
    "PublicHoliday",
    "ReadingLimit",
    "ReceivedForm",
    "RecordLink",
    "RelatedPerson",
    "ReproductiveHistory",
    "RequestStep",
    "RequestTerm",
    "RestrictedCode",
    "RetentionClass",
    "RiskFactor",
    "Sex",
    "SourceRecord",
    "StatementDetails",
    "StoredFile",
    "SurgicalHistory",
    "VaccineProgramme",
    "clinical_constraints",
    "tracked",
]
