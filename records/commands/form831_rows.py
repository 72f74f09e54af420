"""Writing what a form of QĐ 831 tells and the record does not know yet, under the form's own source record."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.utils import timezone

from records.commands.linking import facility_of
from records.models import (
    ClinicalNote,
    Condition,
    DiagnosticReport,
    Encounter,
    ExaminationFinding,
    Immunization,
    Observation,
)
from records.queries.access import RecordAccess
from records.queries.history_rows import MODELS, SECTION_OF, columns_of, fact_of, rows_of
from records.rules.doses import Dose, nearby
from records.rules.examination import SIGHT, SYSTEMS, is_normal
from records.rules.history_facts import Disease, Fact, same_thing
from records.rules.qd831.facts import Told, Visit
from records.rules.qd831.reading import Unread
from records.rules.vitals import VITALS
from registry.kernel import Context
from registry.models import Concept
from registry.rules.dates import PartialDate
from registry.rules.text import clean_line, clean_note

SYSTEM = "qd831"
CARE_TYPE = "10"  # MA_LOAI_KCB "other": the form does not say of what kind a visit was


class FormWriter:
    """Writes what is not there yet, under the form's source record; each row has a key inside the file."""

    def __init__(self, ctx: Context, access: RecordAccess, record_id: uuid.UUID, digest: str) -> None:
        self.ctx, self.access, self.digest = ctx, access, digest
        self.stamp: dict[str, Any] = {
            "source_record_id": record_id,
            "patient_id": access.patient_id,
            "facility_id": facility_of(ctx),
            "recorded_by_id": ctx.actor.staff_id,
            "recorded_at": ctx.at,
            "system": SYSTEM,
        }
        self.added = self.known = 0
        self.unread: list[Unread] = []

    def write(self, told: Told) -> None:
        """Write it all; `added`, `known` and `unread` say what became of it."""
        for fact in reversed(told.facts):  # the record shows the last written first: so it reads as the form does
            self._fact(self._coded(fact))
        for dose in told.doses:
            self._dose(dose)
        for visit in told.visits:
            self._visit(visit)

    def _key(self) -> str:
        return f"{self.digest[:32]}/{self.added + self.known}"

    def _fact(self, fact: Fact) -> None:
        section = SECTION_OF[type(fact)]
        standing = rows_of(self.access, section).filter(superseded_by=None, mistaken=False)
        wanted = same_thing(fact)
        if any(same_thing(fact_of(section, partial(getattr, row))) == wanted for row in standing):
            self.known += 1
            return
        MODELS[section]._default_manager.create(**self.stamp, source_key=self._key(), **columns_of(fact))
        self.added += 1

    def _coded(self, fact: Fact) -> Fact:
        """A disease's code only when the list in force knows it; else it stays in the note."""
        if not isinstance(fact, Disease) or not fact.code:
            return fact
        known = Concept.objects.on(timezone.localdate(self.ctx.at)).filter(system__key="icd-10", code=fact.code)
        return fact if known.exists() else replace(fact, code="", note=", ".join(filter(None, (fact.code, fact.note))))

    def _dose(self, dose: Dose) -> None:
        concepts = Concept.objects.on(dose.on.value).filter(system__key="vac-xin", code=dose.vaccine)
        display = concepts.values_list("display", flat=True).first()
        if display is None:
            self.unread.append(Unread(f"MAVACXIN “{dose.vaccine}”", "Vắc xin này không có trong danh mục."))
            return
        rows = Immunization.objects.filter(
            patient_id=self.access.patient_id, vaccine_code=dose.vaccine, status=dose.status, superseded_by=None
        )
        days = rows.values_list("occurred_on", "occurred_precision")
        if any(nearby(dose.on, PartialDate(on, precision)) for on, precision in days):  # type: ignore[arg-type]
            self.known += 1
            return
        Immunization.objects.create(
            **self.stamp,
            source_key=self._key(),
            status=dose.status,
            programme=dose.programme,
            vaccine_code=dose.vaccine,
            vaccine_display=display,
            occurred_on=dose.on.value,
            occurred_precision=dose.on.precision,
            primary_source=False,
            reaction=clean_line(dose.reaction)[:500],
            next_due_on=dose.next_due_on,
            gestation_weeks=dose.gestation_weeks,
        )
        self.added += 1

    def _visit(self, visit: Visit) -> None:
        """A visit whose number this facility already has, from whatever system, stands as it is."""
        key = visit.key[:200]
        if Encounter.objects.filter(facility_id=self.stamp["facility_id"], source_key=key).exists():
            self.known += 1
            return
        at = _noon(visit.on)
        encounter = Encounter.objects.create(
            **self.stamp,
            source_key=key,
            status=Encounter.Status.FINISHED,
            care_type=CARE_TYPE,
            started_at=at,
            ended_at=max(at, _noon(visit.until)),
            reason=clean_line(visit.reason)[:1000],
            conclusion=clean_note(next((one.conclusion for one in visit.diagnoses if one.conclusion), "")),
            practitioner_name=clean_line(visit.doctor)[:255],
        )
        self.added += 1
        rows = {"encounter": encounter, **self.stamp}
        self._bulk(ExaminationFinding, key, [row | {"examined_at": at} for row in _findings(visit)], rows)
        self._bulk(ClinicalNote, key, _notes(visit), rows)
        self._bulk(Observation, key, [row | {"observed_at": at} for row in _measured(visit)], rows)
        self._bulk(DiagnosticReport, key, [row | {"performed_at": at} for row in _services(visit)], rows)
        self._bulk(Condition, key, _diagnoses(visit), rows)

    def _bulk(self, model: type[Any], key: str, told: Sequence[dict[str, Any]], shared: dict[str, Any]) -> None:
        made = [model(**shared, **row, source_key=f"{key[:180]}/{number}") for number, row in enumerate(told)]
        model._default_manager.bulk_create(made)
        self.added += len(made)


def _findings(visit: Visit) -> list[dict[str, Any]]:
    found = {key: clean_note(text)[:2000] for key, text in visit.findings.items()}
    return [
        {"body_system": key, "text": text, "normal": is_normal(text)} for key, text in found.items() if key in SYSTEMS
    ]


def _notes(visit: Visit) -> list[dict[str, Any]]:
    told = {"course": clean_note(visit.course), "advice": clean_note(visit.advice)}
    return [{"kind": kind, "text": text} for kind, text in told.items() if text]


def _measured(visit: Visit) -> list[dict[str, Any]]:
    vitals = [
        {"code": VITALS[key].code, "display": VITALS[key].display, "value": value, "unit": VITALS[key].unit}
        for key, value in visit.readings.items()
    ]
    sight = [
        {"code": SIGHT[key].code, "display": SIGHT[key].name, "value_text": clean_line(text)[:500]}
        for key, text in visit.sight.items()
    ]
    return vitals + sight


def _services(visit: Visit) -> list[dict[str, Any]]:
    return [
        {
            "category": "RAD" if one.group == "2" else "LAB",
            "code": clean_line(one.code)[:50],
            "display": clean_line(one.name or one.code)[:500],
            "result": clean_note(one.result),
        }
        for one in visit.services
    ]


def _diagnoses(visit: Visit) -> list[dict[str, Any]]:
    """ICD-10 codes as written, kept raw and without the dot; the first is the main one, a code told twice is one."""
    told = {one.code.replace(".", "").strip("†*+ ")[:10]: one for one in visit.diagnoses}
    return [
        {
            "role": Condition.Role.SECONDARY if number else Condition.Role.MAIN,
            "code": code,
            "code_raw": one.code[:20],
            "display": clean_line(one.name or one.code)[:500],
        }
        for number, (code, one) in enumerate(told.items())
    ]


def _noon(day: date) -> datetime:
    """The form knows only the day: noon in Hanoi, so that the day stays the same in every zone."""
    return timezone.make_aware(datetime.combine(day, time(12)))
