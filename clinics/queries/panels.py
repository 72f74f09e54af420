"""What the clinics show on a resident's page: bookings at the reader's facility, and the way to another one."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.queries.appointments import booked_ahead
from records.queries.access import RecordAccess
from records.queries.panels import Panel, PanelLine
from registry.kernel import Permission

MOST_SHOWN = 3


def booking_panel(access: RecordAccess) -> Panel | None:
    """For settings.PATIENT_PANELS. None, without a question asked, for those who do not book."""
    ctx = access.ctx
    if ctx.facility is None or not ctx.may(Permission.APPOINTMENT_BOOK):
        return None
    lines = tuple(
        PanelLine(f"{timezone.localtime(one.starts_at):%H:%M %d/%m/%Y}", note=f"{one.room.name} · {one.reason}")
        for one in booked_ahead(ctx, access.patient_id)[:MOST_SHOWN]
    )
    return Panel(
        title=_("Lịch hẹn"),
        icon="clock",
        lines=lines,
        empty=_("Chưa có hẹn nào sắp tới ở cơ sở này."),
        action_url=f"{reverse('clinics:booking', args=[access.patient_id])}?tu=ho-so",
        action_label=_("Đặt hẹn"),
    )
