"""Screening's tables."""

from screening.models.duties import Assessment, Duty, DutyStatus
from screening.models.enrolments import Enrolment, EnrolmentStatus
from screening.models.episodes import Episode, EpisodeStatus
from screening.models.kits import Kit, KitStatus, TestResult
from screening.models.programmes import Programme, ProgrammeVersion
from screening.models.reported import ReportedRound

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
    "ReportedRound",
    "TestResult",
]
