"""A stay in bed: its steps, the day's sheet, how it ends and what each ending asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from clinics.rules.referrals import REFERRED, referral_faults
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase


class StayStep(StrEnum):
    """What happened to a person's place."""

    ADMITTED = "admitted"
    MOVED = "moved"
    TRANSFERRED = "transferred"
    LEFT = "left"


STEP_NAMES: Mapping[StayStep, str] = {
    StayStep.ADMITTED: "Vào khoa",
    StayStep.MOVED: "Đổi giường",
    StayStep.TRANSFERRED: "Chuyển khoa",
    StayStep.LEFT: "Ra viện",
}

# Levels of care of TT 31/2021/TT-BYT (from memory; the names are what wards use).
CARE_LEVELS: Mapping[str, str] = {"1": "Cấp I", "2": "Cấp II", "3": "Cấp III"}


class Slot(StrEnum):
    """When in the day something is given."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"


SLOT_NAMES: Mapping[Slot, str] = {
    Slot.MORNING: "Sáng",
    Slot.NOON: "Trưa",
    Slot.AFTERNOON: "Chiều",
    Slot.EVENING: "Tối",
}

INPATIENT = "03"  # MA_LOAI_KCB: điều trị nội trú

# MA_LOAI_RV of QĐ 130/QĐ-BYT (annex, XML1).
DISCHARGES: Mapping[str, str] = {
    "1": "Ra viện",
    "2": "Chuyển tuyến theo yêu cầu chuyên môn",
    "3": "Trốn viện",
    "4": "Xin ra viện",
    "5": "Chuyển tuyến theo yêu cầu người bệnh",
}
DIED = "5"  # KET_QUA_DTRI
MOST_ORDERS = 30
# A guard against slips of the keyboard, not the legal limit: how many days one certificate of leave paid by social insurance
# may give differs by illness and is for the doctor to know until the circular's list is loaded.
MOST_LEAVE_DAYS = 180


def leave_days_after(left: date, days: int) -> tuple[date, date]:
    """The first and the last day of a leave of work given on leaving: it begins the day after."""
    return left + timedelta(days=1), left + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One thing to give or do today: what, how, at which times of the day (none: once, whenever)."""

    name: str
    how: str = ""
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class DaySheet:
    """What the doctor found and orders for a day."""

    course: str
    care_level: str
    diet: str = ""
    lines: tuple[OrderLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a stay ends. outcome: KET_QUA_DTRI; discharge: MA_LOAI_RV; referred_to: code of a facility; leave_days: of work,
    from the day after leaving.
    """

    outcome: str
    discharge: str
    treatment: str
    condition: str
    advice: str = ""
    follow_up: str = ""
    leave_days: int = 0
    referred_to: str = ""
    referral_reason: str = ""
    died_at: datetime | None = None
    cause: str = ""


def sheet_faults(sheet: DaySheet) -> Iterator[Invalid]:
    """Everything wrong with a day's sheet, each at its field."""
    if not sheet.course.strip():
        yield Invalid("course-missing", "Hãy ghi diễn biến trong ngày.", "course")
    if sheet.care_level not in CARE_LEVELS:
        yield Invalid("care-level-unknown", "Hãy chọn cấp chăm sóc.", "care_level")
    if len(sheet.lines) > MOST_ORDERS:
        yield Invalid("orders-many", Phrase("Nhiều nhất {most} y lệnh một ngày.", most=MOST_ORDERS), "lines")


def ending_faults(ending: Ending, admitted: datetime, now: datetime) -> Iterator[Invalid]:
    """Everything an ending lacks or contradicts, each at its field."""
    if not ending.treatment.strip():
        yield Invalid("treatment-missing", "Hãy ghi phương pháp điều trị.", "treatment")
    if not ending.condition.strip():
        yield Invalid("condition-missing", "Hãy ghi tình trạng khi ra viện.", "condition")
    if ending.discharge not in DISCHARGES:
        yield Invalid("discharge-unknown", "Hãy chọn loại ra viện.", "discharge")
    yield from referral_faults(ending.discharge, ending.referred_to, ending.referral_reason)
    yield from _death_faults(ending, admitted, now)
    if not 0 <= ending.leave_days <= MOST_LEAVE_DAYS:
        message = Phrase("Một giấy nghỉ hưởng BHXH nhiều nhất {most} ngày.", most=MOST_LEAVE_DAYS)
        yield Invalid("leave-long", message, "leave_days")


def _death_faults(ending: Ending, admitted: datetime, now: datetime) -> Iterator[Invalid]:
    if ending.outcome != DIED:
        if ending.died_at or ending.cause.strip():
            yield Invalid("not-died", "Chỉ ghi giờ và nguyên nhân khi kết quả là tử vong.", "outcome")
        return
    if ending.died_at is None:
        yield Invalid("death-time-missing", "Hãy ghi giờ tử vong.", "died_at")
    elif not admitted <= ending.died_at <= now:
        yield Invalid("death-time", "Giờ tử vong phải sau khi vào viện và không ở phía trước.", "died_at")
    if not ending.cause.strip():
        yield Invalid("cause-missing", "Hãy ghi nguyên nhân tử vong.", "cause")
    if ending.follow_up or ending.leave_days or ending.discharge in REFERRED:
        yield Invalid(
            "after-death",
            "Người bệnh đã mất: không hẹn khám lại, không nghỉ hưởng BHXH, không chuyển tuyến.",
            "outcome",
        )


def days_of_stay(admitted: date, left: date) -> int:
    """SO_NGAY_DTRI of a stay: leaving minus admission plus one (annex of QĐ 130/QĐ-BYT, kinds 2, 3, 4 and 6)."""
    return (left - admitted).days + 1
