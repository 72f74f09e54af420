"""Part 4 of QĐ 831's form: the latest examinations of a record, in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection

from records.queries.access import RecordAccess
from records.queries.form831_words import moment_of
from records.queries.restricted import reader_parameters, visible
from records.rules.examination import SIGHT
from records.rules.qd831 import form
from records.rules.qd831.examination import FIELD_OF_SIGHT, FIELD_OF_SYSTEM, READINGS
from records.rules.vitals import VITALS, bmi, check_vital
from registry.rules.invalid import Invalid

_ENCOUNTERS = f"""
WITH latest AS (
    SELECT e.* FROM records_encounter e
     WHERE e.patient_id = %(patient)s AND e.superseded_by_id IS NULL AND e.status <> 'cancelled'
       AND {visible("e", "records_encounter")}
     ORDER BY e.started_at DESC, e.id LIMIT %(limit)s)
SELECT e.source_key, e.started_at, e.ended_at, coalesce(nullif(e.practitioner_name, ''), s.full_name, ''),
       coalesce(s.licence_number, ''), e.reason, e.conclusion,
       (SELECT json_object_agg(x.body_system, x.text) FROM records_examinationfinding x
         WHERE x.encounter_id = e.id AND x.superseded_by_id IS NULL),
       (SELECT json_object_agg(n.kind, n.text) FROM records_clinicalnote n
         WHERE n.encounter_id = e.id AND n.superseded_by_id IS NULL),
       (SELECT json_object_agg(o.code, coalesce(trim_scale(o.value)::text, o.value_text) ORDER BY o.observed_at)
          FROM records_observation o
         WHERE o.encounter_id = e.id AND o.superseded_by_id IS NULL AND o.report_id IS NULL
           AND o.code = ANY(%(codes)s)),
       (SELECT json_agg(json_build_array(r.code, r.category, r.display, concat_ws('; ', nullif(r.result, ''),
                                         nullif(r.conclusion, ''), (
                 SELECT string_agg(concat_ws(' ', o.display || ':', coalesce(trim_scale(o.value)::text, o.value_text),
                                             o.unit), '; ' ORDER BY o.id)
                   FROM records_observation o WHERE o.report_id = r.id AND o.superseded_by_id IS NULL)))
                 ORDER BY r.performed_at, r.id)
          FROM records_diagnosticreport r
         WHERE r.encounter_id = e.id AND r.superseded_by_id IS NULL AND r.status = 'final'
           AND {visible("r", "records_diagnosticreport")}),
       (SELECT json_agg(json_build_array(c.code, c.display) ORDER BY c.role = 'main' DESC, c.code)
          FROM records_condition c
         WHERE c.encounter_id = e.id AND c.superseded_by_id IS NULL AND {visible("c", "records_condition")})
  FROM latest e LEFT JOIN registry_staff s ON s.id = e.recorded_by_id
 ORDER BY e.started_at DESC, e.id
"""  # noqa: S608 - constants


def latest_examinations(access: RecordAccess, most: int) -> tuple[form.Examination, ...]:
    """At most so many, the latest first, with what this reader may see."""
    codes = [vital.code for vital in VITALS.values()] + [line.code for line in SIGHT.values()]
    parameters: dict[str, Any] = {"patient": access.patient_id, "limit": most, "codes": codes}
    with connection.cursor() as cursor:
        cursor.execute(_ENCOUNTERS, parameters | reader_parameters(access))
        return tuple(_examination(row) for row in cursor.fetchall())


def _examination(row: tuple[Any, ...]) -> form.Examination:
    key, started, ended, doctor, licence, reason, conclusion, findings, notes, measured, reports, conditions = row
    told: dict[str, str] = {FIELD_OF_SYSTEM[system]: text for system, text in (findings or {}).items()}
    told |= _measured(measured or {})
    return form.Examination(
        encounter_key=key,
        examined_on=moment_of(started),
        started_on=moment_of(started),
        ended_on=moment_of(ended),
        doctor_code=licence,
        doctor=doctor,
        reason=reason,
        course=(notes or {}).get("course", ""),
        advice=(notes or {}).get("advice", ""),
        services=tuple(
            form.Service(code, "1" if category == "LAB" else "2", name, result)
            for code, category, name, result in reports or ()
        ),
        diagnoses=tuple(
            form.Diagnosis(code, name, conclusion if first == 0 else "")
            for first, (code, name) in enumerate(conditions or ())
        ),
        **told,
    )


def _measured(values: Mapping[str, str]) -> dict[str, str]:
    told = {key: values[VITALS[key].code] for key in READINGS if VITALS[key].code in values}
    told |= {FIELD_OF_SIGHT[key]: values[line.code] for key, line in SIGHT.items() if line.code in values}
    index = bmi(_believable("weight", told), _believable("height", told))
    return told | ({"bmi": str(index)} if index is not None else {})


def _believable(key: str, told: Mapping[str, str]) -> Decimal | None:
    """The number, if it can be one of a human being: old systems send 0 for "not measured"."""
    try:
        value = Decimal(told.get(key, ""))
        check_vital(key, value)
    except (InvalidOperation, Invalid):
        return None
    return value
