"""What can be noted of somebody's history: one frozen fact for each kind of row of QĐ 831's second part, and its checks.

A fact is what was typed or sent, parsed; `faults_of` says everything that cannot be true of this person. Bounds of weights,
lengths, amounts and counts are plausibility, not law: they catch a slip of the keyboard (3200 kg, 50 births).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from records.rules.history import (
    ALLERGIES,
    BLOOD_RELATIVES,
    DELIVERIES,
    DISABILITIES,
    DISEASES,
    OTHER_DISEASE,
    RELATIONSHIPS,
    RISK_STATES,
    RISKS,
)
from records.rules.history_checks import About, among, nothing, phone_fault, text, year_fault
from records.rules.newborn import MOST_AT_ONCE
from records.rules.person import Fault
from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase
from registry.rules.text import display_key

MOST = 30  # births, pregnancies: beyond it a slip of the keyboard
CANCER = 13
OLDEST_ONSET = 120  # years
BIRTH_WEIGHT_G = (300, 7000)
GESTATION_WEEKS = (20, 44)
TERM_WEEKS = 37  # WHO, fact sheet "Preterm birth": born alive before 37 completed weeks
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
BIRTH_LENGTH_CM = (Decimal(20), Decimal(65))
AMOUNTS: Mapping[str, int] = {"tobacco": 200, "alcohol": 100, "exercise": 5040}  # a day, a day, minutes of a week


@dataclass(frozen=True, slots=True)
class Relative:
    """A relative or guardian. relationship: a key of RELATIONSHIPS."""

    relationship: str = text(10)
    relationship_text: str = text(60)
    name: str = text(255)
    national_id: str = text(20)
    phone: str = text(30)
    landline: str = text(30)
    guardian: bool = False

    def faults(self, about: About) -> Iterator[Fault]:
        """Who they are and how they are reached."""
        yield from among(self.relationship, RELATIONSHIPS, "relationship", "Hãy chọn quan hệ với người bệnh.")
        if not self.name:
            yield Fault("name-empty", "Hãy ghi họ và tên.", "name")
        yield from phone_fault(self.phone, "phone")
        yield from phone_fault(self.landline, "landline")
        if self.national_id and not (self.national_id.isdecimal() and len(self.national_id) in (9, 12)):
            yield Fault("national-id", "Số định danh có 12 chữ số (CMND cũ có 9).", "national_id")


@dataclass(frozen=True, slots=True)
class Birth:
    """How somebody was born; None and "" were not asked."""

    delivery: str = text(9)
    preterm: bool | None = None
    asphyxia: bool | None = None
    weight_g: int | None = None
    length_cm: Decimal | None = None
    malformation: str = text(300)
    other: str = text(300)
    gestation_weeks: int | None = None
    birth_order: int | None = None
    born_time: str = text(5)

    def faults(self, about: About) -> Iterator[Fault]:
        """A believable newborn."""
        yield from self._circumstances()
        if self.delivery:
            yield from among(self.delivery, DELIVERIES, "delivery", "Hãy chọn cách đẻ.")
        low, high = BIRTH_WEIGHT_G
        if self.weight_g is not None and not low <= self.weight_g <= high:
            yield Fault("weight", "Cân nặng lúc sinh tính bằng gam, từ 300 đến 7000.", "weight_g")
        short, long = BIRTH_LENGTH_CM
        if self.length_cm is not None and not short <= self.length_cm <= long:
            yield Fault("length", "Chiều dài lúc sinh tính bằng cm, từ 20 đến 65.", "length_cm")
        if self == Birth():
            yield nothing("delivery")

    def _circumstances(self) -> Iterator[Fault]:
        first, last = GESTATION_WEEKS
        if self.gestation_weeks is not None and not first <= self.gestation_weeks <= last:
            yield Fault("gestation", "Tuổi thai tính bằng tuần, từ 20 đến 44.", "gestation_weeks")
        elif self.gestation_weeks and self.preterm is not None and self.preterm != (self.gestation_weeks < TERM_WEEKS):
            yield Fault("preterm", "Đẻ thiếu tháng là dưới 37 tuần: hãy xem lại tuổi thai.", "gestation_weeks")
        if self.birth_order is not None and not 1 <= self.birth_order <= MOST_AT_ONCE:
            yield Fault("birth-order", "Thứ tự sinh từ 1 đến 6.", "birth_order")
        if self.born_time and not _TIME.fullmatch(self.born_time):
            yield Fault("born-time", "Giờ sinh ghi theo 24 giờ, ví dụ 23:50.", "born_time")


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk factor. kind: a key of RISKS; state: a key of RISK_STATES for habits, "" otherwise."""

    kind: str = text(10)
    state: str = text(9)
    amount: Decimal | None = None
    since_year: int | None = None
    until_year: int | None = None
    detail: str = text(300)
    duration: str = text(100)

    def faults(self, about: About) -> Iterator[Fault]:
        """A habit has a state; an amount only while or since it is had; the rest says it in words."""
        risk = RISKS.get(self.kind)
        if risk is None:
            yield Fault("kind", "Hãy chọn yếu tố nguy cơ.", "kind")
            return
        if risk.habit:
            yield from among(self.state, RISK_STATES, "state", "Hãy chọn: không, có, thường xuyên hoặc đã bỏ.")
        elif not self.detail:
            yield Fault("detail", "Hãy ghi rõ.", "detail")
        if self.state == "quit" and risk.habit and not risk.quits:
            yield Fault("state", "Yếu tố này không có “đã bỏ”.", "state")
        if self.state == "never" and (self.amount or self.since_year or self.until_year):
            yield Fault("never", "Đã chọn “không” thì để trống số lượng và năm.", "state")
        if self.amount is not None and not 0 < self.amount <= AMOUNTS.get(self.kind, 0):
            yield Fault("amount", _amount_message(risk.key, risk.unit), "amount")
        yield from year_fault(self.since_year, about, "since_year")
        yield from year_fault(self.until_year, about, "until_year")
        if self.until_year is not None and self.state != "quit":
            yield Fault("until", "Năm bỏ chỉ ghi khi đã bỏ.", "until_year")
        if self.since_year and self.until_year and self.until_year < self.since_year:
            yield Fault("years", "Năm bỏ sớm hơn năm bắt đầu.", "until_year")


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy. kind: a key of ALLERGIES; code: of the sender's list, if any."""

    kind: str = text(10)
    substance: str = text(200)
    reaction: str = text(200)
    severe: bool = False
    code: str = text(40)

    def faults(self, about: About) -> Iterator[Fault]:
        """To what."""
        yield from among(self.kind, ALLERGIES, "kind", "Hãy chọn loại dị ứng.")
        if not self.substance:
            yield Fault("substance", "Hãy ghi dị ứng với gì.", "substance")


@dataclass(frozen=True, slots=True)
class Disease:
    """A disease somebody has or had. category: 1..15; code: ICD-10 or ""; onset: as much of the date as is known."""

    category: int = 0
    display: str = text(500)
    code: str = text(10)
    status: str = "active"
    onset: PartialDate | None = None
    note: str = text(500)

    @property
    def name(self) -> str:
        """Its own name, else its box of the form."""
        return self.display or DISEASES.get(self.category, "")

    def faults(self, about: About) -> Iterator[Fault]:
        """Cancer and "other" are nothing without their name; nothing begins before birth."""
        if self.category not in DISEASES:
            yield Fault("category", "Hãy chọn nhóm bệnh.", "category")
        if self.category in (CANCER, OTHER_DISEASE) and not self.display:
            yield Fault("display", "Hãy ghi rõ tên bệnh.", "display")
        if self.status not in ("active", "resolved"):
            yield Fault("status", "Hãy chọn: đang mắc hoặc đã khỏi.", "status")
        if self.onset and self.onset.last < about.born.value:
            yield Fault("onset", "Thời điểm mắc sớm hơn ngày sinh.", "onset")


@dataclass(frozen=True, slots=True)
class DisabilityFact:
    """A disability. kind: a key of DISABILITIES."""

    kind: str = text(10)
    description: str = text(300)

    def faults(self, about: About) -> Iterator[Fault]:
        """ "Other" is nothing without words."""
        yield from among(self.kind, DISABILITIES, "kind", "Hãy chọn loại khuyết tật.")
        if self.kind == "other" and not self.description:
            yield Fault("description", "Hãy ghi rõ.", "description")


@dataclass(frozen=True, slots=True)
class Surgery:
    """An operation, as told."""

    description: str = text(300)
    year: int | None = None
    place: str = text(200)

    def faults(self, about: About) -> Iterator[Fault]:
        """What, and not before birth."""
        if not self.description:
            yield Fault("description", "Hãy ghi phẫu thuật gì.", "description")
        yield from year_fault(self.year, about, "year")


@dataclass(frozen=True, slots=True)
class FamilyIllness:
    """A disease (1..15) or an allergy of a blood relative: one of the two."""

    relationship: str = text(10)
    relationship_text: str = text(60)
    disease: int | None = None
    allergy: str = text(10)
    description: str = text(300)
    onset_age: int | None = None

    def faults(self, about: About) -> Iterator[Fault]:
        """Who, and one thing a row."""
        yield from among(
            self.relationship, dict.fromkeys(BLOOD_RELATIVES), "relationship", "Hãy chọn ai trong gia đình mắc."
        )
        if (self.disease is None) == (not self.allergy):
            yield Fault("one-of", "Hãy chọn một bệnh hoặc một loại dị ứng.", "disease")
        elif self.disease is not None and self.disease not in DISEASES:
            yield Fault("disease", "Hãy chọn nhóm bệnh.", "disease")
        elif self.allergy and self.allergy not in ALLERGIES:
            yield Fault("allergy", "Hãy chọn loại dị ứng.", "allergy")
        if (self.disease in (CANCER, OTHER_DISEASE) or self.allergy) and not self.description:
            yield Fault("description", "Hãy ghi rõ bệnh hoặc chất gây dị ứng.", "description")
        if self.onset_age is not None and self.onset_age > OLDEST_ONSET:
            yield Fault("onset-age", "Tuổi lúc mắc từ 0 đến 120.", "onset_age")


@dataclass(frozen=True, slots=True)
class Reproductive:
    """Reproductive health; None was not asked, 0 is an answer."""

    contraception: str = text(200)
    last_pregnancy: str = text(100)
    pregnancies: int | None = None
    miscarriages: int | None = None
    abortions: int | None = None
    births: int | None = None
    vaginal_births: int | None = None
    caesarean_births: int | None = None
    difficult_births: int | None = None
    term_births: int | None = None
    preterm_births: int | None = None
    living_children: int | None = None
    gynaecological: str = text(300)

    def faults(self, about: About) -> Iterator[Fault]:
        """Counts that add up: kinds of births within the births, ends of pregnancies within the pregnancies."""
        if not about.may_bear:
            yield Fault("not-asked-of", "Phần này không hỏi người bệnh nam và trẻ dưới 10 tuổi.", "contraception")
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int) and value > MOST:
                yield Fault("count", Phrase("Số lần từ 0 đến {most}.", most=MOST), one.name)
        kinds = (self.vaginal_births, self.caesarean_births, self.difficult_births)
        if self.births is not None and any(kind is not None and kind > self.births for kind in kinds):
            yield Fault("births", "Số lần đẻ thường, đẻ mổ, đẻ khó không thể nhiều hơn số lần sinh đẻ.", "births")
        if self.births is not None and (self.term_births or 0) + (self.preterm_births or 0) > self.births:
            yield Fault("terms", "Đẻ đủ tháng và đẻ non cộng lại nhiều hơn số lần sinh đẻ.", "term_births")
        ended = (self.births or 0) + (self.miscarriages or 0) + (self.abortions or 0)
        if self.pregnancies is not None and ended > self.pregnancies:
            yield Fault("pregnancies", "Sinh, sảy và phá thai cộng lại nhiều hơn số lần có thai.", "pregnancies")
        if self == Reproductive():
            yield nothing("contraception")


@dataclass(frozen=True, slots=True)
class Issue:
    """Anything else, in words."""

    text: str = text(1000)

    def faults(self, about: About) -> Iterator[Fault]:
        """Not nothing."""
        if not self.text:
            yield Fault("text", "Hãy ghi vấn đề sức khoẻ.", "text")


Fact = Relative | Birth | Risk | Allergy | Disease | DisabilityFact | Surgery | FamilyIllness | Reproductive | Issue


_SAME: Mapping[type, tuple[str, ...]] = {
    Allergy: ("substance",),
    Disease: ("category", "code", "name"),
    DisabilityFact: ("kind", "description"),
    Relative: ("relationship", "name"),
    FamilyIllness: ("relationship", "disease", "allergy", "description"),
    Surgery: ("description", "year"),
    Issue: ("text",),
}


def faults_of(fact: Fact, about: About) -> list[Fault]:
    """Everything that cannot be accepted, words too long for their column first."""
    long = [
        Fault("too-long", Phrase("Dài quá {limit} ký tự.", limit=one.metadata["limit"]), one.name)
        for one in fields(fact)
        if "limit" in one.metadata and len(getattr(fact, one.name)) > one.metadata["limit"]
    ]
    return long + list(fact.faults(about))


def same_thing(fact: Fact) -> tuple[object, ...]:
    """What two current rows of one kind may not both say: the same substance, the same habit, one birth; () otherwise."""
    if isinstance(fact, Birth | Reproductive):
        return ("one",)
    if isinstance(fact, Risk):
        return (
            (fact.kind,) if RISKS[fact.kind].habit or fact.kind == "toilet" else (fact.kind, display_key(fact.detail))
        )
    said = (getattr(fact, name) for name in _SAME[type(fact)])
    return tuple(display_key(value) if isinstance(value, str) else value for value in said)


def _amount_message(kind: str, unit: str) -> str:
    if kind not in AMOUNTS:
        return "Yếu tố này không ghi số lượng; hãy ghi vào phần mô tả."
    return Phrase("Số lượng ({unit}) lớn hơn 0, nhiều nhất {most}.", unit=Phrase(unit), most=AMOUNTS[kind])
