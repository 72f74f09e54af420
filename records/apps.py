"""App configuration of records."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """App configuration."""

    name = "records"
    verbose_name = _("Hồ sơ sức khoẻ")
