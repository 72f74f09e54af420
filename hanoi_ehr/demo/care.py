"""Made-up immunisations, medicines and examinations: children who come late, lasting illnesses under treatment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import TypeVar

from hanoi_ehr.demo.people import Person
from records.rules.immunisation import PlannedDose, Span, parse_span
from records.rules.schedules import SCHEDULE_FILE, planned_dose
from registry.rules.tables import read_tsv, reference_rows

T = TypeVar("T")
CHILD_YEARS = 9
LATE = 0.18  # of the children stop coming some day and are overdue since


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose given. vaccine: a code of "vac-xin"."""

    vaccine: str
    display: str
    programme: str
    number: int | None
    on: date
    lot: str
    reaction: str = ""
    gestation_weeks: int | None = None


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine of a lasting illness."""

    name: str
    ingredient: str
    strength: str
    dose: str
    route: str = "Uống"


MEDICINES: Mapping[str, tuple[Medicine, ...]] = {
    "I10": (
        Medicine("Amlodipin Stella", "amlodipine", "5 mg", "1 viên mỗi sáng"),
        Medicine("Losartan", "losartan", "50 mg", "1 viên mỗi sáng"),
        Medicine("Coversyl", "perindopril", "5 mg", "1 viên mỗi sáng trước ăn"),
    ),
    "E11.9": (
        Medicine("Glucophage", "metformin", "850 mg", "1 viên × 2 lần/ngày, sau ăn sáng và tối"),
        Medicine("Diamicron MR", "gliclazide", "60 mg", "1 viên trước ăn sáng"),
    ),
    "E78.5": (Medicine("Atorvastatin", "atorvastatin", "20 mg", "1 viên buổi tối"),),
    "J44.9": (Medicine("Spiriva", "tiotropium", "18 µg", "Hít 1 viên mỗi sáng", "Hít"),),
    "J45.9": (
        Medicine("Symbicort", "budesonide + formoterol", "160/4,5 µg", "Hít 1 nhát × 2 lần/ngày", "Hít"),
        Medicine("Ventolin", "salbutamol", "100 µg", "Hít 2 nhát khi khó thở", "Hít"),
    ),
    "I25.1": (
        Medicine("Aspirin", "acetylsalicylic acid", "81 mg", "1 viên sau ăn sáng"),
        Medicine("Concor", "bisoprolol", "2,5 mg", "1 viên mỗi sáng"),
    ),
    "M17.9": (Medicine("Paracetamol", "paracetamol", "500 mg", "1 viên khi đau, cách nhau ít nhất 6 giờ"),),
    "B18.1": (Medicine("Tenofovir", "tenofovir disoproxil", "300 mg", "1 viên mỗi ngày"),),
}
STOP_REASONS = ("Phù chân", "Ho khan", "Đau cơ", "Đổi sang thuốc khác", "Xét nghiệm đã ổn định")

# What a doctor finds, by the first letters of the main diagnosis; everything else is normal.
FINDINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "J0": (("ent", "Họng đỏ, amidan sưng nhẹ"), ("respiratory", "Bình thường")),
    "J1": (("respiratory", "Ran ẩm đáy phổi phải"), ("general", "Sốt, mệt")),
    "J2": (("respiratory", "Ran phế quản rải rác hai phổi"),),
    "J4": (("respiratory", "Rì rào phế nang giảm, ran rít thì thở ra"),),
    "A09": (("digestive", "Bụng mềm, chướng nhẹ, không phản ứng thành bụng"), ("skin", "Không dấu mất nước")),
    "K": (("digestive", "Ấn đau thượng vị"),),
    "M": (("musculoskeletal", "Ấn đau, hạn chế vận động cuối tầm"),),
    "L": (("dermatological", "Mảng ban đỏ, vết gãi"),),
    "H66": (("ent", "Màng nhĩ sung huyết"),),
    "I10": (("cardiovascular", "T1, T2 đều rõ, không tiếng thổi"), ("respiratory", "Bình thường")),
    "E11": (("cardiovascular", "Bình thường"), ("endocrine", "Không loét bàn chân")),
}
USUAL = (("skin", "Bình thường"), ("cardiovascular", "Bình thường"), ("respiratory", "Bình thường"))
ADVICE: Mapping[str, str] = {
    "I10": "Ăn nhạt dưới 5 g muối mỗi ngày, đo huyết áp tại nhà buổi sáng, khám lại khi trên 160/100 mmHg.",
    "E11": "Chia nhỏ bữa ăn, đi bộ 30 phút mỗi ngày, kiểm tra bàn chân mỗi tối.",
    "J": "Uống nhiều nước, rửa tay, quay lại khi sốt trên 39 °C hoặc khó thở.",
    "A09": "Uống oresol sau mỗi lần đi ngoài, quay lại khi nôn nhiều hoặc có máu trong phân.",
}


@cache
def _schedule() -> tuple[PlannedDose, ...]:
    return tuple(planned_dose(row) for row in read_tsv(SCHEDULE_FILE))


@cache
def _names() -> dict[str, str]:
    return {row["code"]: row["display"] for row in reference_rows("concepts/vac-xin")}


def doses_of(chance: Random, person: Person, today: date) -> list[Dose]:
    """What somebody was given until today, oldest first: children by the schedule, some late; young women tetanus."""
    age = person.age(today)
    doses = list(_childs(chance, person, today)) if age < CHILD_YEARS else []
    if person.sex == "female" and 22 <= age <= 42 and chance.random() < 0.4:  # noqa: PLR2004 - mothers
        doses += _mothers(chance, person, today)
    if age >= 50 and chance.random() < 0.2:  # noqa: PLR2004 - flu, yearly for some
        doses += [
            _dose(chance, "cum", "outside", None, today - timedelta(days=chance.randint(40, 330))),
        ]
    return sorted(doses, key=lambda dose: dose.on)


def _childs(chance: Random, person: Person, today: date) -> Iterator[Dose]:
    stops = today
    if chance.random() < LATE:
        stops = person.birth + timedelta(days=chance.randint(30, 700))
    six_in_one = chance.random() < 0.25  # noqa: PLR2004 - paid for, in a city
    last: dict[str, date] = {}
    for planned in _schedule():
        if planned.programme != "national" or planned.due is None:
            continue
        due = planned.due.after(person.birth)
        if due < planned.valid_from or (six_in_one and planned.series.startswith("bai-liet")):
            continue
        gap = (planned.interval or Span()).after(last[planned.series]) if planned.series in last else due
        on = max(due, gap) + timedelta(days=0 if not planned.due.months else chance.choice((0, 1, 2, 4, 7, 12, 20)))
        if on >= min(stops, today) or (planned.latest and on >= planned.latest.after(person.birth)):
            continue
        last[planned.series] = on
        paid = six_in_one and planned.vaccine == "dpt-vgb-hib"
        yield _dose(
            chance, "6-trong-1" if paid else planned.vaccine, "outside" if paid else "national", planned.number, on
        )


def _mothers(chance: Random, person: Person, today: date) -> Iterator[Dose]:
    first = today - timedelta(days=chance.randint(60, 2500))
    second = (parse_span("P1M") or Span()).after(first)
    for number, on in ((1, first), (2, second)):
        if on < today:
            dose = _dose(chance, "uon-van", "tetanus", number, on)
            yield Dose(dose.vaccine, dose.display, "tetanus", number, on, dose.lot, "", 18 + 5 * number)


def _dose(chance: Random, vaccine: str, programme: str, number: int | None, on: date) -> Dose:
    lot = f"{chance.choice('ABCDHKV')}{chance.randint(1000, 9999)}{chance.choice(('', 'A', 'B', '-1'))}"
    reaction = "Sốt 38 °C, quấy khóc" if chance.random() < 0.06 else ""  # noqa: PLR2004
    return Dose(vaccine, _names()[vaccine], programme, number, on, lot, reaction)


def finding_of(code: str) -> tuple[tuple[str, str], ...]:
    """What is found in somebody with this main diagnosis: (system, words)."""
    return _nearest(FINDINGS, code) or USUAL


def advice_of(code: str) -> str:
    """What they are told; empty for most."""
    return _nearest(ADVICE, code) or ""


def _nearest(table: Mapping[str, T], code: str) -> T | None:
    """The entry with the longest beginning of the code."""
    keys = sorted((key for key in table if code.startswith(key)), key=len)
    return table[keys[-1]] if keys else None
