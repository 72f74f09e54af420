"""The clinical tables of a visit: what is written, each row once, bad rows alone, corrected files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from migration.models import ChunkMoney, ImportBatch, Quarantine
from migration.queries.reconciliation import Line, count_batch
from records.models import (
    ClinicalNote,
    Condition,
    DiagnosticReport,
    Encounter,
    MedicationRequest,
    Observation,
    Patient,
    Procedure,
)
from tests.migration import files
from tests.migration.test_pipeline import counts, run

MODELS = (MedicationRequest, Procedure, DiagnosticReport, Observation, ClinicalNote, Condition, Encounter, Patient)


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


def lines(batch: ImportBatch) -> dict[str, Line]:
    return {line.table: line for line in count_batch(batch.pk).tables}


def sizes() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in MODELS}


def visits(*records: str) -> bytes:
    return files.envelope(records)


def test_every_table_of_a_visit_becomes_rows_of_the_record_with_their_source(ctx: Any) -> None:
    batch = run(ctx, visits(files.full_visit(files.xml1())))
    assert counts(batch) == (1, 1, 0, 0, 0)
    encounter = Encounter.objects.get()
    drug = MedicationRequest.objects.get(name="Amlodipin")
    assert (drug.strength, drug.quantity, drug.unit, drug.status, drug.started_on, drug.ended_on) == (
        "5 mg", Decimal(28), "viên", "completed", date(2024, 9, 3), None,
    )  # fmt: skip
    assert drug.dose == "1 viên/lần * 1 lần/ngày * 28 ngày. Uống sáng"
    assert (drug.encounter_id, drug.source_key, drug.system) == (encounter.pk, "LK0001/XML2/1", "qd3176")
    assert (drug.batch_id, drug.patient_id, drug.facility.code) == (batch.pk, encounter.patient_id, "01T01")
    done = Procedure.objects.get()
    assert (done.code, done.display, done.performed_at.isoformat()) == (
        "23.0075.1494", "Định lượng Glucose [Máu]", "2024-09-03T01:40:00+00:00",
    )  # fmt: skip
    report = DiagnosticReport.objects.get()
    assert (report.category, report.display, report.conclusion) == ("LAB", "Định lượng Glucose [Máu]", "Tăng nhẹ")
    values = list(Observation.objects.order_by("source_key").values_list("code", "value", "value_text", "report_id"))
    assert values == [("GLU", Decimal("7.25"), "", report.pk), ("KET", None, "âm tính", report.pk)]
    notes = dict(ClinicalNote.objects.values_list("kind", "text"))
    assert notes["progress"] == "Tỉnh, hết sốt\nHội chẩn: Hội chẩn khoa Hô hấp"
    assert "Vào viện: 03/09/2024 08:15" in notes["discharge"]
    assert {name: (line.rows_in, line.loaded) for name, line in lines(batch).items() if name.startswith("XML")} == {
        "XML2": (2, 2), "XML3": (1, 1), "XML4": (2, 2), "XML5": (1, 1), "XML7": (1, 1),
    }  # fmt: skip


def test_money_is_summed_by_table_and_month(ctx: Any) -> None:
    run(ctx, visits(
        files.full_visit(files.xml1(T_TONGCHI_BV="69700.00")),
        files.full_visit(files.visit_no(2, NGAY_RA="202410010930", T_TONGCHI_BV="100,5")),
        files.full_visit(files.visit_no(3, HO_TEN="", T_TONGCHI_BV="7")),
        files.full_visit(files.visit_no(4, T_TONGCHI_BV="một triệu")),
    ))  # fmt: skip
    found = ChunkMoney.objects.order_by("table", "month").values_list(
        "table", "month", "rows", "amount", "waiting_rows", "waiting_amount"
    )
    assert list(found) == [
        ("XML1", date(2024, 9, 1), 2, Decimal(69700), 1, Decimal(7)),
        ("XML1", date(2024, 10, 1), 1, Decimal("100.5"), 0, Decimal(0)),
        ("XML2", date(2024, 9, 1), 4, Decimal(96400), 2, Decimal(48200)),
        ("XML2", date(2024, 10, 1), 2, Decimal(48200), 0, Decimal(0)),
        ("XML3", date(2024, 9, 1), 2, Decimal(43000), 1, Decimal(21500)),
        ("XML3", date(2024, 10, 1), 1, Decimal(21500), 0, Decimal(0)),
    ]


def test_the_same_rows_in_another_file_are_skipped(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    before = sizes()
    batch = run(ctx, visits(files.full_visit(files.xml1()), files.full_visit(files.visit_no(2))))
    assert counts(batch) == (2, 1, 0, 1, 0)
    assert (lines(batch)["XML2"].loaded, lines(batch)["XML2"].skipped) == (2, 2)
    assert sizes() == {name: 2 * count for name, count in before.items()}


def test_a_bad_row_waits_alone_with_its_table_and_tag(ctx: Any) -> None:
    bad = [files.DRUG, {**files.DRUG, "STT": "2", "TEN_THUOC": " "}, {**files.DRUG, "STT": "3", "SO_LUONG": "hai"}]
    batch = run(
        ctx, visits(files.full_visit(files.xml1(), XML2=bad, XML4=[{**files.RESULT, "NGAY_KQ": "202413010000"}]))
    )
    assert counts(batch) == (1, 1, 0, 0, 0)
    found = lines(batch)
    assert [(found[t].rows_in, found[t].loaded, found[t].quarantined) for t in ("XML2", "XML4")] == [
        (3, 1, 2),
        (1, 0, 1),
    ]
    waiting = Quarantine.objects.order_by("id")
    assert [(one.table, one.reasons[0]["code"], one.reasons[0]["field"]) for one in waiting] == [
        ("XML2", "drug-name-missing", "TEN_THUOC"),
        ("XML2", "number-unreadable", "SO_LUONG"),
        ("XML4", "moment-impossible", "NGAY_KQ"),
    ]
    assert (waiting[1].shown["STT"], waiting[1].shown["SO_LUONG"], bytes(waiting[1].raw)) == ("3", "hai", b"")


def test_rows_the_record_has_no_place_for_stay_in_the_kept_file(ctx: Any) -> None:
    supply = {
        "STT": "2",
        "MA_VAT_TU": "N03.02",
        "TEN_VAT_TU": "Bơm tiêm 5 ml",
        "SO_LUONG": "2",
        "THANH_TIEN_BV": "3000",
    }
    batch = run(ctx, visits(files.full_visit(files.xml1(), XML3=[files.SERVICE, supply], XML15=[{"STT": "1"}])))
    assert (lines(batch)["XML3"].loaded, lines(batch)["XML3"].kept) == (1, 1)
    assert lines(batch)["XML15"].kept == 1
    assert ChunkMoney.objects.get(table="XML3").amount == Decimal(24500)


def test_a_corrected_file_changes_only_what_differs_and_keeps_what_it_said_before(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    other = [files.DRUG, {**files.DRUG, "STT": "2", "TEN_THUOC": "Cefuroxim", "HAM_LUONG": "500 mg"}]
    batch = run(ctx, visits(files.full_visit(files.xml1(MA_BENH_CHINH="J18.9", KET_QUA_DTRI="1"), XML2=other)))
    assert counts(batch) == (1, 0, 1, 0, 0)
    assert count_batch(batch.pk).notices["corrected"] == 1
    assert Encounter.objects.get().outcome_code == "1"
    standing = MedicationRequest.objects.filter(superseded_by=None).order_by("source_key")
    assert [(one.name, one.source_key) for one in standing] == [
        ("Amlodipin", "LK0001/XML2/1"), ("Cefuroxim", "LK0001/XML2/2~2"),
    ]  # fmt: skip
    replaced = MedicationRequest.objects.exclude(superseded_by=None).get()
    assert (replaced.name, replaced.superseded_by) == ("Amoxicilin", standing[1])
    assert replaced.superseded_reason
    assert set(Condition.objects.filter(superseded_by=None).values_list("role", "code")) == {
        ("main", "J18.9"), ("secondary", "I10"), ("secondary", "E11.9"),
    }  # fmt: skip
    assert Procedure.objects.count() == DiagnosticReport.objects.count() == 1
    assert (lines(batch)["XML2"].loaded, lines(batch)["XML2"].skipped, lines(batch)["XML3"].skipped) == (1, 1, 1)
    again = run(ctx, visits(files.full_visit(files.xml1(MA_BENH_CHINH="J18.9", KET_QUA_DTRI="1"), XML2=other), "\n"))
    assert counts(again) == (1, 0, 0, 1, 0)


def test_a_row_that_the_correction_left_out_is_withdrawn_and_may_come_back(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    run(ctx, visits(files.full_visit(files.xml1(), XML2=[files.DRUG])))
    gone = MedicationRequest.objects.get(name="Amoxicilin")
    assert gone.superseded_by == MedicationRequest.objects.get(name="Amlodipin")
    run(ctx, visits(files.full_visit(files.xml1()), "\n"))
    back = MedicationRequest.objects.get(name="Amoxicilin", superseded_by=None)
    assert back.source_key == "LK0001/XML2/2~2"


def test_a_report_restated_takes_its_numbers_with_it(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    changed = [{**files.RESULT, "KET_LUAN": "Bình thường"}, {**files.RESULT, "STT": "2", "GIA_TRI": "6"}]
    run(ctx, visits(files.full_visit(files.xml1(), XML4=changed)))
    report = DiagnosticReport.objects.get(superseded_by=None)
    assert report.conclusion == "Bình thường\nTăng nhẹ"
    assert set(Observation.objects.filter(superseded_by=None).values_list("report_id", "value")) == {
        (report.pk, Decimal("7.25")), (report.pk, Decimal(6)),
    }  # fmt: skip


def test_what_a_clinician_replaced_is_left_alone(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    old = MedicationRequest.objects.get(name="Amlodipin")
    mine = MedicationRequest.objects.get(pk=old.pk)
    mine.pk, mine.system, mine.source_key, mine.dose = Patient.objects.get().pk, "ehr", "", "2 viên"
    mine.save(force_insert=True)
    MedicationRequest.objects.filter(pk=old.pk).update(superseded_by=mine, superseded_reason="đổi liều")
    changed = [{**files.DRUG, "HAM_LUONG": "10 mg"}, {**files.DRUG, "STT": "2", "TEN_THUOC": "Amoxicilin"}]
    batch = run(ctx, visits(files.full_visit(files.xml1(), XML2=changed)))
    assert MedicationRequest.objects.filter(name="Amlodipin", superseded_by=None).get() == mine
    assert Quarantine.objects.get(batch=batch).reasons[0]["code"] == "changed-by-hand"


def test_a_visit_number_used_for_another_person_waits_for_people(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    before = sizes()
    batch = run(ctx, visits(files.full_visit(files.visit_no(9, MA_LK="LK0001"))))
    assert counts(batch) == (1, 0, 0, 0, 1)
    assert Quarantine.objects.get().reasons[0]["code"] == "changed-since"
    assert lines(batch)["XML2"].quarantined == 2
    assert sizes() == before


def test_two_contents_of_one_visit_in_one_file_are_not_decided_by_their_order(ctx: Any) -> None:
    batch = run(ctx, visits(files.full_visit(files.xml1()), files.full_visit(files.xml1(MA_BENH_CHINH="J18.9"))))
    assert counts(batch) == (2, 1, 0, 0, 1)
    assert Condition.objects.get(role="main").code == "J15.9"


def test_a_new_phone_with_a_corrected_visit_is_a_new_statement_of_the_same_person(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    batch = run(ctx, visits(files.full_visit(files.xml1(DIEN_THOAI="0987654321", KET_QUA_DTRI="1"))))
    assert counts(batch) == (1, 0, 1, 0, 0)
    assert Patient.objects.get().phone == "0987654321"
    assert Encounter.objects.get().outcome_code == "1"


def test_a_trial_run_of_a_correction_changes_nothing(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())))
    before = sizes()
    batch = run(ctx, visits(files.full_visit(files.xml1(), XML2=[files.DRUG])), dry_run=True)
    assert counts(batch) == (1, 0, 1, 0, 0)
    assert sizes() == before


@pytest.mark.parametrize("profile", ["qd4210", "qd130", "qd4750", "qd3176"])
def test_old_tags_are_read_under_every_name_of_the_family(ctx: Any, profile: str) -> None:
    old = {"MA_THE_BHYT": "MA_THE", "CHAN_DOAN_RV": "TEN_BENH", "MA_BENH_CHINH": "MA_BENH", "MA_BENH_KT": "MA_BENHKHAC",
           "MA_LOAI_RV": "TINH_TRANG_RV"}  # fmt: skip
    fields = {old.get(tag, tag): text for tag, text in files.xml1(NGAY_SINH="1972", MA_LOAI_KCB="1").items()}
    drug = {("THANH_TIEN" if tag == "THANH_TIEN_BV" else tag): text for tag, text in files.DRUG.items()}
    course = {"STT": "1", "DIEN_BIEN": "Ổn định"}
    record = files.full_visit({**fields, "T_TONGCHI": "18200"}, XML2=[drug], XML5=[course], XML7=())
    batch = run(ctx, visits(record), profile)
    assert counts(batch) == (1, 1, 0, 0, 0)
    assert Condition.objects.get(role="main").display == "Viêm phổi do vi khuẩn"
    assert Encounter.objects.get().discharge_code == "1"
    assert ClinicalNote.objects.get().text == "Ổn định"
    amounts = dict(ChunkMoney.objects.values_list("table", "amount"))
    assert (amounts["XML1"], amounts["XML2"]) == (Decimal(18200), Decimal(18200))


def test_one_visit_in_two_versions_of_the_format_is_one_visit(ctx: Any) -> None:
    run(ctx, visits(files.full_visit(files.xml1())), "qd130")
    batch = run(ctx, visits(files.full_visit(files.xml1())), "qd3176")
    assert counts(batch) == (1, 0, 0, 1, 0)
    assert Encounter.objects.count() == 1
