"""The administrative form of QĐ 831 (THONGTINCHUNG): fields, what they start from, and what they make."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from records.queries.administrative import LISTS, Administrative, find_code, find_province
from records.rules.details import Details
from records.rules.details_stated import BLOOD_ABO, BLOOD_RH, state_details, with_numbers
from records.rules.history import HOUSEHOLD_RELATIONSHIPS
from records.rules.person import Fault, StatedPerson, state_person
from records.web.forms import RegisterForm
from records.web.history_fields import pick, words
from registry.kernel import in_language
from registry.queries.units import find_commune
from registry.rules.dates import parse_partial_date
from registry.rules.invalid import Invalid

HANOI = "01"
WIDE = {"name": "w4", "address": ""} | dict.fromkeys(
    ("birth", "phone", "landline", "email", "cccd", "issued_on", "issuer", "cmnd", "passport", "vneid", "bhxh", "bhyt",
     "bhyt_from", "bhyt_to", "household_number", "member_number", "head_relationship"), "w2"
)  # fmt: skip
GROUPS = (
    (_("Nhân thân"), ("name", "birth", "sex", "birth_province", "ethnicity", "nationality", "religion", "occupation",
                      "blood_abo", "blood_rh")),
    (_("Giấy tờ"), ("cccd", "issued_on", "issuer", "cmnd", "passport", "vneid", "bhyt", "bhyt_from", "bhyt_to", "bhxh")),
    (_("Liên hệ"), ("phone", "landline", "email")),
    (_("Nơi ở hiện nay"), ("ward", "hamlet", "address")),
    (_("Nơi thường trú"), ("permanent_ward", "permanent_province", "permanent_hamlet", "permanent_address")),
    (_("Hộ gia đình"), ("household_number", "member_number", "head_relationship")),
)  # fmt: skip
PERSON = ("name", "birth", "sex", "phone", "address", "cccd", "cmnd", "bhyt", "passport")
CARD_YEARS = 10  # no card is issued for longer ahead
LISTED = {"ward": "phuong-xa", "permanent_ward": "phuong-xa", "birth_province": "tinh", "permanent_province": "tinh"}


class AdministrativeForm(RegisterForm):
    """Everything of the form's first part but relatives, who are lines of their own."""

    issued_on = words(_("Ngày cấp"), 20, hint=_("dd/MM/yyyy"))
    issuer = words(_("Nơi cấp"), 60)
    cmnd = words(_("Số CMND cũ"), 20)
    passport = words(_("Hộ chiếu"), 20)
    vneid = words(_("Tài khoản VNeID"), 40)
    bhxh = words(_("Mã số BHXH"), 20, hint=_("10 chữ số"))
    landline = words(_("Điện thoại cố định"), 30)
    email = words(_("Thư điện tử"), 254)
    birth_province = words(_("Nơi đăng ký khai sinh"), 60)
    ethnicity = words(_("Dân tộc"), 60)
    nationality = words(_("Quốc tịch"), 60)
    religion = words(_("Tôn giáo"), 60)
    occupation = words(_("Nghề nghiệp"), 150)
    blood_abo = pick(_("Nhóm máu ABO"), {key: key for key in BLOOD_ABO}, required=False)
    blood_rh = pick(_("Nhóm máu Rh"), {key: key for key in BLOOD_RH}, required=False)
    hamlet = words(_("Thôn, tổ dân phố"), 100)
    permanent_ward = words(_("Phường, xã"), 120)
    permanent_province = words(_("Tỉnh, thành phố"), 60)
    permanent_hamlet = words(_("Thôn, tổ dân phố"), 100)
    permanent_address = words(_("Số nhà, ngõ, đường"), 500)
    household_number = words(_("Mã hộ gia đình"), 30)
    member_number = words(_("Mã nhân khẩu"), 30)
    head_relationship = pick(_("Quan hệ với chủ hộ"), HOUSEHOLD_RELATIONSHIPS, required=False)
    bhyt_from = words(_("Thẻ BHYT từ ngày"), 20)
    bhyt_to = words(_("Thẻ BHYT đến ngày"), 20)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    ward_before = forms.CharField(required=False, widget=forms.HiddenInput)
    ward_code_before = forms.CharField(required=False, max_length=5, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth"].widget.attrs["placeholder"] = "dd/mm/yyyy"
        for name, options in {**LISTED, **{name: f"ds-{name}" for name in LISTS}}.items():
            self.fields[name].widget.attrs["list"] = options

    def groups(self) -> list[tuple[Any, list[tuple[forms.BoundField, str, bool]]]]:
        """Fields under their headings, each with its width and whether it is shown as one joined control."""
        return [
            (title, [(self[name], WIDE.get(name, "w3"), name == "sex") for name in names]) for title, names in GROUPS
        ]

    @staticmethod
    def start(known: Administrative, provinces: dict[str, str]) -> dict[str, Any]:
        """What the form starts from: what holds today. provinces: name by code."""
        person, details = known.person, known.details
        card = known.numbers.get("cccd") or known.numbers.get("cmnd")
        insured = known.numbers.get("bhyt")
        told: dict[str, Any] = {one.name: getattr(details, one.name) for one in fields(Details)}
        numbers = {kind: one.value for kind, one in known.numbers.items()}
        return told | numbers | {
            "name": person.name,
            "birth": person.birth.display,
            "sex": person.sex,
            "phone": person.phone,
            "ward": person.ward_name,
            "ward_before": person.ward_name,
            "ward_code_before": person.ward_code,
            "address": person.address,
            "issued_on": _shown(card.valid_from if card else None),
            "bhyt_from": _shown(insured.valid_from if insured else None),
            "bhyt_to": _shown(insured.valid_to if insured else None),
            "issuer": card.issuer if card else "",
            "permanent_ward": details.permanent_ward_name,
            "permanent_province": provinces.get(details.permanent_province_code, ""),
            "seen": known.seen,
        }  # fmt: skip

    def stated(self, today: date) -> StatedPerson | None:
        """The person as the rules read them, or None with every fault at its field."""
        said: dict[str, str] = {name: str(self.cleaned_data[name] or "").strip() for name in self.fields}
        faults: list[Fault] = []
        person = self._person(said, today, faults)
        details = _collected(state_details(_details(said, today)), faults)
        for fault in faults:
            self.add_error(fault.field if fault.field in self.fields else None, in_language(fault.message))
        return None if faults or person is None or details is None else replace(person, details=details)

    def _person(self, said: dict[str, str], today: date, faults: list[Fault]) -> StatedPerson | None:
        place = _ward(said, today, faults)
        said_of: dict[str, Any] = {name: said[name] for name in PERSON} | place
        said_of |= {name: _day(said[name], name, today, faults) for name in ("bhyt_from", "bhyt_to")}
        person = _collected(state_person(today=today, **said_of), faults)
        numbers = {name: said[name] for name in ("vneid", "bhxh", "issued_on", "issuer")}
        return _collected(with_numbers(person, today=today, **numbers), faults) if person else None


def _ward(said: dict[str, str], today: date, faults: list[Fault]) -> dict[str, str]:
    """Where somebody lives now; a commune of before the mergers stays as it was stated until somebody knows better."""
    if not said["ward"]:
        return {}
    if commune := find_commune(said["ward"], today):
        return {"ward_code": commune.code, "ward_name": commune.name}
    if said["ward"] != said["ward_before"]:
        message = "Không có phường, xã này ở Hà Nội hiện nay. Hãy chọn trong danh sách."
        faults.append(Fault("ward-unknown", message, "ward"))
    return {"ward_code": said["ward_code_before"], "ward_name": said["ward"]}


def _day(text: str, name: str, today: date, faults: list[Fault]) -> date | None:
    """A full date that may lie ahead, as an insurance card's end does."""
    if not text:
        return None
    try:
        day = parse_partial_date(text, today.replace(year=today.year + CARD_YEARS, day=1))
    except Invalid as problem:
        faults.append(Fault(problem.code, problem.message, name))
        return None
    return day.value


def _details(said: dict[str, str], today: date) -> Details:
    """What the form says, with codes where a list or the map of communes knows the words."""
    plain = {one.name: said[one.name] for one in fields(Details) if one.name in said}
    codes = {f"{name}_code": find_code(name, said[name], today) for name in LISTS if said[name]}
    ward = find_commune(said["permanent_ward"], today) if said["permanent_ward"] else None
    province = find_province(said["permanent_province"]) if said["permanent_province"] else HANOI if ward else ""
    here = ward if province == HANOI else None
    return replace(
        Details(**plain),
        **codes,
        birth_province_code=find_province(said["birth_province"]) if said["birth_province"] else "",
        permanent_ward_code=here.code if here else "",
        permanent_ward_name=here.name if here else said["permanent_ward"],
        permanent_province_code=province,
    )


def _shown(day: date | None) -> str:
    return day.strftime("%d/%m/%Y") if day else ""


def _collected(result: Any, faults: list[Fault]) -> Any:
    """The value, or None with its faults added to the others."""
    if isinstance(result, list):
        faults += result
        return None
    return result
