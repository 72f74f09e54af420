"""The pharmacy's pages: who waits for medicines, one hand-over, what is on the shelf."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from clinics.models import Prescription, PrescriptionLine, StockLot, StockMovement
from clinics.queries.prescriptions import PrescriptionPage, prescription_page
from clinics.queries.scope import facility_of, today_of
from clinics.rules.dispensing import EXPIRES_SOON
from clinics.rules.prescriptions import VALID_DAYS
from records.queries.access import look_through_door, within_reading_limit
from records.queries.band import Band, get_bands
from registry.kernel import Context, NotFound, Permission, query, record_audit

MOST_WAITING = 100
MOST_LOTS = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """A prescription that is not wholly handed over: number, who, when it was signed."""

    id: uuid.UUID
    code: str
    name: str
    age: str
    signed_at: datetime
    lines: int
    begun: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """One line at the counter: prescribed, handed over so far, still owed, on the shelf in date."""

    id: uuid.UUID
    position: int
    name: str
    words: str
    unit: str
    prescribed: Decimal
    given: Decimal
    owed: Decimal
    shelf: Decimal

    @property
    def offered(self) -> Decimal:
        """What the form proposes."""
        return min(self.owed, self.shelf)


@dataclass(frozen=True, slots=True)
class Given:
    """One hand-over of one line from one lot; left: what may still be returned."""

    id: uuid.UUID
    name: str
    lot: str
    expires_on: date
    quantity: Decimal
    left: Decimal
    unit: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Counter:
    """The page of one prescription at the counter."""

    prescription: PrescriptionPage
    lines: tuple[Owed, ...]
    given: tuple[Given, ...]

    @property
    def open(self) -> bool:
        """Whether anything may still be handed over."""
        return self.prescription.state == "standing" and any(line.owed > 0 for line in self.lines)


@dataclass(frozen=True, slots=True)
class LotShown:
    """A lot on the shelf. state: "expired", "soon" or ""."""

    id: uuid.UUID
    code: str
    name: str
    lot: str
    expires_on: date
    on_hand: Decimal
    unit: str
    state: str


@query(Permission.MEDICINE_DISPENSE)
def list_waiting(ctx: Context, code: str = "") -> list[Waiting]:
    """Standing prescriptions in date that are not wholly handed over, the longest waiting first; or the one of a code."""
    rows = Prescription.objects.filter(facility_id=facility_of(ctx).id, end=None, valid_until__gte=today_of(ctx))
    rows = rows.filter(code=code) if code else rows.filter(signed_at__gte=ctx.at - timedelta(days=VALID_DAYS + 1))
    found = list(_not_done(rows)[:MOST_WAITING])
    bands = get_bands({row.visit.encounter.patient_id for row in found})
    record_audit(ctx, "list", target=("Prescription", ""), detail={"rows": len(found)})
    return [_waiting(row, bands[row.visit.encounter.patient_id]) for row in found]


def _waiting(row: Any, band: Band) -> Waiting:
    """row: a Prescription with the sums of _not_done."""
    return Waiting(row.pk, row.code, band.name, band.age, row.signed_at, row.line_count, bool(row.given))


def _not_done(rows: QuerySet[Prescription]) -> QuerySet[Prescription]:
    """With what was asked and what was given, summed by sub-queries so that neither multiplies the other."""
    number = DecimalField(max_digits=14, decimal_places=3)
    nothing = Value(Decimal(0), output_field=number)
    lines = PrescriptionLine.objects.filter(prescription=OuterRef("pk")).order_by().values("prescription")
    moved = StockMovement.objects.filter(line__prescription=OuterRef("pk")).order_by().values("line__prescription")
    asked = Subquery(lines.annotate(n=Sum("medication__quantity")).values("n"), output_field=number)
    given = Subquery(moved.annotate(n=-Sum("quantity")).values("n"), output_field=number)
    count = Subquery(lines.annotate(n=Count("pk")).values("n"))
    told = rows.annotate(asked=Coalesce(asked, nothing), given=Coalesce(given, nothing), line_count=count)
    return told.filter(given__lt=F("asked")).select_related("visit__encounter").order_by("signed_at", "code")


@query(Permission.MEDICINE_DISPENSE)
def get_counter(ctx: Context, prescription_id: uuid.UUID) -> Counter:
    """One prescription of this facility at the counter. One audit row."""
    row = Prescription.objects.select_related(
        "visit__encounter", "signed_by", "facility", "checked_with", "replaces", "end"
    ).filter(pk=prescription_id, facility_id=facility_of(ctx).id).first()  # fmt: skip
    if row is None:
        raise NotFound("Không tìm thấy đơn thuốc này ở cơ sở của bạn.", "no-such-prescription")
    access = within_reading_limit(look_through_door(ctx, row.visit.encounter.patient_id))
    page = Counter(prescription_page(row, access), _owed(ctx, row), _given(row))
    record_audit(ctx, "read", patient_id=access.patient_id, target=("Prescription", row.pk), detail=access.audit_detail)
    return page


def handed_over(line_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Decimal]:
    """Units handed over and not returned, by line."""
    rows = StockMovement.objects.filter(line_id__in=line_ids).order_by().values_list("line_id")
    return {line: -total for line, total in rows.annotate(total=Sum("quantity")) if line}


def _owed(ctx: Context, row: Prescription) -> tuple[Owed, ...]:
    lines = list(row.lines.select_related("medication", "drug").order_by("position"))
    given = handed_over([line.pk for line in lines])
    shelf = _on_shelf(ctx, [line.drug.code for line in lines])
    return tuple(
        Owed(
            line.pk, line.position, line.medication.name, line.medication.dose, line.medication.unit,
            asked := line.medication.quantity or Decimal(0), had := given.get(line.pk, Decimal(0)), asked - had,
            shelf.get(line.drug.code, Decimal(0)),
        )
        for line in lines
    )  # fmt: skip


def _on_shelf(ctx: Context, codes: Sequence[str]) -> dict[str, Decimal]:
    rows = StockLot.objects.filter(
        facility_id=facility_of(ctx).id, code__in=codes, expires_on__gte=today_of(ctx)
    ).order_by()  # fmt: skip
    return dict(rows.values_list("code").annotate(total=Sum("on_hand")))


def _given(row: Prescription) -> tuple[Given, ...]:
    moved = StockMovement.objects.filter(line__prescription=row, kind=StockMovement.Kind.DISPENSED)
    rows = moved.select_related("lot", "by", "line__medication").annotate(back=Sum("reversed_by__quantity"))
    return tuple(
        Given(one.pk, one.line.medication.name if one.line else "", one.lot.lot, one.lot.expires_on, -one.quantity,
              -one.quantity - (one.back or 0), one.lot.unit, one.at, one.by.full_name)
        for one in rows.order_by("at", "id")
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stock:
    """A page of the shelf."""

    lots: tuple[LotShown, ...]
    more: bool
    soon: int
    expired: int


@query(Permission.STOCK_MANAGE, audited=False)
def list_stock(ctx: Context, text: str = "", state: str = "") -> Stock:
    """Lots with something left, by medicine and expiry; state: "expired", "soon" or all. At most 100."""
    today = today_of(ctx)
    lots = StockLot.objects.filter(facility_id=facility_of(ctx).id, on_hand__gt=0)
    expired, soon = Q(expires_on__lt=today), Q(expires_on__gte=today, expires_on__lte=today + timedelta(EXPIRES_SOON))
    counts = lots.aggregate(expired=Count("pk", filter=expired), soon=Count("pk", filter=soon))
    chosen = {"expired": lots.filter(expired), "soon": lots.filter(soon)}.get(state, lots)
    if text.strip():
        chosen = chosen.filter(Q(name__icontains=text.strip()) | Q(lot__iexact=text.strip()) | Q(code=text.strip()))
    rows = list(chosen.order_by("name", "expires_on", "lot")[: MOST_LOTS + 1])
    return Stock(
        tuple(_shown(one, today) for one in rows[:MOST_LOTS]), len(rows) > MOST_LOTS, counts["soon"], counts["expired"]
    )


def _shown(one: StockLot, today: date) -> LotShown:
    state = "expired" if one.expires_on < today else "soon" if one.expires_on <= today + timedelta(EXPIRES_SOON) else ""
    return LotShown(one.pk, one.code, one.name, one.lot, one.expires_on, one.on_hand, one.unit, state)
