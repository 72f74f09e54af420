"""The papers of a stay's ending, as PDF."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.stays.stay import StayPage, get_stay
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.stay_papers import Paper, Words
from clinics.web.papers import moment, paper_answer
from registry.web.requests import StaffRequest


@require_GET
def paper(request: StaffRequest, visit_id: uuid.UUID, kind: str) -> HttpResponse:
    """One paper of a stay that ended; 404 for one that this ending does not give rise to."""
    page = get_stay(request.ctx, visit_id)
    words = _words(page)
    if words is None or kind not in {slug for slug, _name in page.papers}:
        raise Http404
    return paper_answer(Paper(kind), words, page.band, page.visit.facility.name, _facts(page), at=request.ctx.at)


def _facts(page: StayPage) -> list[list[str]]:
    stay = page.stay
    return [
        [_("Khoa"), stay.department.name if stay.department else ""],
        [_("Vào viện"), moment(stay.admitted_at)],
        [_("Ra viện"), moment(stay.ended_at)],
    ]


def _words(page: StayPage) -> Words | None:
    ending, back = page.ending, page.follow_up
    if ending is None:
        return None
    to = ending.referred_to
    return Words(
        ended_at=ending.at,
        doctor=ending.by.full_name,
        diagnosis=page.diagnosis,
        treatment=ending.treatment,
        outcome=OUTCOMES.get(ending.outcome_code, ""),
        condition=ending.condition,
        advice=ending.advice,
        referred_to=f"{to.code} · {to.name}" if to else "",
        referral_reason=ending.referral_reason,
        leave_days=ending.leave_days,
        died_at=ending.died_at,
        cause=ending.cause,
        returns_at=back.starts_at if back else None,
        returns_to=back.room.name if back else "",
        returns_for=back.reason if back else "",
    )
