"""The registry: facilities, people who work in them, codes, audit, and the kernel."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class RegistryConfig(AppConfig):
    """App configuration."""

    name = "registry"
    verbose_name = "Danh mục và quản trị"
    default = True

    def ready(self) -> None:
        """Listen to what allauth tells of second factors."""
        from registry.web import sign_in  # noqa: F401, PLC0415 - importing it connects it


class StaffAdminConfig(admin.AdminConfig):
    """Django's admin, on our site: its door is the house's own login, its refusals are the house's pages."""

    default = False
    default_site = "registry.admin_site.StaffAdminSite"
