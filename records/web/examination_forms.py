"""The form of one encounter's examination."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from records.queries.examination import ExaminationPage
from records.rules.examination import LONGEST_NOTE, NORMAL, SIGHT, SYSTEMS, BodySystem, Examination
from records.rules.vitals import VITALS, vitals_asked
from registry.kernel import in_language
from registry.web.forms import CommandForm, DecimalCommaField

REST_NORMAL = "con-lai"  # the button that writes "normal" for every system left empty
NORMAL_MARK = "bt-{}"


class SystemsForm(CommandForm):
    """Course, body systems, advice, for whatever form a doctor examines with; names are the keys of the rules."""

    def __init__(self, *args: Any, systems: list[BodySystem], **kwargs: Any) -> None:
        """systems: those asked of this person."""
        super().__init__(*args, **kwargs)
        self.systems = systems
        for name, label in (("course", _("Bệnh sử")), ("advice", _("Tư vấn"))):
            widget = forms.Textarea(attrs={"rows": 3})
            self.fields[name] = forms.CharField(label=label, max_length=LONGEST_NOTE, required=False, widget=widget)
        for system in systems:
            widget = forms.Textarea(attrs={"rows": 1, "class": "one-line"})
            self.fields[system.key] = forms.CharField(
                label=in_language(system.name), max_length=2000, required=False, widget=widget
            )
            mark = forms.CheckboxInput(
                attrs={"aria-label": _("%(name)s: bình thường") % {"name": in_language(system.name)}}
            )
            self.fields[NORMAL_MARK.format(system.key)] = forms.BooleanField(
                label=_("Bình thường"), required=False, widget=mark
            )

    @property
    def said(self) -> Examination:
        """What was typed, once it could be read; only what holds something or stood there before is said."""
        return Examination(
            findings=self._findings(),
            course=self.cleaned_data["course"] if self._touched("course") else None,
            advice=self.cleaned_data["advice"] if self._touched("advice") else None,
        )

    def _findings(self) -> Mapping[str, str]:
        rest = REST_NORMAL in self.data
        found = {}
        for system in self.systems:
            text = self.cleaned_data[system.key]
            marked = rest or self.cleaned_data[NORMAL_MARK.format(system.key)]
            if not text and marked and system.key in self.data and system.key not in _NOT_BY_DEFAULT:
                text = NORMAL
            if text or self._touched(system.key):
                found[system.key] = text
        return found

    def _touched(self, name: str) -> bool:
        return bool(self.cleaned_data[name] or self.initial.get(name))

    def groups(self) -> list[dict[str, Any]]:
        """Systems under their group, each with its box for "normal"."""
        return [
            {
                "name": name,
                "lines": [{"text": self[one.key], "mark": self[NORMAL_MARK.format(one.key)]} for one in rows],
            }
            for name, rows in groupby(self.systems, key=lambda one: one.group)
        ]


class ExaminationForm(SystemsForm):
    """Vitals and sight besides, and why a signed examination is corrected."""

    def __init__(self, *args: Any, asked: Collection[str] = tuple(VITALS), **kwargs: Any) -> None:
        """asked: keys of the vitals measured at this age."""
        super().__init__(*args, **kwargs)
        self.asked = [key for key in VITALS if key in asked]
        for key, vital in VITALS.items():
            self.fields[key] = DecimalCommaField(
                label=in_language(vital.display),
                required=False,
                max_digits=6,
                decimal_places=2,
                error_messages={"invalid": _("Hãy ghi một số, ví dụ 38,6.")},
            )
        for key, line in SIGHT.items():
            self.fields[key] = forms.CharField(label=in_language(line.name), max_length=40, required=False)
        self.fields["reason"] = forms.CharField(
            label=_("Lý do sửa"), max_length=300, required=False, help_text=_("Bản ghi trước vẫn được giữ và đọc được.")
        )

    @property
    def said(self) -> Examination:
        """What was typed, with what was measured."""
        sight = {key: self.cleaned_data[key] for key in SIGHT if self._touched(key)}
        return replace(super().said, readings=self._readings(), sight=sight)

    def _readings(self) -> Mapping[str, Decimal]:
        return {key: self.cleaned_data[key] for key in VITALS if self.cleaned_data[key] is not None}

    def vitals(self) -> list[tuple[forms.BoundField, str]]:
        """Each vital with its unit."""
        return [(self[key], in_language(VITALS[key].unit)) for key in self.asked]

    def sight(self) -> list[forms.BoundField]:
        """Lines about the eyes."""
        return [self[key] for key in SIGHT]


class AddendumForm(CommandForm):
    """What is said after signing."""

    text = forms.CharField(
        label=_("Nội dung bổ sung"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Hãy ghi nội dung bổ sung.")},
    )


# "Other" is no organ, and development is judged with children only: neither is normal by pressing one button.
_NOT_BY_DEFAULT = {"other", "development"}


def standing_before(data: QueryDict) -> dict[str, str]:
    """Which fields held something when the form was shown: emptying one is said, not overlooked."""
    return dict.fromkeys(data.getlist("co"), "x")


def initial_of(page: ExaminationPage) -> dict[str, Any]:
    """What stands, as the form shows it."""
    numbers = {key: f"{value.normalize():f}".replace(".", ",") for key, value in page.readings.items()}
    return {**numbers, **page.sight, **page.findings, "course": page.course, "advice": page.advice}


def asked_vitals(page: ExaminationPage) -> set[str]:
    """The vitals the form asks about: those of this age, and those that were measured."""
    return {*vitals_asked(page.age), *page.readings}


def asked_systems(page: ExaminationPage) -> list[BodySystem]:
    """The systems the form asks about."""
    return [line.system for line in page.systems if line.system.key in SYSTEMS]
