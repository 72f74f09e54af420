"""Which papers the ending of a stay or of an outpatient visit gives rise to, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from clinics.rules.referrals import REFERRED
from clinics.rules.stays import DIED


class Paper(StrEnum):
    """A paper of an ending; the value stands in its address."""

    DISCHARGE = "ra-vien"
    REFERRAL = "chuyen-tuyen"
    LEAVE = "nghi-viec"
    DEATH = "bao-tu"
    FOLLOW_UP = "hen-kham-lai"


PAPER_NAMES: Mapping[Paper, str] = {
    Paper.DISCHARGE: "Giấy ra viện",
    Paper.REFERRAL: "Giấy chuyển cơ sở khám bệnh, chữa bệnh",  # as table XML13 of QĐ 3176/QĐ-BYT names it
    Paper.LEAVE: "Giấy nghỉ việc hưởng BHXH",
    Paper.DEATH: "Giấy báo tử",
    Paper.FOLLOW_UP: "Giấy hẹn khám lại",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What the papers of one ending say, ready to read; "" and None leave a line to write on.

    ended_at: when the person left; results: in words; referred_to: code and name; returns_at: the hour of the follow-up.
    """

    ended_at: datetime
    doctor: str
    diagnosis: str
    treatment: str = ""
    outcome: str = ""
    condition: str = ""
    advice: str = ""
    results: str = ""
    referred_to: str = ""
    referral_reason: str = ""
    leave_days: int = 0
    died_at: datetime | None = None
    cause: str = ""
    returns_at: datetime | None = None
    returns_to: str = ""
    returns_for: str = ""


def papers_of(*, outcome: str, discharge: str, leave_days: int, follow_up: bool = False) -> Iterator[Paper]:
    """The papers of a stay's ending, the discharge first."""
    yield Paper.DISCHARGE
    yield from _referral(discharge)
    if leave_days:
        yield Paper.LEAVE
    if outcome == DIED:
        yield Paper.DEATH
    yield from _follow_up(follow_up)


def papers_of_visit(*, discharge: str, follow_up: bool) -> Iterator[Paper]:
    """The papers of an outpatient visit that was closed."""
    yield from _referral(discharge)
    yield from _follow_up(follow_up)


def _referral(discharge: str) -> Iterator[Paper]:
    if discharge in REFERRED:
        yield Paper.REFERRAL


def _follow_up(booked: bool) -> Iterator[Paper]:
    if booked:
        yield Paper.FOLLOW_UP
