"""Which papers the ending of a stay gives rise to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from clinics.rules.stays import DIED, REFERRED


class Paper(StrEnum):
    """A paper of an ending; the value stands in its address."""

    DISCHARGE = "ra-vien"
    REFERRAL = "chuyen-tuyen"
    LEAVE = "nghi-viec"
    DEATH = "bao-tu"


PAPER_NAMES: Mapping[Paper, str] = {
    Paper.DISCHARGE: "Giấy ra viện",
    Paper.REFERRAL: "Giấy chuyển tuyến",
    Paper.LEAVE: "Giấy nghỉ việc hưởng BHXH",
    Paper.DEATH: "Giấy báo tử",
}


def papers_of(*, outcome: str, discharge: str, leave_days: int) -> Iterator[Paper]:
    """The papers of an ending, the discharge first."""
    yield Paper.DISCHARGE
    if discharge in REFERRED:
        yield Paper.REFERRAL
    if leave_days:
        yield Paper.LEAVE
    if outcome == DIED:
        yield Paper.DEATH
