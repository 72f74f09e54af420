"""Forms of call and recall: they parse, the commands decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.kernel import in_language
from registry.web.forms import CommandForm
from screening.queries.batches import BatchLine
from screening.queries.calling import Capacity
from screening.queries.choices import RESPONSES
from screening.rules.calling import monday_of
from screening.web.forms import CHOOSE, DayField

FIRST_PLACES = 50
UNREACHED = "unreached"
_PLACES = forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


class PlanForm(CommandForm):
    """A programme, a week and what the week can serve."""

    programme = forms.ChoiceField(label=_("Chương trình"))
    week = DayField(label=_("Tuần có ngày"))
    laboratory = forms.IntegerField(label=_("Chỗ xét nghiệm trong tuần"), widget=_PLACES)
    endoscopy = forms.IntegerField(label=_("Chỗ khám chẩn đoán trong tuần"), widget=_PLACES)

    def __init__(self, *args: Any, programmes: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(code, in_language(name)) for code, name in programmes]
        self.fields["programme"].choices = names  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """What a valid form asks of the command."""
        chosen = self.cleaned_data
        capacity = Capacity(chosen["laboratory"], chosen["endoscopy"])
        return {"programme": chosen["programme"], "week": chosen["week"], "capacity": capacity}


def first_plan(today: date, last: BatchLine | None) -> dict[str, Any]:
    """What stands in the form at first: the coming week, and the places of the last batch."""
    said = last.batch.inputs if last else {}
    return {
        "programme": last.batch.programme.code if last else "colorectal",
        "week": f"{monday_of(today) + timedelta(days=7):%d/%m/%Y}",
        "laboratory": said.get("laboratory", FIRST_PLACES),
        "endoscopy": said.get("endoscopy", FIRST_PLACES),
    }


class AnswerForm(CommandForm):
    """What an invited person said."""

    response = forms.ChoiceField(
        label=_("Trả lời"),
        choices=[
            CHOOSE,
            *((code, _(name)) for code, name in RESPONSES),
            (UNREACHED, _("Chưa gặp được")),
        ],
    )
    day = DayField(label=_("Ngày"), required=False)
    note = forms.CharField(label=_("Ghi chú"), required=False, max_length=300)

    @property
    def said(self) -> dict[str, Any]:
        """What a valid form tells the command; nobody reached is no answer."""
        chosen = dict(self.cleaned_data)
        response = chosen["response"]
        return chosen | {"response": "" if response == UNREACHED else response}
