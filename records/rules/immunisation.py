"""Which doses are done, due, overdue or too early, for one person on one day, by a schedule that is data.

A dose counts when it was given at or after the series' earliest age and the least interval since the dose before; what
does not count is shown as given too early and the dose stays due. A series is never begun again however late it
continues (WHO, Table 3: interrupted or delayed immunization, "resume without repeating previous dose"). Later doses of a
series wait for the earlier ones. Ages and intervals go by the calendar: two months after 31 December is 28 February.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

_SPAN = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")
FOREVER = date(9999, 12, 31)


class State(StrEnum):
    """How one planned dose stands. OPEN: may be given, nobody is called for it (tetanus without a known pregnancy)."""

    DONE = "done"
    DUE = "due"
    OVERDUE = "overdue"
    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    CONTRAINDICATED = "contraindicated"


@dataclass(frozen=True, slots=True)
class Span:
    """An age or an interval by the calendar; parse_span reads ISO 8601 ("P2M", "P1Y6M", "P4W")."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """The day this long after; the last day of a shorter month stands in for a missing one."""
        count = day.year * 12 + day.month - 1 + self.months
        year, month = divmod(count, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days)


def parse_span(text: str) -> Span | None:
    """A duration; None for an empty text. Raises ValueError for anything else."""
    if not text:
        return None
    match = _SPAN.fullmatch(text)
    if match is None or text == "P":
        raise ValueError(f"not a duration by the calendar: {text!r}")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return Span(years * 12 + months, weeks * 7 + days)


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """One row of a schedule (records.models.ImmunizationSchedule says what the fields mean)."""

    programme: str
    series: str
    series_name: str
    position: int
    number: int
    vaccine: str
    sex: str = ""
    due: Span | None = None
    overdue: Span | None = None
    earliest: Span | None = None
    latest: Span | None = None
    interval: Span | None = None
    note: str = ""
    source: str = ""
    confirmed: bool = False
    valid_from: date = date.min
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class GivenDose:
    """A dose somebody had. on: the latest day it can mean. counts_for: series, and how many of it are enough (or 0)."""

    key: object
    on: date
    counts_for: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A dose that must not be given: its series; number None for the whole series."""

    key: object
    series: tuple[str, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How a planned dose stands: the dose that fulfilled it, those given too early for it, and the days that matter.

    due_on is when it may and should be given; overdue_on when it counts as late (None: never called late).
    """

    planned: PlannedDose
    state: State
    given: GivenDose | None = None
    too_early: tuple[GivenDose, ...] = ()
    due_on: date | None = None
    overdue_on: date | None = None
    refusal: Refusal | None = None


def read_counts(text: str) -> tuple[tuple[str, int], ...]:
    """The property "series" of a vaccine: "dpt bai-liet-uong vnnb/2" -> (("dpt", 0), ("bai-liet-uong", 0), ("vnnb", 2))."""
    parts = (token.partition("/") for token in text.split())
    return tuple((series, int(enough or 0)) for series, _, enough in parts)


def judge(
    schedule: Iterable[PlannedDose],
    *,
    birth: date,
    sex: str,
    given: Sequence[GivenDose],
    today: date,
    refusals: Sequence[Refusal] = (),
) -> tuple[Step, ...]:
    """Every planned dose that concerns this person, in the schedule's order.

    birth: the latest day it can have been, so that nobody is called for a dose too soon.
    """
    planned = sorted(_applicable(schedule, birth, sex), key=lambda one: (one.position, one.series, one.number))
    steps: list[Step] = []
    for series, rows in groupby(planned, key=lambda one: one.series):
        doses = sorted((one for one in given if series in dict(one.counts_for)), key=lambda one: one.on)
        barred = [one for one in refusals if series in one.series]
        steps.extend(_Series(birth, today, doses, barred).judge(list(rows)))
    return tuple(steps)


def next_step(steps: Sequence[Step], series: str) -> Step | None:
    """The next dose of a series to give; None when the series is finished or closed."""
    waiting = (State.DUE, State.OVERDUE, State.OPEN, State.UPCOMING)
    return next((one for one in steps if one.planned.series == series and one.state in waiting), None)


def _applicable(schedule: Iterable[PlannedDose], birth: date, sex: str) -> list[PlannedDose]:
    """The rows in force on the day their dose is due; of two versions of one dose, the later."""
    chosen: dict[tuple[str, int], PlannedDose] = {}
    for one in sorted(schedule, key=lambda row: row.valid_from):
        day = (one.due or one.earliest or Span()).after(birth)
        if one.sex in ("", sex) and one.valid_from <= day <= (one.valid_to or FOREVER):
            chosen[one.series, one.number] = one
    return list(chosen.values())


@dataclass
class _Series:
    """One series of one person while it is judged, dose after dose."""

    birth: date
    today: date
    doses: list[GivenDose]
    barred: list[Refusal]
    previous: date | None = None  # the last dose that counts, or the day one is expected
    waiting: bool = False  # an earlier dose is still to be given

    def judge(self, planned: Sequence[PlannedDose]) -> list[Step]:
        if self._is_enough(planned[0].series):
            given = [*self.doses, *([None] * len(planned))]
            return [Step(row, State.DONE, dose) for row, dose in zip(planned, given, strict=False)]
        return [self._step(one) for one in planned]

    def _is_enough(self, series: str) -> bool:
        """Whether a vaccine with a schedule of its own was given as often as that asks (a paid combination, a live one)."""
        told = Counter(dict(dose.counts_for)[series] for dose in self.doses)
        return any(wanted and given >= wanted for wanted, given in told.items())

    def _step(self, planned: PlannedDose) -> Step:
        early: list[GivenDose] = []
        while self.doses and not self.waiting:
            dose = self.doses.pop(0)
            if self._counts(planned, dose):
                return self._done(planned, dose, early)
            early.append(dose)
        return self._missing(planned, tuple(early))

    def _done(self, planned: PlannedDose, dose: GivenDose, early: list[GivenDose]) -> Step:
        self.previous = dose.on
        return Step(planned, State.DONE, dose, tuple(early))

    def _counts(self, planned: PlannedDose, dose: GivenDose) -> bool:
        return dose.on >= self._possible_from(planned)

    def _possible_from(self, planned: PlannedDose) -> date:
        """The first day on which the dose would count."""
        day = (planned.earliest or Span()).after(self.birth)
        return max(day, (planned.interval or Span()).after(self.previous)) if self.previous else day

    def _missing(self, planned: PlannedDose, early: tuple[GivenDose, ...]) -> Step:
        due_on = max((planned.due or planned.earliest or Span()).after(self.birth), self._possible_from(planned))
        if early:  # too early a dose is not repeated the next day: the interval runs from it as well
            due_on = max(due_on, (planned.interval or Span()).after(early[-1].on))
        overdue_on = self._overdue_on(planned, due_on)
        refusal = next((one for one in self.barred if one.number in (None, planned.number)), None)
        state = State.CONTRAINDICATED if refusal else self._state(planned, due_on, overdue_on)
        if state not in (State.CONTRAINDICATED, State.CLOSED):  # what will never be given holds nothing up
            self.waiting = True
            self.previous = max(due_on, self.today)
        return Step(planned, state, None, early, due_on, overdue_on, refusal)

    def _overdue_on(self, planned: PlannedDose, due_on: date) -> date | None:
        if planned.due is None or planned.overdue is None:
            return None
        return due_on + (planned.overdue.after(self.birth) - planned.due.after(self.birth))

    def _state(self, planned: PlannedDose, due_on: date, overdue_on: date | None) -> State:
        closed = planned.latest is not None and planned.latest.after(self.birth) <= max(self.today, due_on)
        if closed:
            return State.CLOSED
        if self.waiting or due_on > self.today:
            return State.UPCOMING
        if planned.due is None:
            return State.OPEN
        return State.OVERDUE if overdue_on is not None and self.today >= overdue_on else State.DUE
