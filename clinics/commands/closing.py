"""The end of a visit: what is outstanding is decided about, the sheet is signed, the person is booked to come back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinics.commands.appointments import book_follow_up
from clinics.commands.order_steps import step
from clinics.commands.referring import facility_to, referral_refusals
from clinics.commands.sheet_writing import Typed, conclusion_faults, faults_of, join_typed, write_sheet
from clinics.commands.steps import consulting, move, staff_of
from clinics.models import Appointment, OrderItem, PrescriptionDraft, Visit, VisitReferral
from clinics.queries.outstanding import outstanding_of
from clinics.rules.orders import TO_ENTER, OrderState
from clinics.rules.outcomes import DEAD, OUTCOMES
from clinics.rules.outstanding import Leaving
from clinics.rules.referrals import HOME, REFERRED
from clinics.rules.states import VisitState
from records.commands import encounters
from records.rules.examination import Examination
from registry.kernel import Context, Permission, Refused, command, emit, record_audit
from registry.models import Facility, Staff
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note


@dataclass(frozen=True, slots=True)
class Ending:
    """What is decided at the end besides the sheet: about what is outstanding (a Leaving, with the reason), in how many
    days the person comes back ("" for not), and for somebody sent on to another facility (discharge, MA_LOAI_RV, in
    REFERRED) the facility's code, why, and the person's state."""

    leaving: str = ""
    leaving_reason: str = ""
    follow_up: str = ""
    discharge: str = ""
    referred_to: str = ""
    referral_reason: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """The closed visit and the follow-up booked with it."""

    visit: Visit
    appointment: Appointment | None = None


@command(Permission.VISIT_CLOSE)
def close_visit(
    ctx: Context,
    *,
    visit_id: uuid.UUID,
    conclusion: str,
    outcome_code: str,
    main: str | None = None,
    secondary: Sequence[str] = (),
    reason: str | None = None,
    examined: Examination | None = None,
    seen: Mapping[str, str] | None = None,
    ending: Ending | None = None,
) -> Closed:
    """Conclude, sign and close, with the diagnoses already written or those given here.

    Nothing of a signed sheet is overwritten afterwards: what else is to be said is an addendum. outcome_code:
    KET_QUA_DTRI; the rest as in record_diagnoses. Raises Refused at "main", "secondary", "conclusion", "outcome_code", a
    field of Ending or a line of the sheet, all at once, and Conflict as record_diagnoses.
    """
    visit, said = consulting(ctx, visit_id), ending or Ending()
    standing, wanted = join_typed(visit, Typed(main, secondary, conclusion, reason, examined, seen))
    faults = [
        *write_sheet(ctx, visit, standing, wanted, coded=True),
        *conclusion_faults(conclusion),
        *([] if outcome_code in OUTCOMES else [_outcome_missing()]),
        *_leaving_faults(visit, said),
        *_referral_faults(said, outcome_code),
    ]
    to, unknown = facility_to(ctx, said.discharge, said.referred_to)
    faults += unknown
    booked: list[Appointment] = []
    if said.follow_up.strip():
        faults += faults_of(lambda: booked.append(book_follow_up(ctx, visit, said.follow_up, wanted.conclusion)))
    if faults:
        raise Refused.several(faults)
    left = _leave(ctx, visit, said)
    doctor = Staff.objects.get(pk=staff_of(ctx))
    encounters.finish_encounter(
        ctx,
        visit.encounter,
        wanted.conclusion,
        outcome_code,
        said.discharge or HOME,
        practitioner_name=doctor.full_name,
    )
    if to is not None:
        _refer(ctx, visit, said, to)
    move(ctx, visit, VisitState.CLOSED, reason=left)
    detail = {"follow_up": str(booked[0].pk)} if booked else {}
    record_audit(ctx, "close", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return Closed(visit, next(iter(booked), None))


def _referral_faults(said: Ending, outcome_code: str) -> list[Refused]:
    if said.discharge not in {"", HOME, *REFERRED}:
        return [Refused("discharge-unknown", "Hãy chọn ra về hay chuyển cơ sở.", "discharge")]
    if said.discharge not in REFERRED:
        return []
    faults = referral_refusals(said.discharge, said.referred_to, said.referral_reason)
    if not clean_note(said.condition):
        faults.append(Refused("condition-missing", "Hãy ghi tình trạng người bệnh lúc chuyển.", "condition"))
    if outcome_code in DEAD:
        faults.append(Refused("after-death", "Người bệnh đã mất: không chuyển cơ sở.", "outcome_code"))
    return faults


def _refer(ctx: Context, visit: Visit, said: Ending, to: Facility) -> None:
    VisitReferral.objects.create(
        visit=visit,
        referred_to=to,
        reason=clean_line(said.referral_reason)[:500],
        condition=clean_note(said.condition),
        by_id=staff_of(ctx),
        at=ctx.at,
    )


def _outcome_missing() -> Refused:
    return Refused("outcome-unknown", "Hãy chọn kết quả điều trị.", "outcome_code")


def _leaving_faults(visit: Visit, said: Ending) -> list[Refused]:
    """Closing over something outstanding is a decision with a reason; with nothing outstanding nobody is asked."""
    waiting = outstanding_of(visit)
    if not waiting:
        return []
    faults = []
    if said.leaving not in list(Leaving):
        message = Phrase("{what} Hãy chọn cách xử trí rồi kết thúc.", what=waiting.told)
        faults.append(Refused("visit-outstanding", message, "leaving"))
    if not clean_line(said.leaving_reason):
        faults.append(Refused("leaving-reason-missing", "Hãy ghi lý do kết thúc khi còn việc dở.", "leaving_reason"))
    return faults


def _leave(ctx: Context, visit: Visit, said: Ending) -> str:
    """Take back what the doctor drops; the reason as the visit's last step keeps it."""
    if not outstanding_of(visit):
        return ""
    why = clean_line(said.leaving_reason)[:300]
    if said.leaving == Leaving.DROP:
        items = OrderItem.objects.select_for_update(of=("self",), no_key=True).filter(order__visit=visit)
        for item in items.filter(state__in=TO_ENTER).select_related("service").order_by("pk"):
            step(ctx, item, OrderState.CANCELLED, reason=why)
            emit(ctx, "order.cancelled", {"order_id": str(item.order_id), "item_id": str(item.pk)})
        PrescriptionDraft.objects.filter(visit=visit, signed_at=None).delete()
    return why
