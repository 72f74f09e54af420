"""Registering newborns from their mother's record, twins at once; without papers and perhaps without a name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from records.commands.newborn import Newborn, register_newborns
from records.commands.registration import DuplicateSuspected
from records.queries.access import Person, RecordAccess
from records.queries.candidates import Suspect, get_suspects
from records.queries.newborn import get_family, open_mother
from records.rules.history_facts import TERM_WEEKS, Birth
from records.rules.newborn import PREFIX, unnamed_child
from records.rules.person import StatedPerson, state_person
from records.web.forms import SEXES
from records.web.ways import way_to
from registry.kernel import Permission, Refused, in_language
from registry.queries.units import find_commune, list_communes
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest

YOUNGEST_SHOWN = 10  # the action is shown from this age on; no rule of who may bear a child
CHILDREN = (1, 2, 3)  # more of one birth are registered in a second go


class NewbornForm(CommandForm):
    """One birth: what the children share, then each child; a line without a sex is no child."""

    birth = forms.CharField(label=gettext_lazy("Ngày sinh"), max_length=20, help_text=gettext_lazy("dd/MM/yyyy"))
    born_time = forms.CharField(
        label=gettext_lazy("Giờ sinh"), max_length=5, required=False, help_text=gettext_lazy("24 giờ, ví dụ 23:50")
    )
    gestation_weeks = forms.IntegerField(
        label=gettext_lazy("Tuổi thai"), required=False, help_text=gettext_lazy("số tuần đủ"), widget=forms.TextInput
    )
    father = forms.CharField(label=gettext_lazy("Họ tên bố"), max_length=255, required=False)
    phone = forms.CharField(label=gettext_lazy("Điện thoại"), max_length=30, required=False)
    ward = forms.CharField(label=gettext_lazy("Phường, xã"), max_length=120, required=False)
    address = forms.CharField(label=gettext_lazy("Số nhà, ngõ, đường"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in CHILDREN:
            self.fields[f"sex_{place}"] = forms.ChoiceField(
                label=_("Giới tính"), choices=SEXES, required=place == 1, widget=forms.RadioSelect
            )
            self.fields[f"name_{place}"] = forms.CharField(
                label=_("Họ tên"), max_length=200, required=False, help_text=_("để trống nếu chưa đặt tên")
            )
            self.fields[f"weight_g_{place}"] = forms.IntegerField(
                label=_("Cân nặng"), required=False, widget=forms.TextInput, help_text=_("gam, ví dụ 3200")
            )
        self.fields["ward"].widget.attrs["list"] = "phuong-xa"
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean(self) -> dict[str, Any] | None:
        """A line with a name or a weight is a child, whose sex was forgotten."""
        for place in CHILDREN[1:]:
            told = self.cleaned_data.get(f"name_{place}") or self.cleaned_data.get(f"weight_g_{place}")
            if told and not self.cleaned_data.get(f"sex_{place}"):
                self.add_error(f"sex_{place}", _("Hãy chọn giới tính của trẻ này."))
        return self.cleaned_data

    @property
    def children(self) -> list[tuple[int, Any, Any, Any]]:
        """(place, sex, name, weight) of each line, for the page."""
        return [(n, self[f"sex_{n}"], self[f"name_{n}"], self[f"weight_g_{n}"]) for n in CHILDREN]


@require_http_methods(["GET", "POST"])
@needs(Permission.RESIDENT_REGISTER)
def newborn(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The form of one birth; sending it registers every child on it."""
    if request.method == "GET":
        access = open_mother(request.ctx, patient_id)
        return _page(request, access, NewbornForm(initial=_start(request, access.person)))
    form = NewbornForm(request.POST)
    suspects: Sequence[Suspect] = ()
    newborns = _stated(request, form) if form.is_valid() else None
    if newborns is not None:
        try:
            return _registered(request, patient_id, form, newborns)
        except DuplicateSuspected as suspected:
            suspects = get_suspects(request.ctx, suspected.candidates).shown
        except Refused as refusal:
            if refusal.concerns_access:
                raise
            form.take(refusal)
    return _page(
        request, open_mother(request.ctx, patient_id), form, suspects=suspects, status=409 if suspects else 422
    )


def _registered(
    request: StaffRequest, patient_id: uuid.UUID, form: NewbornForm, newborns: list[Newborn]
) -> HttpResponse:
    written = register_newborns(
        request.ctx,
        mother_id=patient_id,
        newborns=newborns,
        father=form.cleaned_data["father"].strip(),
        raw={name: request.POST.get(name, "") for name in form.fields},
        not_same=_numbers(request.POST.getlist("khac")),
    )
    messages.success(request, _("Đã đăng ký %(n)d trẻ cùng hồ sơ của mẹ.") % {"n": len(written)})
    return redirect(way_to(request.ctx, written[0].patient_id if len(written) == 1 else patient_id))


def _stated(request: StaffRequest, form: NewbornForm) -> list[Newborn] | None:
    """Each child as the rules read it, or None with every fault at its field."""
    said, today = form.cleaned_data, timezone.localdate(request.ctx.at)
    places = [place for place in CHILDREN if said[f"sex_{place}"]]
    commune = find_commune(said["ward"], today) if said["ward"].strip() else None
    if said["ward"].strip() and commune is None:
        form.add_error("ward", _("Không có phường, xã này ở Hà Nội hiện nay. Hãy gõ vài chữ rồi chọn trong danh sách."))
    children = []
    for order, place in enumerate(places, start=1):
        named = said[f"name_{place}"].strip()
        person = state_person(
            today=today, name=named or PREFIX, birth=said["birth"], sex=said[f"sex_{place}"], phone=said["phone"],
            address=said["address"], ward_code=commune.code if commune else "",
            ward_name=commune.name if commune else "",
        )  # fmt: skip
        if isinstance(person, StatedPerson):
            birth = _birth(said, place, order if len(places) > 1 else None)
            children.append(Newborn(person, birth, named=bool(named)))
            continue
        for fault in person:
            field = f"name_{place}" if fault.field == "name" else fault.field
            form.add_error(field if field in form.fields else None, in_language(fault.message))
    return None if form.errors else children


def _birth(said: dict[str, Any], place: int, order: int | None) -> Birth:
    weeks = said["gestation_weeks"]
    return Birth(
        weight_g=said[f"weight_g_{place}"],
        gestation_weeks=weeks,
        preterm=weeks < TERM_WEEKS if weeks is not None else None,
        birth_order=order,
        born_time=said["born_time"].strip(),
    )


def _start(request: StaffRequest, mother: Person) -> dict[str, str]:
    today = timezone.localdate(request.ctx.at).strftime("%d/%m/%Y")
    lives = {"phone": mother.phone, "ward": mother.ward_name, "address": mother.address}
    return {"birth": today, **lives}


def _numbers(texts: list[str]) -> list[uuid.UUID]:
    found = []
    for text in texts[:20]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _page(
    request: StaffRequest, access: RecordAccess, form: NewbornForm, *, status: int = 200, suspects: Any = ()
) -> HttpResponse:
    today, mother = timezone.localdate(request.ctx.at), access.person
    context = {
        "mother": {"name": mother.name, "birth": mother.birth.display, "id": mother.id},
        "placeholder": unnamed_child(mother.name),
        "form": form,
        "suspects": suspects,
        "family": family_lines(access),
        "communes": list_communes(today),
        "back": reverse("records:administrative", args=[mother.id]),
    }
    return render(request, "records/newborn.html", context, status=status)


def family_lines(access: RecordAccess) -> list[dict[str, Any]]:
    """Mother and children as the pages list them; a link only where the record is open here."""
    return [
        {
            "who": _("Mẹ") if one.mother else _("Con"),
            "name": one.name,
            "birth": one.birth.display,
            "url": way_to(access.ctx, one.patient_id) if one.is_open else "",
        }
        for one in get_family(access)
    ]


def newborn_url(access: RecordAccess) -> str:
    """Where this person's newborn is registered; "" for men, children and those who may not."""
    may = access.ctx.may(Permission.RESIDENT_REGISTER) and access.person.sex != "male"
    grown = timezone.localdate(access.ctx.at).year - access.person.birth.value.year >= YOUNGEST_SHOWN
    return reverse("records:newborn", args=[access.patient_id]) if may and grown else ""
