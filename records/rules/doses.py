"""What somebody says about one dose of a vaccine, and what cannot be right in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from registry.rules.dates import PartialDate
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

MOST_DOSES = 20
LATEST_GESTATION = 45  # weeks; the database bounds it too
TETANUS = "tetanus"
GIVEN, NOT_GIVEN = "completed", "not-done"


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose given or not given; the fields are those of records.models.Immunization."""

    vaccine: str
    programme: str
    on: PartialDate
    status: str = GIVEN
    number: int | None = None
    product: str = ""
    lot: str = ""
    expires_on: date | None = None
    site: str = ""
    place: str = ""
    performer: str = ""
    primary_source: bool = True
    not_done_code: str = ""
    not_done_reason: str = ""
    reaction_grade: str = ""
    reaction: str = ""
    next_due_on: date | None = None
    gestation_weeks: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the dose concerns."""

    birth: PartialDate
    sex: str
    deceased_on: date | None = None


def dose_faults(dose: Dose, person: Recipient, today: date) -> list[Invalid]:
    """Every fault of a dose, each at the field of Dose it belongs to."""
    return [*_dates(dose, person, today), *_given(dose), *_not_given(dose), *_pregnancy(dose, person)]


def _dates(dose: Dose, person: Recipient, today: date) -> Iterator[Invalid]:
    if dose.on.value > today:
        yield Invalid("date-future", "Ngày tiêm ở tương lai. Mũi hẹn tiêm được ghi ở ô ngày hẹn.", "on")
    elif dose.on.last < person.birth.value:
        yield Invalid("before-birth", Phrase("Ngày tiêm trước ngày sinh ({birth}).", birth=person.birth.display), "on")
    elif person.deceased_on and dose.on.value > person.deceased_on:
        yield Invalid("after-death", "Ngày tiêm sau ngày mất ghi trong hồ sơ.", "on")
    if dose.next_due_on and dose.next_due_on <= dose.on.value:
        yield Invalid("next-before", "Ngày hẹn phải sau ngày này.", "next_due_on")
    if dose.number is not None and not 1 <= dose.number <= MOST_DOSES:
        yield Invalid("dose-number", Phrase("Mũi thứ phải từ 1 đến {most}.", most=MOST_DOSES), "number")


def _given(dose: Dose) -> Iterator[Invalid]:
    if dose.status != GIVEN:
        return
    # TT 34/2018/TT-BYT asks the lot of whoever injects [from memory]; a booklet from elsewhere may not show it.
    if dose.primary_source and not dose.lot:
        yield Invalid(
            "lot-missing", "Hãy ghi số lô, hoặc chọn “Chép từ sổ, phiếu tiêm” nếu mũi này tiêm ở nơi khác.", "lot"
        )
    if dose.expires_on and dose.expires_on < dose.on.value:
        yield Invalid(
            "vaccine-expired", "Hạn dùng của lô này trước ngày tiêm. Hãy kiểm tra lại lọ vắc xin.", "expires_on"
        )
    if dose.reaction_grade == "severe" and not dose.reaction:
        yield Invalid("reaction-words", "Tai biến nặng cần được mô tả.", "reaction")


def _not_given(dose: Dose) -> Iterator[Invalid]:
    if dose.status != NOT_GIVEN:
        return
    if not dose.not_done_code:
        yield Invalid("not-done-code", "Hãy chọn lý do không tiêm.", "not_done_code")
    if dose.not_done_code in ("other", "contraindicated") and not dose.not_done_reason:
        yield Invalid("not-done-words", "Hãy ghi rõ lý do.", "not_done_reason")


def _pregnancy(dose: Dose, person: Recipient) -> Iterator[Invalid]:
    if dose.programme == TETANUS and person.sex == "male":
        yield Invalid(
            "tetanus-women", "Mục uốn ván này dành cho phụ nữ; hãy chọn tiêm ngoài chương trình.", "programme"
        )
    if dose.gestation_weeks is None:
        return
    if person.sex == "male":
        yield Invalid("gestation-sex", "Chỉ ghi tuần thai cho phụ nữ.", "gestation_weeks")
    elif not 1 <= dose.gestation_weeks <= LATEST_GESTATION:
        yield Invalid(
            "gestation-range", Phrase("Tuần thai phải từ 1 đến {most}.", most=LATEST_GESTATION), "gestation_weeks"
        )


def latest_day(on: PartialDate, today: date) -> date:
    """The latest day a partly known date can mean, never in the future: intervals run from it."""
    return min(on.last, today) if on.value <= today else on.value


def nearby(one: PartialDate, other: PartialDate, days: int = 0) -> bool:
    """Whether two doses can be the same one told twice."""
    return one.value <= other.last + timedelta(days=days) and other.value <= one.last + timedelta(days=days)
