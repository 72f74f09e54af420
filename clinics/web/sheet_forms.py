"""The forms of the consulting room: measurements, and the doctor's sheet. They parse, the commands decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from clinics.commands.closing import Ending
from clinics.commands.sheet_writing import Typed
from clinics.queries.visit_page import VisitPage
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.outstanding import LEAVING_NAMES
from clinics.rules.referrals import REFERRED
from clinics.rules.sheet import FIELD_NAMES, TEXTS, Sheet, marks_text, read_marks, untouched
from clinics.rules.stays import DISCHARGES
from clinics.web.forms import first_word, split_codes, suggesting
from records.rules.vitals import VITALS
from records.web.examination_forms import SystemsForm
from registry.kernel import Refused, in_language
from registry.web.forms import CommandForm, DecimalCommaField


class VitalsForm(CommandForm):
    """The nurse's measurements; what is left empty was not measured. seen: the latest measurement when it was shown."""

    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: Sequence[str] = tuple(VITALS), seen: str = "", **kwargs: Any) -> None:
        """asked: keys of the vitals measured at this age."""
        kwargs.setdefault("initial", {"seen": seen})
        super().__init__(*args, **kwargs)
        for key in asked:
            self.fields[key] = DecimalCommaField(
                label=in_language(VITALS[key].display),
                required=False,
                max_digits=6,
                decimal_places=2,
                error_messages={"invalid": _("Hãy ghi một số, ví dụ 38,6.")},
            )

    @property
    def readings(self) -> Mapping[str, Decimal]:
        """What was measured."""
        return {key: value for key, value in self.cleaned_data.items() if key in VITALS and value is not None}

    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """Each field with its unit, in the order nurses measure."""
        return [(self[key], in_language(VITALS[key].unit)) for key in self.fields if key in VITALS]

    def look_again(self, seen: str) -> None:
        """Carry the measurement that is latest by now: whoever saves again has seen it."""
        data = cast("QueryDict", self.data).copy()
        data["seen"] = seen
        self.data = data


class GrowthForm(VitalsForm):
    """The measurements a child grows by; what cannot be believed is not judged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, asked=("weight", "height", "head"), **kwargs)
        for key in ("weight", "height", "head"):
            vital = VITALS[key]
            self.fields[key].validators += [MinValueValidator(vital.lowest), MaxValueValidator(vital.highest)]


_REFERRAL = ("discharge", "referred_to", "referral_reason", "condition")
_ENDING = ("leaving", "leaving_reason", "follow_up", *_REFERRAL)


class SheetForm(SystemsForm):
    """The doctor's sheet: reason, course, findings, codes, conclusion, advice, the end, and the marks of what was shown.

    Codes are plain text: the list beside them is a convenience.
    """

    reason = forms.CharField(label=_("Lý do đến khám"), max_length=1000, required=False)
    main = forms.CharField(label=_("Bệnh chính (ICD-10)"), max_length=120, required=False)
    secondary = forms.CharField(label=_("Bệnh kèm theo"), max_length=400, required=False)
    conclusion = forms.CharField(
        label=_("Kết luận và hướng xử trí"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    outcome_code = forms.ChoiceField(
        label=_("Kết quả điều trị"),
        choices=[("", _("– Chọn –")), *((code, _(name)) for code, name in OUTCOMES.items())],
        required=False,
    )
    follow_up = forms.CharField(
        label=_("Hẹn khám lại sau (ngày)"),
        max_length=4,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    leaving = forms.ChoiceField(
        label=_("Còn việc dở, khi kết thúc"),
        choices=[(one.value, _(name)) for one, name in LEAVING_NAMES.items()],
        required=False,
        widget=forms.RadioSelect,
    )
    leaving_reason = forms.CharField(label=_("Lý do kết thúc khi còn việc dở"), max_length=300, required=False)
    discharge = forms.ChoiceField(
        label=_("Người bệnh"),
        choices=[("", _("Ra về")), *((code, _(DISCHARGES[code])) for code in sorted(REFERRED))],
        required=False,
    )
    referred_to = forms.CharField(label=_("Chuyển đến"), max_length=5, required=False)
    referral_reason = forms.CharField(label=_("Lý do chuyển"), max_length=500, required=False)
    condition = forms.CharField(
        label=_("Tình trạng lúc chuyển"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    seen = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clashing: frozenset[str] = frozenset()
        self.left_alone: frozenset[str] = frozenset()
        for name in ("main", "secondary"):
            self.fields[name].widget.attrs |= suggesting(name)
        self.fields["referred_to"].widget.attrs |= suggesting("referred_to", "clinics:facilities")
        if not self.is_bound:
            self.fields["main"].widget.attrs["autofocus"] = True

    def take(self, refusal: Refused) -> None:
        """Remember which lines somebody else changed too, and which were left alone, while they can still be read."""
        changed = [one.field for one in refusal.all if one.code == "sheet-changed"]
        self.clashing = frozenset(name for name in changed if name)
        unsaid = {name for name in FIELD_NAMES if name in self.fields and not self.text_typed(name)}
        self.left_alone = frozenset(untouched(self.marks or {}, self.typed.on(Sheet())) | unsaid) - self.clashing
        super().take(refusal)

    @property
    def typed(self) -> Typed:
        """What was typed, once it could be read."""
        return Typed(
            main=first_word(self.cleaned_data["main"]),
            secondary=split_codes(self.cleaned_data["secondary"]),
            conclusion=self.cleaned_data["conclusion"],
            reason=self.cleaned_data["reason"] if "reason" in self.data else None,
            examined=self.said,
            seen=self.marks,
        )

    @property
    def marks(self) -> dict[str, str] | None:
        """The marks of the sheet this answers; None when the form carried none (a caller without the page)."""
        return read_marks(self.cleaned_data["seen"]) if "seen" in self.data else None

    @property
    def ending(self) -> Ending:
        """What is decided at the end besides the sheet."""
        said = self.cleaned_data
        return Ending(**{name: said[name] for name in _ENDING})

    @property
    def refers(self) -> bool:
        """Whether something was typed about another facility, so that its fields are to be seen."""
        return self.is_bound and any(self[name].value() for name in _REFERRAL)

    def look_again(self, sheet: Sheet) -> None:
        """Carry the sheet as it stands now: whoever saves again has seen it. A line this form left alone shows what
        somebody else wrote into it, so that saving again does not put the old words back."""
        data, now = cast("QueryDict", self.data).copy(), sheet.lines
        for name in self.left_alone if "seen" in self.data else ():
            data[name] = now.get(name, "")
        data["seen"] = marks_text(sheet.marks)
        self.data = data

    def text_typed(self, name: str) -> str:
        """A line as it was typed."""
        return str(self.data.get(name, ""))

    def typed_text(self) -> str:
        """Everything that was typed, line by line under its name, so that nothing is lost when it could not be saved."""
        names = [*TEXTS, *(name for name in FIELD_NAMES if name not in TEXTS)]
        return "\n".join(
            f"{in_language(FIELD_NAMES[name])}: {text}" for name in names if (text := self.text_typed(name))
        )


def initial_of(page: VisitPage) -> dict[str, str]:
    """What stands already, as the form shows it."""
    sheet = page.chart.sheet if page.chart else None
    if sheet is None:
        return {}
    return {**sheet.lines, "secondary": "; ".join(sheet.secondary), "seen": marks_text(sheet.marks)}
