"""Indicators, groups and bases in the words of the Department's reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.kernel import in_language
from registry.web.display import NOTHING, vi_number
from screening.queries.indicator_sql import NOT_STATED, OTHER_AGES
from screening.queries.indicators import Group
from screening.rules.indicators import Basis, Section, Unit, Value

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
    "facility": gettext_lazy("Cơ sở"),
    "round": gettext_lazy("Vòng"),
    "test": gettext_lazy("Xét nghiệm"),
    "result": gettext_lazy("Kết quả"),
    "month": gettext_lazy("Tháng"),
    "quarter": gettext_lazy("Quý"),
    "year": gettext_lazy("Năm"),
}
UNITS: Mapping[Unit, Any] = {
    Unit.PERCENT: "%",
    Unit.PER_1000: "‰",
    Unit.PER_10000_YEARS: gettext_lazy("/10.000 năm-người"),
    Unit.PEOPLE: gettext_lazy("người"),
    Unit.DAYS: gettext_lazy("ngày"),
}
_LESIONS: Mapping[str, Any] = {
    "cancer": gettext_lazy("ung thư"),
    "advanced_adenoma": gettext_lazy("u tuyến tiến triển"),
    "adenoma": gettext_lazy("u tuyến (kể cả tiến triển)"),
    "advanced_neoplasia": gettext_lazy("tân sinh tiến triển"),
    "cin1": "CIN1",
    "cin2": "CIN2",
    "cin3": "CIN3",
    "ais": "AIS",
    "cin2_plus": "CIN2+",
    "cin3_plus": "CIN3+",
    "invasive": gettext_lazy("ung thư xâm lấn"),
    "dcis": "DCIS",
}
SECTIONS: Mapping[Section, Any] = {
    Section.PEOPLE: gettext_lazy("Số người"),
    Section.COVERAGE: gettext_lazy("Mời và tham gia"),
    Section.TEST: gettext_lazy("Xét nghiệm"),
    Section.ASSESSMENT: gettext_lazy("Khám chẩn đoán"),
    Section.FOUND: gettext_lazy("Tổn thương phát hiện"),
    Section.TREATMENT: gettext_lazy("Điều trị và sau điều trị"),
    Section.INTERVAL: gettext_lazy("Ung thư giữa hai vòng"),
    Section.WAITS: gettext_lazy("Thời gian chờ"),
    Section.ELIMINATION: "WHO 90-70-90",
}
_OUTCOMES: Mapping[str, Any] = {
    "cancer": gettext_lazy("Kết luận ung thư"),
    "advanced_adenoma": gettext_lazy("Kết luận u tuyến tiến triển"),
    "adenoma": gettext_lazy("Kết luận u tuyến không tiến triển"),
    "ais": gettext_lazy("Kết luận AIS"),
    "cin3": gettext_lazy("Kết luận CIN3"),
    "cin2": gettext_lazy("Kết luận CIN2"),
    "cin1": gettext_lazy("Kết luận CIN1"),
    "invasive": gettext_lazy("Kết luận ung thư xâm lấn"),
    "dcis": gettext_lazy("Kết luận DCIS"),
    "other": gettext_lazy("Kết luận tổn thương khác"),
    "none": gettext_lazy("Kết luận không có tổn thương"),
    "unclassified": gettext_lazy("Đã khám, chưa có kết luận"),
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
    "timely_invitation": gettext_lazy("Được mời lại đúng hạn"),
    "coverage_60_74": gettext_lazy("Có xét nghiệm đọc được trong 30 tháng, 60–74 tuổi"),
    "inadequate": gettext_lazy("Tỉ lệ mẫu không đạt"),
    "positivity": gettext_lazy("Tỉ lệ dương tính trên số đã xét nghiệm"),
    "positivity_of_results": gettext_lazy("Tỉ lệ dương tính trên số có kết quả"),
    "positivity_first_round": gettext_lazy("Tỉ lệ dương tính, vòng đầu"),
    "positivity_later_rounds": gettext_lazy("Tỉ lệ dương tính, các vòng sau"),
    "positivity_hpv": gettext_lazy("Tỉ lệ dương tính của HPV"),
    "positivity_via": gettext_lazy("Tỉ lệ dương tính của VIA"),
    "positivity_cytology": gettext_lazy("Tỉ lệ dương tính của tế bào học"),
    "complete_examination": gettext_lazy("Lần khám trọn vẹn trên số lần đã ghi rõ"),
    "adenoma_detection": gettext_lazy("Nội soi có u tuyến"),
    "hpv_positive_assessed": gettext_lazy("HPV dương tính đã được VIA hoặc khám tiếp"),
    "further_assessment_participation": gettext_lazy("Tỉ lệ khám chẩn đoán trên số dương tính"),
    "assessment_not_done": gettext_lazy("Tỉ lệ không khám, đã ghi lý do"),
    "further_assessment_of_known": gettext_lazy("Tỉ lệ khám chẩn đoán trên số đã rõ"),
    "cascade_completion": gettext_lazy("Tỉ lệ dương tính đã có kết thúc"),
    "treatment": gettext_lazy("Tỉ lệ được điều trị"),
    "treatment_precancer": gettext_lazy("Tỉ lệ được điều trị: tổn thương tiền ung thư"),
    "treatment_cancer": gettext_lazy("Tỉ lệ được điều trị: ung thư"),
    "treatment_of_positive": gettext_lazy("Được điều trị trên số dương tính"),
    "via_positive_treated": gettext_lazy("VIA dương tính đã được điều trị"),
    "follow_up_after_treatment": gettext_lazy("Xét nghiệm lại sau điều trị, hẹn 12 tháng"),
    "stage_2_plus": gettext_lazy("Ung thư từ giai đoạn II"),
    "small_invasive": gettext_lazy("Ung thư xâm lấn đến 10 mm"),
    "node_negative": gettext_lazy("Ung thư chưa di căn hạch"),
    "interval_cancer": gettext_lazy("Ung thư sau kết quả âm tính"),
    "interval_cancer_0_11": gettext_lazy("Ung thư sau âm tính, tháng 0–11"),
    "interval_cancer_12_23": gettext_lazy("Ung thư sau âm tính, tháng 12–23"),
    "detection_rate_cancer_first_round": gettext_lazy("Tỉ lệ phát hiện ung thư, vòng đầu"),
    "detection_rate_cancer_later_rounds": gettext_lazy("Tỉ lệ phát hiện ung thư, các vòng sau"),
    "who_vaccinated_by_15": gettext_lazy("Trẻ gái tiêm đủ liều HPV trước 15 tuổi"),
    "who_vaccination_begun_by_15": gettext_lazy("Trẻ gái đã tiêm ít nhất một liều HPV trước 15 tuổi"),
    "who_screened_by_35": gettext_lazy("Phụ nữ 35 tuổi đã xét nghiệm HPV"),
    "who_screened_by_45": gettext_lazy("Phụ nữ 45 tuổi đã xét nghiệm HPV trước 36 tuổi và lần nữa"),
    "who_screened_by_35_reported": gettext_lazy("Phụ nữ 35 tuổi đã xét nghiệm HPV, theo tệp nơi khác báo"),
    "who_screened_by_45_reported": gettext_lazy("Phụ nữ 45 tuổi đã xét nghiệm HPV hai lần, theo tệp nơi khác báo"),
    "who_lesions_treated": gettext_lazy("Tổn thương và ung thư đã được điều trị"),
    "who_precancer_treated": gettext_lazy("Tổn thương tiền ung thư đã được điều trị"),
    "who_cancer_managed": gettext_lazy("Ung thư xâm lấn đã được điều trị"),
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
    "ppv_{}_of_positive": gettext_lazy("Phát hiện %(lesion)s trên số dương tính"),
    "ppv_{}": gettext_lazy("Giá trị tiên đoán dương, %(lesion)s"),
    "nns_{}": gettext_lazy("Số cần xét nghiệm để phát hiện một %(lesion)s"),
}


def lesion_name(code: str) -> str:
    """A lesion in words that may begin a line."""
    name = str(in_language(_LESIONS[code]))
    return name[:1].upper() + name[1:]


def indicator_name(code: str) -> str:
    """An indicator in words; its code where it has none."""
    if code in _NAMES:
        return str(in_language(_NAMES[code]))
    if code.removeprefix("outcome_") in _OUTCOMES and code.startswith("outcome_"):
        return str(in_language(_OUTCOMES[code.removeprefix("outcome_")]))
    for pattern, name in _OF_LESIONS.items():
        head, _mark, tail = pattern.partition("{}")
        lesion = code.removeprefix(head).removesuffix(tail) if code.startswith(head) and code.endswith(tail) else ""
        if lesion in _LESIONS:
            return str(name) % {"lesion": in_language(_LESIONS[lesion])}
    return code


def group_name(group: Group, names: Mapping[str, Mapping[str, str]]) -> str:
    """A group of one dimension in words. names: dimension -> code -> name."""
    return ", ".join(_part(dimension, value, names) for dimension, value in group.key.items()) or _("Mọi người")


def _part(dimension: str, value: str, names: Mapping[str, Mapping[str, str]]) -> str:
    if value == OTHER_AGES:
        return _("Ngoài các nhóm tuổi")
    if value in (NOT_STATED, ""):
        return _("Chưa rõ")
    if dimension in names:
        return names[dimension].get(value, value)
    said = _SAID.get(dimension)
    return said(value) if said else value


def _sex(value: str) -> str:
    return {"M": _("Nam"), "F": _("Nữ")}.get(value, value)


def _ages(value: str) -> str:
    return _("%(ages)s tuổi") % {"ages": value.replace("-", "–")}


def _round(value: str) -> str:
    return _("Vòng %(n)s") % {"n": value}


def _month(value: str) -> str:
    return _("Tháng %(month)s") % {"month": "/".join(reversed(value.split("-")))}


def _quarter(value: str) -> str:
    year, _dash, quarter = value.partition("-Q")
    return _("Quý %(quarter)s/%(year)s") % {"quarter": quarter, "year": year}


def _result(value: str) -> str:
    return str(in_language(_VERDICTS.get(value.lower(), value)))


_VERDICTS: Mapping[str, Any] = {
    "positive": gettext_lazy("Dương tính"),
    "negative": gettext_lazy("Âm tính"),
    "inadequate": gettext_lazy("Không đạt"),
}
_SAID: Mapping[str, Callable[[str], str]] = {
    "sex": _sex,
    "age": _ages,
    "round": _round,
    "month": _month,
    "quarter": _quarter,
    "result": _result,
}


def shown(value: Value) -> str:
    """The value as people read it: percents to one place, rates per thousand to two, without the unit."""
    if value.value is None or (value.unit is Unit.DAYS and not value.numerator):
        return NOTHING
    if value.unit is Unit.PER_1000:
        return vi_number(value.value, 2)
    whole = value.unit in (Unit.PEOPLE, Unit.DAYS) and float(value.value).is_integer()
    return vi_number(value.value, 0 if whole else 1)
