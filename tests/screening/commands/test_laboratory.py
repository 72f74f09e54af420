"""The laboratory: batches, barcodes, many results at once; each lands once, and each refusal says why."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from registry.kernel import Conflict, Context, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit, reject_kit
from screening.commands.laboratory import (
    open_batch,
    receive_barcode,
    receive_result_file,
    record_batch_results,
    reject_barcode,
)
from screening.commands.observations import sweep_observations
from screening.commands.samples import record_sample
from screening.models import BatchItem, Duty, Kit, LaboratoryBatch, Result, Sample
from screening.queries.laboratory import get_batch, get_batches
from screening.rules.result_file import Line
from tests.factories.screening import Ward, kit_number


def _lab(ward: Ward) -> Context:
    """Somebody who tests at the other clinic: laboratories serve people of other facilities."""
    ctx: Context = ward.ctx("sang.loc.2")
    return ctx


def _kit(ward: Ward, name: str = "Lê Văn An") -> Kit:
    return issue_kit(ward.ctx(), enrolment_id=ward.enrolled(name=name).pk, number=kit_number())


def _sample(ward: Ward, action: str = "hpv", number: str = "HPV-0001", programme: str = "cervical") -> Sample:
    person = ward.person(sex="female", name="Lê Thị An", birth=date(1972, 5, 4))
    woman = enrol(ward.ctx(), patient_id=person.pk, programme=programme)
    return record_sample(ward.ctx(), enrolment_id=woman.pk, action=action, number=number)


def _file(*lines: str) -> bytes:
    return "\n".join(["barcode,value,sampled_on,resulted_on", *lines]).encode()


def test_kits_and_samples_go_from_barcode_to_result(ward: Ward, at_commit: Any) -> None:
    kit, sample = _kit(ward), _sample(ward)
    ward.later(days=2)
    batch = open_batch(_lab(ward))
    assert batch.number == "25112026-1"
    receive_barcode(_lab(ward), batch_id=batch.pk, number=f" {kit.number.lower()} ")
    receive_barcode(_lab(ward), batch_id=batch.pk, number=sample.number)
    kit.refresh_from_db()
    assert kit.state == "returned"
    page = get_batch(_lab(ward), batch.pk)
    assert [(one.name, one.state) for one in page.items] == [("Lê Thị An", "waiting"), ("Lê Văn An", "waiting")]
    lines = [Line(1, kit.number, "57,5"), Line(2, sample.number, "Dương tính HPV 16/18")]
    done = record_batch_results(_lab(ward), batch_id=batch.pk, lines=lines)
    at_commit()
    assert (done.landed, done.known, done.refused) == (2, 0, ())
    fit, hpv = Result.objects.get(action="fit"), Result.objects.get(action="hpv")
    assert (fit.verdict, fit.kit, fit.facility_id) == ("positive", kit, ward.city.elsewhere.pk)
    assert (hpv.code, hpv.verdict, Sample.objects.get().result) == ("16-18", "positive", hpv)
    assert set(Duty.objects.values_list("facility_id", flat=True)) == {ward.city.here.pk}
    assert sweep_observations(ward.ctx()) == 0, "the record's rows are the results' own"
    (line,) = get_batches(_lab(ward))
    assert (line.received, line.resulted, line.waiting) == (2, 2, 0)


def test_a_file_lands_its_good_lines_once(ward: Ward, at_commit: Any) -> None:
    kits = [_kit(ward, f"Lê Văn {name}") for name in ("An", "Bình", "Cường")]
    ward.later(days=2)
    today = ward.at.date()
    content = _file(
        f"{kits[0].number},3,{today - timedelta(days=1)},{today}",
        f"{kits[1].number},300,,",
        "LA-0000,5,,",
        f"{kits[2].number},nhiều,,",
        f"{kits[0].number},4,,",
    )
    batch = open_batch(_lab(ward), number="Lô sáng")
    done = receive_result_file(_lab(ward), batch_id=batch.pk, content=content)
    at_commit()
    assert (done.landed, done.known) == (2, 0)
    assert [(one.number, one.code) for one in done.refused] == [
        (4, "barcode-unknown"), (5, "result"), (6, "other-result"),
    ]  # fmt: skip
    assert "Không có kit hay mẫu nào mang mã này." in str(done.refused[0].message)
    assert set(Result.objects.values_list("origin", flat=True)) == {"file"}
    assert BatchItem.objects.filter(batch=batch).count() == 2, "what was not taken was not received either"
    before = (Result.objects.count(), BatchItem.objects.count())
    again = receive_result_file(_lab(ward), batch_id=batch.pk, content=content)
    assert (again.landed, again.known, len(again.refused)) == (0, 2, 3)
    assert (Result.objects.count(), BatchItem.objects.count()) == before
    assert AuditEvent.objects.filter(action="record-results").count() == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{kit},3,{late},", "sampled-on"),
        ("{kit},3,{early},", "sampled-on"),
        ("{kit},3,,{late}", "resulted-on"),
        ("{kit},3,,{early}", "resulted-on"),
        ("{kit},-1,,", "result"),
        ("{kit},3.001,,", "result"),
        ("{kit},nan,,", "result"),
        ("{sample},3,,", "result"),
        ("{sample},dương tính yếu,,", "result"),
        ("{sample},negative,{early},", "sampled-on"),
        ("{sample},negative,,{early}", "resulted-on"),
        ("{rejected},3,,", "kit-rejected"),
        ("{kit},3,hôm qua,", "line"),
        (",3,,", "line"),
        ("{kit},,,", "line"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_number(ward: Ward, line: str, code: str) -> None:
    rejected = _kit(ward, "Lê Văn Bình")
    reject_kit(ward.ctx(), kit_id=rejected.pk, reason="leaked")
    named = {"kit": _kit(ward).number, "sample": _sample(ward).number, "rejected": rejected.number}
    days = {"late": ward.at.date() + timedelta(days=9), "early": ward.at.date() - timedelta(days=9)}
    ward.later(days=2)
    batch = open_batch(_lab(ward))
    done = receive_result_file(_lab(ward), batch_id=batch.pk, content=_file(line.format(**named, **days)))
    assert (done.landed, [(one.number, one.code) for one in done.refused]) == (0, [(2, code)])
    assert (Result.objects.count(), BatchItem.objects.count()) == (0, 0)


def test_what_one_laboratory_received_no_other_takes(ward: Ward) -> None:
    kit = _kit(ward)
    batch, other = open_batch(_lab(ward)), open_batch(ward.ctx("ky.thuat.vien"))
    receive_barcode(_lab(ward), batch_id=batch.pk, number=kit.number)
    with pytest.raises(Conflict) as again:
        receive_barcode(_lab(ward), batch_id=batch.pk, number=kit.number)
    with pytest.raises(Conflict) as elsewhere:
        receive_barcode(ward.ctx("ky.thuat.vien"), batch_id=other.pk, number=kit.number)
    done = receive_result_file(ward.ctx("ky.thuat.vien"), batch_id=other.pk, content=_file(f"{kit.number},3,,"))
    assert [one.code for one in done.refused] == ["other-laboratory"]
    assert batch.number in str(again.value.message)
    assert batch.number not in str(elsewhere.value.message)


def test_a_rejected_sample_asks_for_another_and_a_rejected_kit_may_be_replaced(ward: Ward, at_commit: Any) -> None:
    kit, sample = _kit(ward), _sample(ward)
    batch = open_batch(_lab(ward))
    for number in (kit.number, sample.number):
        with pytest.raises(Refused) as outside:
            reject_barcode(_lab(ward), batch_id=batch.pk, number=number, reason="leaked")
        assert outside.value.code == "not-in-batch"
        receive_barcode(_lab(ward), batch_id=batch.pk, number=number)
    with pytest.raises(Refused) as reason:
        reject_barcode(_lab(ward), batch_id=batch.pk, number=kit.number, reason="?")
    assert reason.value.field == "reason"
    for number in (kit.number, sample.number):
        reject_barcode(_lab(ward), batch_id=batch.pk, number=number, reason="leaked")
        with pytest.raises(Conflict):
            reject_barcode(_lab(ward), batch_id=batch.pk, number=number, reason="leaked")
    at_commit()
    kit.refresh_from_db()
    assert (kit.state, Result.objects.get().verdict, Result.objects.get().note) == (
        "rejected", "inadequate", "Ống rò rỉ, hỏng",
    )  # fmt: skip
    assert Duty.objects.filter(closed_at=None).count() == 1, "somebody owes her another sample"
    (line,) = get_batches(_lab(ward))
    assert (line.resulted, line.rejected, line.waiting) == (1, 1, 0)


def test_a_biopsy_is_answered_by_its_barcode(ward: Ward, at_commit: Any) -> None:
    sample = _sample(ward, "biopsy", "GPB-0001", "breast")
    batch = open_batch(_lab(ward))
    done = record_batch_results(_lab(ward), batch_id=batch.pk, lines=[Line(1, "GPB-0001", "invasive")])
    at_commit()
    sample.refresh_from_db()
    assert (done.landed, sample.result is not None, Result.objects.get().code) == (1, True, "invasive")


def test_what_has_no_inadequate_result_is_not_rejected_by_a_laboratory(ward: Ward) -> None:
    enrolment = ward.enrolled()
    sample = record_sample(ward.ctx(), enrolment_id=enrolment.pk, action="colonoscopy", number="GPB-0002")
    batch = open_batch(_lab(ward))
    receive_barcode(_lab(ward), batch_id=batch.pk, number=sample.number)
    with pytest.raises(Refused) as refused:
        reject_barcode(_lab(ward), batch_id=batch.pk, number=sample.number, reason="lost")
    done = record_batch_results(_lab(ward), batch_id=batch.pk, lines=[Line(1, "GPB-0002", "normal")])
    assert (refused.value.code, [one.code for one in done.refused]) == ("action", ["action"])


def test_batches_are_their_laboratorys_own(ward: Ward) -> None:
    batch = open_batch(_lab(ward), number="Lô 1")
    for command, given in (
        (receive_barcode, {"number": "FIT-0"}),
        (record_batch_results, {"lines": []}),
        (receive_result_file, {"content": _file("A-1,3,,")}),
        (reject_barcode, {"number": "FIT-0", "reason": "lost"}),
    ):
        with pytest.raises(NotFound):
            command(ward.ctx(), batch_id=batch.pk, **given)
    with pytest.raises(NotFound):
        get_batch(ward.ctx(), batch.pk)
    with pytest.raises(NotFound):
        get_batch(_lab(ward), uuid.uuid4())
    with pytest.raises(Forbidden):
        open_batch(ward.ctx("le.tan"))
    assert get_batches(ward.ctx()) == []


def test_numbers_of_batches_and_files_that_are_none(ward: Ward) -> None:
    batch = open_batch(_lab(ward), number="Lô 1")
    with pytest.raises(Conflict) as used:
        open_batch(_lab(ward), number=" Lô  1 ")
    with pytest.raises(Refused) as long:
        open_batch(_lab(ward), number="x" * 31)
    open_batch(ward.ctx(), number="Lô 1")
    with pytest.raises(Refused) as file:
        receive_result_file(_lab(ward), batch_id=batch.pk, content=b"xyz")
    with pytest.raises(Refused) as empty:
        receive_result_file(_lab(ward), batch_id=batch.pk, content=b"barcode,value\n")
    assert [one.value.field for one in (used, long, file, empty)] == ["number", "number", "file", "file"]
    assert LaboratoryBatch.objects.count() == 2


def test_a_page_costs_the_same_however_long(ward: Ward, django_assert_num_queries: Any) -> None:
    batch = open_batch(_lab(ward))
    receive_barcode(_lab(ward), batch_id=batch.pk, number=_kit(ward).number)
    ctx = _lab(ward)
    with django_assert_num_queries(4):  # the batch, its counts, its items, the audit
        get_batch(ctx, batch.pk)
    for name in ("Bình", "Cường"):
        receive_barcode(_lab(ward), batch_id=batch.pk, number=_kit(ward, f"Lê Văn {name}").number)
    ctx = _lab(ward)
    with django_assert_num_queries(4):
        assert len(get_batch(ctx, batch.pk).items) == 3
