"""Restricted information (HIV, mental health): the one predicate that hides its rows, for every reader of the record.

A row is hidden from whoever lacks RECORD_READ_RESTRICTED and did not write it. Which codes: records.models.RestrictedCode.
Law: Luật Phòng, chống HIV/AIDS 64/2006/QH11, article 30 as amended by Luật 71/2020/QH14; Luật 91/2025/QH15 (sensitive data).
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from records.queries.access import RecordAccess
from records.queries.restricted_codes import ENCOUNTER, HIDDEN

M = TypeVar("M", bound=Model)


def hidden(row: str, table: str) -> str:
    """Whether a row is restricted, whoever reads it. table: e.g. "records_condition"; row: its alias in the statement."""
    return HIDDEN[table].format(row=row)


def visible(row: str, table: str) -> str:
    """Whether the reader may see a row. The statement's parameters: reader_parameters(access)."""
    return f"(%(sees_restricted)s OR {row}.recorded_by_id = %(reader)s OR NOT {hidden(row, table)})"


def with_encounter_visible(row: str) -> str:
    """The same for tables that hang on an encounter and have no code of their own list; row.encounter_id may be NULL."""
    listed = ENCOUNTER.format(encounter=f"{row}.encounter_id")
    return f"(%(sees_restricted)s OR {row}.recorded_by_id = %(reader)s OR NOT {listed})"


def reader_parameters(access: RecordAccess) -> dict[str, Any]:
    """What visible() asks of the reader."""
    return {"sees_restricted": access.sees_restricted, "reader": access.ctx.actor.staff_id}


def visible_rows(access: RecordAccess, rows: QuerySet[M]) -> QuerySet[M]:
    """A QuerySet of a clinical table without the rows hidden from this reader; the table must not be joined to itself.

    A table without codes of its own follows its encounter.
    """
    table = rows.model._meta.db_table
    said = reader_parameters(access)
    where = visible(table, table) if table in HIDDEN else with_encounter_visible(table)
    where = where.replace("%(sees_restricted)s", "%s").replace("%(reader)s", "%s")
    return rows.extra(where=[where], params=[said["sees_restricted"], said["reader"]])  # noqa: S610 - constants
