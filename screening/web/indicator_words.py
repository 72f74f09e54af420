"""Indicators, groups and bases in the words of the Department's reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kernel import in_language
from registry.web.display import NOTHING, vi_number
from screening.queries.indicator_sql import NOT_STATED, OTHER_AGES
from screening.queries.indicators import Group
from screening.rules.indicators import Basis, Unit, Value

PROGRAMMES: Mapping[str, Any] = {
    "colorectal": gettext_lazy("Đại trực tràng"),
    "cervical": gettext_lazy("Cổ tử cung"),
    "breast": gettext_lazy("Vú"),
    "liver": gettext_lazy("Gan"),
    "lung": gettext_lazy("Phổi"),
}
BASES: Mapping[str, Any] = {
    Basis.YEAR.value: gettext_lazy("Mời và xét nghiệm trong kỳ"),
    Basis.COHORT.value: gettext_lazy("Đợt mời trong kỳ, theo đến cùng"),
}
SPLITS: Mapping[str, Any] = {
    "": gettext_lazy("Không phân nhóm"),
    "age": gettext_lazy("Tuổi"),
    "sex": gettext_lazy("Giới"),
    "ward": gettext_lazy("Phường, xã"),
    "round": gettext_lazy("Vòng"),
}
UNITS: Mapping[Unit, Any] = {
    Unit.PERCENT: "%",
    Unit.PER_1000: "‰",
    Unit.PEOPLE: gettext_lazy("người"),
    Unit.DAYS: gettext_lazy("ngày"),
}
_LESIONS: Mapping[str, Any] = {
    "cancer": gettext_lazy("ung thư"),
    "advanced_adenoma": gettext_lazy("u tuyến tiến triển"),
    "adenoma": gettext_lazy("u tuyến (kể cả tiến triển)"),
    "advanced_neoplasia": gettext_lazy("tân sinh tiến triển"),
    "cin1": "CIN1",
    "cin2_plus": "CIN2+",
    "cin3_plus": "CIN3+",
    "invasive": gettext_lazy("ung thư xâm lấn"),
    "dcis": "DCIS",
}
_NAMES: Mapping[str, Any] = {
    "target_count": gettext_lazy("Số đích"),
    "invited_count": gettext_lazy("Số được mời"),
    "screened_count": gettext_lazy("Số đã xét nghiệm"),
    "positive_count": gettext_lazy("Số dương tính"),
    "negative_count": gettext_lazy("Số âm tính"),
    "inadequate_count": gettext_lazy("Số mẫu không đạt"),
    "no_result_count": gettext_lazy("Số chưa có kết quả"),
    "assessed_count": gettext_lazy("Số đã khám chẩn đoán"),
    "not_assessed_count": gettext_lazy("Số không khám, đã ghi lý do"),
    "assessment_unknown_count": gettext_lazy("Số chưa rõ đã khám chưa"),
    "annual_target": gettext_lazy("Số đích một năm"),
    "invitation_coverage": gettext_lazy("Độ phủ lời mời"),
    "examination_coverage": gettext_lazy("Độ phủ xét nghiệm"),
    "participation": gettext_lazy("Tỉ lệ tham gia"),
    "inadequate": gettext_lazy("Tỉ lệ mẫu không đạt"),
    "positivity": gettext_lazy("Tỉ lệ dương tính trên số đã xét nghiệm"),
    "positivity_of_results": gettext_lazy("Tỉ lệ dương tính trên số có kết quả"),
    "further_assessment_participation": gettext_lazy("Tỉ lệ khám chẩn đoán trên số dương tính"),
    "assessment_not_done": gettext_lazy("Tỉ lệ không khám, đã ghi lý do"),
    "further_assessment_of_known": gettext_lazy("Tỉ lệ khám chẩn đoán trên số đã rõ"),
    "cascade_completion": gettext_lazy("Tỉ lệ dương tính đã có kết thúc"),
    "treatment": gettext_lazy("Tỉ lệ được điều trị"),
    "treatment_precancer": gettext_lazy("Tỉ lệ được điều trị: tổn thương tiền ung thư"),
    "treatment_cancer": gettext_lazy("Tỉ lệ được điều trị: ung thư"),
    "interval_cancer": gettext_lazy("Ung thư khoảng giữa hai vòng"),
    "test_to_assessment_median": gettext_lazy("Từ xét nghiệm đến khám, trung vị"),
    "assessment_to_finding_median": gettext_lazy("Từ khám đến kết luận, trung vị"),
    "finding_to_treatment_median": gettext_lazy("Từ kết luận đến điều trị, trung vị"),
    "test_to_assessment_in_time": gettext_lazy("Từ xét nghiệm đến khám, trong 31 ngày"),
    "assessment_to_finding_in_time": gettext_lazy("Từ khám đến kết luận, trong 28 ngày"),
    "finding_to_treatment_in_time": gettext_lazy("Từ kết luận đến điều trị, trong 28 ngày"),
}
_OF_LESIONS: Mapping[str, Any] = {
    "detection_rate_{}": gettext_lazy("Tỉ lệ phát hiện %(lesion)s trên số đã xét nghiệm"),
    "detection_rate_{}_of_invited": gettext_lazy("Tỉ lệ phát hiện %(lesion)s trên số được mời"),
    "ppv_{}": gettext_lazy("Giá trị tiên đoán dương, %(lesion)s"),
    "nns_{}": gettext_lazy("Số cần xét nghiệm để phát hiện một %(lesion)s"),
}


def indicator_name(code: str) -> str:
    """An indicator in words; its code where it has none."""
    if code in _NAMES:
        return str(in_language(_NAMES[code]))
    for pattern, name in _OF_LESIONS.items():
        head, _mark, tail = pattern.partition("{}")
        lesion = code.removeprefix(head).removesuffix(tail) if code.startswith(head) and code.endswith(tail) else ""
        if lesion in _LESIONS:
            return str(name) % {"lesion": in_language(_LESIONS[lesion])}
    return code


def group_name(group: Group, wards: Mapping[str, str]) -> str:
    """A group of one dimension in words."""
    return ", ".join(_part(dimension, value, wards) for dimension, value in group.key.items()) or _("Mọi người")


def _part(dimension: str, value: str, wards: Mapping[str, str]) -> str:
    if value == OTHER_AGES:
        return _("Ngoài các nhóm tuổi")
    if value in (NOT_STATED, ""):
        return _("Chưa rõ")
    if dimension == "sex":
        return {"M": _("Nam"), "F": _("Nữ")}.get(value, value)
    if dimension == "age":
        return _("%(ages)s tuổi") % {"ages": value.replace("-", "–")}
    return _("Vòng %(n)s") % {"n": value} if dimension == "round" else wards.get(value, value)


def shown(value: Value) -> str:
    """The value as people read it: percents to one place, rates per thousand to two, without the unit."""
    if value.value is None or (value.unit is Unit.DAYS and not value.numerator):
        return NOTHING
    if value.unit is Unit.PER_1000:
        return vi_number(value.value, 2)
    whole = value.unit in (Unit.PEOPLE, Unit.DAYS) and float(value.value).is_integer()
    return vi_number(value.value, 0 if whole else 1)
