"""Whom a fact of the history is about, and the checks its kinds share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from records.rules.person import Fault
from registry.rules.dates import PartialDate, age_on
from registry.rules.invalid import Invalid
from registry.rules.phones import parse_phone
from registry.rules.phrases import Phrase

FERTILE_FROM = 10  # years; WHO counts adolescents from 10, and a pregnancy before is a matter for other forms
CHILD_UNDER = 16  # Luật Trẻ em 2016, Điều 1


@dataclass(frozen=True, slots=True)
class About:
    """Whom a fact is about, as far as checks need it."""

    today: date
    born: PartialDate
    sex: str

    @property
    def years(self) -> int:
        """Age in whole years."""
        return age_on(self.born, max(self.today, self.born.value)).years

    @property
    def child(self) -> bool:
        """Whether the birth history comes first."""
        return self.years < CHILD_UNDER

    @property
    def may_bear(self) -> bool:
        """Whether reproductive health is asked: never of a male, nor of a small child."""
        return self.sex != "male" and self.years >= FERTILE_FROM


def text(limit: int) -> Any:
    """A field of words, no longer than its column."""
    return field(default="", metadata={"limit": limit})


def among(value: str, choices: Mapping[str, object], name: str, message: str) -> Iterator[Fault]:
    """A fault unless the value is one of the choices."""
    if value not in choices:
        yield Fault(f"{name}-unknown", message, name)


def year_fault(year: int | None, about: About, name: str) -> Iterator[Fault]:
    """A fault for a year outside the person's life."""
    if year is not None and not about.born.value.year <= year <= about.today.year:
        years = {"born": about.born.value.year, "now": about.today.year}
        yield Fault("year", Phrase("Năm từ {born} (năm sinh) đến {now}.", **years), name)


def phone_fault(number: str, name: str) -> Iterator[Fault]:
    """A fault for what is no Vietnamese telephone number."""
    if number:
        try:
            parse_phone(number)
        except Invalid as problem:
            yield Fault(problem.code, problem.message, name)


def nothing(name: str) -> Fault:
    """An empty form was sent."""
    return Fault("nothing", "Chưa ghi gì: hãy điền ít nhất một mục.", name)
