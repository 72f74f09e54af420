"""App configuration of records."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """App configuration."""

    name = "records"
    verbose_name = "Hồ sơ sức khoẻ"
