"""App configuration of screening."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    """App configuration."""

    name = "screening"
    verbose_name = "Tầm soát ung thư"
