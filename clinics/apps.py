"""App configuration of clinics."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """App configuration."""

    name = "clinics"
    verbose_name = _("Khám chữa bệnh")
