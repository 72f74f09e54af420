"""App configuration of migration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MigrationConfig(AppConfig):
    """App configuration."""

    name = "migration"
    verbose_name = _("Di trú dữ liệu")
