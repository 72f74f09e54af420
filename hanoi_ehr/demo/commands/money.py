"""The till of the demo clinic today: a starter price list, cards of the insured, what ended visits gave rise to."""

from __future__ import annotations

from datetime import date

from clinics.commands.claims import set_insurance_profile
from clinics.commands.coverage import CardStated, record_coverage
from clinics.commands.following import charge_visit
from clinics.commands.price_lists import put_price_list, starter_prices
from clinics.models import Visit
from clinics.rules.payers import Payer
from hanoi_ehr.demo.commands.scenes import Desk
from hanoi_ehr.demo.facilities import CLINIC
from records.models import PatientIdentifier

NAME, SOURCE = "Bảng giá mẫu", "Bộ khởi đầu viết cho bản trình diễn, không phải giá của cơ quan nào"
HEAD = "0100000000"
REGISTERED_HERE = "1.1"


def open_till(desk: Desk) -> int:
    """Prices, cards and charges of today's ended visits. Gives the number of visits at the till."""
    cashier = desk.ctx("thu.ngan", desk.now)
    year = date(desk.now.year, 1, 1)
    put_price_list(cashier, name=NAME, source=SOURCE, valid_from=year, rows=starter_prices())
    set_insurance_profile(cashier, head_code=HEAD)
    visits = list(Visit.objects.filter(facility__code=CLINIC, state="closed").select_related("encounter"))
    for visit in visits:
        card = _card(visit)
        if visit.payer == Payer.INSURANCE and card:
            stated = CardStated(REGISTERED_HERE, card, _benefit(card), CLINIC, year, date(desk.now.year, 12, 31))
            record_coverage(desk.ctx("le.tan", desk.now), visit_id=visit.pk, stated=stated)
        charge_visit(cashier, visit_id=visit.pk)
    return len(visits)


def _card(visit: Visit) -> str:
    known = PatientIdentifier.objects.filter(patient_id=visit.encounter.patient_id, kind="bhyt")
    return known.values_list("value", flat=True).first() or ""


def _benefit(card: str) -> str:
    """Cards of ten digits print their benefit beside the number; the usual one is taken."""
    return "" if card[:1].isalpha() else "4"
