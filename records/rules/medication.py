"""What is said about a medicine somebody takes, and what cannot be right in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from registry.rules.dates import PartialDate
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

AHEAD = timedelta(days=60)  # a prescription may begin at the next appointment


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine; the fields are those of records.models.MedicationRequest."""

    name: str
    started_on: date
    ingredient: str = ""
    strength: str = ""
    dose: str = ""
    route: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    indication: str = ""
    ended_on: date | None = None
    long_term: bool = False
    reported: bool = False
    prescriber: str = ""
    code: str = ""


def medicine_faults(one: Medicine, birth: PartialDate, today: date) -> list[Invalid]:
    """Every fault of a medicine, each at the field of Medicine it belongs to."""
    faults = []
    if not one.name:
        faults.append(Invalid("medicine-unnamed", "Hãy ghi tên thuốc.", "name"))
    if not one.dose and not one.reported:
        faults.append(Invalid("dose-missing", "Hãy ghi liều và cách dùng.", "dose"))
    if one.started_on < birth.value:
        faults.append(
            Invalid(
                "before-birth", Phrase("Ngày bắt đầu trước ngày sinh ({birth}).", birth=birth.display), "started_on"
            )
        )
    if one.started_on > today + AHEAD:
        faults.append(Invalid("date-far", Phrase("Ngày bắt đầu xa quá {days} ngày.", days=AHEAD.days), "started_on"))
    if one.ended_on and one.ended_on < one.started_on:
        faults.append(Invalid("period-reversed", "Ngày kết thúc trước ngày bắt đầu.", "ended_on"))
    if one.quantity is not None and one.quantity <= 0:
        faults.append(Invalid("quantity", "Số lượng phải lớn hơn 0.", "quantity"))
    return faults


def stop_faults(started_on: date, ended_on: date, today: date) -> list[Invalid]:
    """Whether somebody can have stopped a medicine on this day."""
    if ended_on > today:
        return [Invalid("date-future", "Ngày ngừng ở tương lai.", "ended_on")]
    if ended_on < started_on:
        return [Invalid("period-reversed", "Ngày ngừng trước ngày bắt đầu dùng.", "ended_on")]
    return []
