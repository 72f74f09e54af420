"""Forms of the history: one a section, each field named as its fact's. They parse; the rules and commands decide."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from records.rules.history import (
    ALLERGIES,
    BLOOD_RELATIVES,
    DELIVERIES,
    DISABILITIES,
    RELATIONSHIPS,
    RISK_STATES,
    RISKS,
)
from records.rules.history_facts import (
    Allergy,
    Birth,
    DisabilityFact,
    Disease,
    FamilyIllness,
    Issue,
    Relative,
    Reproductive,
    Risk,
    Surgery,
)
from records.web.history_fields import HistoryForm, count, number, pick, pick_number, words, yes_no
from registry.kernel import in_language
from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.invalid import Invalid
from registry.web.forms import CommandForm


class RelativeForm(HistoryForm):
    """A relative or guardian."""

    fact_type = Relative
    widths = {"relationship": "w2", "relationship_text": "w4", "name": "w4", "national_id": "w2", "phone": "w2",
              "landline": "w2", "guardian": "w2"}  # fmt: skip

    relationship = pick(_("Là gì của người bệnh"), RELATIONSHIPS)
    relationship_text = words(_("Nói rõ thêm"), 60, hint=_("ví dụ: cô ruột, chồng"))
    name = words(_("Họ và tên"), 255, required=True)
    national_id = words(_("Số định danh"), 20, hint=_("trùng số và tên với người có hồ sơ thì hai hồ sơ được nối"))
    phone = words(_("Điện thoại di động"), 30)
    landline = words(_("Điện thoại cố định"), 30)
    guardian = forms.BooleanField(label=_("Là người giám hộ"), required=False)


class BirthForm(HistoryForm):
    """How somebody was born."""

    fact_type = Birth
    widths = {"delivery": "w2", "preterm": "w2", "asphyxia": "w2", "weight_g": "w3", "length_cm": "w3",
              "malformation": "w3", "other": "w3", "gestation_weeks": "w2",
              "birth_order": "w2", "born_time": "w2"}  # fmt: skip
    units = {"weight_g": "g", "length_cm": "cm", "gestation_weeks": "tuần"}

    delivery = forms.ChoiceField(
        label=_("Cách đẻ"),
        choices=[("", _("chưa hỏi")), *((key, _(one.label)) for key, one in DELIVERIES.items())],
        required=False,
        widget=forms.RadioSelect,
    )
    preterm = yes_no(_("Đẻ thiếu tháng"))
    asphyxia = yes_no(_("Bị ngạt lúc đẻ"))
    weight_g = count(_("Cân nặng lúc đẻ"), hint=_("bằng gam, ví dụ 3200"))
    length_cm = number(_("Chiều dài lúc đẻ"))
    malformation = words(_("Dị tật bẩm sinh"), 300, hint=_("không có thì ghi “không”"))
    other = words(_("Vấn đề khác"), 300)
    gestation_weeks = count(_("Tuổi thai"), hint=_("số tuần đủ, ví dụ 39"))
    birth_order = count(_("Thứ tự sinh"), hint=_("chỉ ghi khi sinh đôi, sinh ba"))
    born_time = words(_("Giờ sinh"), 5, hint=_("ví dụ 23:50"))


class RiskForm(HistoryForm):
    """A risk factor. The kinds of toilet are those of the paper form, as a list to choose from, not the only answers."""

    fact_type = Risk
    widths = {"kind": "w3", "state": "w3", "amount": "w2", "since_year": "w2", "until_year": "w2", "detail": "w4",
              "duration": "w2"}  # fmt: skip

    kind = pick(_("Yếu tố"), RISKS)
    state = pick(_("Mức độ"), RISK_STATES, required=False)
    amount = number(_("Số lượng"), hint=_("điếu hoặc ly, cốc một ngày; phút vận động một tuần"))
    since_year = count(_("Từ năm"))
    until_year = count(_("Bỏ từ năm"))
    detail = words(_("Ghi rõ"), 300, hint=_("chất tiếp xúc, loại hố xí, nguy cơ khác"))
    duration = words(_("Thời gian tiếp xúc"), 100, hint=_("ví dụ: 12 năm"))


class AllergyForm(HistoryForm):
    """An allergy."""

    fact_type = Allergy
    widths = {"kind": "w2", "substance": "w4", "reaction": "w4", "severe": "w2"}

    kind = pick(_("Loại"), ALLERGIES)
    substance = words(_("Dị ứng với"), 200, required=True, hint=_("tên thuốc, thực phẩm, chất"))
    reaction = words(_("Biểu hiện"), 200, hint=_("ví dụ: nổi mề đay, phản vệ độ II"))
    severe = forms.BooleanField(label=_("Nặng, từng nguy hiểm"), required=False)


class DiseaseForm(HistoryForm):
    """A disease somebody has or had."""

    fact_type = Disease
    widths = {"category": "w2", "display": "w4", "code": "w2", "onset": "w2", "status": "w2", "note": ""}

    category = pick_number(_("Nhóm bệnh"), required=True)
    display = words(_("Tên bệnh"), 500, hint=_("bắt buộc với ung thư và bệnh khác"))
    code = words(_("Mã ICD-10"), 10)
    onset = words(_("Mắc từ"), 10, hint=_("dd/MM/yyyy, MM/yyyy hoặc năm"))
    status = forms.ChoiceField(
        label=_("Hiện nay"),
        choices=[("active", _("đang mắc")), ("resolved", _("đã khỏi"))],
        initial="active",
        widget=forms.RadioSelect,
        error_messages={"required": _("Hãy chọn: đang mắc hoặc đã khỏi.")},
    )
    note = words(_("Ghi chú"), 500)

    def clean_code(self) -> str:
        """Codes are written in capitals."""
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_onset(self) -> PartialDate | None:
        """As much of the date as is known."""
        typed = str(self.cleaned_data["onset"]).strip()
        try:
            return parse_partial_date(typed, self.today) if typed else None
        except Invalid as problem:
            raise forms.ValidationError(in_language(problem.message), code=problem.code) from problem


class DisabilityForm(HistoryForm):
    """A disability."""

    fact_type = DisabilityFact
    widths = {"kind": "w2", "description": "w4"}

    kind = pick(_("Loại khuyết tật"), DISABILITIES)
    description = words(_("Mô tả"), 300)


class SurgeryForm(HistoryForm):
    """An operation, as told."""

    fact_type = Surgery
    widths = {"description": "w4", "year": "w2"}

    description = words(_("Phẫu thuật gì"), 300, required=True)
    year = count(_("Năm"))
    place = words(_("Ở đâu"), 200)


class FamilyForm(HistoryForm):
    """A disease or an allergy in the family."""

    fact_type = FamilyIllness
    widths = {"relationship": "w2", "relationship_text": "w4", "disease": "w2", "allergy": "w2", "onset_age": "w2"}

    relationship = pick(_("Ai mắc"), {key: RELATIONSHIPS[key] for key in BLOOD_RELATIVES})
    relationship_text = words(_("Nói rõ thêm"), 60, hint=_("ví dụ: bà ngoại, chị cả"))
    disease = pick_number(_("Bệnh"), required=False)
    allergy = pick(_("Hoặc dị ứng"), ALLERGIES, required=False)
    onset_age = count(_("Tuổi lúc mắc"))
    description = words(_("Ghi rõ"), 300, hint=_("tên bệnh, chất gây dị ứng"))


class ReproductiveForm(HistoryForm):
    """Reproductive health: 13 fields of the form."""

    fact_type = Reproductive
    widths = {
        "contraception": "w3", "last_pregnancy": "w3", "pregnancies": "w2", "miscarriages": "w2", "abortions": "w2",
        "births": "w2", "vaginal_births": "w2", "caesarean_births": "w2", "difficult_births": "w2", "term_births": "w2",
        "preterm_births": "w2", "living_children": "w2", "gynaecological": "w4",
    }  # fmt: skip

    contraception = words(_("Biện pháp tránh thai"), 200)
    last_pregnancy = words(_("Kỳ có thai cuối cùng"), 100)
    pregnancies = count(_("Số lần có thai"))
    miscarriages = count(_("Số lần sảy thai"))
    abortions = count(_("Số lần phá thai"))
    births = count(_("Số lần sinh đẻ"))
    vaginal_births = count(_("Đẻ thường"))
    caesarean_births = count(_("Đẻ mổ"))
    difficult_births = count(_("Đẻ khó"))
    term_births = count(_("Số lần đẻ đủ tháng"))
    preterm_births = count(_("Số lần đẻ non"))
    living_children = count(_("Số con hiện sống"))
    gynaecological = words(_("Bệnh phụ khoa"), 300)


class IssueForm(HistoryForm):
    """Anything else."""

    fact_type = Issue

    text = words(_("Vấn đề sức khoẻ khác"), 1000, rows=3, required=True)


class WithdrawForm(CommandForm):
    """Why a line is taken back."""

    reason = forms.CharField(
        label=_("Vì sao ghi nhầm"), max_length=300, error_messages={"required": _("Hãy ghi lý do.")}
    )


FORMS: Mapping[str, type[HistoryForm]] = {
    "relatives": RelativeForm,
    "birth": BirthForm,
    "risks": RiskForm,
    "allergies": AllergyForm,
    "diseases": DiseaseForm,
    "disabilities": DisabilityForm,
    "surgeries": SurgeryForm,
    "family": FamilyForm,
    "reproductive": ReproductiveForm,
    "issues": IssueForm,
}
