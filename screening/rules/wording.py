"""Numbers, results and owed steps in the words of a Vietnamese page, for texts that rules and queries make themselves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from registry.rules.phrases import Phrase
from screening.rules.pathway import CLASSIFY, Ending

SAMPLE = "sample"
"""Stands for the step where a sample waits for its result."""


def number_text(value: Decimal) -> str:
    """Decimal comma, no trailing zeros: 57.50 is 57,5 and 20.00 is 20."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",")


def owed_text(step: str, name: str = "") -> Phrase:
    """What is not there yet. name: of the owed action, for a step that is one."""
    if step == SAMPLE:
        return _waited_text(name)
    fixed = {
        CLASSIFY: Phrase("Chưa phân loại kết quả"),
        Ending.DECIDE: Phrase("Chờ bác sĩ quyết định"),
    }
    if step in fixed:
        return fixed[step]
    if _is_acronym(name):
        return Phrase("Chưa có {name}", name=Phrase(name))
    return Phrase("Chưa có {name:lower}", name=Phrase(name or step))


def _waited_text(name: str) -> Phrase:
    """A sample was taken; its result is not there. name: of the action, "" for any."""
    if not name:
        return Phrase("Chờ kết quả mẫu")
    if _is_acronym(name):
        return Phrase("Chờ kết quả mẫu {name}", name=Phrase(name))
    return Phrase("Chờ kết quả mẫu {name:lower}", name=Phrase(name))


def taken_text(day: date) -> Phrase:
    """Since when a sample is waiting."""
    return Phrase("Mẫu lấy ngày {day}", day=f"{day:%d/%m/%Y}")


def _is_acronym(name: str) -> bool:
    """FIT, HSIL, ASC-US and 4A keep their capitals inside a sentence."""
    return name[:2].isupper()


def result_text(action: str, label: str, value: Decimal | None, unit: str) -> Phrase:
    """A result in a line: the number with its unit where one was measured, else its words. action: its short name."""
    if value is not None:
        return Phrase("{action} {value} {unit}", action=Phrase(action), value=number_text(value), unit=unit)
    if not label:
        return Phrase(action)
    if _is_acronym(label):
        return Phrase("{action}: {label}", action=Phrase(action), label=Phrase(label))
    return Phrase("{action}: {label:lower}", action=Phrase(action), label=Phrase(label))
