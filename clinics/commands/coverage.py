"""The card a visit is paid with, as the desk saw it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from clinics.commands.steps import refused, staff_of
from clinics.models import InsuranceCoverage, Visit
from clinics.queries.insurance import object_codes
from clinics.queries.scope import visit_here
from clinics.rules.charges.benefit import BENEFITS, NOT_INSURED, REFERRED
from clinics.rules.claims.values import fault_of_shape
from clinics.rules.states import VisitState
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.identifiers import Bhyt, parse_bhyt
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

AREAS = ("", "K1", "K2", "K3")


@dataclass(frozen=True, slots=True)
class CardStated:
    """What the desk types from the card and its papers; "" and None where it says nothing.

    benefit is asked only of cards that print 10 digits and the benefit beside them.
    """

    object_code: str
    card: str = ""
    benefit: str = ""
    registered_at: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    referred_from: str = ""
    referral_number: str = ""
    exempt_from: date | None = None
    five_years_on: date | None = None
    area: str = ""


@command(Permission.COVERAGE_RECORD)
def record_coverage(ctx: Context, *, visit_id: uuid.UUID, stated: CardStated) -> InsuranceCoverage:
    """Write the card of a visit; what stood before stays readable. Refused at each field that is wrong, all at once.

    Conflict for a cancelled visit.
    """
    visit = visit_here(ctx, visit_id, lock=True)
    if visit.state == VisitState.CANCELLED:
        raise Conflict("visit-cancelled", "Lượt khám đã huỷ, không ghi thẻ BHYT được nữa.")
    card, faults = _card(stated)
    faults += _faults(visit, stated)
    if faults:
        raise Refused.several(faults)
    row = InsuranceCoverage.objects.create(
        visit=visit,
        object_code=stated.object_code,
        card=card.value if card else "",
        benefit=_benefit(card, stated),
        registered_at=stated.registered_at.strip().upper(),
        valid_from=stated.valid_from,
        valid_to=stated.valid_to,
        referred_from=stated.referred_from.strip().upper(),
        referral_number=clean_line(stated.referral_number)[:50],
        exempt_from=stated.exempt_from,
        five_years_on=stated.five_years_on,
        area=stated.area,
        by_id=staff_of(ctx),
        at=ctx.at,
    )
    detail = {"coverage": str(row.pk), "object": row.object_code}
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return row


def _benefit(card: Bhyt | None, stated: CardStated) -> str:
    return (card.benefit or stated.benefit) if card else ""


def _card(stated: CardStated) -> tuple[Bhyt | None, list[Refused]]:
    """The card of somebody examined under insurance; none of the others."""
    if stated.object_code in NOT_INSURED:
        return None, []
    try:
        card = parse_bhyt(stated.card)
    except Invalid as invalid:
        return None, [refused(invalid, "card")]
    if _benefit(card, stated) not in BENEFITS:
        return card, [Refused("benefit-missing", "Hãy ghi mã mức hưởng in trên thẻ (1–5).", "benefit")]
    return card, []


def _faults(visit: Visit, stated: CardStated) -> list[Refused]:
    if stated.object_code not in object_codes(visit.visit_date):
        return [Refused("object-unknown", "Hãy chọn đối tượng đến khám.", "object_code")]
    if stated.object_code in NOT_INSURED:
        return []
    faults = [*_period_faults(visit, stated), *_paper_faults(stated)]
    if stated.area not in AREAS:
        faults.append(Refused("area-unknown", "Mã khu vực là K1, K2 hoặc K3.", "area"))
    return faults


def _period_faults(visit: Visit, stated: CardStated) -> list[Refused]:
    """A card that is not valid on the day is said at once: nobody learns it from the insurer."""
    if stated.valid_from is None or stated.valid_to is None:
        field = "valid_from" if stated.valid_from is None else "valid_to"
        return [Refused("card-period", "Hãy ghi thời hạn của thẻ.", field)]
    if stated.valid_to < stated.valid_from:
        return [Refused("card-period", "Ngày hết hạn sớm hơn ngày bắt đầu.", "valid_to")]
    day = f"{visit.visit_date:%d/%m/%Y}"
    if visit.visit_date < stated.valid_from:
        return [Refused("card-early", Phrase("Thẻ chưa có giá trị vào ngày khám {day}.", day=day), "valid_from")]
    if visit.visit_date > stated.valid_to:
        return [Refused("card-late", Phrase("Thẻ đã hết hạn trước ngày khám {day}.", day=day), "valid_to")]
    return []


def _paper_faults(stated: CardStated) -> list[Refused]:
    faults = []
    needed = {"registered_at": stated.registered_at}
    if stated.object_code == REFERRED:
        needed["referred_from"] = stated.referred_from
        if not stated.referral_number.strip():
            faults.append(Refused("referral-missing", "Hãy ghi số phiếu chuyển cơ sở.", "referral_number"))
    elif stated.referred_from.strip():
        needed["referred_from"] = stated.referred_from
    for field, text in needed.items():
        if not text.strip():
            faults.append(Refused("facility-missing", "Hãy ghi mã cơ sở 5 ký tự.", field))
        elif fault := fault_of_shape("facility", text.strip().upper()):
            faults.append(Refused("facility-code", fault, field))
    return faults
