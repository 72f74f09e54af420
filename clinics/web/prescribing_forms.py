"""The prescriber's form: lines, answers and reasons as they are posted; the commands decide."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinics.queries.prescribing import Sheet
from clinics.rules.drafts import DraftLine, Written
from clinics.rules.prescriptions import MOST_LINES, SLOTS, Dosing
from clinics.rules.safety.doses import number
from registry.web.forms import CommandForm, DecimalCommaField

SLOT_LABELS = {"morning": _("Sáng"), "noon": _("Trưa"), "afternoon": _("Chiều"), "evening": _("Tối")}
ANSWERS = [("", _("Chưa hỏi")), ("yes", _("Có")), ("no", _("Không"))]


class LineForm(CommandForm):
    """One medicine: units at each time of the day, days, words that go with it."""

    code = forms.CharField(widget=forms.HiddenInput, max_length=255)
    continues = forms.UUIDField(widget=forms.HiddenInput, required=False)
    days = forms.IntegerField(
        label=_("Số ngày"),
        required=False,
        min_value=0,
        max_value=366,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("Số ngày là một số nguyên.")},
    )
    note = forms.CharField(
        label=_("Cách dùng"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": _("Cách dùng: trước ăn, khi đau…"), "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SLOTS:
            self.fields[name] = DecimalCommaField(
                label=SLOT_LABELS[name],
                required=False,
                max_digits=8,
                decimal_places=3,
                error_messages={"invalid": _("Hãy ghi một số, ví dụ 0,5.")},
            )
        for name, bound in self.fields.items():
            bound.widget.attrs["class"] = "input"
            bound.widget.attrs["data-slot"] = name

    @property
    def slots(self) -> list[forms.BoundField]:
        """The four amounts in the order of the day."""
        return [self[name] for name in SLOTS]

    @property
    def line(self) -> DraftLine:
        """What was typed; an empty amount is none."""
        said = self.cleaned_data
        amounts = [said[name] or 0 for name in SLOTS]
        morning, noon, afternoon, evening = (DecimalCommaField().to_python(str(one)) for one in amounts)
        dosing = Dosing(morning, noon, afternoon, evening, said["days"] or 0, said["note"])
        return DraftLine(said["code"], dosing, said["continues"])


class PrescriptionForm(CommandForm):
    """What concerns the whole prescription. draft and version: of what was shown."""

    draft = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    pregnant = forms.ChoiceField(label=_("Có thai"), choices=ANSWERS, required=False)
    lactating = forms.ChoiceField(label=_("Cho con bú"), choices=ANSWERS, required=False)
    advice = forms.CharField(
        label=_("Lời dặn"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2, "class": "input"})
    )


class Posted:
    """The whole page as posted."""

    def __init__(self, data: QueryDict) -> None:
        self.form = PrescriptionForm(data)
        count = min(_count(data), MOST_LINES + 1)
        self.lines = [LineForm(data, prefix=f"l{at}") for at in range(count)]
        self.reasons = {key: data.get(f"reason-{mark(key)}", "") for key in data.getlist("finding")}
        self.add = data.get("them", "").strip()[:255]
        self.action = data.get("lam", "")

    def is_valid(self) -> bool:
        """Whether all of it could be read."""
        return all([self.form.is_valid(), *(line.is_valid() for line in self.lines)])

    @property
    def version(self) -> int:
        """Of the draft that was shown; 0 for none."""
        return self.form.cleaned_data["version"] or 0

    @property
    def draft_id(self) -> uuid.UUID | None:
        """The draft that was shown."""
        found: uuid.UUID | None = self.form.cleaned_data["draft"]
        return found

    def written(self, *, without: int | None = None, goes_on: tuple[int, uuid.UUID] | None = None) -> Written:
        """What was typed, without one line, or with one going on with a medicine of the record."""
        lines = [form.line for form in self.lines]
        if goes_on and 0 <= goes_on[0] < len(lines):
            one = lines[goes_on[0]]
            lines[goes_on[0]] = DraftLine(one.code, one.dosing, goes_on[1])
        if without is not None:
            lines = [one for at, one in enumerate(lines) if at != without]
        said = self.form.cleaned_data
        return Written(tuple(lines), self.reasons, said["advice"], said["pregnant"], said["lactating"])


def _count(data: Mapping[str, Any]) -> int:
    try:
        return max(0, int(data.get("lines", 0)))
    except ValueError:
        return 0


def mark(key: str) -> str:
    """A short name of a finding for ids and fields: its key holds words of the record."""
    return hashlib.blake2s(key.encode(), digest_size=6).hexdigest()


def forms_of(sheet: Sheet) -> tuple[PrescriptionForm, list[LineForm]]:
    """The page's forms filled with what is kept."""
    written = sheet.written
    whole = PrescriptionForm(
        initial={
            "draft": sheet.draft_id,
            "version": sheet.version,
            "pregnant": written.pregnant,
            "lactating": written.lactating,
            "advice": written.advice,
        }
    )
    return whole, list(line_forms(written.lines))


def line_forms(lines: Iterable[DraftLine]) -> Iterable[LineForm]:
    """One form a line."""
    for at, one in enumerate(lines):
        amounts = {name: number(value) if value else "" for name, value in zip(SLOTS, one.dosing.slots, strict=True)}
        more = {"code": one.code, "continues": one.continues, "days": one.dosing.days or "", "note": one.dosing.note}
        yield LineForm(initial={**amounts, **more}, prefix=f"l{at}")
