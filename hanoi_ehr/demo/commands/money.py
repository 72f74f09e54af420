"""The till of the demo clinic today: a starter price list, cards, bills, receipts, insurance files, some with mistakes.

Beside the queue of the day three people come whose money differs: one without insurance, a child under six, an old person.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone

from clinics.commands.charging import charge_code
from clinics.commands.check_in import check_in
from clinics.commands.claims import prepare_period, set_insurance_profile
from clinics.commands.closing import close_visit
from clinics.commands.consultation import start_consultation
from clinics.commands.coverage import CardStated, record_coverage
from clinics.commands.following import charge_visit
from clinics.commands.payments import cancel_receipt, take_payment
from clinics.commands.price_lists import put_price_list, starter_prices
from clinics.models import Visit
from clinics.queries.bills import read_bill
from clinics.rules.payers import Payer
from clinics.rules.priorities import suggested_priority
from hanoi_ehr.demo.commands.scenes import Desk
from hanoi_ehr.demo.facilities import CLINIC
from hanoi_ehr.demo.people import Person
from records.models import PatientIdentifier
from registry.models import Room
from registry.rules.dates import PartialDate, age_on

NAME, SOURCE = "Bảng giá mẫu", "Bộ khởi đầu viết cho bản trình diễn, không phải giá của cơ quan nào"
HEAD = "0100000000"
WALK_IN = "1.12"
ELSEWHERE = "01M01"
OLD, YOUNG = 75, 6


@dataclass(frozen=True, slots=True)
class Case:
    """One of those who come for the till: who pays, why, the diagnosis, what is charged beside the examination."""

    payer: Payer
    reason: str
    code: str
    charged: tuple[str, ...]


# More than 15 % of the base salary, so that the fund does not pay all of it.
CHECK_UP = ("02.0085.1778", "18.0015.0001", "18.0119.0028", "23.0041.1506", "23.0158.1506", "23.0166.1494")
PEOPLE = (
    Case(Payer.SELF_PAY, "Đau lưng, khám theo yêu cầu", "M54.5", ("YC.KHAM",)),
    Case(Payer.INSURANCE, "Sốt, ho ở trẻ nhỏ", "J06.9", ("22.0121.1369",)),
    Case(Payer.INSURANCE, "Tái khám tăng huyết áp", "I10", CHECK_UP),
)


def open_till(desk: Desk) -> int:
    """Prices, cards, charges, receipts and files of today's ended visits. Gives the number of visits at the till."""
    cashier = desk.ctx("thu.ngan", desk.now)
    year = date(desk.now.year, 1, 1)
    put_price_list(cashier, name=NAME, source=SOURCE, valid_from=year, rows=starter_prices())
    set_insurance_profile(cashier, head_code=HEAD, walk_in_code=WALK_IN)
    for at, (person, case) in enumerate(zip(_people(desk), PEOPLE, strict=False)):
        _attend(desk, person, case, 110 - 25 * at)
    today = Visit.objects.filter(facility__code=CLINIC, visit_date=timezone.localdate(desk.now))
    visits = list(today.exclude(state="cancelled").select_related("encounter").order_by("checked_in_at", "pk"))
    for visit in visits:
        card = _card(visit.encounter.patient_id)
        if visit.payer == Payer.INSURANCE and card and not visit.coverages.exists():
            stated = _stated(card, CLINIC, desk)
            record_coverage(desk.ctx("le.tan", desk.now), visit_id=visit.pk, stated=stated)
        charge_visit(cashier, visit_id=visit.pk)
    _receive(desk, [visit for visit in visits if visit.state == "closed"])
    day = timezone.localdate(desk.now)
    prepare_period(cashier, first=day, last=day)
    return len(visits)


def _people(desk: Desk) -> Iterator[Person]:
    """Without insurance, under six with a card, old with a card; whoever stands in the queue already is left out."""
    today = timezone.localdate(desk.now)
    here = {str(one) for one in Visit.objects.filter(visit_date=today).values_list("encounter__patient_id", flat=True)}
    free = [one for one in desk.clinic if one.id not in here]
    wanted: tuple[Callable[[Person], bool], ...] = (
        lambda one: not one.bhyt and 25 <= one.age(today) < 60,  # noqa: PLR2004
        lambda one: bool(one.bhyt) and one.age(today) < YOUNG,
        lambda one: bool(one.bhyt) and one.age(today) >= OLD,
    )
    for fits in wanted:
        found = next((one for one in free if fits(one)), None)
        if found is not None:
            free.remove(found)
            yield found


def _attend(desk: Desk, person: Person, case: Case, minutes: int) -> None:
    """Checked in, examined, charged, closed."""
    arrived = desk.today(minutes)
    room = Room.objects.get(facility__code=CLINIC, code="P3")
    age = age_on(PartialDate(person.birth), arrived.date())
    visit = check_in(
        desk.ctx("le.tan", arrived), patient_id=uuid.UUID(person.id), room_id=room.pk, reason=case.reason,
        payer=case.payer, priority=suggested_priority(age), care_type="01",
        card=_stated(person.bhyt, ELSEWHERE, desk) if case.payer == Payer.INSURANCE else None,
    )  # fmt: skip
    start_consultation(desk.ctx("bac.si", desk.today(minutes - 10)), visit_id=visit.visit_id)
    for code in case.charged:
        charge_code(
            desk.ctx("thu.ngan", desk.today(minutes - 12)), visit_id=visit.visit_id, code=code, quantity=Decimal(1)
        )
    close_visit(
        desk.ctx("bac.si", desk.today(minutes - 20)), visit_id=visit.visit_id, conclusion="Điều trị ngoại trú.",
        outcome_code="2", main=case.code,
    )  # fmt: skip


def _receive(desk: Desk, visits: list[Visit]) -> None:
    """Those who pay do; one receipt was made out wrongly and taken back."""
    cashier, methods = desk.ctx("thu.ngan", desk.now), iter(("cash", "transfer", "cash"))
    wrong = True
    for visit in visits:
        owed, method = read_bill(visit).owed, next(methods, "")
        if owed <= 0 or not method:
            continue
        if wrong:
            mistaken = take_payment(cashier, visit_id=visit.pk, amount=owed, method="card")
            cancel_receipt(cashier, payment_id=mistaken.pk, reason="Chọn nhầm cách trả tiền")
            wrong = False
        take_payment(cashier, visit_id=visit.pk, amount=owed, method=method)


def _stated(card: str, registered: str, desk: Desk) -> CardStated:
    """A card of this year, as the desk would type it."""
    return CardStated(
        card=card, benefit=_benefit(card), registered_at=registered, valid_from=date(desk.now.year, 1, 1),
        valid_to=date(desk.now.year, 12, 31),
    )  # fmt: skip


def _card(patient_id: uuid.UUID) -> str:
    known = PatientIdentifier.objects.filter(patient_id=patient_id, kind="bhyt")
    return known.values_list("value", flat=True).first() or ""


def _benefit(card: str) -> str:
    """Cards of ten digits print their benefit beside the number; the usual one is taken."""
    return "" if card[:1].isalpha() else "4"
