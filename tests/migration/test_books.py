"""The hospital's own totals, two signatures, the certificate; pausing, stopping; the pages of the desk."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from migration.commands.batches import pause_batch, resume_batch, start_batch
from migration.commands.chunks import claim_next, run_claimed
from migration.commands.reconciling import read_totals, sign_batch, tell_totals
from migration.models import ImportBatch, ImportChunk, Quarantine, SignOff
from migration.queries.books import get_books
from migration.queries.progress import get_progress
from migration.web.desk import certificate_data
from registry.kernel import Conflict, Forbidden, Refused
from registry.web.paper import make_pdf
from tests.migration import files
from tests.migration.test_pages import signed_in
from tests.migration.test_pipeline import counts, run, send


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


@pytest.fixture
def batch(ctx: Any) -> ImportBatch:
    return run(ctx, files.envelope([files.visit(files.visit_no(n)) for n in range(1, 6)]))


def test_totals_told_by_the_hospital_are_compared_with_their_sign(ctx: Any, batch: ImportBatch) -> None:
    assert get_books(ctx, batch.pk).agrees
    told = read_totals(b"table;month;rows;amount\nrecord;;6;\nXML1;09/2024;5;120000,50\n")
    assert tell_totals(ctx, batch_id=batch.pk, told=told) == 2
    books = get_books(ctx, batch.pk)
    lines = {(one.table, one.month): one for one in books.lines}
    assert lines["record", None].rows_off == -1
    assert lines["XML1", told[1].month].told_amount == Decimal("120000.50")
    assert not books.agrees
    tell_totals(ctx, batch_id=batch.pk, told=read_totals(b'[{"table": "record", "rows": 5}]'))
    assert get_books(ctx, batch.pk).agrees


@pytest.mark.parametrize(
    "content", [b"a,b\n1,2", b"[1]", b"table,rows\nrecord,x", b"table,rows\nrecord,-1", b"\xff\xfe"]
)
def test_totals_that_cannot_be_read_are_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        read_totals(content)


def test_the_hospital_signs_first_then_another_person_of_the_department(
    city: Any, ctx: Any, batch: ImportBatch
) -> None:
    department = city.ctx("so.y.te")
    digest = get_books(ctx, batch.pk).digest
    with pytest.raises(Refused, match="facility-first"):
        sign_batch(department, batch_id=batch.pk, digest=digest, side="department")
    with pytest.raises(Forbidden):
        sign_batch(ctx, batch_id=batch.pk, digest=digest, side="department")
    with pytest.raises(Conflict, match="totals-changed"):
        sign_batch(ctx, batch_id=batch.pk, digest="0" * 64, side="facility")
    sign_batch(ctx, batch_id=batch.pk, digest=digest, side="facility")
    with pytest.raises(Conflict, match="signed"):
        sign_batch(ctx, batch_id=batch.pk, digest=digest, side="facility")
    books = sign_batch(department, batch_id=batch.pk, digest=digest, side="department")
    assert books.certified
    assert SignOff.objects.count() == 2
    assert make_pdf("import_certificate", certificate_data(books), at=ctx.at).startswith(b"%PDF")
    tell_totals(ctx, batch_id=batch.pk, told=read_totals(b'[{"table": "record", "rows": 4}]'))
    assert not get_books(ctx, batch.pk).certified


def test_reconcile_prints_the_books(ctx: Any, batch: ImportBatch) -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", str(batch.pk), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (ended.value.code, told["agrees"], told["totals"]["rows_in"], told["sha256"]) == (0, True, 5, batch.sha256)


def test_reverse_import_takes_the_batch_back_from_the_terminal(ctx: Any, batch: ImportBatch) -> None:
    out = StringIO()
    call_command("reverse_import", str(batch.pk), "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["state"], told["people"], told["removed"]["records_encounter"]) == ("reversed", 5, 5)


def test_a_paused_batch_begins_no_chunk_and_goes_on(ctx: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration.readers.records.CHUNK_RECORDS", 2)
    received = send(ctx, files.envelope([files.visit(files.visit_no(n)) for n in range(1, 6)]))
    start_batch(ctx, batch_id=received.batch_id, send=False)
    assert run_claimed(claim_next(received.batch_id))  # type: ignore[arg-type]
    call_command("import_control", str(received.batch_id), "pause", stdout=StringIO())
    assert claim_next(received.batch_id) is None
    with pytest.raises(Conflict):
        pause_batch(ctx, batch_id=received.batch_id)
    resume_batch(ctx, batch_id=received.batch_id, send=False)
    while claim := claim_next(received.batch_id):
        run_claimed(claim)
    progress = get_progress(ctx, received.batch_id)
    assert (progress.state, progress.workers[0].chunks, progress.workers[0].rows) == ("done", 3, 5)
    assert [(one.code, one.done) for one in progress.stages][:3] == [("received", 5), ("read", 5), ("loaded", 5)]


def test_a_batch_with_too_many_bad_rows_stops_itself(ctx: Any, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr("migration.readers.records.CHUNK_RECORDS", 2)
    settings.IMPORT_STOP_ROWS = 2
    bad = [files.visit(files.visit_no(n, MA_LOAI_KCB="99")) for n in range(1, 4)]
    batch = run(ctx, files.envelope([*bad, *(files.visit(files.visit_no(n)) for n in range(4, 7))]))
    assert (batch.state, counts(batch)) == ("stopped", (2, 0, 0, 0, 2))
    assert batch.stop
    resume_batch(ctx, batch_id=batch.pk, send=False)
    while claim := claim_next(batch.pk):
        run_claimed(claim)
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == ("done", (6, 3, 0, 0, 3))
    assert not ImportChunk.objects.exclude(state="done").exists()


def test_the_pages_of_the_desk(city: Any, ctx: Any) -> None:
    bad = [files.patient_no(n, NGAY_SINH="31/02/1990") for n in (8, 9)]
    batch = run(ctx, files.patients([files.patient_no(1), *bad], encode="utf-8"), "csv-auto")
    client = signed_in(city, "di.tru")
    here, row = f"/di-tru/{batch.pk}/", Quarantine.objects.order_by("id")[0]
    assert "NGAY_SINH" in client.get(f"{here}cach-ly/?cot=NGAY_SINH").content.decode()
    assert client.get(f"{here}cach-ly/{row.pk}/").status_code == 200
    assert client.post(f"{here}cach-ly/{row.pk}/", {"f-NGAY_SINH": "28/02/1990"}).status_code == 302
    client.post(f"{here}cach-ly/nap-lai/")
    assert counts(batch) == (3, 2, 0, 0, 1)
    assert client.get(f"{here}cach-ly/tai-ve/").getvalue().count(b"\r\n") == 2
    client.post(f"{here}doi-soat/so-kiem-soat/", {"file": SimpleUploadedFile("so.csv", b"table,rows\nrecord,2\n")})
    page = client.get(f"{here}doi-soat/")
    client.post(f"{here}doi-soat/ky/", {"side": "facility", "digest": page.context["books"].digest})
    assert SignOff.objects.get().by.username == "di.tru"
    assert client.get(f"{here}doi-soat/chung-nhan.pdf").content.startswith(b"%PDF")
    assert client.get(f"{here}tien-do.json").json()["state"] == "done"
    assert client.post(f"{here}hoan-tac/", {"reason": ""}).status_code == 422
    assert client.post(f"{here}hoan-tac/", {"reason": "gửi nhầm tệp"}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "reversing"
    assert client.get(here).status_code == 200
