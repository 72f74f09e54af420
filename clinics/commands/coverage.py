"""The card a visit is paid with, as the desk saw it."""

from __future__ import annotations

import uuid
from datetime import date

from clinics.commands.steps import refused, staff_of
from clinics.models import InsuranceCoverage, Visit
from clinics.queries.insurance import object_codes, place_of
from clinics.queries.scope import visit_here
from clinics.rules.charges.benefit import BENEFITS, NOT_INSURED, REFERRED
from clinics.rules.charges.cards import CardStated
from clinics.rules.charges.ways import Basis, Place, Way
from clinics.rules.claims.values import fault_of_shape
from clinics.rules.payers import Payer
from clinics.rules.priorities import Priority
from clinics.rules.states import VisitState
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.identifiers import Bhyt, parse_bhyt
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

AREAS = ("", "K1", "K2", "K3")
__all__ = ["CardStated", "card_faults", "record_coverage", "write_coverage"]


@command(Permission.COVERAGE_RECORD)
def record_coverage(ctx: Context, *, visit_id: uuid.UUID, stated: CardStated) -> InsuranceCoverage:
    """Write the card of a visit; what stood before stays readable. Refused at each field that is wrong, all at once.

    An empty object_code is derived from card and papers. Whoever shows a card after the check-in pays by insurance from then
    on, and object code 9 ends that. Conflict for a cancelled visit.
    """
    visit = visit_here(ctx, visit_id, lock=True)
    if visit.state == VisitState.CANCELLED:
        raise Conflict("visit-cancelled", "Lượt khám đã huỷ, không ghi thẻ BHYT được nữa.")
    place, emergency = place_of(visit.facility_id), visit.priority == Priority.EMERGENCY
    faults = card_faults(stated, place, visit.visit_date, emergency=emergency)
    if faults:
        raise Refused.several(faults)
    row = write_coverage(ctx, visit, stated, place)
    detail = {"coverage": str(row.pk), "object": row.object_code}
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return row


def write_coverage(ctx: Context, visit: Visit, stated: CardStated, place: Place) -> InsuranceCoverage:
    """Building block: the statement of a card without faults (`card_faults`). The caller holds the visit and audits."""
    way = _way(stated, place, emergency=visit.priority == Priority.EMERGENCY)
    insured = way.code not in NOT_INSURED
    card = parse_bhyt(stated.card) if insured else None
    _pay_by(visit, insured=insured)
    return InsuranceCoverage.objects.create(
        visit=visit,
        object_code=way.code,
        basis=way.basis,
        note=clean_line(stated.note)[:300],
        card=card.value if card else "",
        benefit=_benefit(card, stated),
        registered_at=stated.registered_at.strip().upper(),
        valid_from=stated.valid_from,
        valid_to=stated.valid_to,
        referred_from=stated.referred_from.strip().upper(),
        referral_number=clean_line(stated.referral_number)[:50],
        referral_diagnosis=clean_line(stated.referral_diagnosis)[:500],
        exempt_from=stated.exempt_from,
        five_years_on=stated.five_years_on,
        area=stated.area,
        by_id=staff_of(ctx),
        at=ctx.at,
    )


def card_faults(stated: CardStated, place: Place, day: date, *, emergency: bool) -> list[Refused]:
    """Building block: everything that is wrong with a stated card on a day, each at its field."""
    way = _way(stated, place, emergency=emergency)
    if way.code in NOT_INSURED:
        return []
    return [*_card_faults(stated), *_object_faults(way.code, day), *_period_faults(day, stated),
            *_paper_faults(stated, way.code)]  # fmt: skip


def _way(stated: CardStated, place: Place, *, emergency: bool) -> Way:
    """What was chosen, with the reason where card and papers give the same; what they give where nothing was chosen."""
    derived = stated.way_at(place, emergency=emergency)
    if stated.object_code in NOT_INSURED:
        return Way(stated.object_code, Basis.UNINSURED)
    if derived is not None and stated.object_code in ("", derived.code):
        return derived
    return Way(stated.object_code, Basis.CHOSEN)


def _pay_by(visit: Visit, *, insured: bool) -> None:
    payer = Payer.INSURANCE if insured else Payer.SELF_PAY
    if visit.payer != payer and (insured or visit.payer == Payer.INSURANCE):
        visit.payer = payer
        visit.save(update_fields=["payer"])


def _benefit(card: Bhyt | None, stated: CardStated) -> str:
    return (card.benefit or stated.benefit) if card else ""


def _card_faults(stated: CardStated) -> list[Refused]:
    faults = []
    try:
        if _benefit(parse_bhyt(stated.card), stated) not in BENEFITS:
            faults.append(Refused("benefit-missing", "Hãy ghi mã mức hưởng in trên thẻ (1–5).", "benefit"))
    except Invalid as invalid:
        faults.append(refused(invalid, "card"))
    if stated.area not in AREAS:
        faults.append(Refused("area-unknown", "Mã khu vực là K1, K2 hoặc K3.", "area"))
    return faults


def _object_faults(code: str, day: date) -> list[Refused]:
    if not code:
        message = "Thẻ và giấy tờ chưa đủ để xác định đối tượng: hãy chọn một mã."
        return [Refused("object-missing", message, "object_code")]
    if code not in object_codes(day):
        return [Refused("object-unknown", "Hãy chọn đối tượng đến khám.", "object_code")]
    return []


def _period_faults(on: date, stated: CardStated) -> list[Refused]:
    """A card that is not valid on the day is said at once: nobody learns it from the insurer."""
    if stated.valid_from is None or stated.valid_to is None:
        field = "valid_from" if stated.valid_from is None else "valid_to"
        return [Refused("card-period", "Hãy ghi thời hạn của thẻ.", field)]
    if stated.valid_to < stated.valid_from:
        return [Refused("card-period", "Ngày hết hạn sớm hơn ngày bắt đầu.", "valid_to")]
    day = f"{on:%d/%m/%Y}"
    if on < stated.valid_from:
        return [Refused("card-early", Phrase("Thẻ chưa có giá trị vào ngày khám {day}.", day=day), "valid_from")]
    if on > stated.valid_to:
        return [Refused("card-late", Phrase("Thẻ đã hết hạn trước ngày khám {day}.", day=day), "valid_to")]
    return []


def _paper_faults(stated: CardStated, code: str) -> list[Refused]:
    faults = []
    needed = {"registered_at": stated.registered_at}
    if code == REFERRED:
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
