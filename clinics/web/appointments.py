"""Booking: the list of a day, booking for a person, weekly hours and days off."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.appointments import book, cancel_appointment, move_appointment, record_no_show
from clinics.commands.schedules import add_schedule, close_day, end_schedule
from clinics.queries.appointments import BookingDay, BookingPage, get_booking_page, get_bookings
from clinics.queries.schedules import SchedulePage, get_schedules
from clinics.rules.appointments import APPOINTMENT_NAMES, WEEKDAYS, AppointmentState, BookedFrom
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest

DATE_INPUTS = ["%d/%m/%Y", "%Y-%m-%d"]


class BookingForm(CommandForm):
    """A slot (pattern and moment), why, where the booking comes from; moves: the booking this one takes the place of."""

    starts_at = forms.CharField(
        label=gettext_lazy("Khung giờ"),
        widget=forms.Select,
        error_messages={"required": gettext_lazy("Hãy chọn khung giờ.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Lý do"), max_length=300, error_messages={"required": gettext_lazy("Hãy ghi lý do.")}
    )

    def clean_starts_at(self) -> tuple[uuid.UUID, datetime]:
        """The pattern and the moment that were offered."""
        schedule, _bar, moment = self.cleaned_data["starts_at"].partition("|")
        try:
            at = datetime.fromisoformat(moment)
            return uuid.UUID(schedule), at if timezone.is_aware(at) else timezone.make_aware(at)
        except ValueError as wrong:
            raise forms.ValidationError(_("Hãy chọn khung giờ.")) from wrong

    def offer(self, page: BookingPage) -> None:
        """The slots of the day; full ones are not offered."""
        self.fields["starts_at"].widget.choices = [
            (one.value, f"{timezone.localtime(one.starts_at):%H:%M} · {one.room} {one.doctor} ({_('còn')} {one.left})")
            for one in page.offers
            if one.left
        ]


class ScheduleForm(CommandForm):
    """A weekly pattern."""

    room_id = forms.IntegerField(label=gettext_lazy("Phòng"), widget=forms.Select)
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Ngày trong tuần"),
        coerce=int,
        choices=[(number, gettext_lazy(name)) for number, name in WEEKDAYS.items()],
    )
    begins = forms.TimeField(label=gettext_lazy("Từ giờ"), initial="07:30", input_formats=["%H:%M"])
    ends = forms.TimeField(label=gettext_lazy("Đến giờ"), initial="11:30", input_formats=["%H:%M"])
    minutes = forms.IntegerField(label=gettext_lazy("Phút mỗi khung"), initial=15)
    capacity = forms.IntegerField(label=gettext_lazy("Người mỗi khung"), initial=1)

    def offer(self, page: SchedulePage) -> None:
        """The rooms in use."""
        self.fields["room_id"].widget.choices = [(room.pk, room.name) for room in page.rooms]


class ClosedForm(CommandForm):
    """A day off, of one room or of all."""

    day = forms.DateField(
        label=gettext_lazy("Ngày nghỉ"),
        input_formats=DATE_INPUTS,
        error_messages={"invalid": gettext_lazy("Hãy ghi ngày, ví dụ 02/09/2026.")},
    )
    room_id = forms.IntegerField(label=gettext_lazy("Phòng"), required=False, widget=forms.Select)
    reason = forms.CharField(label=gettext_lazy("Lý do nghỉ"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "nghi_%s")
        super().__init__(*args, **kwargs)

    def offer(self, page: SchedulePage) -> None:
        """Every room, or one."""
        rooms = [("", _("Cả cơ sở")), *((room.pk, room.name) for room in page.rooms)]
        self.fields["room_id"].widget.choices = rooms


@require_GET
@needs(Permission.APPOINTMENT_BOOK)
def day_list(request: StaffRequest) -> HttpResponse:
    """The bookings of a day: ?ngay= (today), ?tt= (a state)."""
    return _list(request)


def _list(request: StaffRequest, status: int = 200) -> HttpResponse:
    day, state = _day(request), request.GET.get("tt", "")
    found = get_bookings(request.ctx, day, state=state)
    may_schedule = request.ctx.may(Permission.SCHEDULE_MANAGE)
    context = {
        "found": found,
        "filters": _filters(found, state),
        "day_text": day.isoformat(),
        "may_schedule": may_schedule,
        "may_check_in": request.ctx.may(Permission.VISIT_CHECK_IN),
    }
    return render(request, "clinics/bookings.html", context, status=status)


@require_http_methods(["GET", "POST"])
@needs(Permission.APPOINTMENT_BOOK)
def booking(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Book for one person on a day; ?tai-kham=1 says that the doctor asked them back, ?tu=ho-so the record."""
    form = BookingForm(request.POST if request.method == "POST" else None)
    source = BookedFrom.RECORD if request.GET.get("tu") == "ho-so" else BookedFrom.DESK
    source = BookedFrom.FOLLOW_UP if request.GET.get("tai-kham") else source
    if request.method == "POST" and form.is_valid():
        schedule_id, starts_at = form.cleaned_data["starts_at"]
        said = {"reason": form.cleaned_data["reason"], "booked_from": source.value}
        done = form.run(
            lambda: book(request.ctx, patient_id=patient_id, schedule_id=schedule_id, starts_at=starts_at, **said)
        )
        if done is not None:
            messages.success(
                request, _("Đã hẹn %(at)s.") % {"at": f"{timezone.localtime(done.starts_at):%H:%M %d/%m/%Y}"}
            )
            return redirect(f"{reverse('clinics:bookings')}?ngay={timezone.localdate(done.starts_at).isoformat()}")
    return _booking_page(request, patient_id, form)


@require_http_methods(["GET", "POST"])
@needs(Permission.APPOINTMENT_BOOK)
def move(request: StaffRequest, patient_id: uuid.UUID, appointment_id: uuid.UUID) -> HttpResponse:
    """Another slot for a booking, with the reason."""
    form = BookingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        schedule_id, starts_at = form.cleaned_data["starts_at"]
        why = form.cleaned_data["reason"]
        done = form.run(
            lambda: move_appointment(
                request.ctx,
                patient_id=patient_id,
                appointment_id=appointment_id,
                schedule_id=schedule_id,
                starts_at=starts_at,
                reason=why,
            )
        )
        if done is not None:
            messages.success(request, _("Đã dời hẹn."))
            return redirect(f"{reverse('clinics:bookings')}?ngay={timezone.localdate(done.starts_at).isoformat()}")
    return _booking_page(request, patient_id, form, moving=True)


@require_POST
@needs(Permission.APPOINTMENT_BOOK)
def cancel(request: StaffRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Take a booking back."""
    why = request.POST.get("reason", "")
    return _act(
        request, lambda: cancel_appointment(request.ctx, appointment_id=appointment_id, reason=why), _("Đã huỷ hẹn.")
    )


@require_POST
@needs(Permission.APPOINTMENT_BOOK)
def no_show(request: StaffRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Nobody came."""
    return _act(request, lambda: record_no_show(request.ctx, appointment_id=appointment_id), _("Đã ghi không đến."))


@require_http_methods(["GET", "POST"])
def schedules(request: StaffRequest) -> HttpResponse:
    """Weekly hours and days off; both forms post here."""
    closing = "day" in request.POST
    posted = request.POST if request.method == "POST" else None
    form, closed = ScheduleForm(None if closing else posted), ClosedForm(posted if closing else None)
    sent: CommandForm = closed if closing else form
    if request.method == "POST" and sent.is_valid():
        command: Callable[..., object] = close_day if closing else add_schedule
        if sent.run(lambda: command(request.ctx, **sent.cleaned_data)) is not None:
            messages.success(request, _("Đã ghi ngày nghỉ.") if closing else _("Đã thêm giờ nhận hẹn."))
            return redirect("clinics:schedules")
    page = get_schedules(request.ctx)
    form.offer(page)
    closed.offer(page)
    context = {"page": page, "form": form, "closed_form": closed}
    return render(request, "clinics/schedules.html", context, status=422 if sent.errors else 200)


@require_POST
@needs(Permission.SCHEDULE_MANAGE)
def stop(request: StaffRequest, schedule_id: uuid.UUID) -> HttpResponse:
    """No new bookings in a pattern."""
    return _act(
        request,
        lambda: end_schedule(request.ctx, schedule_id=schedule_id),
        _("Đã ngừng nhận hẹn."),
        "clinics:schedules",
    )


def _booking_page(
    request: StaffRequest, patient_id: uuid.UUID, form: BookingForm, *, moving: bool = False
) -> HttpResponse:
    page = get_booking_page(request.ctx, patient_id, _day(request))
    form.offer(page)
    context = {"page": page, "form": form, "moving": moving, "day_text": page.day.isoformat()}
    return render(request, "clinics/booking.html", context, status=422 if form.errors else 200)


def _day(request: StaffRequest) -> date:
    """The day asked for; what is no date is today."""
    try:
        return date.fromisoformat(request.GET.get("ngay", ""))
    except ValueError:
        return timezone.localdate(request.ctx.at)


def _filters(found: BookingDay, state: str) -> list[dict[str, Any]]:
    base = f"?ngay={found.day.isoformat()}"
    everyone = {"label": _("Tất cả"), "url": base, "count": sum(found.counts.values()), "current": not state}
    return [everyone] + [
        {
            "label": in_language(APPOINTMENT_NAMES[one]),
            "url": f"{base}&tt={one.value}",
            "count": found.counts.get(one.value, 0),
            "current": state == one.value,
        }
        for one in AppointmentState
    ]


def _act(
    request: StaffRequest, command: Callable[[], object], said: str, back: str = "clinics:bookings"
) -> HttpResponse:
    """Run a command of one row of a list; its refusal is a message on the list as it stands now."""
    try:
        command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
        return _list(request, status=int(refusal.kind)) if back == "clinics:bookings" else redirect(back)
    messages.success(request, said)
    return redirect(back)
