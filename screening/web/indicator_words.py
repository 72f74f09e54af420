"""Indicators, groups and bases in the words of the Department's reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from registry.kernel import in_language
from registry.web.display import NOTHING, vi_number
from screening.queries.indicator_sql import NOT_STATED, OTHER_AGES
from screening.queries.indicators import Group
from screening.rules.indicators import Basis, Unit, Value

PROGRAMMES: Mapping[str, Any] = {
    "colorectal": lazy("Đại trực tràng"),
    "cervical": lazy("Cổ tử cung"),
    "breast": lazy("Vú"),
    "liver": lazy("Gan"),
    "lung": lazy("Phổi"),
}
BASES: Mapping[str, Any] = {
    Basis.YEAR.value: lazy("Mời và xét nghiệm trong kỳ"),
    Basis.COHORT.value: lazy("Đợt mời trong kỳ, theo đến cùng"),
}
SPLITS: Mapping[str, Any] = {
    "": lazy("Không phân nhóm"),
    "age": lazy("Tuổi"),
    "sex": lazy("Giới"),
    "ward": lazy("Phường, xã"),
    "round": lazy("Vòng"),
}
UNITS: Mapping[Unit, Any] = {Unit.PERCENT: "%", Unit.PER_1000: "‰", Unit.PEOPLE: lazy("người"), Unit.DAYS: lazy("ngày")}
_LESIONS: Mapping[str, Any] = {
    "cancer": lazy("ung thư"),
    "advanced_adenoma": lazy("u tuyến tiến triển"),
    "adenoma": lazy("u tuyến (kể cả tiến triển)"),
    "advanced_neoplasia": lazy("tân sinh tiến triển"),
    "cin1": "CIN1",
    "cin2_plus": "CIN2+",
    "cin3_plus": "CIN3+",
    "invasive": lazy("ung thư xâm lấn"),
    "dcis": "DCIS",
}
_NAMES: Mapping[str, Any] = {
    "target_count": lazy("Số đích"),
    "invited_count": lazy("Số được mời"),
    "screened_count": lazy("Số đã xét nghiệm"),
    "positive_count": lazy("Số dương tính"),
    "negative_count": lazy("Số âm tính"),
    "inadequate_count": lazy("Số mẫu không đạt"),
    "no_result_count": lazy("Số chưa có kết quả"),
    "assessed_count": lazy("Số đã khám chẩn đoán"),
    "not_assessed_count": lazy("Số không khám, đã ghi lý do"),
    "assessment_unknown_count": lazy("Số chưa rõ đã khám chưa"),
    "annual_target": lazy("Số đích một năm"),
    "invitation_coverage": lazy("Độ phủ lời mời"),
    "examination_coverage": lazy("Độ phủ xét nghiệm"),
    "participation": lazy("Tỉ lệ tham gia"),
    "inadequate": lazy("Tỉ lệ mẫu không đạt"),
    "positivity": lazy("Tỉ lệ dương tính trên số đã xét nghiệm"),
    "positivity_of_results": lazy("Tỉ lệ dương tính trên số có kết quả"),
    "further_assessment_participation": lazy("Tỉ lệ khám chẩn đoán trên số dương tính"),
    "assessment_not_done": lazy("Tỉ lệ không khám, đã ghi lý do"),
    "further_assessment_of_known": lazy("Tỉ lệ khám chẩn đoán trên số đã rõ"),
    "cascade_completion": lazy("Tỉ lệ dương tính đã có kết thúc"),
    "treatment": lazy("Tỉ lệ được điều trị"),
    "treatment_precancer": lazy("Tỉ lệ được điều trị: tổn thương tiền ung thư"),
    "treatment_cancer": lazy("Tỉ lệ được điều trị: ung thư"),
    "interval_cancer": lazy("Ung thư khoảng giữa hai vòng"),
    "test_to_assessment_median": lazy("Từ xét nghiệm đến khám, trung vị"),
    "assessment_to_finding_median": lazy("Từ khám đến kết luận, trung vị"),
    "finding_to_treatment_median": lazy("Từ kết luận đến điều trị, trung vị"),
    "test_to_assessment_in_time": lazy("Từ xét nghiệm đến khám, trong 31 ngày"),
    "assessment_to_finding_in_time": lazy("Từ khám đến kết luận, trong 28 ngày"),
    "finding_to_treatment_in_time": lazy("Từ kết luận đến điều trị, trong 28 ngày"),
}
_OF_LESIONS: Mapping[str, Any] = {
    "detection_rate_{}": lazy("Tỉ lệ phát hiện %(lesion)s trên số đã xét nghiệm"),
    "detection_rate_{}_of_invited": lazy("Tỉ lệ phát hiện %(lesion)s trên số được mời"),
    "ppv_{}": lazy("Giá trị tiên đoán dương, %(lesion)s"),
    "nns_{}": lazy("Số cần xét nghiệm để phát hiện một %(lesion)s"),
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
