"""What somebody has or had: allergies, diseases, disabilities, operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from records.rules.history import ALLERGIES, DISABILITIES, DISEASES, OTHER_DISEASE
from records.rules.history_checks import About, among, text, year_fault
from records.rules.person import Fault
from registry.rules.dates import PartialDate

CANCER = 13


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
