"""Money over the counter: receipts with numbers that never double, and money given back by a receipt of its own."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from clinics.commands.following import follow_care
from clinics.commands.steps import staff_of
from clinics.models import Payment, Visit
from clinics.queries.bills import kept_bill, read_bill, standing_charges
from clinics.queries.scope import facility_of, visit_here
from clinics.rules.charges.items import PayMethod
from clinics.rules.charges.money import ZERO
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

_NEXT = """
    INSERT INTO clinics_receiptcounter (facility_id, year, last) VALUES (%s, %s, 1)
    ON CONFLICT (facility_id, year) DO UPDATE SET last = clinics_receiptcounter.last + 1
    RETURNING last
"""


@command(Permission.BILLING_PAY)
def take_payment(ctx: Context, *, visit_id: uuid.UUID, amount: Decimal, method: str) -> Payment:
    """Receive money for a visit, at most what is owed. amount: whole đồng, as shown to the patient.

    Refused at "amount" or "method"; Conflict when lines still wait for a price.
    """
    visit = visit_here(ctx, visit_id, lock=True)
    follow_care(ctx, visit)
    if standing_charges(visit).filter(price_row=None).exists():
        raise Conflict("price-waiting", "Còn dòng chi phí chưa có giá: hãy tính lại giá trước khi thu tiền.")
    owed = read_bill(visit).owed
    if amount != amount.to_integral_value() or not ZERO < amount <= owed:
        message = Phrase("Số tiền phải là số đồng nguyên, từ 1 đến {owed}.", owed=_grouped(owed))
        raise Refused("amount-range", message, "amount")
    return _receipt(ctx, visit, amount, method)


@command(Permission.BILLING_PAY)
def give_back(ctx: Context, *, visit_id: uuid.UUID, method: str, reason: str) -> Payment:
    """Give back what was paid too much, after a charge was taken back. Conflict when nothing is to be given back."""
    visit = visit_here(ctx, visit_id, lock=True)
    follow_care(ctx, visit)
    owed = read_bill(visit).owed
    if owed >= 0:
        raise Conflict("nothing-back", "Không có tiền thừa phải trả lại. Hãy tải lại trang.")
    return _receipt(ctx, visit, owed, method, reason=_reason(reason))


@command(Permission.BILLING_PAY)
def cancel_receipt(ctx: Context, *, payment_id: uuid.UUID, reason: str) -> Payment:
    """Take a whole receipt back by a receipt of the same amount, negative. Conflict when it was taken back already."""
    payment = Payment.objects.filter(pk=payment_id, facility_id=facility_of(ctx).id).first()
    if payment is None:
        raise NotFound
    visit = visit_here(ctx, payment.visit_id, lock=True)
    if payment.amount < 0 or Payment.objects.filter(cancels=payment).exists():
        raise Conflict("receipt-cancelled", "Biên lai này đã được huỷ hoặc là biên lai trả lại tiền.")
    if payment.amount > read_bill(visit).paid:
        raise Conflict(
            "receipt-returned", "Tiền của biên lai này đã được trả lại một phần: không huỷ được cả biên lai."
        )
    return _receipt(ctx, visit, -payment.amount, payment.method, reason=_reason(reason), cancels=payment)


def take_receipt_number(facility_id: int, year: int) -> int:
    """The next number of the facility in the year; others wait until this transaction ends. Take it last."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [facility_id, year])
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _receipt(
    ctx: Context, visit: Visit, amount: Decimal, method: str, *, reason: str = "", cancels: Payment | None = None
) -> Payment:
    if method not in list(PayMethod):
        raise Refused("method-unknown", "Hãy chọn cách trả tiền.", "method")
    bill = kept_bill(read_bill(visit))
    year = timezone.localdate(ctx.at).year
    payment = Payment.objects.create(
        visit=visit,
        facility_id=visit.facility_id,
        year=year,
        number=take_receipt_number(visit.facility_id, year),
        amount=amount,
        method=method,
        cancels=cancels,
        reason=reason,
        bill=bill,
        by_id=staff_of(ctx),
        at=ctx.at,
    )
    detail = {"payment": str(payment.pk), "number": payment.number, "back": amount < 0}
    record_audit(ctx, "take-payment", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return payment


def _reason(text: str) -> str:
    said = clean_line(text)[:300]
    if not said:
        raise Refused("reason-missing", "Hãy ghi lý do trả lại tiền.", "reason")
    return said


def _grouped(amount: Decimal) -> str:
    return f"{amount:,.0f}".replace(",", ".")
