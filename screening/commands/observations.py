"""Results that ordinary clinics wrote into the record: each lands once, judged by the version's own words, or is set aside
with its reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from records.models import Observation
from registry.kernel import Context, Permission, command, record_audit
from screening.commands.arrivals import settle_with_record
from screening.commands.landing import Fact, land
from screening.commands.states import note_kit, running_episode
from screening.models import Duty, Enrolment, Episode, Kit, ProgrammeVersion, Result, SetAside
from screening.models.enrolments import Standing
from screening.models.kits import KitState
from screening.queries.scope import live_programme, today_of
from screening.queries.untaken import Untaken, find_untaken
from screening.rules.pathway import Action, Verdict
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules
from screening.rules.reading import Reading, Unread, read_result

OF_ONE_PERSON = 200
AT_ONCE = 5000


@command(Permission.SCREENING_TEST)
def accept_observations(ctx: Context, *, patient_id: uuid.UUID) -> int:
    """Let a person's record answer for their tests; returns how many results landed. Doing it again changes nothing.

    Told late, twice or out of order, this looks at the record as it stands now.
    """
    _lock(Enrolment.objects.filter(patient_id=patient_id).values_list("pk", flat=True))
    landed = sum(_take(ctx, one) for one in find_untaken(ctx.at, OF_ONE_PERSON, patient_id))
    record_audit(ctx, "accept-observations", patient_id=patient_id, detail={"landed": landed})
    return landed


@command(Permission.SCREENING_TEST)
def sweep_observations(ctx: Context) -> int:
    """The same for everybody in a programme, for what no message told of (bulk imports, a lost message); how many landed."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")
    waiting = find_untaken(ctx.at, AT_ONCE)
    _lock({one.enrolment_id for one in waiting})
    landed = sum(_take(ctx, one) for one in waiting)
    record_audit(ctx, "sweep-observations", detail={"seen": len(waiting), "landed": landed})
    return landed


def _lock(enrolments: Iterable[uuid.UUID]) -> None:
    list(Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=enrolments).order_by("pk"))


def _take(ctx: Context, one: Untaken) -> bool:
    """Land it or set it aside, as things stand now; whether it landed. Caller holds the lock."""
    enrolment = Enrolment.objects.select_related("patient", "programme").get(pk=one.enrolment_id)
    seen = Observation.objects.get(pk=one.observation_id)
    episode = Episode.objects.select_related("version").filter(enrolment=enrolment, closed_at=None).first()
    version = episode.version if episode else live_programme(enrolment.programme.code).version
    rules = parse_rules(version.rules)
    action = next((a for a in rules.pathway.actions if a.code == one.action), None)
    if action is None or _gone(enrolment, seen):
        return False
    read = read_result(action, seen.value, seen.unit, seen.value_text)
    if isinstance(read, Unread):
        _set_aside(ctx, enrolment, version, seen, action, SetAside.Reason(read.value))
        return False
    reason = _objection(enrolment, episode, rules, action, seen, read)
    if reason is not None:
        _set_aside(ctx, enrolment, version, seen, action, reason)
        return False
    _land(ctx, enrolment, action, seen, read)
    return True


def _gone(enrolment: Enrolment, seen: Observation) -> bool:
    """Whether it was taken, corrected or moved to somebody else since it was found."""
    moved = seen.patient_id != enrolment.patient_id or seen.superseded_by_id is not None
    return moved or Result.objects.filter(observation=seen).exists()


def _set_aside(
    ctx: Context,
    enrolment: Enrolment,
    version: ProgrammeVersion,
    seen: Observation,
    action: Action,
    reason: SetAside.Reason,
) -> None:
    row = SetAside(enrolment=enrolment, observation=seen, version=version, action=action.code, reason=reason, at=ctx.at)
    SetAside.objects.bulk_create([row], ignore_conflicts=True)


def _objection(
    enrolment: Enrolment,
    episode: Episode | None,
    rules: ProgrammeRules,
    action: Action,
    seen: Observation,
    read: Reading,
) -> SetAside.Reason | None:
    """Why a readable result is not a new one of the programme; a positive is set aside only for somebody who has left, or
    where a person must say which of two results holds."""
    known = _known_already(enrolment, action, seen, read)
    if known is not None:
        return known
    positive = read.outcome.verdict is Verdict.POSITIVE
    if enrolment.standing == Standing.CEASED:
        return SetAside.Reason.CEASED if positive else SetAside.Reason.LEFT
    if positive:
        return None
    if episode is None or not Duty.objects.filter(episode=episode, closed_at=None).exists():
        asked = enrolment.next_action or (rules.for_group(enrolment.group) or rules).test
        if action.code != asked:
            return SetAside.Reason.NOT_ASKED
    newer = _results(enrolment).filter(performed_on__gt=timezone.localdate(seen.observed_at))
    if episode is not None:
        newer = newer.filter(action=action.code)
    return SetAside.Reason.OLDER if newer.exists() else None


def _known_already(enrolment: Enrolment, action: Action, seen: Observation, read: Reading) -> SetAside.Reason | None:
    """The same test of the same day, or the one this row corrects: the same result is here already; another one is a
    correction when its source was replaced in the record, and otherwise a question."""
    results = _results(enrolment).filter(action=action.code).order_by("-at", "-pk")
    said = results.filter(observation_id__in=_corrected_by(seen)).first()
    said = said or results.filter(performed_on=timezone.localdate(seen.observed_at)).first()
    if said is None:
        return None
    if said.code == read.outcome.code:
        return SetAside.Reason.SAME
    replaced = said.observation is not None and said.observation.superseded_by_id is not None
    return None if replaced else SetAside.Reason.OTHER_THAT_DAY


def _results(enrolment: Enrolment) -> QuerySet[Result]:
    """What was done so far in this programme, in any enrolment of the person."""
    mine = Result.objects.select_related("observation").filter(state=Result.State.DONE)
    return mine.filter(
        episode__enrolment__patient_id=enrolment.patient_id, episode__enrolment__programme_id=enrolment.programme_id
    )


def _corrected_by(seen: Observation) -> set[uuid.UUID]:
    """Every row this one replaced, however often it was corrected."""
    found: set[uuid.UUID] = set()
    step = {seen.pk}
    while step:
        step = set(Observation.objects.filter(superseded_by__in=step).values_list("pk", flat=True)) - found
        found |= step
    return found


def _land(ctx: Context, enrolment: Enrolment, action: Action, seen: Observation, read: Reading) -> None:
    day = timezone.localdate(seen.observed_at)
    due = enrolment.next_due_on is not None and enrolment.next_due_on <= today_of(ctx)
    episode = running_episode(ctx, enrolment, target=due)
    fact = Fact(
        action.code,
        day,
        read.outcome.code,
        value=read.value,
        cut_off=read.cut_off,
        facility_id=seen.facility_id,
        kit=_kit_of(ctx, episode, seen) if action.kit else None,
        observation=seen,
        origin=Result.Origin.RECORD,
    )
    land(ctx, episode, fact)
    settle_with_record(ctx, enrolment)


def _kit_of(ctx: Context, episode: Episode, seen: Observation) -> Kit | None:
    """The returned kit that waits for this very result: its sample was there before the result was."""
    kit = Kit.objects.filter(episode=episode, state=KitState.RETURNED, issued_at__lte=seen.observed_at).first()
    if kit is None or (kit.sampled_on and kit.sampled_on > timezone.localdate(seen.observed_at)):
        return None
    kit.state = KitState.RESULTED
    kit.save(update_fields=["state"])
    note_kit(ctx, kit)
    return kit
