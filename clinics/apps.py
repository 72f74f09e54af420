"""App configuration of clinics."""

from django.apps import AppConfig


class ClinicsConfig(AppConfig):
    """App configuration."""

    name = "clinics"
    verbose_name = "Khám chữa bệnh"
