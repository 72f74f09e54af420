"""Templates of an examination: what a doctor of a specialty usually writes and orders for one reason."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.rules.templates import SPECIALTIES
from records.models.provenance import tracked
from registry.models import Facility


@tracked
class ExaminationTemplate(models.Model):
    """A template (FHIR PlanDefinition): texts for the empty lines of a sheet, and services to order with it.

    owner None: everybody's, of one facility or (facility None) of all. findings: key of a body system -> words.
    official False: a starter nobody of the profession has checked. source: where it comes from.
    """

    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cơ sở y tế")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    specialty = models.CharField(
        _("chuyên khoa"), max_length=16, choices=[(key, _(one.name)) for key, one in SPECIALTIES.items()]
    )
    name = models.CharField(_("tên mẫu"), max_length=120)
    course = models.TextField(_("bệnh sử"), blank=True, max_length=2000)
    findings = models.JSONField(_("khám theo cơ quan"), default=dict, blank=True)
    main = models.CharField(_("mã bệnh chính"), max_length=7, blank=True)
    conclusion = models.TextField(_("kết luận và hướng xử trí"), blank=True, max_length=2000)
    advice = models.TextField(_("tư vấn"), blank=True, max_length=2000)
    codes = ArrayField(models.CharField(max_length=50), verbose_name=_("mã dịch vụ chỉ định"), default=list, blank=True)
    source = models.CharField(_("nguồn"), max_length=300, blank=True)
    official = models.BooleanField(_("đã được hội đồng chuyên môn duyệt"), default=False)
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("mẫu khám")
        verbose_name_plural = _("mẫu khám")
        ordering = ["specialty", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "owner", "name"],
                condition=Q(active=True),
                nulls_distinct=False,
                name="examination_template_named_once",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="examination_template_named"),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(facility__isnull=False), name="examination_template_owner_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.name
