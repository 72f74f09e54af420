"""The papers of an outpatient visit that was closed: which there are, and what one of them says."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinics.models import Appointment, Visit, VisitReferral
from clinics.queries.diagnoses_told import diagnosis_told
from clinics.queries.following_up import follow_up_of
from clinics.queries.scope import visit_here
from clinics.queries.visit_orders import orders_of_visit
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.result_sheet import flag_sign
from clinics.rules.states import VisitState
from clinics.rules.stay_papers import PAPER_NAMES, Paper, Words, papers_of_visit
from clinics.rules.stays import INPATIENT
from records.queries.access import RecordAccess, look_through_door, within_reading_limit
from records.queries.band import Band, get_bands
from registry.kernel import Context, NotFound, Permission, query, record_audit


@dataclass(frozen=True, slots=True)
class VisitPaper:
    """One paper of a visit, ready to print."""

    which: Paper
    visit: Visit
    band: Band
    words: Words


@query(Permission.RECORD_READ)
def get_visit_paper(ctx: Context, visit_id: uuid.UUID, kind: str) -> VisitPaper:
    """One paper (a Paper's value) of a closed visit of this facility; NotFound where the visit has no such paper."""
    visit = visit_here(ctx, visit_id)
    access = within_reading_limit(look_through_door(ctx, visit.encounter.patient_id))
    back = follow_up_of(visit)
    if kind not in {slug for slug, _name in _papers(visit, back)}:
        raise NotFound("Lượt khám này không có giấy đó.", "no-such-paper")
    words = _words(access, visit, back)
    detail = {"paper": kind, **access.audit_detail}
    record_audit(ctx, "print", patient_id=access.patient_id, target=("Visit", visit.pk), detail=detail)
    return VisitPaper(Paper(kind), visit, get_bands([access.patient_id])[access.patient_id], words)


def papers_for(visit: Visit) -> tuple[tuple[str, str], ...]:
    """(slug, name) of each paper of a visit; none while it goes on, nor for a stay, whose papers its own page has."""
    return _papers(visit, follow_up_of(visit))


def _papers(visit: Visit, back: Appointment | None) -> tuple[tuple[str, str], ...]:
    if visit.state != VisitState.CLOSED or visit.encounter.care_type == INPATIENT:
        return ()
    told = papers_of_visit(discharge=visit.encounter.discharge_code, follow_up=back is not None)
    return tuple((one.value, PAPER_NAMES[one]) for one in told)


def _words(access: RecordAccess, visit: Visit, back: Appointment | None) -> Words:
    encounter = visit.encounter
    sent = VisitReferral.objects.select_related("referred_to").filter(visit=visit).first()
    return Words(
        ended_at=encounter.ended_at or access.ctx.at,
        doctor=encounter.practitioner_name,
        diagnosis=diagnosis_told(access, visit),
        treatment=encounter.conclusion,
        outcome=OUTCOMES.get(encounter.outcome_code, ""),
        condition=sent.condition if sent else "",
        referred_to=f"{sent.referred_to.code} · {sent.referred_to.name}" if sent else "",
        referral_reason=sent.reason if sent else "",
        results=_results(access, visit) if sent else "",
        returns_at=back.starts_at if back else None,
        returns_to=back.room.name if back else "",
        returns_for=back.reason if back else "",
    )


def _results(access: RecordAccess, visit: Visit) -> str:
    """What was found, a line for each ordered service: values with their flags, else the conclusion (TOMTAT_KQ)."""
    lines = []
    for one in orders_of_visit(access, visit).lines:
        values = (" ".join(filter(None, (v.name, v.value, v.unit, flag_sign(v.flag)))) for v in one.values)
        told = "; ".join(values) or one.conclusion or one.result
        if told:
            lines.append(f"{one.name}: {told}")
    return "\n".join(lines)
