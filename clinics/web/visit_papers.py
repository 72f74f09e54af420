"""The papers of an outpatient visit, as PDF: the follow-up, the referral."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.visit_papers import get_visit_paper
from clinics.web.papers import moment, paper_answer
from registry.web.requests import StaffRequest


@require_GET
def paper(request: StaffRequest, visit_id: uuid.UUID, kind: str) -> HttpResponse:
    """One paper of a closed visit; 404 for one it does not give rise to."""
    told = get_visit_paper(request.ctx, visit_id, kind)
    facts = [
        [_("Phòng khám"), told.visit.room.name],
        [_("Vào khám"), moment(told.visit.checked_in_at)],
        [_("Ra về"), moment(told.words.ended_at)],
    ]
    return paper_answer(told.which, told.words, told.band, told.visit.facility.name, facts, at=request.ctx.at)
