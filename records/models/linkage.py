"""The matcher's weights as versioned data: which version judges today, and where each came from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.models.provenance import tracked
from registry.models import Uuid7Model


@tracked
class LinkageModel(Uuid7Model):
    """One version of the weights; what a version says never changes, so that an old decision can be explained with it.

    thresholds: auto, review, lead, prior in bits; weights: the rest of records.rules.linkage.model.Model.to_json.
    """

    version = models.CharField(_("phiên bản"), max_length=60, unique=True)
    origin = models.TextField(_("nguồn gốc"))
    thresholds = models.JSONField(_("ngưỡng (bit)"))
    weights = models.JSONField(_("trọng số"))
    active = models.BooleanField(_("đang dùng"), default=False)
    loaded_at = models.DateTimeField(_("nạp lúc"))

    class Meta:
        verbose_name = _("bộ trọng số so khớp")
        verbose_name_plural = _("bộ trọng số so khớp")
        ordering = ["-loaded_at", "version"]
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="linkage_model_one_active"),
            models.CheckConstraint(condition=~Q(version=""), name="linkage_model_named"),
        ]

    def __str__(self) -> str:
        return self.version
