"""Quarantine in people's hands: mended rows run again by the same code, and the ledger stays exact."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from migration.commands.mending import Choice, drop_rows, mend_many, mend_row, replay_rows, take_mended
from migration.commands.reversing import reverse
from migration.models import Quarantine
from migration.queries.desk import export_waiting, find_reasons
from migration.queries.reconciliation import count_batch
from records.models import Condition, Encounter, Patient
from registry.kernel import Conflict, NotFound, Refused
from tests.migration import files
from tests.migration.test_pipeline import counts, run


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


def bad_list(bad: int = 3, good: int = 5) -> bytes:
    lines = [files.patient_no(n) for n in range(good)]
    lines += [files.patient_no(100 + n, NGAY_SINH="31/02/1990") for n in range(bad)]
    return files.patients(lines, encode="utf-8")


def test_a_mended_row_is_loaded_alone_and_moves_in_the_ledger(ctx: Any) -> None:
    batch = run(ctx, bad_list(), "csv-auto")
    assert counts(batch) == (8, 5, 0, 0, 3)
    first, second, third = Quarantine.objects.order_by("id")

    mend_row(ctx, batch_id=batch.pk, row_id=first.pk, fields={"NGAY_SINH": "28/02/1990"})
    done = replay_rows(ctx, batch_id=batch.pk)

    assert (done.loaded, done.still, done.left) == (1, 0, 0)
    assert counts(batch) == (8, 6, 0, 0, 2)
    person = next(line for line in count_batch(batch.pk).tables if line.table == "person")
    assert (person.loaded, person.quarantined) == (6, 2)
    assert [row.state for row in Quarantine.objects.order_by("id")] == ["loaded", "open", "open"]
    assert Patient.objects.get(birth_date="1990-02-28").links.get().record.batch_id == batch.pk
    assert {second.pk, third.pk} == set(Choice().of(batch.pk).values_list("pk", flat=True))


def test_many_rows_of_one_rule_are_mended_at_once(ctx: Any) -> None:
    batch = run(ctx, bad_list(), "csv-auto")
    (rule,) = find_reasons(ctx, batch.pk)
    assert (rule.column, rule.waiting, rule.mended) == ("NGAY_SINH", 3, 0)
    choice = Choice(code=rule.code, column=rule.column)
    assert mend_many(ctx, batch_id=batch.pk, choice=choice, column="NGAY_SINH", search="31/02", value="01/03") == 3
    with pytest.raises(Refused, match="nothing-chosen"):
        mend_many(ctx, batch_id=batch.pk, choice=choice, column="NGAY_SINH", search="99/99", value="01/03")
    assert replay_rows(ctx, batch_id=batch.pk).loaded == 3
    assert counts(batch) == (8, 8, 0, 0, 0)
    reverse(ctx, batch.pk, "tệp gửi nhầm")
    assert not Patient.objects.exists()


def test_a_row_mended_badly_waits_on_with_its_new_reason(ctx: Any) -> None:
    batch = run(ctx, bad_list(1), "csv-auto")
    row = Quarantine.objects.get()
    mend_row(ctx, batch_id=batch.pk, row_id=row.pk, fields={"NGAY_SINH": "28/02/1990", "GIOI_TINH": "xyz"})
    done = replay_rows(ctx, batch_id=batch.pk)
    row.refresh_from_db()
    assert (done.loaded, done.still, row.state, row.reasons[0]["field"]) == (0, 1, "open", "GIOI_TINH")
    assert counts(batch) == (6, 5, 0, 0, 1)


def test_a_visit_that_waited_comes_in_with_its_diagnoses(ctx: Any) -> None:
    batch = run(ctx, files.envelope([files.visit(files.xml1(MA_LOAI_KCB="99"))]))
    assert counts(batch) == (1, 0, 0, 0, 1)
    mend_row(ctx, batch_id=batch.pk, row_id=Quarantine.objects.get().pk, fields={"MA_LOAI_KCB": "01"})
    assert replay_rows(ctx, batch_id=batch.pk).loaded == 1
    assert counts(batch) == (1, 1, 0, 0, 0)
    assert (Encounter.objects.count(), Condition.objects.count()) == (1, 3)


def test_a_bad_diagnosis_is_mended_in_its_visit(ctx: Any) -> None:
    batch = run(ctx, files.envelope([files.visit(files.xml1(MA_BENH_KT="I10;tăng huyết áp"))]))
    row = Quarantine.objects.get()
    mend_row(ctx, batch_id=batch.pk, row_id=row.pk, fields={"MA_BENH_KT": "I10;E11.9"})
    assert replay_rows(ctx, batch_id=batch.pk).loaded == 1
    assert set(Condition.objects.filter(superseded_by=None).values_list("code", flat=True)) == {"J15.9", "I10", "E11.9"}
    line = next(line for line in count_batch(batch.pk).tables if line.table == "condition")
    assert (line.loaded, line.quarantined, counts(batch)) == (3, 0, (1, 1, 0, 0, 0))


def test_the_hospital_mends_the_exported_file_and_sends_it_back(ctx: Any) -> None:
    batch = run(ctx, bad_list(), "csv-auto")
    text = b"".join(export_waiting(ctx, batch.pk)).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 3
    assert lines[0]["LY_DO"]
    lines[0]["NGAY_SINH"] = "28/02/1990"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    assert take_mended(ctx, batch_id=batch.pk, content=out.getvalue().encode("utf-8-sig")) == 1
    assert replay_rows(ctx, batch_id=batch.pk).loaded == 1
    with pytest.raises(Refused, match="file-row"):
        take_mended(ctx, batch_id=batch.pk, content=out.getvalue().encode())
    with pytest.raises(Refused, match="file-columns"):
        take_mended(ctx, batch_id=batch.pk, content=b"a,b\n1,2\n")


def test_a_dropped_row_stays_counted_and_is_asked_about_no_more(city: Any, ctx: Any) -> None:
    batch = run(ctx, bad_list(), "csv-auto")
    with pytest.raises(Refused, match="reason-missing"):
        drop_rows(ctx, batch_id=batch.pk, choice=Choice(), reason="")
    assert drop_rows(ctx, batch_id=batch.pk, choice=Choice(column="NGAY_SINH"), reason="hồ sơ thử nghiệm") == 3
    assert counts(batch) == (8, 5, 0, 0, 3)
    with pytest.raises(Refused, match="nothing-chosen"):
        replay_rows(ctx, batch_id=batch.pk)
    trial = run(ctx, bad_list(2, 2), "csv-auto", dry_run=True)
    with pytest.raises(Conflict):
        drop_rows(ctx, batch_id=trial.pk, choice=Choice(), reason="hồ sơ thử nghiệm")
    with pytest.raises(NotFound):
        drop_rows(city.ctx("di.tru.2"), batch_id=batch.pk, choice=Choice(), reason="hồ sơ thử nghiệm")
