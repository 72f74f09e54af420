"""What the sheet of an order's results says: only what was verified, and only as it stands in the record now."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from clinics.models import OrderItem, OrderItemStatus, ServiceOrder, Visit
from clinics.queries.diagnoses_told import diagnosis_told
from clinics.queries.results_shown import Shown, reports_in_force, values_of
from clinics.queries.scope import facility_of
from clinics.rules.orders import SPECIMENS, URGENCY_NAMES, OrderState, Urgency
from records.models import DiagnosticReport
from records.queries.access import RecordAccess, look_through_door
from records.queries.band import Band, get_bands
from records.queries.restricted import visible_rows
from registry.kernel import Context, NotFound, Permission, query, record_audit


@dataclass(frozen=True, slots=True)
class SheetItem:
    """One verified service. performed_by "": an analyser; corrected: why an earlier result was replaced, or ""."""

    name: str
    kind: str
    specimen: str
    specimen_number: str
    performed_at: datetime
    performed_by: str
    verified_by: str
    verified_at: datetime
    values: tuple[Shown, ...]
    result: str
    conclusion: str
    corrected: str


@dataclass(frozen=True, slots=True)
class ResultSheet:
    """An order's results on paper. diagnosis: "" for those who do not read records; waiting: services of the order that
    have no verified result yet."""

    order: ServiceOrder
    visit: Visit
    urgency: str
    band: Band
    diagnosis: str
    items: tuple[SheetItem, ...]
    waiting: tuple[str, ...]


@query(Permission.ORDER_READ)
def get_result_sheet(ctx: Context, order_id: uuid.UUID) -> ResultSheet:
    """The sheet of an order of this facility, for whoever reads its results.

    NotFound for an order elsewhere, and for one without a verified result that this reader may see.
    """
    orders = ServiceOrder.objects.select_related("visit__encounter", "visit__room", "facility", "ordered_by")
    order = orders.filter(pk=order_id, facility_id=facility_of(ctx).id).first()
    if order is None:
        raise NotFound
    access = look_through_door(ctx, order.visit.encounter.patient_id)
    asked = list(order.items.select_related("service", "specimen").order_by("kind", "service__specimen", "pk"))
    items = _items(access, [one for one in asked if one.state == OrderState.VERIFIED and one.report_id])
    if not items:
        raise NotFound("Phiếu này chưa có kết quả nào được duyệt.", "no-results")
    detail = access.audit_detail
    record_audit(ctx, "print", patient_id=access.patient_id, target=("ServiceOrder", order.pk), detail=detail)
    return ResultSheet(
        order=order,
        visit=order.visit,
        urgency=URGENCY_NAMES[Urgency(order.urgency)],
        band=get_bands([access.patient_id])[access.patient_id],
        diagnosis=diagnosis_told(access, order.visit) if ctx.may(Permission.RECORD_READ) else "",
        items=items,
        waiting=tuple(
            one.service.name for one in asked if one.state not in (OrderState.VERIFIED, OrderState.CANCELLED)
        ),
    )


def _items(access: RecordAccess, verified: list[OrderItem]) -> tuple[SheetItem, ...]:
    reports = reports_in_force(access, [one.report_id for one in verified if one.report_id])
    values = values_of(access, reports.values())
    signed, replaced = _signed(verified), _replaced(access, reports.values())
    found = []
    for item in verified:
        report = reports.get(item.report_id) if item.report_id else None
        if report is None:
            continue  # hidden from this reader, or taken back
        signature = signed[item.pk]
        found.append(
            SheetItem(
                name=item.service.name,
                kind=item.kind,
                specimen=SPECIMENS.get(item.service.specimen, ""),
                specimen_number=item.specimen.number if item.specimen else "",
                performed_at=report.performed_at,
                performed_by=report.performer_name,
                verified_by=signature.by.full_name if signature.by else "",
                verified_at=signature.at,
                values=tuple(values.get(report.pk, ())),
                result=report.result,
                conclusion=report.conclusion,
                corrected=replaced.get(report.pk, ""),
            )
        )
    return tuple(found)


def _signed(items: Iterable[OrderItem]) -> Mapping[uuid.UUID, OrderItemStatus]:
    """The last signature under each of these services."""
    steps = OrderItemStatus.objects.filter(item__in=list(items), state=OrderState.VERIFIED).select_related("by")
    return {one.item_id: one for one in steps.order_by("at", "id")}


def _replaced(access: RecordAccess, reports: Iterable[DiagnosticReport]) -> Mapping[uuid.UUID, str]:
    """Report to the reason why the one before it was replaced."""
    rows = DiagnosticReport.objects.filter(superseded_by__in=list(reports), patient_id=access.patient_id)
    before = visible_rows(access, rows).order_by("recorded_at", "id")
    return {one.superseded_by_id: one.superseded_reason for one in before if one.superseded_by_id}
