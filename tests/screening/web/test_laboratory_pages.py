"""The laboratory's pages: empty, with one and with many; what was typed and refused is still there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import AuditEvent
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit
from screening.commands.laboratory import open_batch, receive_barcode
from screening.commands.samples import record_sample
from screening.models import Kit, LaboratoryBatch, Result
from screening.queries import laboratory
from tests.factories.screening import Ward, kit_number


@pytest.fixture
def client(ward: Ward) -> Client:
    """The ward's coordinator, an hour after the ward's moment."""
    ward.at = timezone.now() - timedelta(hours=1)
    return _signed(ward, "sang.loc")


def _signed(ward: Ward, username: str) -> Client:
    client = Client()
    client.force_login(ward.city.staff[username])
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


def _rows(answer: Any) -> list[str]:
    return list(AuditEvent.objects.filter(request_id=answer["X-Request-Id"]).values_list("action", flat=True))


def _kit(ward: Ward, name: str = "Lê Văn An") -> Kit:
    return issue_kit(ward.ctx(), enrolment_id=ward.enrolled(name=name).pk, number=kit_number())


def test_a_batch_is_opened_scanned_and_filled_from_the_page(ward: Ward, client: Client) -> None:
    assert "Chưa có lô nào" in client.get(reverse("screening:lab_batches")).content.decode()
    kit = _kit(ward)
    person = ward.person(sex="female", name="Lê Thị Bình", birth=date(1972, 5, 4))
    woman = enrol(ward.ctx(), patient_id=person.pk, programme="cervical")
    record_sample(ward.ctx(), enrolment_id=woman.pk, action="hpv", number="HPV-0001")
    opened = client.post(reverse("screening:lab_batches"), {"number": ""})
    here = reverse("screening:lab_batch", args=[LaboratoryBatch.objects.get().pk])
    assert (opened["Location"], _rows(opened)) == (here, ["open-batch"])
    assert "Lô chưa có mẫu nào" in client.get(here).content.decode()
    for number in (kit.number, "HPV-0001"):
        received = client.post(f"{here}nhan/", {"nhan-number": number})
        assert (received.status_code, _rows(received)) == (302, ["receive-sample"])
    wrong = client.post(f"{here}nhan/", {"nhan-number": "LA-0000"})
    assert wrong.status_code == 422
    assert "Không có kit hay mẫu nào mang mã này." in wrong.content.decode()
    page = client.get(here)
    text = page.content.decode()
    assert _rows(page) == ["list"]
    for shown in ("Lê Văn An", "Lê Thị Bình", f'name="kq-{kit.number}"', "Dương tính HPV 16/18", "Xong 0 / 2"):
        assert shown in text, shown
    answer = client.post(f"{here}ket-qua/", {f"kq-{kit.number}": "nhiều", "kq-HPV-0001": "negative"})
    text = answer.content.decode()
    assert (answer.status_code, Result.objects.count()) == (422, 1)
    for shown in ("1 kết quả đã vào", "1 dòng bị từ chối", 'value="nhiều"', "Xong 1 / 2"):
        assert shown in text, shown
    done = client.post(f"{here}ket-qua/", {f"kq-{kit.number}": "57,5", "kq-HPV-0001": ""})
    assert (done.status_code, _rows(done)) == (302, ["record-results"])
    assert "57,5 µg Hb/g" in client.get(here).content.decode()
    assert "xong" in client.get(reverse("screening:lab_batches")).content.decode()


def test_a_file_tells_line_by_line(ward: Ward, client: Client) -> None:
    kit = _kit(ward)
    batch = open_batch(ward.ctx())
    here = reverse("screening:lab_batch", args=[batch.pk])
    content = f"barcode,value\n{kit.number},3\nLA-0000,4\n".encode()
    answer = client.post(f"{here}tep/", {"tep-file": SimpleUploadedFile("kq.csv", content)})
    text = answer.content.decode()
    assert answer.status_code == 422
    for shown in ("Dòng 3", "LA-0000", "Không có kit hay mẫu nào mang mã này.", "1 kết quả đã vào"):
        assert shown in text, shown
    good = SimpleUploadedFile("kq.csv", content.rsplit(b"\n", 2)[0])
    assert client.post(f"{here}tep/", {"tep-file": good}).status_code == 302
    for bad in ({}, {"tep-file": SimpleUploadedFile("x.csv", b"xyz")}):
        assert client.post(f"{here}tep/", bad).status_code == 422
    assert Result.objects.count() == 1


def test_a_sample_is_rejected_from_the_page(ward: Ward, client: Client) -> None:
    kit, batch = _kit(ward), open_batch(ward.ctx())
    receive_barcode(ward.ctx(), batch_id=batch.pk, number=kit.number)
    here = reverse("screening:lab_batch", args=[batch.pk])
    assert client.post(f"{here}loai-mau/", {"loai-number": kit.number}).status_code == 422
    answer = client.post(f"{here}loai-mau/", {"loai-number": kit.number, "loai-reason": "leaked"})
    assert (answer.status_code, _rows(answer)) == (302, ["reject-sample"])
    assert "Ống rò rỉ, hỏng" in client.get(here).content.decode()


def test_a_long_batch_goes_page_by_page(ward: Ward, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laboratory, "PAGE", 2)
    batch = open_batch(ward.ctx())
    for name in ("An", "Bình", "Cường"):
        receive_barcode(ward.ctx(), batch_id=batch.pk, number=_kit(ward, f"Lê Văn {name}").number)
    here = reverse("screening:lab_batch", args=[batch.pk])
    first = client.get(here)
    following = laboratory.get_batch(ward.ctx(), batch.pk).next_after
    second = client.get(f"{here}?sau={following}")
    assert ("Lê Văn An" in first.content.decode(), "Lê Văn An" in second.content.decode()) == (False, True)
    assert client.get(f"{here}?sau=abc").status_code == 200


def test_only_who_tests_may_open_it(ward: Ward, client: Client) -> None:
    here = reverse("screening:lab_batch", args=[open_batch(ward.ctx()).pk])
    assert client.get(here).status_code == 200
    ask: Callable[[str], int] = lambda who: _signed(ward, who).get(here).status_code  # noqa: E731
    assert (ask("sang.loc.2"), ask("bac.si")) == (404, 403)
