"""One person's screening: where they stand, what happened, what may be done next."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from records.queries.access import RecordAccess, open_record
from records.queries.band import Band, get_band
from registry.kernel import Context, Permission, query
from registry.models import Assignment
from registry.rules.phrases import Phrase
from screening.models import Duty, Enrolment, Episode, Kit, Sample
from screening.models.duties import CLASSIFY, DECIDE
from screening.models.enrolments import Standing
from screening.models.kits import KitState
from screening.queries.batches import OpenInvitation, open_invitation
from screening.queries.happenings import Happening, happenings_of
from screening.queries.scope import enrolment_here, facility_of, live_programme, today_of
from screening.queries.words import asked_action, because_of, known_action, owed_of
from screening.rules.pathway import Action, Kind
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules
from screening.rules.wording import SAMPLE, owed_text

MOST_STAFF = 100


@dataclass(frozen=True, slots=True)
class Actions:
    """What may be done now, by state and by the actor's rights."""

    issue: bool
    receive: bool
    result: bool
    reject: bool
    assess: bool
    decide: bool
    close: bool
    test: bool
    sample: bool
    assign: bool
    arrived: bool
    answer: bool


@dataclass(frozen=True, slots=True)
class WaitingSample:
    """A sample whose result is not here yet, in words."""

    sample: Sample
    waited: Phrase


@dataclass(frozen=True, slots=True)
class EnrolmentPage:
    """Everything the page shows. kit: the one on its way; duty: the open one, with its words (owed), the result that made it
    owed (because) and, for one that is an action or awaits reading, that action (asked); tests: what may be recorded
    here; samples: those that wait for their result; invitation: the latest of the open round.
    """

    enrolment: Enrolment
    band: Band
    access: RecordAccess
    rules: ProgrammeRules
    version: str
    version_number: int
    episode: Episode | None
    kit: Kit | None
    duty: Duty | None
    owed: Phrase
    because: Phrase
    asked: Action | None
    tests: list[Action]
    samples: list[WaitingSample]
    happenings: list[Happening]
    actions: Actions
    staff: list[tuple[int, str]]
    not_due_until: date | None
    invitation: OpenInvitation | None


@query(Permission.SCREENING_READ)
def get_enrolment(ctx: Context, enrolment_id: uuid.UUID) -> EnrolmentPage:
    """The page of one enrolment of this facility; the reading of the person is the one audit row.

    Raises NotFound for another facility's, RecordClosed (403) when the record is not open here.
    """
    enrolment = enrolment_here(ctx, enrolment_id)
    access = open_record(ctx, enrolment.patient_id, target=("Enrolment", enrolment.pk))
    episode = Episode.objects.select_related("version").filter(enrolment=enrolment).order_by("-round").first()
    version = episode.version if episode and not episode.closed_at else live_programme(enrolment.programme.code).version
    kit = Kit.objects.filter(episode=episode, state__in=[KitState.ISSUED, KitState.RETURNED]).first()
    duties = Duty.objects.select_related("owner", "result").filter(episode=episode, closed_at=None)
    duty = duties.first()
    rules = parse_rules(version.rules)
    waiting = _not_due_until(ctx, enrolment, episode)
    return EnrolmentPage(
        enrolment=enrolment,
        band=get_band(access),
        access=access,
        rules=rules,
        version=enrolment.programme.name,
        version_number=version.number,
        episode=episode,
        kit=kit,
        duty=duty,
        owed=owed_of(rules, duty),
        because=because_of(rules, duty),
        asked=asked_action(rules, duty),
        tests=[one for one in rules.pathway.actions if one.kind is Kind.TEST and not one.kit],
        samples=(samples := _waiting(enrolment, rules)),
        happenings=happenings_of(enrolment, rules),
        actions=_actions(
            ctx, enrolment, kit, duty, rules, waits=waiting is not None or bool(access.person.deceased_on)
        ),
        staff=_staff_here(ctx) if duty or samples else [],
        not_due_until=waiting,
        invitation=open_invitation(enrolment.pk),
    )


def _waiting(enrolment: Enrolment, rules: ProgrammeRules) -> list[WaitingSample]:
    """Of any round of the enrolment, the one that has waited longest first."""
    found = Sample.objects.select_related("owner").filter(episode__enrolment=enrolment, closed_at=None)
    return [
        WaitingSample(one, owed_text(SAMPLE, action.name if (action := known_action(rules, one.action)) else ""))
        for one in found.order_by("deadline", "pk")
    ]


def _not_due_until(ctx: Context, enrolment: Enrolment, episode: Episode | None) -> date | None:
    running = episode is not None and episode.closed_at is None
    due = enrolment.next_due_on
    deferred = enrolment.standing == Standing.DEFERRED  # may come earlier than they said
    return due if due and due > today_of(ctx) and not running and not deferred else None


def _actions(
    ctx: Context, enrolment: Enrolment, kit: Kit | None, duty: Duty | None, rules: ProgrammeRules, *, waits: bool
) -> Actions:
    tests, assesses = ctx.may(Permission.SCREENING_TEST), ctx.may(Permission.SCREENING_ASSESS)
    by_kit = rules.action.kit if duty is None else rules.is_kit(duty.action)
    free = kit is None and enrolment.standing in (Standing.ACTIVE, Standing.DEFERRED) and not waits
    asked = asked_action(rules, duty)
    return Actions(
        issue=tests and free and by_kit,
        receive=tests and kit is not None and kit.state == KitState.ISSUED,
        result=tests and kit is not None and kit.state == KitState.RETURNED,
        reject=tests and kit is not None,
        assess=assesses and asked is not None and asked.kind is not Kind.TEST,
        close=assesses and duty is not None,
        decide=assesses and duty is not None and duty.action == DECIDE,
        test=tests and any(one.kind is Kind.TEST and not one.kit for one in rules.pathway.actions),
        sample=tests and bool(rules.sample_clocks) and enrolment.standing != Standing.CEASED,
        assign=ctx.may(Permission.SCREENING_ENROL),
        arrived=duty is not None and duty.action == CLASSIFY,
        answer=ctx.may(Permission.SCREENING_ENROL),
    )


def _staff_here(ctx: Context) -> list[tuple[int, str]]:
    """Who may hold a case: people who work at the facility today, by name; at most MOST_STAFF."""
    here = Assignment.objects.on(today_of(ctx)).filter(facility_id=facility_of(ctx).id, staff__is_active=True)
    named = here.order_by("staff__sort_key", "staff_id").values_list("staff_id", "staff__full_name").distinct()
    return list(named[:MOST_STAFF])
