"""What is asked of the indicators: a programme, a period, a basis, one way to split."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.web.forms import CommandForm
from screening.queries.indicators import FIVE_YEARS, Asked
from screening.rules.indicators import Basis
from screening.web.forms import DayField
from screening.web.indicator_words import BASES, PROGRAMMES, SPLITS


class IndicatorForm(CommandForm):
    """The page's address as a form; what is left out stands as on the first visit."""

    programme = forms.ChoiceField(label=_("Chương trình"), choices=list(PROGRAMMES.items()))
    since = DayField(label=_("Từ ngày"))
    until = DayField(label=_("Đến ngày"))
    basis = forms.ChoiceField(label=_("Cách tính"), choices=list(BASES.items()))
    by = forms.ChoiceField(label=_("Phân nhóm"), choices=list(SPLITS.items()), required=False)

    def asked(self) -> Asked:
        """What a valid form asks."""
        chosen = self.cleaned_data
        return Asked(
            chosen["programme"],
            chosen["since"],
            chosen["until"],
            Basis(chosen["basis"]),
            (chosen["by"],) if chosen["by"] else (),
            FIVE_YEARS,
        )


def first_asked(today: date) -> dict[str, str]:
    """What stands in the form on the first visit: the year so far of the first programme."""
    return {
        "programme": next(iter(PROGRAMMES)),
        "since": f"{date(today.year, 1, 1):%d/%m/%Y}",
        "until": f"{today:%d/%m/%Y}",
        "basis": Basis.YEAR.value,
        "by": "",
    }
