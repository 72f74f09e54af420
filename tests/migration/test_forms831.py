"""QĐ 831 files in bulk: many residents a file, each fact once, what cannot be read told by its tag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from migration.models import ImportBatch, Quarantine
from migration.queries.reconciliation import count_batch
from records.models import (
    AccessGrant,
    AllergyIntolerance,
    ClinicalNote,
    Condition,
    DiagnosticReport,
    Encounter,
    ExaminationFinding,
    Immunization,
    Observation,
    Patient,
    StatementDetails,
    SurgicalHistory,
)
from records.rules.qd831.form import (
    Ailments,
    Allergy,
    Diagnosis,
    Dose,
    Examination,
    General,
    HealthRecord,
    History,
    Message,
    Service,
    Vaccination,
)
from records.rules.qd831.xml import write
from registry.models import CodeSystem, Concept
from tests.migration import files
from tests.migration.test_pipeline import counts, run, send

VISIT = Examination(
    encounter_key="KB01", examined_on="05/06/2024", doctor="Lê Văn Khám", reason="Đau đầu", course="Đau ba ngày",
    pulse="78", systolic="128", diastolic="82", skin="Bình thường", advice="Ăn nhạt",
    services=(Service("23.01", "1", "Glucose máu", "5,4 mmol/L"),), diagnoses=(Diagnosis("I10", "Tăng huyết áp", ""),),
)  # fmt: skip
RECORD = HealthRecord(
    general=General(health_id="001172000345", name="Nguyễn Thị Hoà", birth="12/03/1972", sex="2", mobile="0912000345",
                    current_address="Số 5 ngõ 46 Kim Liên", email="hoa@example.vn"),
    history=History(own=Ailments(allergies=(Allergy(kind="1", name="Penicillin", description="mẩn ngứa"),)),
                    surgery="Mổ ruột thừa, 1999"),
    vaccination=Vaccination(doses=(Dose(vaccine_code="VGB", vaccine="Viêm gan B", vaccine_kind="2", state="1",
                                        given_on="01/02/2020"),)),
    examinations=(VISIT,),
)  # fmt: skip


@pytest.fixture
def ctx(city: Any) -> Any:
    system, _ = CodeSystem.objects.get_or_create(key="vac-xin", defaults={"name": "Vắc xin"})
    Concept.objects.get_or_create(
        system=system, code="VGB", defaults={"display": "Viêm gan B", "valid_from": date(2000, 1, 1)}
    )
    return city.ctx("di.tru")


def bundle(records: Iterable[HealthRecord]) -> bytes:
    """One file of many records."""
    written = [write(Message(record=one)) for one in records]
    inside = b"".join(one[one.index(b"<HOSOSUCKHOE>") : one.index(b"</BODY>")] for one in written)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<DATA><HEADER/><BODY>' + inside + b"</BODY></DATA>"


def person(number: int) -> HealthRecord:
    general = replace(RECORD.general, health_id=f"00117200{number:04d}", name=files.invented_name(number), mobile="")
    return replace(RECORD, general=general, examinations=(replace(VISIT, encounter_key=f"KB{number}"),))


def test_every_part_of_every_record_is_loaded(ctx: Any) -> None:
    batch = run(ctx, bundle([RECORD, person(2), person(3)]), "qd831")
    assert counts(batch) == (3, 3, 0, 0, 0)
    assert (Patient.objects.count(), Encounter.objects.count(), Immunization.objects.count()) == (3, 3, 3)
    who = Patient.objects.get(name="Nguyễn Thị Hoà")
    assert StatementDetails.objects.filter(email="hoa@example.vn").count() == 3
    assert AllergyIntolerance.objects.get(patient=who).substance == "Penicillin"
    assert SurgicalHistory.objects.filter(patient=who).count() == 1
    encounter = Encounter.objects.get(patient=who)
    assert (encounter.source_key, encounter.system, encounter.reason) == ("KB01", "qd831", "Đau đầu")
    assert Condition.objects.get(encounter=encounter).code == "I10"
    assert set(ClinicalNote.objects.filter(encounter=encounter).values_list("kind", "text")) == {
        ("course", "Đau ba ngày"), ("advice", "Ăn nhạt"),
    }  # fmt: skip
    assert ExaminationFinding.objects.get(encounter=encounter).normal
    assert Observation.objects.filter(encounter=encounter).count() == 3
    assert DiagnosticReport.objects.get(encounter=encounter).result == "5,4 mmol/L"
    assert {one.batch_id for one in Observation.objects.all()} == {batch.pk}
    assert set(AccessGrant.objects.values_list("basis", flat=True)) == {"registration", "encounter"}
    told = {line.table: line.loaded for line in count_batch(batch.pk).tables}
    assert (told["TIENSU"], told["TIEMCHUNG"], told["KHAMCHUABENH"]) == (6, 3, 3)


def test_the_same_records_in_another_file_change_nothing_and_a_fuller_one_adds_what_is_new(ctx: Any) -> None:
    run(ctx, bundle([RECORD]), "qd831")
    batch = run(ctx, bundle([RECORD, person(2)]), "qd831")
    assert counts(batch) == (2, 1, 0, 1, 0)
    assert (Encounter.objects.count(), AllergyIntolerance.objects.count()) == (2, 2)
    fuller = replace(RECORD, examinations=(VISIT, replace(VISIT, encounter_key="KB99", examined_on="01/09/2024")))
    assert counts(run(ctx, bundle([fuller]), "qd831")) == (1, 0, 1, 0, 0)
    assert set(Encounter.objects.values_list("source_key", flat=True)) == {"KB01", "KB2", "KB99"}
    assert Condition.objects.filter(code="I10").count() == 3


def test_a_visit_that_insurance_xml_brought_is_not_written_again(ctx: Any) -> None:
    run(ctx, files.envelope([files.visit(files.xml1(MA_LK="KB01"))]))
    batch = run(ctx, bundle([RECORD]), "qd831")
    assert (Encounter.objects.count(), Condition.objects.count(), Observation.objects.count()) == (1, 3, 0)
    assert next(line.skipped for line in count_batch(batch.pk).tables if line.table == "KHAMCHUABENH") == 1


def test_what_cannot_be_read_waits_alone_and_who_is_nobody_waits_whole(ctx: Any) -> None:
    late = replace(RECORD.vaccination.doses[0], given_on="01/02/2199")
    unknown = replace(RECORD.vaccination.doses[0], vaccine_code="KHÔNG CÓ")
    odd = replace(RECORD, vaccination=Vaccination(doses=(late, unknown)))
    nobody = replace(person(2), general=replace(RECORD.general, name="", health_id=""))
    batch = run(ctx, bundle([odd, nobody]), "qd831")
    assert counts(batch) == (2, 1, 0, 0, 1)
    waiting = {(one.table, one.reasons[0]["code"]) for one in Quarantine.objects.all()}
    assert waiting == {("QD831", "form-unread"), ("TIEMCHUNG", "vaccine-unknown"), ("record", "form-person")}
    assert "NGAYTIEM" in Quarantine.objects.get(table="QD831").reasons[0]["message"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<!DOCTYPE DATA [<!ENTITY a "aaaa">]><DATA><BODY><HOSOSUCKHOE>&a;</HOSOSUCKHOE></BODY></DATA>', "xml-dtd"),
        (b"<GIAMDINHHS/>", "form-root"),
        (b"<DATA><BODY/></DATA>", "no-records"),
        (b"<DATA><BODY><HOSOSUCKHOE>", "envelope-broken"),
        (b'<?xml version="1.0" encoding="windows-1258"?><DATA/>', "xml-encoding"),
        (b"<DATA>" + b"<A>" * 80 + b"</A>" * 80 + b"</DATA>", "xml-depth"),
    ],
)
def test_what_is_no_form_is_refused_with_its_reason(ctx: Any, content: bytes, code: str) -> None:
    batch = ImportBatch.objects.get(pk=send(ctx, content, "qd831").batch_id)
    assert (batch.state, batch.refusal_code) == ("refused", code)
