"""Forms of a stay. They parse, the commands decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.queries.stays.stay import Admission, Day, StayPage
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.stays import CARE_LEVELS, DISCHARGES, DaySheet, Ending, OrderLine, Slot
from clinics.web.billing_forms import DayField
from clinics.web.forms import suggesting
from registry.kernel import in_language
from registry.web.forms import CommandForm

BLANK_LINES = 3


class PlaceForm(CommandForm):
    """A department, a bed, why."""

    department_id = forms.TypedChoiceField(label=_("Khoa"), coerce=int)
    bed_id = forms.TypedChoiceField(label=_("Giường"), coerce=int, empty_value=None, required=False)
    reason = forms.CharField(label=_("Lý do"), max_length=300)

    def __init__(self, *args: Any, page: Admission | StayPage, **kwargs: Any) -> None:
        """page: the departments to choose from, and beds that are free in them."""
        super().__init__(*args, **kwargs)
        departments = [(one.pk, one.name) for one in page.departments]
        self.fields["department_id"].choices = [("", _("– Chọn –")), *departments]  # type: ignore[attr-defined]
        wards = {one.pk for one in page.departments}
        beds = [(one.pk, f"{one.department.name} · {one}") for one in page.free if one.department_id in wards]
        self.fields["bed_id"].choices = [("", _("Xếp giường sau")), *beds]  # type: ignore[attr-defined]


class AdmissionForm(PlaceForm):
    """The first place, where the page begins."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department_id"].widget.attrs["autofocus"] = True


class BedForm(CommandForm):
    """Another bed of the ward."""

    bed_id = forms.TypedChoiceField(label=_("Giường"), coerce=int)

    def __init__(self, *args: Any, page: StayPage, **kwargs: Any) -> None:
        """page: the beds of the stay's department that are free."""
        super().__init__(*args, **kwargs)
        beds = [(one.pk, str(one)) for one in page.free if one.department_id == page.stay.department_id]
        self.fields["bed_id"].choices = [("", _("– Chọn –")), *beds]  # type: ignore[attr-defined]


class SheetForm(CommandForm):
    """The day's sheet; its orders are rows beside it (see `lines_of`)."""

    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    course = forms.CharField(label=_("Diễn biến"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)
    care_level = forms.ChoiceField(
        label=_("Chăm sóc"), widget=forms.RadioSelect, choices=[(key, _(name)) for key, name in CARE_LEVELS.items()]
    )
    diet = forms.CharField(label=_("Chế độ ăn"), max_length=120, required=False)

    def sheet(self, lines: tuple[OrderLine, ...]) -> DaySheet:
        """What was typed."""
        said = self.cleaned_data
        return DaySheet(said["course"], said["care_level"], said["diet"], lines)


def lines_of(sent: QueryDict) -> tuple[OrderLine, ...]:
    """The orders of the rows that name something."""
    return tuple(_lines(sent))


def _lines(sent: QueryDict) -> Iterator[OrderLine]:
    count = sent.get("lines", "0")
    for row in range(min(int(count), 60) if count.isdecimal() else 0):
        name = sent.get(f"name-{row}", "").strip()
        if name:
            slots = tuple(slot for slot in Slot if slot.value in sent.getlist(f"slots-{row}"))
            yield OrderLine(name, sent.get(f"how-{row}", "").strip(), slots)


def initial_of(day: Day | None) -> tuple[Mapping[str, Any], tuple[OrderLine, ...]]:
    """Fields and orders of a sheet that is written on or repeated."""
    if day is None:
        return {}, ()
    sheet = day.sheet
    orders = tuple(
        OrderLine(one.order.name, one.order.how, tuple(Slot(slot) for slot in one.order.slots)) for one in day.lines
    )
    return {"course": sheet.course, "care_level": sheet.care_level, "diet": sheet.diet}, orders


def rows_of(lines: tuple[OrderLine, ...]) -> list[OrderLine]:
    """The rows of the form: what is there, and some to write on."""
    return [*lines, *(OrderLine("") for _ in range(BLANK_LINES))]


class EndingForm(CommandForm):
    """How the stay ends, and what its papers say."""

    outcome = forms.ChoiceField(label=_("Kết quả điều trị"), widget=forms.Select(attrs={"autofocus": True}))
    discharge = forms.ChoiceField(label=_("Loại ra viện"))
    treatment = forms.CharField(
        label=_("Phương pháp điều trị"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )
    condition = forms.CharField(
        label=_("Tình trạng khi ra viện"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000
    )
    advice = forms.CharField(
        label=_("Lời dặn"), widget=forms.Textarea(attrs={"rows": 2}), max_length=4000, required=False
    )
    follow_up = forms.CharField(label=_("Hẹn khám lại sau (ngày)"), max_length=3, required=False)
    leave_days = forms.IntegerField(label=_("Nghỉ hưởng BHXH (ngày)"), required=False, min_value=0)
    referred_to = forms.CharField(label=_("Chuyển đến"), max_length=5, required=False)
    referral_reason = forms.CharField(label=_("Lý do chuyển"), max_length=500, required=False)
    died_on = DayField(label=_("Ngày mất"), required=False)
    died_time = forms.TimeField(label=_("Giờ mất"), input_formats=["%H:%M"], required=False)
    cause = forms.CharField(label=_("Nguyên nhân tử vong"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcomes = [(code, in_language(name)) for code, name in OUTCOMES.items()]
        self.fields["outcome"].choices = [("", _("– Chọn –")), *outcomes]  # type: ignore[attr-defined]
        kinds = [(code, in_language(name)) for code, name in DISCHARGES.items() if code != "3"]
        self.fields["discharge"].choices = [("", _("– Chọn –")), *kinds]  # type: ignore[attr-defined]
        self.fields["referred_to"].widget.attrs |= suggesting("referred_to", "clinics:facilities")

    @property
    def ending(self) -> Ending:
        """What was typed."""
        said = self.cleaned_data
        texts = ("outcome", "discharge", "treatment", "condition", "advice", "follow_up", "referred_to",
                 "referral_reason", "cause")  # fmt: skip
        return Ending(**{name: said[name] for name in texts}, leave_days=said["leave_days"] or 0, died_at=self._died_at)

    @property
    def _died_at(self) -> datetime | None:
        day, at = self.cleaned_data["died_on"], self.cleaned_data["died_time"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day, at or time(0)))
