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
from screening.models.duties import CLASSIFY, DECIDE, Level
from screening.models.enrolments import Standing
from screening.models.kits import KitState, Rejection
from screening.models.results import Reason
from screening.queries.scope import enrolment_here, facility_of, live_programme, today_of
from screening.rules.pathway import Action, Kind
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules
from screening.rules.wording import number_text, owed_text, result_text

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
    decide: bool
    close: bool
    test: bool
    assign: bool
    arrived: bool


@dataclass(frozen=True, slots=True)
class EnrolmentPage:
    """Everything the page shows. kit: the one on its way; duty: the open one, with its words (owed), the result that made it
    owed (because) and, for one that is an action or awaits reading, that action (asked); tests: what may be recorded here.
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
        owed=_owed(rules, duty),
        because=_because(rules, duty),
        asked=_asked(rules, duty),
        tests=[one for one in rules.pathway.actions if one.kind is Kind.TEST and not one.kit],
        happenings=_happenings(enrolment, rules),
        actions=_actions(
            ctx, enrolment, kit, duty, rules, waits=waiting is not None or bool(access.person.deceased_on)
        ),
        staff=_staff_here(ctx) if duty else [],
        not_due_until=waiting,
    )


def _known(rules: ProgrammeRules, code: str) -> Action | None:
    return next((one for one in rules.pathway.actions if one.code == code), None)


def _asked(rules: ProgrammeRules, duty: Duty | None) -> Action | None:
    """The action a duty asks for, or the one that arrived and has to be read."""
    if duty is None:
        return None
    return _known(rules, duty.result.action if duty.action == CLASSIFY else duty.action)


def _owed(rules: ProgrammeRules, duty: Duty | None) -> Phrase:
    asked = _asked(rules, duty)
    return owed_text(duty.action, asked.name if asked else "") if duty else NOTHING


def _because(rules: ProgrammeRules, duty: Duty | None) -> Phrase:
    """The result that made the duty owed, with the cut-off it was judged by."""
    if duty is None or duty.result.kind == Result.Kind.DECISION:
        return _as_written(duty.result.note) if duty else NOTHING
    result, action = duty.result, _known(rules, duty.result.action)
    said = _said(result, action)
    if result.cut_off is None or action is None:
        return said
    cut = f"{number_text(result.cut_off)} {action.unit}"
    verdict = _label(Result.Verdict(result.verdict))
    return Phrase("{result}, {verdict:lower} (ngưỡng {cut})", result=said, verdict=verdict, cut=cut)


def _said(result: Result, action: Action | None) -> Phrase:
    if action is None:
        return _as_written(result.action)
    label = next((one.label for one in action.outcomes if one.code == result.code), "")
    return result_text(action.short_name, label, result.value, action.unit)


def _not_due_until(ctx: Context, enrolment: Enrolment, episode: Episode | None) -> date | None:
    running = episode is not None and episode.closed_at is None
    due = enrolment.next_due_on
    return due if due and due > today_of(ctx) and not running else None


def _actions(
    ctx: Context, enrolment: Enrolment, kit: Kit | None, duty: Duty | None, rules: ProgrammeRules, *, waits: bool
) -> Actions:
    tests, assesses = ctx.may(Permission.SCREENING_TEST), ctx.may(Permission.SCREENING_ASSESS)
    by_kit = rules.action.kit if duty is None else rules.is_kit(duty.action)
    free = kit is None and enrolment.standing == Standing.ACTIVE and not waits
    asked = _asked(rules, duty)
    return Actions(
        issue=tests and free and by_kit,
        receive=tests and kit is not None and kit.state == KitState.ISSUED,
        result=tests and kit is not None and kit.state == KitState.RETURNED,
        reject=tests and kit is not None,
        assess=assesses and asked is not None and asked.kind is not Kind.TEST,
        close=assesses and duty is not None,
        decide=assesses and duty is not None and duty.action == DECIDE,
        test=tests and any(one.kind is Kind.TEST and not one.kit for one in rules.pathway.actions),
        assign=ctx.may(Permission.SCREENING_ENROL) and duty is not None,
        arrived=duty is not None and duty.action == CLASSIFY,
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
        *_results(enrolment, rules),
        *_duty_steps(enrolment, rules),
        *_kit_steps(enrolment, rules),
        *_episode_steps(enrolment),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST_EVENTS]


def _standings(enrolment: Enrolment) -> list[Happening]:
    rows = EnrolmentStatus.objects.filter(enrolment=enrolment).select_related("by").order_by("-at")[:MOST_EVENTS]
    titles = {
        Standing.ACTIVE: Phrase("Trong chương trình"),
        Standing.DEFERRED: Phrase("Tạm hoãn"),
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
    """Kits on their way; the result tells of the rest itself."""
    told = KitStatus.objects.filter(kit__episode__enrolment=enrolment).exclude(state=KitState.RESULTED)
    rows = told.select_related("kit", "by")
    return [_kit_step(one) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _kit_step(one: KitStatus) -> Happening:
    state = _label(KitState(one.state))
    if one.state == KitState.REJECTED:
        state = Phrase("{state}: {reason:lower}", state=state, reason=_label(Rejection(one.kit.rejection)))
    return Happening(one.at, state, Phrase("Kit {number}", number=one.kit.number), _who(one.by))


def _duty_steps(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    told = DutyStatus.objects.filter(duty__episode__enrolment=enrolment).exclude(kind=DutyStatus.Kind.CLOSED)
    rows = told.select_related("duty__result", "owner", "by").order_by("-at")[:MOST_EVENTS]
    return [_duty_step(one, rules) for one in rows]


def _duty_step(one: DutyStatus, rules: ProgrammeRules) -> Happening:
    if one.kind == DutyStatus.Kind.ASSIGNED:
        owner = Phrase("{owner}", owner=_who(one.owner))
        return Happening(one.at, Phrase("Giao người giữ"), owner, _who(one.by))
    day = f"{one.duty.deadline:%d/%m/%Y}"
    text = Phrase("{step}, hạn {day}", step=_owed(rules, one.duty), day=day)
    if one.kind == DutyStatus.Kind.ESCALATED:
        told = Phrase("Quá hạn, đã báo {level:lower}", level=_label(Level(one.level)))
        return Happening(one.at, told, text, _who(one.by), "warning")
    return Happening(one.at, _label(DutyStatus.Kind(one.kind)), text, _who(one.by))


def _results(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    rows = Result.objects.filter(episode__enrolment=enrolment).select_related("facility", "by", "procedure", "kit")
    return [_result(one, rules) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _result(one: Result, rules: ProgrammeRules) -> Happening:
    action = _known(rules, one.action)
    if one.state == Result.State.NOT_DONE:
        text = joined([_label(Reason(one.reason)), _as_written(one.note)], ". ")
        step = Phrase(action.name) if action else owed_text(one.action)
        return Happening(one.at, Phrase("Không làm, đã ghi lý do: {step}", step=step), text, _who(one.by))
    if one.kind == Result.Kind.DECISION:
        return Happening(one.at, _label(Result.Kind.DECISION), joined(_follows(one, rules), " · "), _who(one.by))
    title = _tested(one, action) if one.kit else _said(one, action)
    text = joined([*_examined(one, rules), *_follows(one, rules)], " · ")
    kind = {"positive": "warning", "negative": "success"}.get(one.verdict, "")
    return Happening(one.at, title, text, _who(one.by), kind)


def _tested(one: Result, action: Action | None) -> Phrase:
    return Phrase("{result}: {outcome:lower}", result=_said(one, action), outcome=_label(Result.Verdict(one.verdict)))


def _examined(one: Result, rules: ProgrammeRules) -> Iterator[Phrase]:
    """What was done and seen, part by part."""
    if one.kit:
        cut_off = f"{number_text(one.cut_off)} {rules.unit}" if one.cut_off is not None else "–"
        yield Phrase("Kit {number}, ngưỡng {cut_off}", number=one.kit.number, cut_off=cut_off)
    elif one.performed_on:
        yield Phrase("Ngày {day}", day=f"{one.performed_on:%d/%m/%Y}")
        yield _as_written(one.facility.short_name if one.facility else "")
    if one.complete is not None:
        yield Phrase("trọn vẹn") if one.complete else Phrase("chưa trọn vẹn")
    yield _as_written(one.stage)
    yield _as_written(one.procedure.result if one.procedure and not one.code and one.complete is None else "")


def _follows(one: Result, rules: ProgrammeRules) -> Iterator[Phrase]:
    """What the table or the clinician said comes next."""
    if one.next_step:
        yield Phrase("Tiếp theo: {step:lower}", step=Phrase(rules.name_of(one.next_step)))
    if one.next_due_on:
        yield Phrase("hẹn {day}", day=f"{one.next_due_on:%d/%m/%Y}")
    yield _as_written(one.note)


def _as_written(text: str) -> Phrase:
    """What people wrote or are called: never translated."""
    return Phrase("{text}", text=text) if text else NOTHING


def _who(staff: object | None) -> str:
    return str(staff) if staff else ""
