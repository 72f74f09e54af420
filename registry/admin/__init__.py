"""The Department of Health's admin: reference data, staff, hospitals' clients, and the audit trail to read.

What other packages put into the admin by themselves is taken out: a model is there because this house wants it there.
"""

from django.contrib import admin

for foreign in list(admin.site._registry):
    admin.site.unregister(foreign)

from registry.admin import audit, clients, codes, facilities, staff, units, work  # noqa: E402

__all__ = ["audit", "clients", "codes", "facilities", "staff", "units", "work"]
