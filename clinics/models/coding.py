"""Rules of coding kept by hand, beside what the list of codes says itself."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinics.rules.coding import RULE_KIND_NAMES, CodingRuleKind
from registry.models import Period, PeriodQuerySet

_AGE = RegexValidator(r"^P\d{1,5}[DMY]$", _("Ghi dạng P28D (ngày), P6M (tháng) hoặc P10Y (năm)."))
_CODE = RegexValidator(r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,2})?$", _("Ghi nhóm hoặc mã ICD-10, ví dụ O00 hoặc J02.9."))


class CodingRule(Period):
    """One rule for the ICD-10 codes from `first` to `last` (clinics.rules.coding.CodingRule).

    verified: somebody checked it against its source, so it refuses; otherwise it is a caution the doctor reads.
    """

    kind = models.CharField(
        _("quy tắc"), max_length=8, choices=[(one.value, _(RULE_KIND_NAMES[one])) for one in CodingRuleKind]
    )
    first = models.CharField(_("từ mã"), max_length=7, validators=[_CODE])
    last = models.CharField(_("đến mã"), max_length=7, validators=[_CODE])
    sex = models.CharField(_("giới"), max_length=6, blank=True, choices=[("female", _("Nữ")), ("male", _("Nam"))])
    from_age = models.CharField(_("từ tuổi"), max_length=7, blank=True, validators=[_AGE])
    to_age = models.CharField(_("dưới tuổi"), max_length=7, blank=True, validators=[_AGE])
    source = models.CharField(_("nguồn"), max_length=300)
    verified = models.BooleanField(_("đã đối chiếu nguồn"), default=False)

    objects = PeriodQuerySet["CodingRule"].as_manager()

    class Meta:
        verbose_name = _("quy tắc mã hoá bệnh")
        verbose_name_plural = _("quy tắc mã hoá bệnh")
        ordering = ["first", "last", "kind"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="coding_rule_period"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(CodingRuleKind)), name="coding_rule_kind_known"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="coding_rule_range"),
            models.CheckConstraint(condition=~Q(kind="sex") | ~Q(sex=""), name="coding_rule_names_a_sex"),
            models.CheckConstraint(
                condition=~Q(kind="age") | ~Q(from_age="") | ~Q(to_age=""), name="coding_rule_names_an_age"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="coding_rule_sourced"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first}–{self.last}"
