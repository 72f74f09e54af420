"""Bookable hours. Pure: a weekly pattern and the days it does not hold give the slots of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

LONGEST_AHEAD = timedelta(days=180)  # how far ahead one may book: an editable default
SHORTEST_SLOT, LONGEST_SLOT = 5, 240  # minutes
MOST_PER_SLOT = 50


class AppointmentState(StrEnum):
    """What became of a booking. FHIR Appointment: booked, arrived, cancelled, noshow; moved is a cancelled one replaced."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    MOVED = "moved"
    NO_SHOW = "no-show"


APPOINTMENT_NAMES: Mapping[AppointmentState, str] = {
    AppointmentState.BOOKED: "Đã hẹn",
    AppointmentState.ARRIVED: "Đã đến",
    AppointmentState.CANCELLED: "Đã huỷ",
    AppointmentState.MOVED: "Đã dời",
    AppointmentState.NO_SHOW: "Không đến",
}


class BookedFrom(StrEnum):
    """Where a booking was made."""

    DESK = "desk"
    RECORD = "record"
    FOLLOW_UP = "follow-up"


BOOKED_FROM_NAMES: Mapping[BookedFrom, str] = {
    BookedFrom.DESK: "Tại quầy",
    BookedFrom.RECORD: "Từ hồ sơ",
    BookedFrom.FOLLOW_UP: "Hẹn khám lại",
}

WEEKDAYS: Mapping[int, str] = {
    1: "Thứ hai",
    2: "Thứ ba",
    3: "Thứ tư",
    4: "Thứ năm",
    5: "Thứ sáu",
    6: "Thứ bảy",
    7: "Chủ nhật",
}


def slot_times(begins: time, ends: time, minutes: int) -> Iterator[time]:
    """The starts of the slots of a day; one that would end after `ends` is not offered."""
    step, day = timedelta(minutes=minutes), date(2000, 1, 1)
    at, last = datetime.combine(day, begins), datetime.combine(day, ends)
    while at + step <= last:
        yield at.time()
        at += step


def nearest_days(wanted: int, most: int) -> Iterator[int]:
    """Days ahead near the wanted one, a week each way: 15, 13, 16, 12, …; never today, never past `most`."""
    for away in range(1, 8):
        yield from (day for day in (wanted + away, wanted - away) if 1 <= day <= most)


def fault_of_pattern(begins: time, ends: time, minutes: int, capacity: int) -> tuple[str, str] | None:
    """What is wrong with a weekly pattern: (field, message in Vietnamese), or None."""
    if ends <= begins:
        return "ends", "Giờ kết thúc phải sau giờ bắt đầu."
    if not SHORTEST_SLOT <= minutes <= LONGEST_SLOT:
        return "minutes", "Mỗi khung hẹn dài từ 5 đến 240 phút."
    if not 1 <= capacity <= MOST_PER_SLOT:
        return "capacity", "Mỗi khung nhận từ 1 đến 50 người."
    if not any(True for _ in slot_times(begins, ends, minutes)):
        return "minutes", "Khung hẹn dài hơn cả buổi."
    return None
