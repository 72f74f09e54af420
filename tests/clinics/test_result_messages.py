"""Files of HL7 results: what lands, what waits for a person, and that nothing lands twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from clinics.commands.item_results import verify_result
from clinics.commands.result_messages import MAX_BYTES, ReceivedMessage, receive_results, resolve_exception
from clinics.models import OrderItem, ResultEntry, ResultException, ResultMessage, Specimen
from records.models import DiagnosticReport, Observation
from registry.kernel import Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import BLOOD, CHEST, IONS, drawn, item_of, order
from tests.clinics.test_orders import at_once


def hl7(number: str, *lines: str, control: str = "M1", birth: str = "19720312", service: str = IONS) -> bytes:
    head = (
        f"MSH|^~\\&|XN-1000|XN|||20261123||ORU^R01|{control}|P|2.5\rPID|1||||VAN||{birth}\rOBR|1|{number}||{service}\r"
    )
    return (head + "".join(f"{line}\r" for line in lines)).encode()


def obx(code: str, value: str, unit: str = "mmol/L", status: str = "F", kind: str = "NM") -> str:
    return f"OBX|1|{kind}|{code}||{value}|{unit}|||||{status}"


def send(clinic: Clinic, content: bytes) -> ReceivedMessage:
    (one,) = receive_results(clinic.ctx("ky.thuat.vien"), content=content, file_name="xn.hl7")
    return one


def doubts() -> list[str]:
    return list(ResultException.objects.order_by("id").values_list("code", flat=True))


@pytest.fixture
def tube(clinic: Clinic) -> str:
    """The number of a vessel drawn for electrolytes, received by the laboratory."""
    drawn(clinic, order(clinic))
    return Specimen.objects.get().number


def test_results_wait_for_somebody_and_then_land(clinic: Clinic, tube: str) -> None:
    before = AuditEvent.objects.count()
    done = send(clinic, hl7(tube, obx("NA", "140"), obx("2823-3", "5.6"), obx("CL", "100")))
    assert AuditEvent.objects.count() == before + 1
    assert (done.outcome, done.landed, done.problems) == ("AA", 3, 0)
    assert "MSA|AA|M1|Nhận 3 chỉ số." in done.ack
    item = OrderItem.objects.get()
    assert (item.state, DiagnosticReport.objects.count()) == ("resulted", 0)
    entry = ResultEntry.objects.get()
    assert (entry.entered_by, entry.message_id) == (None, done.message_id)
    verify_result(clinic.ctx("ky.thuat.vien"), item_id=item.pk)
    told = Observation.objects.filter(report__isnull=False).order_by("code").values_list("code", "interpretation")
    assert list(told) == [("2075-0", "N"), ("2823-3", "H"), ("2951-2", "N")]


def test_the_same_message_lands_once_however_often_it_comes(clinic: Clinic, tube: str) -> None:
    content = hl7(tube, obx("NA", "140"))
    first, again = send(clinic, content), send(clinic, b"\x0b" + content + b"\x1c\r")
    assert (again.known, again.message_id, again.ack) == (True, first.message_id, first.ack)
    assert ResultEntry.objects.count() == 1
    reused = send(clinic, hl7(tube, obx("NA", "150")))
    assert (reused.outcome, reused.landed, doubts()) == ("AE", 0, ["control-id-reused"])
    assert ResultEntry.objects.count() == 1
    assert ResultMessage.objects.count() == 2


def test_the_order_number_places_results_too_and_two_messages_make_one_result(clinic: Clinic, tube: str) -> None:
    number = item_of(OrderItem.objects.get().order).order.number
    send(clinic, hl7(number, obx("NA", "140"), control="M1"))
    send(clinic, hl7(tube, obx("K", "4.1"), control="M2"))
    entry = ResultEntry.objects.latest("id")
    assert {one["code"]: one["number"] for one in entry.values} == {"NA": "140", "K": "4.1"}


def test_two_groups_of_one_message_answer_one_service(clinic: Clinic, tube: str) -> None:
    whole = hl7(tube, obx("NA", "140")) + f"OBR|2|{tube}\r{obx('K', '4.1')}\r".encode()
    assert send(clinic, whole).landed == 3  # sodium twice: the second entry repeats the first
    assert OrderItem.objects.get().state == "resulted"
    assert [len(one.values) for one in ResultEntry.objects.order_by("id")] == [1, 2]


@pytest.mark.parametrize(
    ("lines", "said", "landed", "codes"),
    [
        ([obx("NA", "140")], {"birth": "19800101"}, 0, ["person-differs"]),
        ([obx("NA", "140"), obx("XX", "1")], {}, 1, ["analyte-unknown"]),
        ([obx("NA", "140", unit="mg/dL")], {}, 0, ["unit-differs"]),
        ([obx("NA", "140", status="P")], {}, 0, ["not-final"]),
        ([obx("NA", "140"), obx("K", "56")], {}, 1, ["value-unbelievable"]),
        ([obx("K", "x")], {}, 0, ["value-number"]),
        ([], {}, 0, []),
    ],
)
def test_what_has_no_place_waits_for_a_person(
    clinic: Clinic, tube: str, lines: list[str], said: dict[str, str], landed: int, codes: list[str]
) -> None:
    done = send(clinic, hl7(tube, *lines, **said))
    assert (done.outcome, done.landed, done.problems) == ("AA", landed, len(codes))
    assert doubts() == codes
    assert OrderItem.objects.get().state == ("resulted" if landed else "in-progress")


def test_unknown_numbers_and_strangers_numbers_look_alike(clinic: Clinic, tube: str) -> None:
    assert send(clinic, hl7("999", obx("NA", "140"))).problems == 1
    clinic.city.staff["ky.thuat.vien"].assignments.update(facility=clinic.city.elsewhere)
    assert send(clinic, hl7(tube, obx("NA", "140"), control="M9")).problems == 1
    assert doubts() == ["number-unknown", "number-unknown"]


def test_a_verified_result_is_never_overwritten(clinic: Clinic, tube: str) -> None:
    send(clinic, hl7(tube, obx("NA", "140")))
    verify_result(clinic.ctx("ky.thuat.vien"), item_id=OrderItem.objects.get().pk)
    assert send(clinic, hl7(tube, obx("NA", "120"), control="M2")).landed == 0
    assert doubts() == ["result-final"]
    assert Observation.objects.get(code="2951-2").value == 140


@pytest.mark.parametrize(
    ("content", "outcome", "code"),
    [
        (b"MSH|^~\\&|A|B|||2026||ADT^A01|1|P|2.5\r", "AR", "hl7-kind"),
        (b"MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.5\r", "AE", "hl7-empty"),
        (b"MSH|\r", "AR", "hl7-head"),
    ],
)
def test_a_message_that_is_none_is_kept_and_refused(clinic: Clinic, content: bytes, outcome: str, code: str) -> None:
    done = send(clinic, content)
    assert (done.outcome, doubts()) == (outcome, [code])
    assert bytes(ResultMessage.objects.get().raw) == content.rstrip(b"\r")


def test_imaging_text_lands_as_description(clinic: Clinic) -> None:
    placed = order(clinic, CHEST)
    content = hl7(placed.number, obx("GDT", "Phổi sáng~Tim không to", unit="", kind="TX"), service=CHEST)
    assert send(clinic, content).landed == 1
    assert ResultEntry.objects.get().description == "Phổi sáng\nTim không to"


def test_a_whole_count_of_blood_cells_lands_by_the_machines_codes(clinic: Clinic) -> None:
    placed = order(clinic, BLOOD)
    drawn(clinic, placed)
    lines = [
        obx("WBC", "12.4", "10*9/L"),
        obx("RBC", "4.5", "10*12/L"),
        obx("HGB", "121", "g/L"),
        obx("PLT", "250", "10^9/L"),
    ]
    assert send(clinic, hl7(Specimen.objects.get().number, *lines, service="CBC")).landed == 4


@pytest.mark.parametrize(("content", "code"), [(b"", "file-empty"), (b"x" * (MAX_BYTES + 1), "file-large")])
def test_a_file_that_is_none_is_refused(clinic: Clinic, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        receive_results(clinic.ctx("ky.thuat.vien"), content=content)
    assert (refused.value.code, refused.value.field) == (code, "file")
    with pytest.raises(Forbidden):
        receive_results(clinic.ctx("y.ta"), content=b"MSH|^~\\&|A\r")


def test_an_exception_is_resolved_with_a_note_once(clinic: Clinic) -> None:
    send(clinic, hl7("999", obx("NA", "140")))
    row, ctx = ResultException.objects.get(), clinic.ctx("ky.thuat.vien")
    with pytest.raises(Refused) as refused:
        resolve_exception(ctx, exception_id=row.pk, note=" ")
    assert refused.value.field == "note"
    resolve_exception(ctx, exception_id=row.pk, note="Sai mã vạch, đã nhập tay")
    resolve_exception(ctx, exception_id=row.pk, note="khác")
    row.refresh_from_db()
    assert (row.note, row.resolved_by) == ("Sai mã vạch, đã nhập tay", clinic.city.staff["ky.thuat.vien"])
    with pytest.raises(NotFound):
        resolve_exception(clinic.ctx("bac.si.2"), exception_id=row.pk, note="x")


@pytest.mark.django_db(transaction=True)
def test_one_file_from_two_desks_at_once(live_clinic: Clinic) -> None:
    drawn(live_clinic, order(live_clinic))
    content = hl7(Specimen.objects.get().number, obx("NA", "140"))
    ctxs = [live_clinic.ctx("ky.thuat.vien"), live_clinic.ctx("bac.si")]
    told: list[Any] = at_once([lambda ctx=ctx: receive_results(ctx, content=content) for ctx in ctxs])  # type: ignore[misc]
    assert sorted(one[0].known for one in told) == [False, True]
    assert ResultEntry.objects.count() == 1


def test_the_page_takes_a_file_and_the_command_too(clinic: Clinic, tube: str, tmp_path: Path, capsys: Any) -> None:
    client = Client()
    client.force_login(clinic.city.staff["ky.thuat.vien"])
    file = SimpleUploadedFile("xn.hl7", hl7(tube, obx("NA", "140")) + hl7("999", obx("K", "4"), control="M2"))
    page = client.post("/can-lam-sang/tep-ket-qua/", {"file": file}, follow=True).content.decode()
    assert "Đã nhận 2 bản tin mới" in page
    assert "Không có phiếu hay mẫu nào mang số 999." in page
    shown = client.get(f"/can-lam-sang/tep-ket-qua/{ResultMessage.objects.get(control_id='M1').pk}/").content.decode()
    assert "MSA|AA|M1" in shown
    client.post(f"/can-lam-sang/tep-ket-qua/ngoai-le/{ResultException.objects.get().pk}/", {"note": "đã xem"})
    assert "Không có mục nào chờ xử lý" in client.get("/can-lam-sang/tep-ket-qua/").content.decode()
    empty = client.post("/can-lam-sang/tep-ket-qua/", {"file": SimpleUploadedFile("a.hl7", b"abc")})
    assert empty.status_code == 422
    path = tmp_path / "b.hl7"
    path.write_bytes(hl7(tube, obx("K", "4"), control="M3"))
    call_command("receive_results", str(path), "--facility", "01T01", "--ack", str(tmp_path))
    assert "nhận 2 chỉ số" in capsys.readouterr().out
    assert "MSA|AA|M3" in (tmp_path / "b.ack.hl7").read_text()
    with pytest.raises(CommandError, match="Không có cơ sở"):
        call_command("receive_results", str(path), "--facility", "99999")
