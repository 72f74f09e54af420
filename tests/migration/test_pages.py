"""The pages of imports: who sees what, what is said when something is wrong, what is audited."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from migration.commands.batches import start_batch
from migration.models import ImportBatch
from registry.models import AuditEvent
from tests.migration import files
from tests.migration.test_pipeline import run, send

BAD = files.visit(files.visit_no(2, HO_TEN="<script>alert(1)</script>"))
CONTENT = files.envelope([files.visit(files.visit_no(1)), BAD])
PAGES = ("batch", "quarantine", "preview", "receipt")


@pytest.fixture
def batch(city: Any) -> ImportBatch:
    return run(city.ctx("di.tru"), CONTENT)


def signed_in(city: Any, username: str) -> Client:
    client = Client()
    client.force_login(city.staff[username])
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


def reads(batch: ImportBatch) -> int:
    return AuditEvent.objects.filter(action="read", target_id=str(batch.pk)).count()


def test_the_list_shows_a_facility_its_own_and_the_department_all(city: Any, batch: ImportBatch) -> None:
    for username, sees in (("di.tru", True), ("so.y.te", True), ("di.tru.2", False)):
        answer = signed_in(city, username).get(reverse("migration:batches"))
        assert answer.status_code == 200
        assert (str(batch.pk) in answer.content.decode()) is sees, username
    assert signed_in(city, "bac.si").get(reverse("migration:batches")).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_another_facility_s_batch_does_not_exist(city: Any, batch: ImportBatch, name: str) -> None:
    address = reverse(f"migration:{name}", args=[batch.pk])
    assert signed_in(city, "di.tru").get(address).status_code == 200
    assert signed_in(city, "so.y.te").get(address).status_code == 200
    refused = AuditEvent.objects.filter(outcome="refused").count()
    assert signed_in(city, "di.tru.2").get(address).status_code == 404
    assert AuditEvent.objects.filter(outcome="refused").count() == refused + 1
    assert signed_in(city, "di.tru").get(reverse(f"migration:{name}", args=[uuid.uuid4()])).status_code == 404


def test_looking_at_people_is_audited_once_a_page_and_counts_are_not(city: Any, batch: ImportBatch) -> None:
    client = signed_in(city, "di.tru")
    for name, rows in (("batch", 0), ("receipt", 0), ("quarantine", 1), ("preview", 1)):
        before = reads(batch)
        client.get(reverse(f"migration:{name}", args=[batch.pk]))
        assert reads(batch) - before == rows, name


def test_a_script_in_a_name_is_shown_as_text(city: Any, batch: ImportBatch) -> None:
    page = signed_in(city, "di.tru").get(reverse("migration:quarantine", args=[batch.pk])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "mã lệnh" in page


def test_the_batch_page_tells_where_every_row_went(city: Any, batch: ImportBatch) -> None:
    page = signed_in(city, "di.tru").get(reverse("migration:batch", args=[batch.pk])).content.decode()
    assert "Khớp" in page
    assert "còn " not in page
    assert batch.sha256 in page
    assert "hx-get" not in page.partition('id="dot-nap"')[2].partition(">")[0]


def test_a_running_batch_asks_again_and_a_finished_one_stops(city: Any) -> None:
    ctx = city.ctx("di.tru")
    received = send(ctx, CONTENT)
    start_batch(ctx, batch_id=received.batch_id, send=False)
    address = reverse("migration:batch", args=[received.batch_id])
    part = signed_in(city, "di.tru").get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert f'hx-get="{address}"' in part


def upload(client: Client, content: bytes, **fields: str) -> Any:
    form = {"profile": "qd3176", "mode": "that", "file": SimpleUploadedFile("hồ sơ.xml", content)}
    return client.post(reverse("migration:upload"), form | fields)


def test_an_upload_is_received_and_the_same_file_leads_to_its_batch(city: Any) -> None:
    client = signed_in(city, "di.tru")
    first = upload(client, CONTENT)
    batch = ImportBatch.objects.get()
    assert first.status_code == 302
    assert first.url == reverse("migration:batch", args=[batch.pk])
    assert (batch.state, batch.file_name, batch.dry_run) == ("ready", "hồ sơ.xml", False)
    assert upload(client, CONTENT).url == first.url
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (b"", {}, "Tệp rỗng"),
        (b"x" * 3000, {}, "Tệp quá lớn"),
        (CONTENT, {"profile": "dbf"}, "dbf"),
    ],
)
def test_a_refused_upload_says_why_at_its_field(
    city: Any, settings: Any, content: bytes, fields: dict[str, str], told: str
) -> None:
    settings.IMPORT_MAX_BYTES = 2000 if len(content) == 3000 else settings.IMPORT_MAX_BYTES
    answer = upload(signed_in(city, "di.tru"), content, **fields)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert "id_profile_loi" in page or "id_file_loi" in page
    assert not ImportBatch.objects.exists()


def test_starting_cancelling_and_repeating_need_the_right_and_the_state(city: Any, batch: ImportBatch) -> None:
    for name in ("start", "cancel", "for_real"):
        address = reverse(f"migration:{name}", args=[batch.pk])
        assert signed_in(city, "so.y.te").post(address).status_code == 403
        assert signed_in(city, "di.tru.2").post(address).status_code == 404
        answer = signed_in(city, "di.tru").post(address, follow=True)
        assert "không" in answer.content.decode() or "chỉ" in answer.content.decode()
    assert ImportBatch.objects.get().state == "done"


def test_a_trial_leads_to_the_real_run(city: Any) -> None:
    trial = run(city.ctx("di.tru"), CONTENT, dry_run=True)
    answer = signed_in(city, "di.tru").post(reverse("migration:for_real", args=[trial.pk]))
    real = ImportBatch.objects.exclude(pk=trial.pk).get()
    assert answer.url == reverse("migration:batch", args=[real.pk])
    assert (real.state, real.dry_run, real.sha256) == ("ready", False, trial.sha256)
