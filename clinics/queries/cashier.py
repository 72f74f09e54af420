"""The cashier's pages: who is to pay today, one visit's bill, a receipt."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from clinics.models import Charge, InsuranceCoverage, Payment, Visit
from clinics.queries.bills import line_of, read_bill
from clinics.queries.cards import registered_name
from clinics.queries.insurance import base_salary_on, coverage_of, object_codes, shares_on
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.charges.benefit import Cover, way_share
from clinics.rules.charges.bill import Bill, make_bill
from clinics.rules.charges.ways import BASIS_NAMES, Basis
from clinics.rules.payers import PAYER_NAMES, Payer
from clinics.rules.states import STATE_NAMES, VisitState
from clinics.rules.tickets import number_text
from records.queries.band import Band, get_bands
from registry.kernel import Context, NotFound, Permission, query, record_audit

MOST_VISITS = 200


@dataclass(frozen=True, slots=True)
class BillRow:
    """One visit of the day at the till."""

    visit_id: uuid.UUID
    number: str
    name: str
    payer: str
    state: str
    ended: bool
    total: Decimal
    due: Decimal
    owed: Decimal
    waiting: bool


@dataclass(frozen=True, slots=True)
class Till:
    """The day at the till. received: receipts less what was given back, of the whole facility."""

    day: date
    rows: tuple[BillRow, ...]
    limited: bool
    received: Decimal
    owed: Decimal


@dataclass(frozen=True, slots=True)
class BillPage:
    """One visit's bill. waiting: lines without a price; reversed: those that were taken back, with the reason."""

    visit: Visit
    band: Band
    number: str
    state: str
    payer: str
    bill: Bill[Charge]
    waiting: int
    reversed: tuple[Charge, ...]
    payments: tuple[Payment, ...]
    coverage: InsuranceCoverage | None
    objects: dict[str, str]
    registered_name: str
    ended: bool

    @property
    def basis(self) -> str:
        """Why the object code stands, in words."""
        known = self.coverage.basis if self.coverage else ""
        return BASIS_NAMES[Basis(known)] if known else ""

    @property
    def to_give_back(self) -> Decimal:
        """What was paid too much."""
        return max(Decimal(0), -self.bill.owed)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt prints: the payment with the bill as it was, and the facility."""

    payment: Payment
    facility: str
    facility_code: str
    patient: str
    birth_year: int
    bill: dict[str, Any]


@query(Permission.BILLING_READ)
def get_till(ctx: Context) -> Till:
    """Today's visits with what they owe, those who owe first: seven statements whatever the number of visits."""
    facility, day = facility_of(ctx), today_of(ctx)
    visits = Visit.objects.filter(facility_id=facility.id, visit_date=day).exclude(state=VisitState.CANCELLED)
    found = list(visits.select_related("encounter__patient", "ticket").order_by("checked_in_at")[: MOST_VISITS + 1])
    rows = _rows(found[:MOST_VISITS], day)
    record_audit(ctx, "list", target=("Till", str(day)), detail={"shown": len(rows)})
    paid = Payment.objects.filter(visit__in=[row.visit_id for row in rows]).values_list("amount", flat=True)
    owed = sum((row.owed for row in rows if row.owed > 0), Decimal(0))
    return Till(day, rows, len(found) > MOST_VISITS, sum(paid, Decimal(0)), owed)


@query(Permission.BILLING_READ)
def get_bill(ctx: Context, visit_id: uuid.UUID) -> BillPage:
    """The bill's page. NotFound for another facility's visit. One audit row names the person and the visit."""
    visit = visit_here(ctx, visit_id)
    patient_id = visit.encounter.patient_id
    bill, coverage = read_bill(visit), coverage_of(visit.pk)
    reversals = Charge.objects.filter(visit=visit).exclude(reverses=None).select_related("by").order_by("-at")
    payments = Payment.objects.filter(visit=visit).select_related("by", "cancels", "cancelled_by").order_by("at", "id")
    page = BillPage(
        visit=visit,
        band=get_bands([patient_id])[patient_id],
        number=number_text(visit.ticket.number),
        state=STATE_NAMES[VisitState(visit.state)],
        payer=PAYER_NAMES[Payer(visit.payer)],
        bill=bill,
        waiting=sum(one.what.price_row_id is None for one in bill.lines),
        reversed=tuple(reversals[:50]),
        payments=tuple(payments[:50]),
        coverage=coverage,
        objects=object_codes(visit.visit_date),
        registered_name=registered_name(coverage),
        ended=visit.state in (VisitState.CLOSED, VisitState.LEFT),
    )
    record_audit(ctx, "read", patient_id=patient_id, target=("Bill", visit.pk))
    return page


@query(Permission.BILLING_READ)
def get_receipt(ctx: Context, payment_id: uuid.UUID) -> Receipt:
    """A receipt to print. NotFound for another facility's."""
    payments = Payment.objects.select_related("visit__encounter__patient", "by", "cancels")
    payment = payments.filter(pk=payment_id, facility_id=facility_of(ctx).id).first()
    if payment is None:
        raise NotFound
    patient = payment.visit.encounter.patient
    record_audit(ctx, "print", patient_id=patient.pk, target=("Payment", payment.pk))
    facility = facility_of(ctx)
    return Receipt(payment, facility.name, facility.code, patient.name, patient.birth_date.year, payment.bill)


def _rows(visits: Sequence[Visit], day: date) -> tuple[BillRow, ...]:
    """The bills of many visits of one day at once."""
    ids = [visit.pk for visit in visits]
    charges: dict[uuid.UUID, list[Charge]] = defaultdict(list)
    for charge in Charge.objects.filter(visit__in=ids, reverses=None, reversal=None):
        charges[charge.visit_id].append(charge)
    paid: dict[uuid.UUID, list[Decimal]] = defaultdict(list)
    for visit_id, amount in Payment.objects.filter(visit__in=ids).values_list("visit_id", "amount"):
        paid[visit_id].append(amount)
    covers = _covers(visits, day)
    salary = base_salary_on(day)
    rows = []
    for visit in visits:
        lines = charges[visit.pk]
        bill = make_bill(
            [(one, line_of(one)) for one in lines],
            payer=visit.payer,
            cover=covers.get(visit.pk),
            base_salary=salary,
            day=day,
            paid=paid[visit.pk],
        )
        rows.append(_row(visit, bill, waiting=any(one.price_row_id is None for one in lines)))
    return tuple(sorted(rows, key=lambda row: (row.owed == 0, row.number)))


def _covers(visits: Sequence[Visit], day: date) -> dict[uuid.UUID, Cover]:
    shares = shares_on(day)
    latest: dict[uuid.UUID, InsuranceCoverage] = {}
    for one in InsuranceCoverage.objects.filter(visit__in=[visit.pk for visit in visits]).order_by("at", "id"):
        latest[one.visit_id] = one
    kinds = {visit.pk: visit.encounter.care_type for visit in visits}
    return {
        visit_id: Cover(
            one.object_code,
            one.benefit,
            way_share(one.object_code, shares.get(one.object_code, {}), kinds[visit_id]),
            one.exempt_from,
        )
        for visit_id, one in latest.items()
    }


def _row(visit: Visit, bill: Bill[Charge], *, waiting: bool) -> BillRow:
    return BillRow(
        visit_id=visit.pk,
        number=number_text(visit.ticket.number),
        name=visit.encounter.patient.name,
        payer=PAYER_NAMES[Payer(visit.payer)],
        state=STATE_NAMES[VisitState(visit.state)],
        ended=visit.state in (VisitState.CLOSED, VisitState.LEFT),
        total=bill.sums.total,
        due=bill.due,
        owed=bill.owed,
        waiting=waiting,
    )
