"""App configuration of screening."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreeningConfig(AppConfig):
    """App configuration."""

    name = "screening"
    verbose_name = _("Tầm soát ung thư")
