"""Moving a visit from state to state: the one place that writes a VisitStatus."""

from __future__ import annotations

import uuid

from django.utils import timezone

from clinics.models import Visit, VisitStatus
from clinics.queries.scope import visit_here
from clinics.rules.states import STATE_NAMES, VisitState, is_open, may_follow
from registry.kernel import Conflict, Context, Forbidden, Refused, emit
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

CHARGED = (VisitState.IN_CONSULTATION, VisitState.CANCELLED)  # steps that change what a visit costs


def staff_of(ctx: Context) -> int:
    """The member of staff who acts; clients and the system move nobody through a clinic."""
    if ctx.actor.staff_id is None:
        raise Forbidden("staff-only", "Chỉ nhân viên của cơ sở làm được việc này.")
    return ctx.actor.staff_id


def visit_to_change(ctx: Context, visit_id: uuid.UUID) -> Visit:
    """This facility's visit, locked and still open. Conflict tells what it has become meanwhile, by whom, when."""
    visit = visit_here(ctx, visit_id, lock=True)
    state = VisitState(visit.state)
    if not is_open(state):
        ended = visit.statuses.select_related("by").filter(state=state).latest("at")
        template = "{who} đã kết thúc lượt khám này lúc {time}: {state:lower}. Không ghi thêm được vào phiếu."
        time = f"{timezone.localtime(ended.at):%H:%M}"
        raise Conflict(
            "visit-ended", Phrase(template, who=ended.by.full_name, time=time, state=Phrase(STATE_NAMES[state]))
        )
    return visit


def consulting(ctx: Context, visit_id: uuid.UUID) -> Visit:
    """This facility's visit, locked, with the doctor; its encounter as it is now that the lock is held."""
    visit = visit_to_change(ctx, visit_id)
    if visit.state != VisitState.IN_CONSULTATION:
        raise Conflict("visit-not-begun", "Chưa bắt đầu khám: hãy bấm “Bắt đầu khám” trước.")
    # Only the visit's row is locked and read anew; what was joined to it may be older than the wait for the lock.
    visit.encounter.refresh_from_db(fields=["reason", "conclusion", "status"])
    return visit


def begin(ctx: Context, visit: Visit) -> None:
    """The first state of a new visit."""
    VisitStatus.objects.create(visit=visit, previous="", state=VisitState.WAITING, by_id=staff_of(ctx), at=ctx.at)


def move(ctx: Context, visit: Visit, state: VisitState, *, reason: str = "") -> None:
    """Step to a state; the database's trigger updates the visit. Conflict when the step is not allowed from here."""
    before = VisitState(visit.state)
    if not may_follow(before, state):
        template = "Không thể chuyển sang “{after:lower}” khi đang “{before:lower}”."
        states = {"after": Phrase(STATE_NAMES[state]), "before": Phrase(STATE_NAMES[before])}
        raise Conflict("visit-state", Phrase(template, **states))
    VisitStatus.objects.create(visit=visit, previous=before, state=state, by_id=staff_of(ctx), at=ctx.at, reason=reason)
    visit.state, visit.state_since = state.value, ctx.at
    if state in CHARGED:
        emit(ctx, "visit.moved", {"visit_id": str(visit.pk), "state": state.value})


def refused(invalid: Invalid, field: str | None = None) -> Refused:
    """A rule's refusal as the kernel's."""
    return Refused(invalid.code, invalid.message, field or invalid.field or None)
