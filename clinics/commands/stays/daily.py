"""The day's sheet of whoever lies in bed: what the doctor found and orders, what the nurse gave."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinics.commands.stays.placing import stay_here
from clinics.commands.steps import refused, staff_of
from clinics.models import DailyOrder, DailySheet, OrderGiven
from clinics.queries.scope import today_of
from clinics.rules.stays import SLOT_NAMES, DaySheet, Slot, sheet_faults
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note


@command(Permission.STAY_ADMIT)
def write_sheet(ctx: Context, *, visit_id: uuid.UUID, sheet: DaySheet, seen: uuid.UUID | None = None) -> DailySheet:
    """Write today's sheet. seen: the sheet of today that was shown, None when there was none.

    Raises Refused at "course", "care_level" or "lines", all at once; Conflict sheet-written when a colleague
    wrote one since.
    """
    stay, today = stay_here(ctx, visit_id), today_of(ctx)
    standing = DailySheet.objects.filter(stay=stay, day=today).select_related("by").order_by("-id").first()
    if standing is not None and standing.pk != seen:
        at = f"{timezone.localtime(standing.at):%H:%M}"
        template = "{who} đã ghi tờ điều trị hôm nay lúc {time}. Tải lại trang rồi ghi tiếp từ tờ đó."
        raise Conflict("sheet-written", Phrase(template, who=standing.by.full_name, time=at))
    faults = [refused(one) for one in sheet_faults(sheet)]
    if faults:
        raise Refused.several(faults)
    written = DailySheet.objects.create(
        stay=stay,
        day=today,
        course=clean_note(sheet.course),
        care_level=sheet.care_level,
        diet=clean_line(sheet.diet)[:120],
        by_id=staff_of(ctx),
        at=ctx.at,
    )
    DailyOrder.objects.bulk_create(
        DailyOrder(
            sheet=written,
            position=position,
            name=clean_line(line.name)[:200],
            how=clean_line(line.how)[:200],
            slots=[slot.value for slot in line.slots],
        )
        for position, line in enumerate(sheet.lines, start=1)
    )
    record_audit(ctx, "update", patient_id=stay.visit.encounter.patient_id, target=("Stay", stay.pk))
    return written


@command(Permission.STAY_CARE)
def mark_given(
    ctx: Context, *, visit_id: uuid.UUID, order_id: uuid.UUID, slot: str, done: bool, reason: str = ""
) -> OrderGiven:
    """It was given or done at that time of the day, or was not, with the reason; said once.

    Raises NotFound for a line of another stay or of a sheet that was written anew, Refused at "slot" or "reason", Conflict
    given-already naming who was faster.
    """
    stay = stay_here(ctx, visit_id)
    order = DailyOrder.objects.select_related("sheet").filter(pk=order_id, sheet__stay=stay).first()
    if order is None or order.sheet_id != _standing(order):
        raise NotFound("Y lệnh này đã được thay bằng tờ điều trị mới. Hãy tải lại trang.", "order-replaced")
    if slot not in order.slots:
        raise Refused("slot-unknown", "Y lệnh này không có vào buổi đó.", "slot")
    why = clean_line(reason)[:300]
    if not done and not why:
        raise Refused("not-given-reason", "Hãy ghi vì sao không thực hiện.", "reason")
    try:
        with transaction.atomic():
            given = OrderGiven.objects.create(
                order=order, slot=slot, done=done, reason=why, by_id=staff_of(ctx), at=ctx.at
            )
    except IntegrityError:
        before = OrderGiven.objects.select_related("by").get(order=order, slot=slot)
        template = "{who} đã ghi {slot:lower} lúc {time}."
        said = {"slot": Phrase(SLOT_NAMES[Slot(slot)]), "time": f"{timezone.localtime(before.at):%H:%M}"}
        raise Conflict("given-already", Phrase(template, who=before.by.full_name, **said)) from None
    record_audit(ctx, "update", patient_id=stay.visit.encounter.patient_id, target=("Stay", stay.pk))
    return given


def _standing(order: DailyOrder) -> uuid.UUID | None:
    sheets = DailySheet.objects.filter(stay_id=order.sheet.stay_id, day=order.sheet.day)
    return sheets.order_by("-id").values_list("pk", flat=True).first()
