"""The registry: facilities, people who work in them, codes, audit, and the kernel."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """App configuration."""

    name = "registry"
    verbose_name = "Danh mục và quản trị"
