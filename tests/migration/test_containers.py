"""Files of other forms through the whole pipeline: turned once, kept beside the original, loaded and counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from migration.commands.files import sweep_kept_files
from migration.models import ChunkTable, ImportBatch, Quarantine
from migration.queries.contents import get_preview
from migration.queries.kept import path_of, rows_path
from records.models import Encounter, Patient
from tests.migration import files, formats
from tests.migration.test_pages import signed_in
from tests.migration.test_pipeline import counts, run, send

COUNT = 5
EVERY = formats.every_format(COUNT)
IN_PLACE = {"csv", "csv-tcvn3", "csv-mixed", "dbf", "qd3176"}


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


LOADED = ("tsv-utf16", "xlsx", "dbf", "dbf-memo", "sql-mysql", "gzip", "hl7", "csv-mixed", "qd3176-zip")


@pytest.mark.parametrize("name", LOADED)
def test_a_file_of_any_form_is_loaded_and_its_sums_close(ctx: Any, name: str) -> None:
    content, profile = EVERY[name]
    batch = run(ctx, content, profile)
    expected = 1 if name == "qd3176-zip" else COUNT
    assert (batch.state, counts(batch)) == ("done", (expected, expected, 0, 0, 0))
    assert Patient.objects.count() == expected
    assert bool(batch.rows_sha256) == (name not in IN_PLACE)
    assert path_of(batch.sha256).read_bytes() == content
    assert get_preview(ctx, batch.pk).rows


def test_visits_of_messages_and_resources_are_loaded_with_their_source(ctx: Any) -> None:
    for name in ("hl7", "ndjson"):
        run(ctx, *EVERY[name])
    systems = Encounter.objects.values_list("system", flat=True)
    assert sorted(systems) == ["fhir"] * COUNT + ["hl7v2"] * COUNT
    assert Patient.objects.count() == COUNT
    assert ChunkTable.objects.filter(table="AllergyIntolerance").exists()


def test_the_same_resources_in_another_file_change_nothing(ctx: Any) -> None:
    run(ctx, *EVERY["ndjson"])
    batch = run(ctx, EVERY["bundle"][0], "fhir")
    rows_in, loaded, linked, skipped, quarantined = counts(batch)
    assert (rows_in, loaded, linked, skipped, quarantined) == (2 * COUNT, 0, 0, 2 * COUNT, 0)


def test_a_bad_row_of_a_workbook_waits_as_a_person_recognises_it(ctx: Any) -> None:
    rows = formats.rows_of([*formats.people(3), files.patient_no(4, NGAY_SINH="30/02/1980", DIA_CHI="Ngõ 5, Kim Liên")])
    batch = run(ctx, formats.xlsx(rows), "csv-auto")
    assert counts(batch) == (4, 3, 0, 0, 1)
    waiting = Quarantine.objects.get()
    assert (waiting.record_no, waiting.line, waiting.reasons[0]["code"]) == (4, 5, "date-day")
    kept = bytes(waiting.raw).decode()
    assert '"Ngõ 5, Kim Liên"' in kept
    with rows_path(batch).open("rb") as file:
        file.seek(waiting.byte_from)
        assert file.read(waiting.byte_to - waiting.byte_from).decode() == kept


def test_the_sweep_leaves_a_rows_file_that_a_batch_reads_from(ctx: Any) -> None:
    batch = ImportBatch.objects.get(pk=send(ctx, *EVERY["xlsx"]).batch_id)
    assert sweep_kept_files(replace(ctx, at=ctx.at + timedelta(days=9))) == 0
    assert rows_path(batch).is_file()


def test_a_trial_run_of_a_turned_file_leads_to_the_same_rows(ctx: Any) -> None:
    trial = run(ctx, *EVERY["xlsx"], dry_run=True)
    real = run(ctx, *EVERY["xlsx"])
    assert (trial.rows_sha256, counts(trial)[0]) == (real.rows_sha256, counts(real)[0])


@pytest.mark.parametrize("make", [lambda: formats.packed({"a.csv": b"0" * (40 << 20)}), lambda: EVERY["zip"][0][:-9]])
def test_an_archive_that_cannot_be_opened_is_refused_and_kept(ctx: Any, make: Any) -> None:
    content = make()
    batch = ImportBatch.objects.get(pk=send(ctx, content, "csv-auto").batch_id)
    assert (batch.state, batch.rows_sha256) == ("refused", "")
    assert batch.refusal
    assert path_of(batch.sha256).read_bytes() == content


def test_the_page_says_what_of_a_file_is_not_read(city: Any, ctx: Any) -> None:
    lines = formats.people(COUNT)
    archive = formats.packed({"BN.DBF": formats.dbf(lines, deleted=(1,), memo="DIA_CHI"), "huong-dan.pdf": b"%PDF"})
    batch = run(ctx, archive, "csv-auto")
    page = signed_in(city, "di.tru").get(reverse("migration:batch", args=[batch.pk])).content.decode()
    assert "Bản ghi DBF đã xoá" in page
    assert "huong-dan.pdf" in page
    assert ".FPT" in page
