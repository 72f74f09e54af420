"""A file through the whole pipeline in one process: what is written, what is counted, what is left to people."""

from __future__ import annotations

from typing import Any

import pytest

from migration.commands.batches import start_batch
from migration.commands.chunks import claim_next, run_claimed
from migration.commands.receiving import Received, receive_file
from migration.models import ImportBatch, Quarantine
from migration.queries.reconciliation import count_batch
from records.models import AccessGrant, Condition, Encounter, LinkEvent, Patient, PatientIdentifier, SourceRecord
from tests.migration import files

PERSON_COUNTS = ("rows_in", "loaded", "linked", "skipped", "quarantined")


def send(ctx: Any, content: bytes, profile: str = "qd3176", **options: Any) -> Received:
    """Receive a file in small blocks, as an upload comes."""
    blocks = (content[at : at + 1000] for at in range(0, len(content), 1000))
    return receive_file(ctx, profile=profile, file_name="hồ sơ.xml", blocks=blocks, **options)


def run(ctx: Any, content: bytes, profile: str = "qd3176", **options: Any) -> ImportBatch:
    """Receive, start, and do every chunk here."""
    received = send(ctx, content, profile, **options)
    start_batch(ctx, batch_id=received.batch_id, send=False)
    while claim := claim_next(received.batch_id):
        run_claimed(claim)
    return ImportBatch.objects.get(pk=received.batch_id)


def counts(batch: ImportBatch) -> tuple[int, ...]:
    """(in, loaded, linked, skipped, quarantined); every sum closes."""
    totals = count_batch(batch.pk)
    assert totals.closes
    return tuple(getattr(totals, name) for name in PERSON_COUNTS)


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


def test_a_visit_becomes_a_person_an_encounter_and_its_diagnoses_with_their_source(ctx: Any) -> None:
    batch = run(ctx, files.envelope([files.visit(files.xml1(), ("XML2", files.packed(files.drugs(3))))]))

    assert (batch.state, counts(batch)) == ("done", (1, 1, 0, 0, 0))
    patient = Patient.objects.get()
    assert (patient.name, patient.birth_date.isoformat(), patient.sex) == ("Nguyễn Thị Hoà", "1972-03-12", "female")
    encounter = Encounter.objects.get()
    assert (encounter.patient_id, encounter.source_key, encounter.system) == (patient.pk, "LK0001", "qd3176")
    assert (encounter.batch_id, encounter.recorded_by_id) == (batch.pk, ctx.actor.staff_id)
    found = Condition.objects.order_by("role", "code").values_list("role", "code", "code_raw")
    assert list(found) == [("main", "J15.9", "J15.9"), ("secondary", "E11.9", "E11.9"), ("secondary", "I10", "I10")]
    numbers = set(PatientIdentifier.objects.values_list("kind", "value_key"))
    assert numbers == {("cccd", "001172000345"), ("bhyt", "0120456789"), ("facility", "01T01:BN0001")}
    assert AccessGrant.objects.get().basis == "encounter"
    assert LinkEvent.objects.get().reason
    assert next(line.loaded for line in count_batch(batch.pk).tables if line.table == "XML2") == 3


def test_the_same_rows_in_another_file_change_nothing(ctx: Any) -> None:
    run(ctx, files.envelope([files.visit(files.xml1())]))
    batch = run(ctx, files.envelope([files.visit(files.xml1()), files.visit(files.visit_no(2))]))

    assert counts(batch) == (2, 1, 0, 1, 0)
    assert (Patient.objects.count(), SourceRecord.objects.count(), Encounter.objects.count()) == (2, 2, 2)


def test_the_same_file_again_answers_with_the_earlier_batch(ctx: Any) -> None:
    content = files.envelope([files.visit(files.xml1())])
    first = run(ctx, content)
    again = send(ctx, content)
    assert (again.again, again.batch_id, again.state) == (True, first.pk, "done")
    assert ImportBatch.objects.count() == 1


def test_another_visit_of_a_known_person_is_linked(ctx: Any) -> None:
    later = files.xml1(MA_LK="LK0002", NGAY_VAO="202410030815", NGAY_RA="202410031030")
    batch = run(ctx, files.envelope([files.visit(files.xml1()), files.visit(later)]))
    assert counts(batch) == (2, 1, 1, 0, 0)
    assert (Patient.objects.count(), SourceRecord.objects.count(), Encounter.objects.count()) == (1, 1, 2)


def test_a_visit_sent_again_with_another_content_is_corrected(ctx: Any) -> None:
    run(ctx, files.envelope([files.visit(files.xml1())]))
    batch = run(ctx, files.envelope([files.visit(files.xml1(MA_BENH_CHINH="J18.9"))]))
    assert counts(batch) == (1, 0, 1, 0, 0)
    assert not Quarantine.objects.exists()
    assert Condition.objects.get(role="main", superseded_by=None).code == "J18.9"
    assert Condition.objects.get(code="J15.9").superseded_reason


def test_a_bad_diagnosis_is_quarantined_alone_and_the_visit_is_loaded(ctx: Any) -> None:
    batch = run(ctx, files.envelope([files.visit(files.xml1(MA_BENH_KT="I10;tăng huyết áp"))]))
    assert counts(batch) == (1, 1, 0, 0, 0)
    waiting = Quarantine.objects.get()
    assert (waiting.table, waiting.reasons[0]["field"]) == ("condition", "MA_BENH_KT")
    line = next(line for line in count_batch(batch.pk).tables if line.table == "condition")
    assert (line.rows_in, line.loaded, line.quarantined) == (3, 2, 1)


def test_a_dry_run_counts_everything_and_writes_nothing(ctx: Any) -> None:
    content = files.envelope([files.visit(files.xml1()), files.visit(files.xml1(HO_TEN="<script>", MA_LK="LK2"))])
    batch = run(ctx, content, dry_run=True)
    assert (batch.state, counts(batch)) == ("done", (2, 1, 0, 0, 1))
    assert not Patient.objects.exists()
    assert not Encounter.objects.exists()
    assert counts(run(ctx, content)) == (2, 1, 0, 0, 1)


def test_a_list_in_tcvn3_is_loaded_with_its_names_restored(ctx: Any) -> None:
    lines = [files.patient_no(number) for number in range(1, 30)]
    batch = run(ctx, files.patients(lines), "csv-tcvn3")
    assert counts(batch) == (29, 29, 0, 0, 0)
    assert batch.layout["encodings"]["HO_TEN"] == "tcvn3"
    names = set(Patient.objects.values_list("name", flat=True))
    assert names == {files.invented_name(number) for number in range(1, 30)}


def test_a_list_and_visits_of_the_same_people_meet(ctx: Any) -> None:
    numbers = range(1, 20)
    run(ctx, files.patients([files.patient_no(n) for n in numbers], encode="utf-8"), "csv-auto")
    batch = run(ctx, files.envelope([files.visit(files.visit_no(n)) for n in numbers]))
    assert counts(batch) == (19, 0, 19, 0, 0)
    assert Patient.objects.count() == 19
