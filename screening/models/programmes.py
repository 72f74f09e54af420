"""Programmes, and their rules as versioned data."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

_RULES_STAY = """
IF NEW.rules IS DISTINCT FROM OLD.rules OR NEW.state = 'draft' OR NEW.number <> OLD.number THEN
    RAISE EXCEPTION 'the rules of a version that was live stay as they are: make a new version'
        USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


class Programme(models.Model):
    """What people are screened for, e.g. colorectal cancer by FIT."""

    code = models.SlugField(_("mã"), max_length=30, unique=True)
    name = models.CharField(_("tên"), max_length=120)
    short_name = models.CharField(_("tên ngắn"), max_length=40)

    class Meta:
        verbose_name = _("chương trình tầm soát")
        verbose_name_plural = _("chương trình tầm soát")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class ProgrammeVersion(models.Model):
    """The rules of a programme as data (screening.rules.programme says their shape), each value with its source.

    tried: what its rules would have changed in the city at tried_at (screening.queries.dry_run), None before; a draft goes
    live only after it was tried as it stands. Rules change in a draft only: an episode is judged, for as long as it runs,
    by the version it was opened under.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Bản nháp")
        LIVE = "live", _("Đang dùng")
        RETIRED = "retired", _("Đã thay")

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="versions", verbose_name=_("chương trình")
    )
    number = models.PositiveIntegerField(_("phiên bản"))
    state = models.CharField(_("trạng thái"), max_length=7, choices=State.choices, default=State.DRAFT)
    rules = models.JSONField(_("quy tắc"))
    note = models.CharField(_("ghi chú"), max_length=500, blank=True)
    tried_at = models.DateTimeField(_("chạy thử lúc"), null=True, blank=True, editable=False)
    tried = models.JSONField(_("kết quả chạy thử"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người tạo"),
    )

    class Meta:
        verbose_name = _("phiên bản chương trình")
        verbose_name_plural = _("phiên bản chương trình")
        ordering = ["programme", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["programme"], condition=Q(state="live"), name="version_one_live"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="rules_fixed_after_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df="draft"),
                func=_RULES_STAY,
            ),
            pgtrigger.Protect(
                name="keep_used", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__state__df="draft")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} v{self.number}"
