"""The administrative part as the record's page shows it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.queries.access import RecordAccess
from records.queries.administrative import Administrative, get_administrative, provinces_by_code
from records.queries.history import get_relatives
from records.rules.history import HOUSEHOLD_RELATIONSHIPS
from records.web.history_words import line
from records.web.words import IDENTIFIERS
from registry.kernel import Context, Permission
from registry.web.display import vi_date

LABELS = (
    ("occupation", gettext_lazy("Nghề nghiệp")),
    ("ethnicity", gettext_lazy("Dân tộc")),
    ("nationality", gettext_lazy("Quốc tịch")),
    ("religion", gettext_lazy("Tôn giáo")),
    ("birth_province", gettext_lazy("Nơi đăng ký khai sinh")),
    ("landline", gettext_lazy("Điện thoại cố định")),
    ("email", gettext_lazy("Thư điện tử")),
    ("hamlet", gettext_lazy("Thôn, tổ dân phố")),
    ("household_number", gettext_lazy("Mã hộ gia đình")),
    ("member_number", gettext_lazy("Mã nhân khẩu")),
)


def administrative_part(ctx: Context, access: RecordAccess) -> dict[str, Any]:
    """Context of templates/records/_administrative.html beside the core facts: details, relatives, edit_url."""
    known = get_administrative(access)
    may = ctx.may(Permission.RESIDENT_EDIT)
    return {
        "details": _facts(known),
        "relatives": [line("relatives", one, "") for one in get_relatives(access)],
        "edit_url": reverse("records:administrative", args=[access.patient_id]) if may else "",
    }


def _facts(known: Administrative) -> list[dict[str, Any]]:
    """Numbers first, then what is said; what nobody has said is left out but for the blood group."""
    details = known.details
    numbers = [
        {"label": IDENTIFIERS.get(kind, kind), "value": _number(one), "code": True}
        for kind, one in known.numbers.items()
    ]
    told = [{"label": label, "value": value} for name, label in LABELS if (value := getattr(details, name))]
    blood = f"{details.blood_abo}{details.blood_rh}" or "–"
    head = HOUSEHOLD_RELATIONSHIPS.get(details.head_relationship, "")
    return [
        *numbers,
        {"label": _("Nhóm máu"), "value": blood},
        *told,
        *([{"label": _("Quan hệ với chủ hộ"), "value": _(head)}] if head else []),
        *([{"label": _("Thường trú"), "value": place}] if (place := _permanent(known)) else []),
    ]


def _number(one: Any) -> str:
    issue = ", ".join(filter(None, (vi_date(one.valid_from) if one.valid_from else "", one.issuer)))
    return f"{one.value} ({issue})" if issue and one.kind in ("cccd", "cmnd") else str(one.value)


def _permanent(known: Administrative) -> str:
    said = known.details
    province = provinces_by_code().get(said.permanent_province_code, "") if said.permanent_province_code else ""
    return ", ".join(filter(None, (said.permanent_address, said.permanent_hamlet, said.permanent_ward_name, province)))
