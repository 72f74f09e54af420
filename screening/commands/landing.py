"""The one door by which a result enters an episode: what follows is asked of the version's pathway and of nobody else.

Inside the caller's transaction, with the enrolment locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from records.models import Observation, Procedure
from registry.kernel import Context
from screening.commands.invitations import note_attendance
from screening.commands.samples import close_samples
from screening.commands.states import (
    close_duty,
    close_episode,
    note_duty,
    note_episode,
    open_duty,
    rules_of,
    set_standing,
)
from screening.models import Duty, DutyStatus, Episode, EpisodeStatus, Kit, Result
from screening.models.enrolments import Standing
from screening.rules.intervals import age_on
from screening.rules.pathway import CLASSIFY, INCOMPLETE, Ending, Facts, Kind, Next
from screening.rules.programme import ProgrammeRules
from screening.rules.supersede import answers, displaces

BY_CLINICIAN = "clinician"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was done. code: the worst of findings, "" where nobody has classified it yet; value as measured.

    decided_on: when the clinician who says so wants to see the person again, where no row of the table answers.
    """

    action: str
    performed_on: date
    code: str = ""
    findings: tuple[str, ...] = ()
    value: Decimal | None = None
    cut_off: Decimal | None = None
    complete: bool | None = None
    stage: str = ""
    note: str = ""
    facility_id: int | None = None
    kit: Kit | None = None
    observation: Observation | None = None
    procedure: Procedure | None = None
    origin: Result.Origin = Result.Origin.FORM
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a result changes: the step that follows (None: it settles nothing), and what becomes of the open duty."""

    follows: Next | None
    closes: Duty.Outcome | None = None
    repeats: bool = False


def open_duty_of(episode: Episode) -> Duty | None:
    """The step that is owed now."""
    return Duty.objects.filter(episode=episode, closed_at=None).first()


def land(ctx: Context, episode: Episode, fact: Fact) -> Result:
    """Record a result and do what follows from it. Raises KeyError for an action or a code the version does not know."""
    rules = rules_of(episode)
    duty = open_duty_of(episode)
    follows = ask(ctx, episode, rules, fact)
    plan = _plan(rules, duty, fact, follows)
    result = _write(ctx, episode, rules, fact, plan)
    _note(ctx, episode, result)
    note_attendance(ctx, episode)
    close_samples(ctx, result)
    if duty is not None and plan.repeats:
        note_duty(ctx, duty, DutyStatus.Kind.INCOMPLETE)
    elif duty is not None and plan.closes is not None:
        close_duty(ctx, duty, plan.closes, result)
    if plan.follows is not None and not plan.repeats:
        go_on(ctx, result, plan.follows, owner_id=duty.owner_id if duty and fact.code == "" else None)
    return result


def ask(ctx: Context, episode: Episode, rules: ProgrammeRules, fact: Fact) -> Next:
    """What the table says follows; an examination that nobody has classified waits to be read."""
    if not fact.code and fact.complete is False:
        limit = fact.performed_on + timedelta(days=rules.pathway.decide_days)
        return Next(fact.action, limit, INCOMPLETE, repeat=True)
    if not fact.code:
        limit = timezone.localdate(ctx.at) + timedelta(days=rules.classification_days.value)
        rules.pathway.action(fact.action)
        return Next(CLASSIFY, limit, CLASSIFY)
    found = rules.pathway.follow(
        fact.action,
        fact.code,
        Facts(
            age=age_on(episode.enrolment.patient.birth_date, fact.performed_on),
            risks=frozenset({episode.group} - {""}),
            earlier=_earlier(episode),
        ),
        fact.performed_on,
        complete=fact.complete,
        interval=rules.interval_of(episode.group),
    )
    if found.step == Ending.DECIDE and fact.decided_on is not None:
        examined = rules.pathway.action(fact.action).kind is Kind.EXAMINATION
        return Next(Ending.RECALL, fact.decided_on, BY_CLINICIAN, by=fact.action if examined else "")
    return found


def _earlier(episode: Episode) -> Mapping[str, str]:
    """The latest result code of each action of the episode."""
    rows = Result.objects.filter(episode=episode).exclude(code="").order_by("performed_on", "at", "pk")
    return dict(rows.exclude(kind=Result.Kind.DECISION).values_list("action", "code"))


def _plan(rules: ProgrammeRules, duty: Duty | None, fact: Fact, follows: Next) -> _Plan:
    if duty is None:
        return _Plan(follows)
    if answers(rules.pathway, duty.action, fact.action, follows):
        if follows.rule == INCOMPLETE and duty.action == fact.action:
            return _Plan(follows, repeats=True)
        return _Plan(follows, Duty.Outcome.DONE)
    if displaces(follows, duty.deadline):
        return _Plan(follows, Duty.Outcome.REPLACED)
    return _Plan(None)


def _write(ctx: Context, episode: Episode, rules: ProgrammeRules, fact: Fact, plan: _Plan) -> Result:
    action = rules.pathway.action(fact.action)
    follows = plan.follows
    return Result.objects.create(
        episode=episode,
        action=fact.action,
        kind=action.kind.value,
        performed_on=fact.performed_on,
        code=fact.code,
        verdict=action.outcome(fact.code).verdict.value if fact.code else "",
        value=fact.value,
        cut_off=fact.cut_off,
        complete=fact.complete,
        findings=list(fact.findings or ((fact.code,) if fact.code else ())),
        stage=fact.stage,
        note=fact.note,
        next_step=str(follows.step) if follows else "",
        next_due_on=follows.due if follows and follows.step != Ending.CEASE else None,
        rule=follows.rule if follows else "",
        facility_id=fact.facility_id,
        kit=fact.kit,
        observation=fact.observation,
        procedure=fact.procedure,
        origin=fact.origin,
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )


def _note(ctx: Context, episode: Episode, result: Result) -> None:
    """What the episode's ledger says of it; a classification of what was told before says nothing anew."""
    if result.kind == Result.Kind.TEST:
        note_episode(ctx, episode, EpisodeStatus.Step(result.verdict or EpisodeStatus.Step.ASSESSED))
    elif result.complete is not False:
        treated = result.kind == Result.Kind.TREATMENT
        note_episode(ctx, episode, EpisodeStatus.Step.TREATED if treated else EpisodeStatus.Step.ASSESSED)


def go_on(ctx: Context, result: Result, follows: Next, *, owner_id: int | None = None) -> None:
    """Open the clock of what is owed, or end the round."""
    if follows.owed:
        open_duty(ctx, result, str(follows.step), follows.due, owner_id=owner_id)
    else:
        end(ctx, result, follows)


_ENDINGS = {
    Result.Kind.TEST: Episode.Ending.NEGATIVE,
    Result.Kind.EXAMINATION: Episode.Ending.ASSESSED,
    Result.Kind.TREATMENT: Episode.Ending.TREATED,
    Result.Kind.DECISION: Episode.Ending.DECIDED,
}


def end(ctx: Context, result: Result, follows: Next) -> None:
    """Close the round of a result after which nothing is owed, and say when the person is next seen."""
    episode, rules = result.episode, rules_of(result.episode)
    close_episode(ctx, episode, _ENDINGS[Result.Kind(result.kind)])
    reason = rules.name_of(result.action) if result.kind != Result.Kind.DECISION else str(Result.Kind.DECISION.label)
    if follows.step == Ending.CEASE:
        set_standing(ctx, episode.enrolment, Standing.CEASED, None, reason)
        return
    surveyed = bool(follows.by) and follows.by != rules.test
    standing = Standing.SURVEILLANCE if surveyed else Standing.ACTIVE
    set_standing(ctx, episode.enrolment, standing, follows.due, reason, follows.by)


def restart(ctx: Context, result: Result) -> Duty:
    """The duty of a positive that nobody had on a list: what the table says, or a clinician's decision."""
    episode = result.episode
    rules = rules_of(episode)
    today = timezone.localdate(ctx.at)
    fact = Fact(result.action, result.performed_on or today, result.code, complete=result.complete)
    try:
        follows = ask(ctx, episode, rules, fact)
    except KeyError:
        follows = Next(Ending.DECIDE, today, "")
    if not follows.owed:
        follows = Next(Ending.DECIDE, today + timedelta(days=rules.pathway.decide_days), "")
    return open_duty(ctx, result, str(follows.step), follows.due, recovered=True)
