"""Who somebody lives and comes from, and what they are exposed to: relatives, the family's illnesses, risks, the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from records.rules.history import (
    ALLERGIES,
    BLOOD_RELATIVES,
    DISEASES,
    OTHER_DISEASE,
    RELATIONSHIPS,
    RISK_STATES,
    RISKS,
)
from records.rules.history_checks import About, among, phone_fault, text, year_fault
from records.rules.history_facts.illness import CANCER
from records.rules.person import Fault
from registry.rules.phrases import Phrase

OLDEST_ONSET = 120  # years
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
class Issue:
    """Anything else, in words."""

    text: str = text(1000)

    def faults(self, about: About) -> Iterator[Fault]:
        """Not nothing."""
        if not self.text:
            yield Fault("text", "Hãy ghi vấn đề sức khoẻ.", "text")


def _amount_message(kind: str, unit: str) -> str:
    if kind not in AMOUNTS:
        return "Yếu tố này không ghi số lượng; hãy ghi vào phần mô tả."
    return Phrase("Số lượng ({unit}) lớn hơn 0, nhiều nhất {most}.", unit=Phrase(unit), most=AMOUNTS[kind])
