"""Who is called first.

Groups: Luật Khám bệnh, chữa bệnh 15/2023/QH15, Điều 3 khoản 2: emergencies, children under 6, pregnant women, people with
severe or extremely severe disabilities, people of 75 and over, people with merit to the revolution. (The law of 2009, and
many posters still on the wall, said 80.) The law names the groups, not an order among them: only emergency comes before the
others here, and within a rank the smaller number is called first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from registry.rules.dates import Age
from registry.rules.phrases import Phrase

ELDERLY_YEARS = 75
CHILD_YEARS = 6


class Priority(StrEnum):
    """Why somebody is called before their number."""

    NONE = "none"
    EMERGENCY = "emergency"
    CHILD = "child"
    PREGNANT = "pregnant"
    DISABILITY = "disability"
    ELDERLY = "elderly"
    MERIT = "merit"


PRIORITY_NAMES: Mapping[Priority, str] = {
    Priority.NONE: "Không",
    Priority.EMERGENCY: "Cấp cứu",
    Priority.CHILD: "Trẻ dưới 6 tuổi",
    Priority.PREGNANT: "Phụ nữ có thai",
    Priority.DISABILITY: "Người khuyết tật nặng",
    Priority.ELDERLY: "Người từ đủ 75 tuổi",
    Priority.MERIT: "Người có công",
}

PRIORITY_TAGS: Mapping[Priority, str] = {
    Priority.NONE: "",
    Priority.EMERGENCY: "Cấp cứu",
    Priority.CHILD: "Trẻ < 6",
    Priority.PREGNANT: "Có thai",
    Priority.DISABILITY: "Khuyết tật nặng",
    Priority.ELDERLY: "≥ 75 tuổi",
    Priority.MERIT: "Người có công",
}


def rank(priority: Priority) -> int:
    """Smaller is called first: 0 emergency, 1 every other group of the law, 2 nobody's turn but one's own."""
    if priority is Priority.EMERGENCY:
        return 0
    return 2 if priority is Priority.NONE else 1


def suggested_priority(age: Age) -> Priority:
    """What a birth date alone says; the desk knows the rest. A date known only by its year is read as its earliest day."""
    if age.years < CHILD_YEARS:
        return Priority.CHILD
    return Priority.ELDERLY if age.years >= ELDERLY_YEARS else Priority.NONE


def fault_of_priority(priority: Priority, age: Age, sex: str) -> str:
    """Why this group cannot be this person's (Vietnamese), or "". sex: FHIR code; age at the visit.

    A partial birth date is given the benefit of the doubt of its unknown months: one year.
    """
    doubt = 0 if age.exact else 1
    if priority is Priority.CHILD and age.years - doubt >= CHILD_YEARS:
        template = "Người bệnh {years} tuổi, không thuộc nhóm trẻ dưới {limit} tuổi."
        return Phrase(template, years=age.years, limit=CHILD_YEARS)
    if priority is Priority.ELDERLY and age.years < ELDERLY_YEARS:
        return Phrase("Người bệnh {years} tuổi, chưa đủ {limit} tuổi.", years=age.years, limit=ELDERLY_YEARS)
    if priority is Priority.PREGNANT and sex == "male":
        return Phrase("Người bệnh là nam: chọn nhóm ưu tiên khác.")
    return ""
