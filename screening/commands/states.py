"""Building blocks: every change of state is a row that says who and when. Inside the caller's transaction and lock."""

from __future__ import annotations

from datetime import date

from registry.kernel import Context
from screening.models import (
    Duty,
    DutyStatus,
    Enrolment,
    EnrolmentStatus,
    Episode,
    EpisodeStatus,
    Kit,
    KitStatus,
    Result,
)
from screening.models.enrolments import Standing
from screening.queries.scope import live_programme
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules


def set_standing(
    ctx: Context, enrolment: Enrolment, standing: Standing, due: date | None, reason: str = "", action: str = ""
) -> None:
    """Where the person stands from now on, when the next test is due, and which one ("": the programme's own)."""
    enrolment.standing, enrolment.next_due_on, enrolment.next_action = standing, due, action
    enrolment.deferred_until = due if standing is Standing.DEFERRED else None
    enrolment.save(update_fields=["standing", "next_due_on", "next_action", "deferred_until"])
    EnrolmentStatus.objects.create(
        enrolment=enrolment, standing=standing, reason=reason, by_id=ctx.actor.staff_id, at=ctx.at
    )


def note_episode(ctx: Context, episode: Episode, step: EpisodeStatus.Step) -> None:
    """One step of an episode."""
    EpisodeStatus.objects.create(episode=episode, step=step, by_id=ctx.actor.staff_id, at=ctx.at)


def note_kit(ctx: Context, kit: Kit) -> None:
    """The state a kit has just taken."""
    KitStatus.objects.create(kit=kit, state=kit.state, by_id=ctx.actor.staff_id, at=ctx.at)


def rules_of(episode: Episode) -> ProgrammeRules:
    """The rules an episode is judged by: those it was opened under."""
    return parse_rules(episode.version.rules)


def running_episode(ctx: Context, enrolment: Enrolment, *, target: bool = True) -> Episode:
    """The enrolment's open episode, or a new one under the version in force."""
    found = Episode.objects.select_related("version").filter(enrolment=enrolment, closed_at=None).first()
    if found is not None:
        found.enrolment = enrolment
        return found
    rounds = Episode.objects.filter(enrolment=enrolment).count()
    version = live_programme(enrolment.programme.code).version
    episode = Episode.objects.create(
        enrolment=enrolment,
        round=rounds + 1,
        version=version,
        group=enrolment.group,
        target=target,
        opened_at=ctx.at,
    )
    note_episode(ctx, episode, EpisodeStatus.Step.OPENED)
    return episode


def close_episode(ctx: Context, episode: Episode, ending: Episode.Ending) -> None:
    """End an episode. The database refuses it at commit while a duty is open."""
    episode.closed_at, episode.ending = ctx.at, ending
    episode.save(update_fields=["closed_at", "ending"])
    note_episode(ctx, episode, EpisodeStatus.Step.CLOSED)


def open_duty(
    ctx: Context,
    result: Result,
    action: str,
    deadline: date,
    *,
    recovered: bool = False,
    owner_id: int | None = None,
) -> Duty:
    """Start a clock for a result. recovered: the sweep found that nobody had it on a list."""
    episode = result.episode
    duty = Duty.objects.create(
        episode=episode,
        result=result,
        facility_id=episode.enrolment.facility_id,
        action=action,
        opened_at=ctx.at,
        deadline=deadline,
        owner_id=owner_id,
    )
    kind = DutyStatus.Kind.RECOVERED if recovered else DutyStatus.Kind.OPENED
    note_duty(ctx, duty, kind, owner_id=owner_id)
    return duty


def note_duty(
    ctx: Context,
    duty: Duty,
    kind: DutyStatus.Kind,
    *,
    owner_id: int | None = None,
    call_on: date | None = None,
    note: str = "",
) -> None:
    """One event of a duty."""
    DutyStatus.objects.create(
        duty=duty, kind=kind, owner_id=owner_id, level=duty.level, call_on=call_on, note=note,
        by_id=ctx.actor.staff_id, at=ctx.at,
    )  # fmt: skip


def close_duty(ctx: Context, duty: Duty, outcome: Duty.Outcome, result: Result) -> None:
    """Stop a clock, once: by a result or by a documented reason."""
    duty.closed_at, duty.outcome, duty.closed_by = ctx.at, outcome, result
    duty.save(update_fields=["closed_at", "outcome", "closed_by"])
    note_duty(ctx, duty, DutyStatus.Kind.CLOSED)
