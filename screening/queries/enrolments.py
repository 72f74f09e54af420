"""One person's screening: where they stand, what happened, what may be done next."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from records.queries.access import RecordAccess, open_record
from records.queries.band import Band, get_band
from registry.kernel import Context, Permission, query
from registry.models import Assignment
from registry.rules.phrases import Phrase, joined
from screening.models import (
    Assessment,
    Duty,
    DutyStatus,
    Enrolment,
    EnrolmentStatus,
    Episode,
    EpisodeStatus,
    Kit,
    KitStatus,
    TestResult,
)
from screening.models.enrolments import Standing
from screening.models.kits import KitState, Rejection
from screening.queries.scope import enrolment_here, facility_of, live_programme, today_of
from screening.rules.programme import ProgrammeRules, parse_rules
from screening.rules.results import NEXT_STEP_NAMES, NextStep
from screening.rules.wording import number_text

MOST_EVENTS = 200
MOST_STAFF = 100
NOTHING = Phrase("")


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the episode's timeline, ready to read."""

    at: datetime
    title: Phrase
    text: Phrase = NOTHING
    by: str = ""
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Actions:
    """What may be done now, by state and by the actor's rights."""

    issue: bool
    receive: bool
    result: bool
    reject: bool
    assess: bool
    assign: bool
    colonoscopy_arrived: bool


@dataclass(frozen=True, slots=True)
class EnrolmentPage:
    """Everything the page shows. kit: the one on its way; duty: the open one; positive: its value and cut-off."""

    enrolment: Enrolment
    band: Band
    access: RecordAccess
    rules: ProgrammeRules
    version: str
    version_number: int
    episode: Episode | None
    kit: Kit | None
    duty: Duty | None
    positive: tuple[str, str]
    happenings: list[Happening]
    actions: Actions
    staff: list[tuple[int, str]]
    not_due_until: date | None


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
        positive=_positive(duty),
        happenings=_happenings(enrolment, rules),
        actions=_actions(ctx, enrolment, kit, duty, waits=waiting is not None or bool(access.person.deceased_on)),
        staff=_staff_here(ctx) if duty else [],
        not_due_until=waiting,
    )


def _positive(duty: Duty | None) -> tuple[str, str]:
    """The value and the cut-off that opened the duty."""
    if duty is None or duty.result.value is None:
        return "", ""
    return number_text(duty.result.value), number_text(duty.result.cut_off)


def _not_due_until(ctx: Context, enrolment: Enrolment, episode: Episode | None) -> date | None:
    running = episode is not None and episode.closed_at is None
    due = enrolment.next_due_on
    return due if due and due > today_of(ctx) and not running else None


def _actions(ctx: Context, enrolment: Enrolment, kit: Kit | None, duty: Duty | None, *, waits: bool) -> Actions:
    tests, assesses = ctx.may(Permission.SCREENING_TEST), ctx.may(Permission.SCREENING_ASSESS)
    free = kit is None and duty is None and enrolment.standing == Standing.ACTIVE and not waits
    return Actions(
        issue=tests and free,
        receive=tests and kit is not None and kit.state == KitState.ISSUED,
        result=tests and kit is not None and kit.state == KitState.RETURNED,
        reject=tests and kit is not None,
        assess=assesses and duty is not None,
        assign=ctx.may(Permission.SCREENING_ENROL) and duty is not None,
        colonoscopy_arrived=duty is not None and duty.step == Duty.Step.CLASSIFICATION,
    )


def _staff_here(ctx: Context) -> list[tuple[int, str]]:
    """Who may hold a case: people who work at the facility today, by name; at most MOST_STAFF."""
    here = Assignment.objects.on(today_of(ctx)).filter(facility_id=facility_of(ctx).id, staff__is_active=True)
    named = here.order_by("staff__sort_key", "staff_id").values_list("staff_id", "staff__full_name").distinct()
    return list(named[:MOST_STAFF])


def _happenings(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    """Every change of state of the enrolment, newest first; a fixed number of statements.

    Within one moment the order is that of this list: a result before the clock it started, read from below.
    """
    found = [
        *_standings(enrolment),
        *_assessments(enrolment, rules),
        *_duty_steps(enrolment),
        *_kit_steps(enrolment, rules),
        *_episode_steps(enrolment),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST_EVENTS]


def _standings(enrolment: Enrolment) -> list[Happening]:
    rows = EnrolmentStatus.objects.filter(enrolment=enrolment).select_related("by").order_by("-at")[:MOST_EVENTS]
    titles = {
        Standing.ACTIVE: Phrase("Trong chương trình"),
        Standing.SURVEILLANCE: Phrase("Chuyển sang theo dõi"),
        Standing.CEASED: Phrase("Ngừng"),
    }
    return [Happening(one.at, titles[Standing(one.standing)], Phrase(one.reason), _who(one.by)) for one in rows]


def _episode_steps(enrolment: Enrolment) -> list[Happening]:
    """The opening and closing of rounds; results and assessments tell of the rest themselves."""
    told = (EpisodeStatus.Step.OPENED, EpisodeStatus.Step.CLOSED)
    rows = EpisodeStatus.objects.filter(episode__enrolment=enrolment, step__in=told).select_related("episode", "by")
    return [
        Happening(
            one.at,
            Phrase("{step} {round}", step=_label(EpisodeStatus.Step(one.step)), round=one.episode.round),
            _ending(one.episode) if one.step == EpisodeStatus.Step.CLOSED else NOTHING,
            _who(one.by),
        )
        for one in rows.order_by("-at")[:MOST_EVENTS]
    ]


def _ending(episode: Episode) -> Phrase:
    return _label(Episode.Ending(episode.ending)) if episode.ending else NOTHING


def _label(choice: Any) -> Phrase:
    """A choice's Vietnamese word, to be said in the reader's language."""
    return Phrase(str(choice.label))


def _kit_steps(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    rows = KitStatus.objects.filter(kit__episode__enrolment=enrolment).select_related("kit", "kit__result", "by")
    return [_kit_step(one, rules) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _kit_step(one: KitStatus, rules: ProgrammeRules) -> Happening:
    if one.state == KitState.RESULTED:
        result = one.kit.result
        value = "" if result.value is None else f" {number_text(result.value)} {rules.unit}"
        title = Phrase("FIT{value}: {outcome:lower}", value=value, outcome=_label(TestResult.Outcome(result.outcome)))
        cut_off = f"{number_text(result.cut_off)} {rules.unit}"
        text = Phrase("Kit {number}, ngưỡng {cut_off}", number=one.kit.number, cut_off=cut_off)
        kind = {"positive": "warning", "negative": "success"}.get(result.outcome, "")
        return Happening(one.at, title, text, _who(one.by), kind)
    state = _label(KitState(one.state))
    if one.state == KitState.REJECTED:
        state = Phrase("{state}: {reason:lower}", state=state, reason=_label(Rejection(one.kit.rejection)))
    return Happening(one.at, state, Phrase("Kit {number}", number=one.kit.number), _who(one.by))


def _duty_steps(enrolment: Enrolment) -> list[Happening]:
    told = DutyStatus.objects.filter(duty__episode__enrolment=enrolment).exclude(kind=DutyStatus.Kind.CLOSED)
    rows = told.select_related("duty", "owner", "by").order_by("-at")[:MOST_EVENTS]
    return [_duty_step(one) for one in rows]


def _duty_step(one: DutyStatus) -> Happening:
    if one.kind == DutyStatus.Kind.ASSIGNED:
        owner = Phrase("{owner}", owner=_who(one.owner))
        return Happening(one.at, Phrase("Giao người giữ"), owner, _who(one.by))
    step, day = _label(Duty.Step(one.duty.step)), f"{one.duty.deadline:%d/%m/%Y}"
    text = Phrase("{step}, hạn {day}", step=step, day=day)
    return Happening(one.at, _label(DutyStatus.Kind(one.kind)), text, _who(one.by))


def _assessments(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    rows = Assessment.objects.filter(episode__enrolment=enrolment).select_related("facility", "by", "procedure")
    return [_assessment(one, rules) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _assessment(one: Assessment, rules: ProgrammeRules) -> Happening:
    if one.outcome == Assessment.Outcome.NOT_DONE:
        text = joined([_label(Assessment.Reason(one.reason)), _as_written(one.note)], ". ")
        return Happening(one.at, Phrase("Không nội soi, đã ghi lý do"), text, _who(one.by))
    text = joined(_examined(one, rules), " · ")
    return Happening(one.at, Phrase("Nội soi đại tràng"), text, _who(one.by), "success")


def _examined(one: Assessment, rules: ProgrammeRules) -> Iterator[Phrase]:
    """What an examination found, part by part."""
    if one.performed_on:
        yield Phrase("Ngày {day}", day=f"{one.performed_on:%d/%m/%Y}")
    yield _as_written(one.facility.short_name if one.facility else "")
    if one.complete is not None:
        yield Phrase("trọn vẹn") if one.complete else Phrase("chưa trọn vẹn")
    known = rules.finding(one.finding)
    yield Phrase(known.label) if known else _as_written(one.finding)
    yield _as_written(one.procedure.result if one.procedure and one.complete is None else "")
    if one.next_step:
        yield Phrase("Tiếp theo: {step:lower}", step=Phrase(NEXT_STEP_NAMES[NextStep(one.next_step)]))
    if one.next_due_on:
        yield Phrase("hẹn {day}", day=f"{one.next_due_on:%d/%m/%Y}")
    yield _as_written(one.note)


def _as_written(text: str) -> Phrase:
    """What people wrote or are called: never translated."""
    return Phrase("{text}", text=text) if text else NOTHING


def _who(staff: object | None) -> str:
    return str(staff) if staff else ""
