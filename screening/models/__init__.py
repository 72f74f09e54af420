"""Screening's tables."""

from screening.models.duties import Duty, DutyStatus
from screening.models.enrolments import Enrolment, EnrolmentStatus
from screening.models.episodes import Episode, EpisodeStatus
from screening.models.invitations import (
    Invitation,
    InvitationBatch,
    InvitationChannel,
    InvitationState,
    InvitationStatus,
    Response,
)
from screening.models.kits import Kit, KitStatus
from screening.models.programmes import Programme, ProgrammeVersion
from screening.models.reported import ReportedRound
from screening.models.results import Result
from screening.models.samples import BatchItem, LaboratoryBatch, Sample, SampleStatus
from screening.models.set_aside import SetAside
from screening.models.sweeps import Sweep

__all__ = [
    "BatchItem",
    "Duty",
    "DutyStatus",
    "Enrolment",
    "EnrolmentStatus",
    "Episode",
    "EpisodeStatus",
    "Invitation",
    "InvitationBatch",
    "InvitationChannel",
    "InvitationState",
    "InvitationStatus",
    "Kit",
    "KitStatus",
    "LaboratoryBatch",
    "Programme",
    "ProgrammeVersion",
    "ReportedRound",
    "Response",
    "Result",
    "Sample",
    "SampleStatus",
    "SetAside",
    "Sweep",
]
