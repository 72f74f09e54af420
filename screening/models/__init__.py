"""Screening's tables."""

from screening.models.duties import Assessment, Duty, DutyStatus
from screening.models.enrolments import Enrolment, EnrolmentStatus
from screening.models.episodes import Episode, EpisodeStatus
from screening.models.kits import Kit, KitStatus, TestResult
from screening.models.programmes import Programme, ProgrammeVersion

__all__ = [
    "Assessment",
    "Duty",
    "DutyStatus",
    "Enrolment",
    "EnrolmentStatus",
    "Episode",
    "EpisodeStatus",
    "Kit",
    "KitStatus",
    "Programme",
    "ProgrammeVersion",
    "TestResult",
]
