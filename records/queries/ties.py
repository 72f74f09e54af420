"""What ties a resident to a facility, as the one SQL that every reader uses. The rule over it is records.rules.access.

Each function gives an expression over the resident's column, e.g. open_by_treatment("p.id"). Parameters of the statement:
%(facility)s, %(at)s, and for emergencies %(staff)s.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection

from registry.kernel import Context

# Grants are written under source records, so they follow a merge and an unmerge without being touched.
_GRANTED = """EXISTS (
    SELECT 1 FROM records_recordlink l JOIN records_accessgrant g ON g.source_record_id = l.record_id
      JOIN records_accessperiod t ON t.basis = g.basis
     WHERE l.patient_id = {patient} AND g.facility_id = %(facility)s
       AND coalesce(g.ends_at, g.granted_at + make_interval(days => t.days), 'infinity') > %(at)s
       AND NOT EXISTS (SELECT 1 FROM records_accessgrantend x WHERE x.grant_id = g.id))"""
_RESTRICTED = """EXISTS (
    SELECT 1 FROM records_recordlink l JOIN records_processingrestriction r ON r.source_record_id = l.record_id
     WHERE l.patient_id = {patient} AND r.since <= %(at)s
       AND NOT EXISTS (SELECT 1 FROM records_processingrestrictionend x WHERE x.restriction_id = r.id))"""
_IN_CARE = """EXISTS (
    SELECT 1 FROM records_encounter care WHERE care.patient_id = {patient} AND care.facility_id = %(facility)s
       AND care.status = 'in-progress' AND care.superseded_by_id IS NULL)"""
# An access opened on a number that was merged away since is an access to the person it leads to.
_EMERGENCY_UNTIL = """(
    SELECT max(x.expires_at) FROM records_emergencyaccess x
     WHERE x.facility_id = %(facility)s AND x.staff_id = %(staff)s
       AND x.patient_id IN (SELECT {patient} UNION ALL
                            SELECT merged.id FROM records_patient merged WHERE merged.merged_into_id = {patient}))"""


def granted(patient: str) -> str:
    """Whether a grant of this facility is in force."""
    return _GRANTED.format(patient=patient)


def restricted(patient: str) -> str:
    """Whether the resident restricted the processing of their record."""
    return _RESTRICTED.format(patient=patient)


def in_care(patient: str) -> str:
    """Whether an encounter of this facility is going on."""
    return _IN_CARE.format(patient=patient)


def open_by_treatment(patient: str) -> str:
    """Whether the record is open to the facility without an emergency: decide_door's TREATMENT, for lists.

    A SELECT of its own, or the planner may answer it for a long list by reading everybody the facility treats.
    """
    return f"(SELECT {granted(patient)} AND (NOT {restricted(patient)} OR {in_care(patient)}))"


def emergency_until(patient: str) -> str:
    """When the latest emergency access of this member of staff ends; NULL when there was none."""
    return _EMERGENCY_UNTIL.format(patient=patient)


def tie_parameters(ctx: Context) -> dict[str, Any]:
    """The statement's parameters for the acting facility and member of staff."""
    return {"facility": ctx.facility.id if ctx.facility else None, "staff": ctx.actor.staff_id, "at": ctx.at}


def is_open_by_treatment(ctx: Context, patient_id: uuid.UUID) -> bool:
    """Whether one record is open to the acting facility. For operations that write their own audit row."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {open_by_treatment('%(patient)s::uuid')}",
            tie_parameters(ctx) | {"patient": str(patient_id)},
        )
        return bool((cursor.fetchone() or (False,))[0])
