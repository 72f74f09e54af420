"""What another system's file says, row by row, ready to be loaded; and what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from records.queries.bulk import KnownVisit
from records.rules.bulk_facts import BulkFact
from records.rules.person import StatedPerson


@dataclass(frozen=True, slots=True)
class BulkVisit:
    """One encounter of the sending system; key: its number there (MA_LK), unique in the facility and system."""

    key: str
    care_type: str
    started_at: datetime
    ended_at: datetime | None
    reason: str
    conclusion: str
    department_code: str
    practitioner_name: str
    outcome_code: str
    discharge_code: str

    @property
    def facts(self) -> tuple[Any, ...]:
        """What the sender states of the visit itself, in the order of KnownVisit.facts."""
        return (
            self.care_type, self.started_at, self.ended_at, self.reason, self.conclusion, self.department_code,
            self.practitioner_name, self.outcome_code, self.discharge_code,
        )  # fmt: skip

    def same_as(self, known: KnownVisit) -> bool:
        """Whether the record already holds exactly this of the visit itself."""
        return self.facts == known.facts


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A person as stated, and the visit they were stated with. stated_at: when that system wrote it down.

    facts: what was stated beside, of the visit where there is one. whole: tables of the file that the row states
    completely, so that a correction may withdraw what it leaves out.
    """

    number: int
    key: str
    person: StatedPerson
    raw: Mapping[str, str]
    stated_at: datetime
    visit: BulkVisit | None = None
    facts: tuple[BulkFact, ...] = ()
    whole: frozenset[str] = frozenset()

    @property
    def prefix(self) -> str:
        """What the keys of its facts begin with: the visit's number; facts without one carry their whole key."""
        return self.visit.key if self.visit else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. record and person: loaded (a new person), linked (an existing one), skipped (already there);
    record may be "changed": another content is on file under the same number, nothing was written. corrected: another
    content was on file, and this newer statement of the same system took its place. doubtful: somebody else on file looks
    alike and was not linked. rows: what became of each fact's row of the file (records.commands.bulk_clinical).
    """

    number: int
    record: str
    person: str
    doubtful: bool = False
    corrected: bool = False
    rows: Mapping[tuple[str, int], str] = field(default_factory=dict)


def summary(outcomes: Sequence[Outcome]) -> Counter[str]:
    """How many rows became what."""
    return Counter(outcome.record for outcome in outcomes)
