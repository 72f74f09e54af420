"""Prescribing safety: what a local, versioned knowledge set says about these lines for this person. Pure."""

from clinics.rules.safety.checks import check
from clinics.rules.safety.facts import Allergy, Line, Measured, Part, PersonFacts, Taken, Told
from clinics.rules.safety.findings import Finding, unmet
from clinics.rules.safety.knowledge import KnowledgeSet, Severity

__all__ = [
    "Allergy", "Finding", "KnowledgeSet", "Line", "Measured", "Part", "PersonFacts", "Severity", "Taken", "Told",
    "check", "unmet",
]  # fmt: skip
