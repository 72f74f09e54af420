"""Batches of invitations: the list, one batch by what is to be done, its letters, its phone list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q

from registry.kernel import Context, NotFound, Permission, Refused, query, record_audit
from registry.models import Job
from screening.models import Invitation, InvitationBatch, InvitationChannel, InvitationState, Response
from screening.queries.scope import facility_of, live_programmes, oversees_city, today_of

PAGE = 50
MOST_BATCHES = 60
MOST_LETTERS = 200

CODE = "HNTS-"  # before the number of an invitation in the QR code of its letter


class Tab(StrEnum):
    """What is to be done with an invitation; the value is what stands in the address."""

    CALL = "goi"
    UNSENT = "chua-gui"
    WAITING = "cho-tra-loi"
    COMING = "se-den"
    CAME = "da-den"
    ENDED = "da-xong"


# Each tab as a condition over the latest invitation's row; together they are everybody, once.
_TABS: Mapping[Tab, Q] = {
    Tab.CALL: Q(state="failed") | Q(channel="ward-list", state__in=["planned", "sent"]),
    Tab.UNSENT: Q(state="planned") & ~Q(channel="ward-list"),
    Tab.WAITING: Q(state="sent") & ~Q(channel="ward-list"),
    Tab.COMING: Q(response__in=["accepted", "deferred"]),
    Tab.CAME: Q(response="attended"),
    Tab.ENDED: Q(response__in=["refused", "elsewhere", "ceased"]) | Q(state__in=["expired", "withdrawn"]),
}


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in the list: people invited, messages and letters gone out, who came, who is still to be reached."""

    batch: InvitationBatch
    invited: int
    sent: int
    came: int
    open: int


@dataclass(frozen=True, slots=True)
class BatchList:
    """The facility's latest batches, or the city's; job: the city plan that runs, or ran last."""

    lines: list[BatchLine]
    programmes: list[tuple[str, str]]
    whole_city: bool
    job: Job | None
    today: date


@query(Permission.SCREENING_READ)
def list_batches(ctx: Context) -> BatchList:
    """The latest weeks first, at most MOST_BATCHES."""
    city = oversees_city(ctx)
    found = InvitationBatch.objects.select_related("programme", "facility")
    mine = found if city else found.filter(facility_id=facility_of(ctx).id)
    first = Q(invitations__number=1)
    counted = mine.annotate(
        invited=Count("invitations", filter=first),
        sent=Count("invitations", filter=first & Q(invitations__sent_on__isnull=False)),
        came=Count("invitations", filter=Q(invitations__response="attended")),
        open=Count("invitations", filter=Q(invitations__state__in=["planned", "sent", "failed"])),
    )
    lines = [
        BatchLine(one, one.invited, one.sent, one.came, one.open)
        for one in counted.order_by("-week", "facility__name_key", "pk")[:MOST_BATCHES]
    ]
    job = Job.objects.filter(kind="screening-plan").order_by("-started_at").first() if city else None
    record_audit(ctx, "list", target=("InvitationBatch", ""), detail={"rows": len(lines)})
    names = [(one.programme.code, one.programme.short_name) for one in live_programmes()]
    return BatchList(lines, names, city, job, today_of(ctx))


@dataclass(frozen=True, slots=True)
class InvitedPerson:
    """One line of a batch: who, how to reach them, where their invitation is."""

    id: uuid.UUID
    enrolment_id: uuid.UUID
    name: str
    birth_year: int
    ward: str
    phone: str
    address: str
    channel: str
    state: str
    response: str
    number: int
    changed_on: date
    day: date | None
    note: str

    @property
    def standing(self) -> str:
        """What was answered, else how far the invitation has come; in Vietnamese."""
        return str(Response(self.response).label if self.response else InvitationState(self.state).label)

    @property
    def answerable(self) -> bool:
        """Whether an answer may still be written down."""
        return self.state in ("planned", "sent", "failed") or self.response == "accepted"


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One batch. counts by tab of everybody's latest invitation; people empty for who oversees the city."""

    batch: InvitationBatch
    tab: Tab
    counts: Mapping[Tab, int]
    channels: Mapping[str, int]
    people: list[InvitedPerson]
    next_after: uuid.UUID | None
    letters: int
    unsent_messages: int
    failed_messages: int
    whole_city: bool


def batch_here(ctx: Context, batch_id: uuid.UUID) -> InvitationBatch:
    """This facility's batch; NotFound otherwise."""
    batch = InvitationBatch.objects.select_related("programme", "facility").filter(pk=batch_id).first()
    if batch is None or batch.facility_id != facility_of(ctx).id:
        raise NotFound
    return batch


def batch_of(ctx: Context, invitation_id: uuid.UUID) -> uuid.UUID:
    """The batch of this facility's invitation; NotFound otherwise. Tells nothing of a person."""
    found = Invitation.objects.filter(pk=invitation_id, batch__facility_id=facility_of(ctx).id)
    batch_id = found.values_list("batch_id", flat=True).first()
    if batch_id is None:
        raise NotFound
    return batch_id


def _latest(batch: InvitationBatch) -> Any:
    """Everybody's latest invitation of a batch."""
    later = Invitation.objects.filter(batch=batch).order_by("episode_id", "-number").distinct("episode_id")
    return Invitation.objects.filter(pk__in=later.values("pk"))


@query(Permission.SCREENING_READ)
def get_batch(
    ctx: Context, batch_id: uuid.UUID, *, tab: Tab | None = None, after: uuid.UUID | None = None
) -> BatchPage:
    """The batch, by default at the first tab with something to do. The Department sees the counts of any batch."""
    city = oversees_city(ctx)
    if city:
        batch = InvitationBatch.objects.select_related("programme", "facility").filter(pk=batch_id).first()
        if batch is None:
            raise NotFound
    else:
        batch = batch_here(ctx, batch_id)
    latest = _latest(batch)
    counts = latest.aggregate(
        **{one.name: Count("pk", filter=where) for one, where in _TABS.items()},
        letters=Count("pk", filter=Q(channel="letter", state="planned")),
        messages=Count("pk", filter=Q(channel="sms", state="planned")),
        failed=Count("pk", filter=Q(channel="sms", state="failed")),
        **{channel: Count("pk", filter=Q(channel=channel)) for channel in InvitationChannel.values},
    )
    by_tab = {one: counts[one.name] for one in Tab}
    asked = tab or next((one for one in Tab if by_tab[one]), Tab.CALL)
    rows = [] if city else _people(latest, asked, after)
    record_audit(ctx, "list", target=("Invitation", batch.pk), detail={"rows": min(len(rows), PAGE), "named": not city})
    return BatchPage(
        batch=batch,
        tab=asked,
        counts=by_tab,
        channels={channel: counts[channel] for channel in InvitationChannel.values},
        people=rows[:PAGE],
        next_after=rows[PAGE - 1].id if len(rows) > PAGE else None,
        letters=counts["letters"],
        unsent_messages=counts["messages"],
        failed_messages=counts["failed"],
        whole_city=city,
    )


def _people(latest: Any, tab: Tab, after: uuid.UUID | None, limit: int = PAGE + 1) -> list[InvitedPerson]:
    found = latest.filter(_TABS[tab]).select_related("episode__enrolment__patient").order_by("pk")
    return [_person(one) for one in (found.filter(pk__gt=after) if after else found)[:limit]]


def _person(one: Invitation) -> InvitedPerson:
    patient = one.episode.enrolment.patient
    return InvitedPerson(
        id=one.pk,
        enrolment_id=one.episode.enrolment_id,
        name=patient.name,
        birth_year=patient.birth_date.year,
        ward=patient.ward_name,
        phone=patient.phone,
        address=patient.address,
        channel=one.channel,
        state=one.state,
        response=one.response,
        number=one.number,
        changed_on=one.changed_on,
        day=one.day,
        note=one.note,
    )


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of a batch still to be printed: at most MOST_LETTERS a file; more: how many follow."""

    batch: InvitationBatch
    people: list[InvitedPerson]
    more: int


@query(Permission.SCREENING_ENROL)
def get_letters(ctx: Context, batch_id: uuid.UUID, *, after: uuid.UUID | None = None) -> Letters:
    """Raises NotFound for another facility's batch."""
    batch = batch_here(ctx, batch_id)
    waiting = Invitation.objects.filter(batch=batch, channel=InvitationChannel.LETTER, state=InvitationState.PLANNED)
    waiting = waiting.select_related("episode__enrolment__patient").order_by("pk")
    waiting = waiting.filter(pk__gt=after) if after else waiting
    people = [_person(one) for one in waiting[:MOST_LETTERS]]
    more = max(0, waiting.count() - len(people))
    record_audit(ctx, "export", target=("Invitation", batch.pk), detail={"letters": len(people)})
    return Letters(batch, people, more)


MOST_CALLS = 5000


@query(Permission.SCREENING_ENROL)
def get_phone_list(ctx: Context, batch_id: uuid.UUID) -> tuple[InvitationBatch, list[InvitedPerson]]:
    """Whom the ward calls or visits, at most MOST_CALLS. Raises NotFound for another facility's batch."""
    batch = batch_here(ctx, batch_id)
    people = _people(_latest(batch), Tab.CALL, None, MOST_CALLS)
    record_audit(ctx, "export", target=("Invitation", batch.pk), detail={"calls": len(people)})
    return batch, people


@query(Permission.SCREENING_READ)
def find_by_letter(ctx: Context, code: str) -> uuid.UUID:
    """The enrolment a letter's QR code belongs to, at this facility. Raises Refused with what to do instead."""
    number = "".join(code.split()).upper().removeprefix(CODE).lower()
    try:
        asked = uuid.UUID(number)
    except ValueError:
        why = "Mã này không phải mã trên thư mời. Hãy quét lại, hoặc tìm người theo tên."
        raise Refused("no-such-letter", why) from None
    found = Invitation.objects.filter(pk=asked, batch__facility_id=facility_of(ctx).id)
    row = found.values_list("episode__enrolment_id", "episode__enrolment__patient_id").first()
    record_audit(ctx, "find-letter", patient_id=row[1] if row else None, target=("Invitation", asked))
    if row is None:
        raise Refused("no-such-letter", "Thư mời này không phải của cơ sở. Hãy tìm người theo tên.")
    enrolment_id: uuid.UUID = row[0]
    return enrolment_id


def planned_messages(ctx: Context, limit: int = 500) -> list[uuid.UUID]:
    """Messages whose week has begun, the oldest first. For the scheduler: tells nobody anything."""
    found = Invitation.objects.filter(
        state=InvitationState.PLANNED, channel=InvitationChannel.SMS, batch__week__lte=today_of(ctx)
    )
    return list(found.order_by("batch__week", "pk").values_list("pk", flat=True)[:limit])


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """The latest invitation of a person's open round, as their page shows it."""

    invitation: Invitation
    answerable: bool


def open_invitation(enrolment_id: uuid.UUID) -> OpenInvitation | None:
    """For the person's page, which audits the reading."""
    found = Invitation.objects.select_related("batch").filter(
        episode__enrolment_id=enrolment_id, episode__closed_at=None
    )
    last = found.order_by("-number").first()
    if last is None or last.response == Response.ATTENDED:
        return None
    waits = last.state in (InvitationState.PLANNED, InvitationState.SENT, InvitationState.FAILED)
    return OpenInvitation(last, waits or last.response == Response.ACCEPTED)
