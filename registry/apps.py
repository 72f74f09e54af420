"""The registry: facilities, people who work in them, codes, audit, and the kernel."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    """App configuration."""

    name = "registry"
    verbose_name = _("Danh mục và quản trị")
    default = True


class StaffAdminConfig(admin.AdminConfig):
    """Django's admin, on our site: its door is the house's own login, its refusals are the house's pages."""

    default = False
    default_site = "registry.admin_site.StaffAdminSite"
