"""What tables share: time-ordered keys, append-only protection, periods of validity."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import pgtrigger
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model)


class UuidV7(Func):
    """PostgreSQL 18's uuidv7(): time-ordered, so that indexes stay warm at the right end."""

    function = "uuidv7"
    template = "%(function)s()"
    arity = 0
    output_field = models.UUIDField()


class Uuid7Model(models.Model):
    """A table whose rows are named outside the system: keys from uuidv7()."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)

    class Meta:
        abstract = True


def append_only_triggers() -> list[pgtrigger.Trigger]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE to everybody, the table's owner included."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            func="RAISE EXCEPTION 'append-only: % cannot be emptied', TG_TABLE_NAME;",
        ),
    ]


class AppendOnly(models.Model):
    """Rows are written once. The application's role is granted INSERT and SELECT on these tables, nothing else."""

    class Meta:
        abstract = True
        triggers = append_only_triggers()


class PeriodQuerySet(models.QuerySet[M]):
    """Rows with valid_from / valid_to; valid_to is the last day, None means open."""

    def on(self, day: date) -> Any:
        """Rows in force on this day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


class Period(models.Model):
    """A period of validity, both ends included."""

    valid_from = models.DateField(_("có hiệu lực từ"))
    valid_to = models.DateField(_("đến hết ngày"), null=True, blank=True)

    class Meta:
        abstract = True
