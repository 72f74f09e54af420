"""What a result means, what follows from it, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from screening.rules.intervals import add_months
from screening.rules.programme import ProgrammeRules


class Verdict(StrEnum):
    """What a FIT says."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    INADEQUATE = "inadequate"


class NextStep(StrEnum):
    """What follows (rows CR-F-* and CR-US-* of the programme's rule table)."""

    ROUTINE_RECALL = "routine-recall"
    COLONOSCOPY = "colonoscopy"
    NEW_KIT = "new-kit"
    SURVEILLANCE = "colonoscopy-surveillance"
    REFERRAL = "referral"
    CLINICIAN_DECIDES = "clinician-decides"
    REPEAT_COLONOSCOPY = "repeat-colonoscopy"
    CLASSIFY = "classify"


NEXT_STEP_NAMES = {
    NextStep.ROUTINE_RECALL: "Mời lại vòng sau",
    NextStep.COLONOSCOPY: "Nội soi đại tràng",
    NextStep.NEW_KIT: "Phát kit mới",
    NextStep.SURVEILLANCE: "Nội soi theo dõi",
    NextStep.REFERRAL: "Chuyển hội chẩn đa chuyên khoa, xếp giai đoạn",
    NextStep.CLINICIAN_DECIDES: "Bác sĩ quyết định, hẹn ngày",
    NextStep.REPEAT_COLONOSCOPY: "Nội soi lại hoặc chụp CT đại tràng",
    NextStep.CLASSIFY: "Đọc và phân loại kết quả nội soi",
}


def judge(rules: ProgrammeRules, value: Decimal | None) -> Verdict:
    """A FIT of `value` µg Hb/g; None is a sample that could not be measured.

    Positive at or above the cut-off (CR-F-positive; Tran 2022, Zorzi 2018), negative below it (CR-F-negative).
    """
    if value is None:
        return Verdict.INADEQUATE
    return Verdict.POSITIVE if value >= rules.cut_off.value else Verdict.NEGATIVE


def step_after_test(verdict: Verdict) -> NextStep:
    """CR-F-negative: routine recall. CR-F-positive: colonoscopy, refer at once. CR-F-inadequate: a new kit."""
    return {
        Verdict.NEGATIVE: NextStep.ROUTINE_RECALL,
        Verdict.POSITIVE: NextStep.COLONOSCOPY,
        Verdict.INADEQUATE: NextStep.NEW_KIT,
    }[verdict]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What follows from a colonoscopy. due: day of the next examination, None when none can be computed.

    closes: whether the duty ends with it; an incomplete examination must be repeated and the case stays open (CR-INC).
    """

    step: NextStep
    due: date | None
    closes: bool


def after_colonoscopy(rules: ProgrammeRules, finding: str, complete: bool | None, performed_on: date) -> FollowUp:
    """What follows. complete None or finding "" : the sender did not say, so somebody has to classify it (CR-US rows all
    ask for a complete, clean examination). Raises KeyError for a finding the version does not know."""
    if complete is False and finding != "cancer":
        return FollowUp(NextStep.REPEAT_COLONOSCOPY, None, closes=False)
    if not finding:
        return FollowUp(NextStep.CLASSIFY, None, closes=True)
    known = rules.finding(finding)
    if known is None:
        raise KeyError(finding)
    due = None if known.months is None else add_months(performed_on, known.months)
    return FollowUp(NextStep(known.next_step), due, closes=True)


def colonoscopy_deadline(rules: ProgrammeRules, result_on: date) -> date:
    """Last day for the colonoscopy: EU 2010, within 31 days of the result (value and mark are the version's)."""
    return result_on + timedelta(days=rules.colonoscopy_days.value)


def classification_deadline(rules: ProgrammeRules, arrived_on: date) -> date:
    """Last day to read and classify a colonoscopy that another facility sent."""
    return arrived_on + timedelta(days=rules.classification_days.value)
