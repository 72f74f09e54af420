"""A programme's pathway: what may be done to somebody, what each result means, and what follows from it.

Everything here is read from a version's data (screening.rules.pathway_data); this module only knows how to walk it. The rows
of the table are asked from the top and the first that fits answers. Where no row answers, a clinician does: a result never
ends without somebody owing the next step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from screening.rules.intervals import add_months


class Kind(StrEnum):
    """What sort of thing is done."""

    TEST = "test"
    EXAMINATION = "examination"
    TREATMENT = "treatment"


class Verdict(StrEnum):
    """What a result says of the person: nothing found, something to follow, or that it must be done again."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    INADEQUATE = "inadequate"


class Lesion(StrEnum):
    """What a finding is counted as; the worst of several speaks for the person."""

    NONE = "none"
    OTHER = "other"
    LOW = "low-grade"
    ADENOMA = "adenoma"
    ADVANCED = "advanced"
    PRECANCER = "precancer"
    CANCER = "cancer"


CLASSIFY = "classify"
"""Owed while nobody has read what another facility did."""
INCOMPLETE = "incomplete"
"""Stands for the rule where an examination has to be done again because it was not complete."""


class Ending(StrEnum):
    """What may follow beside another action."""

    RECALL = "recall"
    CEASE = "cease"
    DECIDE = "clinician-decides"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result an action may have."""

    code: str
    label: str
    verdict: Verdict
    lesion: Lesion = Lesion.NONE


@dataclass(frozen=True, slots=True)
class Action:
    """Something done to a person. cut_off: where a number in `unit` turns positive, for actions that measure.

    codes: those of the record's observations or procedures that are this action, whoever did it. complete: whether somebody
    must say if it was (a colonoscopy to the caecum, in a clean bowel).
    """

    code: str
    name: str
    kind: Kind
    outcomes: tuple[Outcome, ...]
    codes: tuple[str, ...] = ()
    short_name: str = ""
    unit: str = ""
    cut_off: Decimal | None = None
    cut_off_source: str = ""
    cut_off_unverified: bool = False
    kit: bool = False
    complete: bool = False

    def outcome(self, code: str) -> Outcome:
        """The outcome of this code. Raises KeyError for one the action does not know."""
        for outcome in self.outcomes:
            if outcome.code == code:
                return outcome
        raise KeyError(code)

    def judge(self, value: Decimal | None) -> Outcome:
        """What a measured number says: positive at or above the cut-off; None could not be measured."""
        verdict = Verdict.INADEQUATE
        if value is not None:
            verdict = Verdict.POSITIVE if self.cut_off is not None and value >= self.cut_off else Verdict.NEGATIVE
        return next(one for one in self.outcomes if one.verdict is verdict)

    def worst(self, codes: tuple[str, ...]) -> Outcome:
        """Of several findings the one that decides. Raises KeyError for an unknown one, ValueError for none."""
        gravity = list(Lesion)
        return max((self.outcome(code) for code in codes), key=lambda one: gravity.index(one.lesion))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row may ask about the person on that day. age: completed years. risks: codes of the groups they are in
    ("hiv"); earlier: the latest result code of each action of this episode.
    """

    age: int
    risks: frozenset[str] = frozenset()
    earlier: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class When:
    """What a row asks for; what it does not name does not matter."""

    age_from: int | None = None
    age_to: int | None = None
    risks: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    earlier: tuple[tuple[str, frozenset[str]], ...] = ()
    not_earlier: tuple[tuple[str, frozenset[str]], ...] = ()

    def fits(self, facts: Facts) -> bool:
        """Whether the person is one of those meant. A result asked for and not there does not fit."""
        return (
            (self.age_from is None or facts.age >= self.age_from)
            and (self.age_to is None or facts.age <= self.age_to)
            and self.risks <= facts.risks
            and not self.without & facts.risks
            and all(facts.earlier.get(action) in codes for action, codes in self.earlier)
            and not any(facts.earlier.get(action) in codes for action, codes in self.not_earlier)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. step: an action's code, owed now and done by then, or an Ending; by: what the person is called
    back for, where that is not the group's own test. days, months: by when, from the day of the result.

    active: in force. An unverified row works only when somebody has switched it on, and is shown as unverified.
    """

    rule: str
    after: str
    results: frozenset[str]
    step: str
    source: str
    when: When = When()
    by: str = ""
    scheme: str = ""
    days: int | None = None
    months: int | None = None
    active: bool = True
    unverified: bool = False

    def due(self, on: date) -> date | None:
        """The day by which the step is due; None where the row names no limit."""
        if self.months is not None:
            return add_months(on, self.months)
        return None if self.days is None else on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Next:
    """What follows, by when, and which row says so ("" where none does). by: what a recall is for, "" for the group's test;
    repeat: the same action once more.
    """

    step: str
    due: date
    rule: str
    by: str = ""
    repeat: bool = False

    @property
    def owed(self) -> bool:
        """Whether somebody owes it now: everything but the next round and the end."""
        return self.step not in (Ending.RECALL, Ending.CEASE)


@dataclass(frozen=True, slots=True)
class Pathway:
    """The actions and the table of one version. decide_days: within which a clinician must decide where no row answers,
    and the limit of a step whose row names none.
    """

    actions: tuple[Action, ...]
    rows: tuple[Row, ...]
    decide_days: int

    def action(self, code: str) -> Action:
        """The action of this code. Raises KeyError."""
        for action in self.actions:
            if action.code == code:
                return action
        raise KeyError(code)

    def follow(
        self,
        after: str,
        result: str,
        facts: Facts,
        on: date,
        *,
        complete: bool | None = None,
        interval: int | None = None,
    ) -> Next:
        """What follows from a result of that day. interval: months to the next round of the person's group.

        An examination that was not complete is done again, whatever it showed short of a cancer. A negative test that no row
        speaks of ends the round, unless something before it in the same round was positive. Raises KeyError for an action or
        a result that the version does not know.
        """
        action = self.action(after)
        outcome = action.outcome(result)
        limit = on + timedelta(days=self.decide_days)
        if action.complete and complete is False and outcome.lesion is not Lesion.CANCER:
            return Next(after, limit, INCOMPLETE, repeat=True)
        for row in self.rows:
            if row.active and row.after == after and result in row.results and row.when.fits(facts):
                return Next(row.step, row.due(on) or limit, row.rule, by=row.by, repeat=row.step == after)
        if interval is not None and self._ends_round(action, outcome, facts):
            return Next(Ending.RECALL, add_months(on, interval), "interval")
        return Next(Ending.DECIDE, limit, "")

    def _ends_round(self, action: Action, outcome: Outcome, facts: Facts) -> bool:
        if action.kind is not Kind.TEST or outcome.verdict is not Verdict.NEGATIVE:
            return False
        return not any(
            self._was_positive(code, result) for code, result in facts.earlier.items() if code != action.code
        )

    def _was_positive(self, action: str, result: str) -> bool:
        return self.action(action).outcome(result).verdict is Verdict.POSITIVE
