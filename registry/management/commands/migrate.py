"""`migrate` as the owner of the schema: the application's own role owns nothing and could not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections
from environ import Env

from registry.commands.grants import grant_application_rights


class Command(DjangoMigrate):
    """Connect as DATABASE_OWNER_URL, migrate, then grant the application's role what it needs and no more."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run Django's migrate between a change of role and the grants."""
        alias = options.get("database") or "default"
        connection = connections[alias]
        application = connection.settings_dict["USER"]
        if settings.DATABASE_OWNER_URL:
            owner = Env.db_url_config(settings.DATABASE_OWNER_URL)
            connection.close()
            for key in ("USER", "PASSWORD"):
                connection.settings_dict[key] = owner[key]
            # migrations rebuild indexes and load data: the application's limits do not apply to them
            connection.settings_dict["OPTIONS"] = {"connect_timeout": 5}
        super().handle(*args, **options)
        if connection.settings_dict["USER"] != application:
            grant_application_rights(connection, application)
