"""The clinical record's building blocks: provenance, supersession, access that follows treatment."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps

from records.commands.encounters import (
    Diagnosis,
    cancel_encounter,
    finish_encounter,
    open_encounter,
    record_diagnoses,
    record_procedure,
    record_result,
    record_vitals,
)
from records.models import AccessGrant, AllergyIntolerance, Condition, Encounter, LinkEvent, Observation, SourceRecord
from records.queries.access import RecordClosed, open_record
from registry.kernel import NotFound, Refused
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, City
from tests.records.conftest import VAN, register

COLD = Diagnosis("J00", "Viêm mũi họng cấp")
PRESSURE = Diagnosis("I10", "Tăng huyết áp vô căn", chronic=True)


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Somebody whom only the other clinic knows."""
    return register(city, by="le.tan.2")


@pytest.fixture
def encounter(city: City, resident: uuid.UUID) -> Encounter:
    """A visit of theirs at this clinic."""
    return open_encounter(city.ctx("le.tan", NOW), patient_id=resident, care_type="01", reason=" Ho,  sốt ")


def test_treatment_opens_the_record_under_the_facilitys_own_statement(
    city: City, resident: uuid.UUID, encounter: Encounter
) -> None:
    assert open_record(city.ctx("bac.si", NOW), resident).patient_id == resident
    own = SourceRecord.objects.get(pk=encounter.source_record_id)
    assert (own.facility, own.name) == (city.here, VAN["name"])
    assert LinkEvent.objects.filter(record=own, patient=resident).count() == 1
    assert AccessGrant.objects.filter(source_record=own, facility=city.here, basis="encounter").count() == 1
    assert (encounter.reason, encounter.status) == ("Ho, sốt", "in-progress")
    again = open_encounter(city.ctx("le.tan", NOW), patient_id=resident, care_type="01", reason="Tái khám")
    assert again.source_record_id == own.pk
    assert set(AccessGrant.objects.values_list("facility", "subject_id")) >= {(city.here.pk, again.pk)}
    assert AccessGrant.objects.filter(facility=city.here).count() == 2, "each encounter opens the record anew"


def test_before_any_treatment_the_record_is_closed(city: City, resident: uuid.UUID) -> None:
    with pytest.raises(RecordClosed):
        open_record(city.ctx("bac.si", NOW), resident)
    with pytest.raises(NotFound):
        open_encounter(city.ctx("le.tan", NOW), patient_id=uuid.uuid4(), care_type="01", reason="")


def test_vital_signs_are_kept_with_code_and_unit_or_refused_together(city: City, encounter: Encounter) -> None:
    ctx = city.ctx("y.ta", NOW)
    rows = record_vitals(ctx, encounter, {"systolic": Decimal(152), "temperature": Decimal("38.6")})
    assert {(row.code, row.unit) for row in rows} == {("8480-6", "mmHg"), ("8310-5", "°C")}
    with pytest.raises(Refused) as refused:
        record_vitals(ctx, encounter, {"pulse": Decimal(900), "spo2": Decimal(0), "weight": Decimal(60)})
    assert {one.field for one in refused.value.all} == {"pulse", "spo2"}
    assert Observation.objects.count() == 2


def test_diagnoses_are_superseded_never_edited(city: City, encounter: Encounter) -> None:
    ctx = city.ctx("bac.si", NOW)
    record_diagnoses(ctx, encounter, COLD, [PRESSURE])
    record_diagnoses(ctx, encounter, PRESSURE)
    valid = Condition.objects.filter(encounter=encounter, superseded_by=None)
    assert [(one.code, one.role) for one in valid] == [("I10", "main")]
    replaced = Condition.objects.filter(encounter=encounter, superseded_by=valid[0])
    assert sorted(one.code for one in replaced) == ["I10", "J00"]
    assert all(one.superseded_reason for one in replaced)
    with pytest.raises(Refused, match="diagnosis-twice"):
        record_diagnoses(ctx, encounter, COLD, [COLD])


def test_history_keeps_the_row_as_it_was(city: City, encounter: Encounter) -> None:
    finish_encounter(city.ctx("bac.si", NOW + timedelta(hours=1)), encounter, "Cảm lạnh", "1", "1")
    history = apps.get_model("records", "EncounterEvent").objects.filter(pgh_obj_id=encounter.pk)
    assert [row.status for row in history] == ["in-progress"]


def test_a_closed_encounter_stays_closed(city: City, encounter: Encounter) -> None:
    ctx = city.ctx("bac.si", NOW + timedelta(hours=1))
    finish_encounter(ctx, encounter, "Cảm lạnh.\n\n\nHẹn 3 ngày.", "1")
    saved = Encounter.objects.get(pk=encounter.pk)
    assert (saved.status, saved.ended_at, saved.conclusion) == ("finished", ctx.at, "Cảm lạnh.\n\nHẹn 3 ngày.")
    for again in (lambda: finish_encounter(ctx, saved, ""), lambda: cancel_encounter(ctx, saved)):
        with pytest.raises(Refused, match="encounter-closed"):
            again()


def test_results_procedures_and_allergies(city: City, resident: uuid.UUID, encounter: Encounter) -> None:
    ctx = city.ctx("bac.si", NOW)
    result = record_result(ctx, patient_id=resident, code="29771-3", display="FIT", value=Decimal("24.5"), unit="µg/g")
    assert (result.patient_id, result.facility) == (resident, city.here)
    with pytest.raises(Refused, match="result-empty"):
        record_result(ctx, patient_id=resident, code="29771-3", display="FIT", value_text="  ")
    done = record_procedure(ctx, patient_id=resident, code="45378", display="Nội soi đại tràng", encounter=encounter)
    assert (done.encounter, done.source_record_id) == (encounter, encounter.source_record_id)
    none = record_allergy(ctx, patient_id=resident, substance="")
    penicillin = record_allergy(ctx, patient_id=resident, substance="Penicillin", severe=True)
    assert AllergyIntolerance.objects.get(pk=none.pk).superseded_by == penicillin
