"""What another system's file says, row by row, ready to be loaded; and what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from records.queries.bulk import KnownVisit
from records.rules.person import StatedPerson


@dataclass(frozen=True, slots=True)
class BulkDiagnosis:
    """role: "main" or "secondary"; code normalised, raw as written."""

    role: str
    code: str
    raw: str
    display: str


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
    diagnoses: tuple[BulkDiagnosis, ...] = ()

    def same_as(self, known: KnownVisit) -> bool:
        """Whether the record already holds exactly this."""
        facts = (
            self.care_type, self.started_at, self.ended_at, self.reason, self.conclusion, self.department_code,
            self.practitioner_name, self.outcome_code, self.discharge_code,
        )  # fmt: skip
        return facts == known.facts and {(one.role, one.code) for one in self.diagnoses} == known.diagnoses


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A person as stated, and the visit they were stated with. stated_at: when that system wrote it down."""

    number: int
    key: str
    person: StatedPerson
    raw: Mapping[str, str]
    stated_at: datetime
    visit: BulkVisit | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. record and person: loaded (a new person), linked (an existing one), skipped (already there);
    record may be "changed": another content is on file under the same number, nothing was written. doubtful: somebody
    else on file looks alike and was not linked.
    """

    number: int
    record: str
    person: str
    doubtful: bool = False


def summary(outcomes: Sequence[Outcome]) -> Counter[str]:
    """How many rows became what."""
    return Counter(outcome.record for outcome in outcomes)
