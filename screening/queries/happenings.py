"""Everything that happened to somebody in a programme, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from registry.rules.phrases import Phrase, joined
from screening.models import (
    DutyStatus,
    Enrolment,
    EnrolmentStatus,
    Episode,
    EpisodeStatus,
    InvitationChannel,
    InvitationState,
    InvitationStatus,
    KitStatus,
    Response,
    Result,
    SampleStatus,
)
from screening.models.duties import Level
from screening.models.enrolments import Standing
from screening.models.kits import KitState, Rejection
from screening.models.results import Reason
from screening.queries.words import NOTHING, as_written, known_action, label_of, owed_of, result_of
from screening.rules.pathway import Action
from screening.rules.programme import ProgrammeRules
from screening.rules.wording import SAMPLE, number_text, owed_text, taken_text

MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the episode's timeline, ready to read."""

    at: datetime
    title: Phrase
    text: Phrase = NOTHING
    by: str = ""
    kind: str = ""
    url: str = ""


def happenings_of(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    """Every change of state of the enrolment, newest first; a fixed number of statements.

    Within one moment the order is that of this list: a result before the clock it started, read from below.
    """
    found = [
        *_standings(enrolment),
        *_results(enrolment, rules),
        *_duty_steps(enrolment, rules),
        *_kit_steps(enrolment, rules),
        *_invitation_steps(enrolment),
        *_sample_steps(enrolment, rules),
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
            Phrase("{step} {round}", step=label_of(EpisodeStatus.Step(one.step)), round=one.episode.round),
            _ending(one.episode) if one.step == EpisodeStatus.Step.CLOSED else NOTHING,
            _who(one.by),
        )
        for one in rows.order_by("-at")[:MOST_EVENTS]
    ]


def _ending(episode: Episode) -> Phrase:
    return label_of(Episode.Ending(episode.ending)) if episode.ending else NOTHING


def _kit_steps(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    """Kits on their way; the result tells of the rest itself."""
    told = KitStatus.objects.filter(kit__episode__enrolment=enrolment).exclude(state=KitState.RESULTED)
    rows = told.select_related("kit", "by")
    return [_kit_step(one) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _kit_step(one: KitStatus) -> Happening:
    state = label_of(KitState(one.state))
    if one.state == KitState.REJECTED:
        state = Phrase("{state}: {reason:lower}", state=state, reason=label_of(Rejection(one.kit.rejection)))
    return Happening(one.at, state, Phrase("Kit {number}", number=one.kit.number), _who(one.by))


def _invitation_steps(enrolment: Enrolment) -> list[Happening]:
    """What became of each invitation; that somebody came is told by the kit or the result."""
    told = InvitationStatus.objects.filter(invitation__episode__enrolment=enrolment).exclude(response=Response.ATTENDED)
    rows = told.select_related("invitation", "by").order_by("-at")[:MOST_EVENTS]
    return [_invitation_step(one) for one in rows]


def _invitation_step(one: InvitationStatus) -> Happening:
    state = label_of(Response(one.response) if one.response else InvitationState(one.state))
    way = label_of(InvitationChannel(one.invitation.channel))
    title = Phrase("Lời mời lần {n}: {state:lower}", n=one.invitation.number, state=state)
    return Happening(one.at, title, joined([way, as_written(one.reason)], " · "), _who(one.by))


def _sample_steps(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    """Samples on their way; the result tells of the rest itself."""
    told = SampleStatus.objects.filter(sample__episode__enrolment=enrolment).exclude(kind=SampleStatus.Kind.CLOSED)
    rows = told.select_related("sample", "owner", "by")
    return [_sample_step(one, rules) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _sample_step(one: SampleStatus, rules: ProgrammeRules) -> Happening:
    if one.kind == SampleStatus.Kind.ASSIGNED:
        owner = Phrase("{owner}", owner=_who(one.owner))
        return Happening(one.at, Phrase("Giao người giữ"), owner, _who(one.by))
    action = known_action(rules, one.sample.action)
    waited = owed_text(SAMPLE, action.name if action else "")
    text = Phrase("{step}, hạn {day}", step=waited, day=f"{one.sample.deadline:%d/%m/%Y}")
    if one.kind == SampleStatus.Kind.ESCALATED:
        told = Phrase("Quá hạn, đã báo {level:lower}", level=label_of(Level(one.level)))
        return Happening(one.at, told, text, _who(one.by), "warning")
    number = Phrase("Mã {number}", number=one.sample.number) if one.sample.number else NOTHING
    return Happening(one.at, taken_text(one.sample.taken_on), joined([text, number], " · "), _who(one.by))


def _duty_steps(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    told = DutyStatus.objects.filter(duty__episode__enrolment=enrolment).exclude(kind=DutyStatus.Kind.CLOSED)
    rows = told.select_related("duty__result", "owner", "by").order_by("-at")[:MOST_EVENTS]
    return [_duty_step(one, rules) for one in rows]


def _duty_step(one: DutyStatus, rules: ProgrammeRules) -> Happening:
    if one.kind == DutyStatus.Kind.ASSIGNED:
        owner = Phrase("{owner}", owner=_who(one.owner))
        return Happening(one.at, Phrase("Giao người giữ"), owner, _who(one.by))
    day = f"{one.duty.deadline:%d/%m/%Y}"
    text = Phrase("{step}, hạn {day}", step=owed_of(rules, one.duty), day=day)
    if one.kind == DutyStatus.Kind.ESCALATED:
        told = Phrase("Quá hạn, đã báo {level:lower}", level=label_of(Level(one.level)))
        return Happening(one.at, told, text, _who(one.by), "warning")
    if one.kind == DutyStatus.Kind.PUT_OFF:
        title = Phrase("Từ chối lúc này, hẹn gọi lại {day}", day=f"{one.call_on:%d/%m/%Y}")
        return Happening(one.at, title, Phrase("{note}", note=one.note), _who(one.by), "warning")
    return Happening(one.at, label_of(DutyStatus.Kind(one.kind)), text, _who(one.by))


def _results(enrolment: Enrolment, rules: ProgrammeRules) -> list[Happening]:
    rows = Result.objects.filter(episode__enrolment=enrolment).select_related("facility", "by", "procedure", "kit")
    return [_result(one, rules) for one in rows.order_by("-at")[:MOST_EVENTS]]


def _result(one: Result, rules: ProgrammeRules) -> Happening:
    action = known_action(rules, one.action)
    if one.state == Result.State.NOT_DONE:
        text = joined([label_of(Reason(one.reason)), as_written(one.note)], ". ")
        step = Phrase(action.name) if action else owed_text(one.action)
        return Happening(one.at, Phrase("Không làm, đã ghi lý do: {step}", step=step), text, _who(one.by))
    if one.kind == Result.Kind.DECISION:
        return Happening(one.at, label_of(Result.Kind.DECISION), joined(_follows(one, rules), " · "), _who(one.by))
    title = _tested(one, action) if one.kit else result_of(one, action)
    text = joined([*_examined(one, rules), *_follows(one, rules)], " · ")
    kind = {"positive": "warning", "negative": "success"}.get(one.verdict, "")
    return Happening(one.at, title, text, _who(one.by), kind)


def _tested(one: Result, action: Action | None) -> Phrase:
    return Phrase(
        "{result}: {outcome:lower}", result=result_of(one, action), outcome=label_of(Result.Verdict(one.verdict))
    )


def _examined(one: Result, rules: ProgrammeRules) -> Iterator[Phrase]:
    """What was done and seen, part by part."""
    if one.kit:
        cut_off = f"{number_text(one.cut_off)} {rules.unit}" if one.cut_off is not None else "–"
        yield Phrase("Kit {number}, ngưỡng {cut_off}", number=one.kit.number, cut_off=cut_off)
    elif one.performed_on:
        yield Phrase("Ngày {day}", day=f"{one.performed_on:%d/%m/%Y}")
        yield as_written(one.facility.short_name if one.facility else "")
    if one.complete is not None:
        yield Phrase("trọn vẹn") if one.complete else Phrase("chưa trọn vẹn")
    yield as_written(one.stage)
    yield as_written(one.procedure.result if one.procedure and not one.code and one.complete is None else "")


def _follows(one: Result, rules: ProgrammeRules) -> Iterator[Phrase]:
    """What the table or the clinician said comes next."""
    if one.next_step:
        yield Phrase("Tiếp theo: {step:lower}", step=Phrase(rules.name_of(one.next_step)))
    if one.next_due_on:
        yield Phrase("hẹn {day}", day=f"{one.next_due_on:%d/%m/%Y}")
    yield as_written(one.note)


def _who(staff: object | None) -> str:
    return str(staff) if staff else ""
