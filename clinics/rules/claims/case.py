"""One dossier under examination, and what is known about the world on its day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clinics.rules.charges.money import ZERO
from clinics.rules.claims.values import decimal_of, own_lists
from clinics.rules.diagnoses import Coded
from registry.rules.invalid import Invalid
from registry.rules.qd3176.documents import Dossier, Row
from registry.rules.qd3176.moments import read_moment

Lists = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """facility: MA_CSKCB. lists: code lists in force when the visit began, code to properties. icd: the dossier's
    ICD-10 codes in force when it ended. base_salary: đồng a month, None where it is not known. ending: whether the visit
    has ended (XML0 alone is sent at check-in).
    """

    facility: str
    lists: Lists
    icd: Mapping[str, Coded]
    base_salary: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A dossier with its summary row at hand."""

    dossier: Dossier
    knowledge: Knowledge
    summary: Row = field(default_factory=dict)

    @classmethod
    def of(cls, dossier: Dossier, knowledge: Knowledge) -> Case:
        """The case of a dossier; a missing XML1 leaves an empty summary."""
        return cls(dossier, knowledge, next(iter(dossier.get("XML1", ())), {}))

    def rows(self, *tables: str) -> Iterator[tuple[str, int, Row]]:
        """(table, number from 1, row) of these tables, or of all."""
        for table in tables or tuple(self.dossier):
            for at, row in enumerate(self.dossier.get(table, ()), start=1):
                yield table, at, row

    def codes(self, name: str) -> Mapping[str, Any] | None:
        """A code list by name, or None when it is not loaded."""
        return own_lists().get(name) or self.knowledge.lists.get(name)

    @property
    def insured(self) -> bool:
        """Whether the visit is paid by insurance at all."""
        return self.text("MA_DOITUONG_KCB") not in ("", "9")

    def text(self, name: str) -> str:
        """A field of the summary."""
        return self.summary.get(name, "").strip()

    def day(self, name: str) -> date | None:
        """A day of the summary."""
        moment = moment_in(self.summary, name)
        return moment.date() if moment else None


def moment_in(row: Row, name: str) -> datetime | None:
    """A field as a moment, None when it is empty or not one."""
    try:
        return read_moment(row.get(name, ""))
    except Invalid:
        return None


def amount_in(row: Row, name: str) -> Decimal:
    """A field as a number; 0 when it is empty or not one (its shape is another rule's)."""
    return decimal_of(row.get(name, "").strip()) or ZERO
