"""The rules of one programme version. Every value carries its source.

A value that nobody has confirmed against its original (`unverified`) works, and is shown as unverified wherever it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, TypeVar

from screening.rules.pathway import CLASSIFY, Action, Ending, Pathway, Row, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value, where it comes from, and whether somebody still has to confirm it."""

    value: T
    source: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Cleared:
    """What makes the test unnecessary for so many months: procedures of the record, by code. None of it: no codes."""

    codes: tuple[str, ...] = ()
    months: int = 0
    source: str = ""
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class RiskGroup:
    """People with a history of their own: other ages, another interval. conditions: ICD-10 prefixes that make the group;
    without any the record cannot tell, and only a clinician who enrols somebody names the group.

    active: in force; who is in none of the groups belongs to everybody else.
    """

    code: str
    label: str
    sexes: frozenset[str]
    age_from: int
    age_to: int | None
    interval_months: int
    test: str
    conditions: tuple[str, ...]
    source: str
    unverified: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Who is not invited: people with these conditions (ICD-10 prefixes) or procedures; months: how long (None: ever)."""

    code: str
    label: str
    conditions: tuple[str, ...]
    procedures: tuple[str, ...]
    months: int | None
    source: str
    unverified: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Escalation:
    """days_late after its deadline a duty is told to `to` (facility, ward, department)."""

    days_late: int
    to: str


@dataclass(frozen=True, slots=True)
class Calling:
    """reminders: after how many days without an answer the next invitation goes out; give_up: after how many days without
    an answer to the last one the round ends untested."""

    reminders: tuple[Sourced[int], ...]
    give_up: Sourced[int]

    def days_after(self, number: int) -> int:
        """How long the invitation of this number waits for an answer."""
        return self.reminders[number - 1].value if number <= len(self.reminders) else self.give_up.value

    @property
    def most(self) -> int:
        """Invitations in one round at most."""
        return len(self.reminders) + 1


@dataclass(frozen=True, slots=True)
class SampleClock:
    """Within how many days of taking a sample for `action` its result must be here."""

    action: str
    days: int
    source: str
    unverified: bool = False


REFERENCE_DAYS = ("invitation-day", "year-start", "year-end")
LEVELS = ("facility", "ward", "department")


@dataclass(frozen=True, slots=True)
class ProgrammeRules:
    """One version's rules. Ages in completed years at reference_day, intervals in months.

    test: the action everybody is invited to. sexes to test_interval_months: everybody who is in no risk group; with
    only_risk_groups nobody else is invited. classification_days: within which another facility's examination is read.
    calling: None where nobody is reminded. insured: only people with a health insurance card; None where nobody says so.
    sample_clocks: of the actions whose samples are waited for.
    """

    test: str
    reference_day: str
    sexes: Sourced[frozenset[str]]
    age_from: Sourced[int]
    age_to: Sourced[int | None]
    test_interval_months: Sourced[int]
    cleared: Cleared
    risk_groups: tuple[RiskGroup, ...]
    only_risk_groups: bool
    exclusions: tuple[Exclusion, ...]
    advice: Sourced[str]
    escalation: Sourced[tuple[Escalation, ...]]
    classification_days: Sourced[int]
    pathway: Pathway
    calling: Calling | None = None
    insured: Sourced[bool] | None = None
    sample_clocks: tuple[SampleClock, ...] = ()

    @property
    def action(self) -> Action:
        """What everybody is invited to."""
        return self.pathway.action(self.test)

    @property
    def test_code(self) -> str:
        """The record's code of the test."""
        return self.action.codes[0] if self.action.codes else self.test

    @property
    def test_name(self) -> str:
        """The test in words."""
        return self.action.name

    @property
    def unit(self) -> str:
        """The test's unit; empty where nothing is measured."""
        return self.action.unit

    @property
    def cut_off(self) -> Sourced[Decimal | None]:
        """From which value the test is positive; None where nothing is measured."""
        return Sourced(self.action.cut_off, self.action.cut_off_source, self.action.cut_off_unverified)

    @property
    def follow_up(self) -> Row | None:
        """The first row in force that speaks of a positive test."""
        positive = {one.code for one in self.action.outcomes if one.verdict is Verdict.POSITIVE}
        rows = (row for row in self.pathway.rows if row.active and row.after == self.test and row.results & positive)
        return next(rows, None)

    @property
    def excluded_by(self) -> tuple[Exclusion, ...]:
        """The exclusions in force."""
        return tuple(one for one in self.exclusions if one.active)

    @property
    def insured_only(self) -> bool:
        """Whether a health insurance card is asked for."""
        return self.insured is not None and self.insured.value

    def group(self, code: str) -> RiskGroup | None:
        """The risk group of this code, or None."""
        return next((one for one in self.risk_groups if one.code == code), None)

    def for_group(self, code: str) -> ProgrammeRules | None:
        """The rules as they are for somebody of that risk group; None for a group that is not in force."""
        found = self.group(code)
        if found is None or not found.active:
            return None
        said = (found.source, found.unverified)
        return replace(
            self,
            test=found.test,
            sexes=Sourced(found.sexes, *said),
            age_from=Sourced(found.age_from, *said),
            age_to=Sourced(found.age_to, *said),
            test_interval_months=Sourced(found.interval_months, *said),
        )

    def interval_of(self, group: str) -> int:
        """Months between two rounds of somebody in that group."""
        found = self.group(group)
        return found.interval_months if found else self.test_interval_months.value

    def sample_clock(self, action: str) -> SampleClock | None:
        """The clock of samples taken for this action; None where none is waited for."""
        return next((one for one in self.sample_clocks if one.action == action), None)

    def is_kit(self, step: str) -> bool:
        """Whether a step is done with a kit handed out."""
        return step not in STEP_NAMES and self.pathway.action(step).kit

    def name_of(self, step: str) -> str:
        """What a step is called: an action's name, or what follows beside an action."""
        return STEP_NAMES.get(step) or self.pathway.action(step).name


STEP_NAMES = {
    Ending.RECALL: "Mời lại vòng sau",
    Ending.CEASE: "Kết thúc tầm soát",
    Ending.DECIDE: "Bác sĩ quyết định bước tiếp",
    CLASSIFY: "Đọc và phân loại kết quả",
}
