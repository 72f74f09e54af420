"""App configuration of migration."""

from django.apps import AppConfig


class MigrationConfig(AppConfig):
    """App configuration."""

    name = "migration"
    verbose_name = "Di trú dữ liệu"
