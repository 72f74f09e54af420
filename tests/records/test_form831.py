"""QĐ 831's form of a whole record: out as XML and PDF, and back in, with nothing lost and nothing twice."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from records.commands.encounters import Diagnosis, finish_encounter, open_encounter, record_diagnoses
from records.commands.examinations import write_examination
from records.commands.form831 import receive_form
from records.commands.history import record_history
from records.models import Encounter, Immunization, Observation, ReceivedForm, SourceRecord
from records.queries.access import RecordClosed, open_record
from records.queries.form831 import get_form
from records.queries.stored_files import form_path, forms_folder
from records.rules.examination import Examination
from records.rules.history_facts import Relative
from records.rules.qd831.form import Dose, HealthRecord, Message, Vaccination
from records.rules.qd831.xml import read, write
from records.rules.vitals import VITALS
from registry.kernel import Conflict, Refused
from registry.models import AuditEvent, CodeSystem, Concept
from tests.factories.city import NOW, City
from tests.records.commands.test_history import EVERY_FACT
from tests.records.conftest import register

pytestmark = pytest.mark.django_db
TWIN = {"name": "Nguyễn Thị Hồng Vân", "birth": "12/03/1972", "sex": "female", "phone": "0912000345"}


def write_visit(city: City, patient_id: uuid.UUID, source_key: str = "LK01") -> None:
    """One examined visit with a diagnosis, as the clinic writes it."""
    ctx = city.ctx("bac.si", NOW)
    encounter = open_encounter(ctx, patient_id=patient_id, care_type="01", reason="Đau đầu")
    said = Examination(
        findings={"cardiovascular": "Nhịp đều", "skin": "Bình thường"},
        readings={"pulse": 78, "systolic": 128, "diastolic": 82, "height": 158, "weight": 54},  # type: ignore[dict-item]
        course="Đau ba ngày",
        advice="Ăn nhạt",
    )
    write_examination(ctx, encounter, said, sex="female")
    record_diagnoses(ctx, encounter, Diagnosis("I10", "Tăng huyết áp vô căn"))
    finish_encounter(ctx, encounter, "Ổn định")
    Encounter.objects.filter(pk=encounter.pk).update(source_key=source_key)


@pytest.fixture
def full(city: City) -> uuid.UUID:
    """A resident of whom every part of the form says something."""
    system, _ = CodeSystem.objects.get_or_create(key="icd-10", defaults={"name": "ICD-10"})
    Concept.objects.get_or_create(
        system=system, code="C50", defaults={"display": "U ác vú", "valid_from": date(2000, 1, 1)}
    )
    patient_id = register(city)
    ctx = city.ctx("bac.si", NOW)
    for fact in EVERY_FACT:
        if not isinstance(fact, Relative):
            record_history(ctx, patient_id=patient_id, fact=fact)
    write_visit(city, patient_id)
    return patient_id


def form_of(city: City, patient_id: uuid.UUID, by: str = "bac.si") -> HealthRecord:
    return get_form(open_record(city.ctx(by), patient_id), coded=True).record


def file_of(record: HealthRecord) -> bytes:
    return write(Message(record=record))


def test_a_form_sent_on_says_the_same_where_it_arrives(city: City, full: uuid.UUID) -> None:
    sent = form_of(city, full)
    twin = register(city, "le.tan.2", TWIN)
    receipt = receive_form(city.ctx("bac.si.2", NOW), patient_id=twin, content=file_of(sent))
    assert receipt.unread == ()
    arrived = form_of(city, twin, "bac.si.2")
    assert arrived.history.own == sent.history.own
    for part in ("birth", "risks", "disabilities", "family", "surgery", "reproduction", "other"):
        assert getattr(arrived.history, part) == getattr(sent.history, part), part
    (before,), (after,) = sent.examinations, arrived.examinations
    assert replace(after, doctor_code=before.doctor_code) == before
    assert (arrived.general.health_id, arrived.general.name) == (sent.general.health_id, sent.general.name)


def test_the_same_file_again_changes_nothing_and_another_adds_only_what_is_new(city: City, full: uuid.UUID) -> None:
    content = file_of(form_of(city, full))
    doctor = city.ctx("bac.si", NOW)
    first = receive_form(doctor, patient_id=full, content=content)
    assert (first.added, first.unread) == (0, ()), "the record knew all of it"
    before = SourceRecord.objects.count()
    with pytest.raises(Conflict, match="form-received"):
        receive_form(doctor, patient_id=full, content=content)
    assert SourceRecord.objects.count() == before
    record = form_of(city, full)
    more = replace(record, history=replace(record.history, other=record.history.other + "; Chuyển nhà năm 2024"))
    assert receive_form(doctor, patient_id=full, content=file_of(more)).added == 1
    assert "Chuyển nhà năm 2024" in form_of(city, full).history.other


def test_the_file_is_kept_as_it_came(city: City, full: uuid.UUID) -> None:
    content = file_of(form_of(city, full))
    receive_form(city.ctx("bac.si", NOW), patient_id=full, content=content)
    kept = ReceivedForm.objects.get(source_record__system="qd831")
    assert form_path(kept.sha256).read_bytes() == content
    assert (kept.sha256, kept.size, kept.encoding) == (sha256(content).hexdigest(), len(content), "utf-8")
    assert kept.source_record.raw == {}
    row = AuditEvent.objects.filter(action="receive-form").get()
    assert row.patient_id == full
    assert "Vân" not in str(row.detail)


def test_a_file_in_another_encoding_is_read_once_and_kept_with_every_byte(city: City, full: uuid.UUID) -> None:
    content = file_of(form_of(city, full)).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    receipt = receive_form(city.ctx("bac.si", NOW), patient_id=full, content=content)
    kept = ReceivedForm.objects.get()
    assert (receipt.unread, kept.encoding) == ((), "utf-16")
    assert form_path(kept.sha256).read_bytes() == content


def test_a_file_that_is_not_in_the_encoding_it_declares_is_refused_and_not_kept(city: City, full: uuid.UUID) -> None:
    content = file_of(form_of(city, full)).replace(b"encoding='UTF-8'", b"encoding='windows-1258'")
    with pytest.raises(Refused) as refused:
        receive_form(city.ctx("bac.si", NOW), patient_id=full, content=content)
    assert (refused.value.code, refused.value.field) == ("encoding-wrong", "file")
    assert "WINDOWS-1258" in str(refused.value.message)
    assert not any(forms_folder().rglob("*"))


@pytest.mark.parametrize("height", ["0", "0.1", "900"])
def test_a_height_that_nobody_has_does_not_break_the_form(city: City, full: uuid.UUID, height: str) -> None:
    rows = Observation.objects.filter(patient_id=full, code=VITALS["height"].code)
    (form,) = form_of(city, full).examinations
    assert form.bmi == "21.6", "54 kg at 158 cm"
    assert rows.update(value=Decimal(height)) == 1
    (form,) = form_of(city, full).examinations
    assert (form.bmi, form.height, form.weight) == ("", height, "54")


def test_a_height_in_words_or_none_leaves_no_index(city: City, full: uuid.UUID) -> None:
    rows = Observation.objects.filter(patient_id=full, code=VITALS["height"].code)
    rows.update(value=None, value_text="chưa đo")
    (form,) = form_of(city, full).examinations
    assert (form.bmi, form.height) == ("", "chưa đo")
    rows.update(
        superseded_by=Observation.objects.filter(patient_id=full).exclude(pk__in=rows)[0], superseded_reason="x"
    )
    assert form_of(city, full).examinations[0].height == ""


def test_vitals_that_nobody_has_are_told_by_their_tag_and_not_taken(city: City, full: uuid.UUID) -> None:
    record = form_of(city, full)
    (visit,) = record.examinations
    bad = replace(visit, encounter_key="LK03", height="0", weight="4000", systolic="80", diastolic="120")
    receipt = receive_form(
        city.ctx("bac.si", NOW), patient_id=full, content=file_of(replace(record, examinations=(bad,)))
    )
    places = [one.where for one in receipt.unread]
    assert [any(tag in place for place in places) for tag in ("CHIEUCAO", "CANNANG", "HUYETAPTD")] == [True] * 3
    arrived = Observation.objects.filter(patient_id=full, encounter__source_key="LK03")
    assert set(arrived.values_list("code", flat=True)) == {VITALS["pulse"].code}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            {"name": "Trần Văn Bình", "birth": "01/02/1990", "sex": "1", "health_id": "001090000001"},
            "form-other-person",
        ),
        ({"name": ""}, "form-person"),
        ({"birth": "31/02/1972"}, "form-person"),
    ],
)
def test_a_form_of_somebody_else_or_of_nobody_is_refused_whole(
    city: City, full: uuid.UUID, change: dict[str, str], code: str
) -> None:
    record = form_of(city, full)
    before = SourceRecord.objects.count()
    content = file_of(replace(record, general=replace(record.general, **change)))
    with pytest.raises(Refused) as refused:
        receive_form(city.ctx("bac.si", NOW), patient_id=full, content=content)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert SourceRecord.objects.count() == before


def test_what_cannot_be_read_is_told_by_tag_and_the_rest_is_taken(city: City, full: uuid.UUID) -> None:
    record = form_of(city, full)
    (visit,) = record.examinations
    bad = replace(
        record,
        general=replace(record.general, mobile="12"),
        history=replace(record.history, birth=replace(record.history.birth, weight="nặng"), other="Điều mới"),
        examinations=(replace(visit, encounter_key="LK02", pulse="780"), replace(visit, encounter_key="")),
    )
    receipt = receive_form(city.ctx("bac.si", NOW), patient_id=full, content=file_of(bad))
    told = " | ".join(f"{one.where} {one.why}" for one in receipt.unread)
    for words in ("phone", "CANNANG", "LK02", "MA_LK"):
        assert words in told
    assert "Điều mới" in form_of(city, full).history.other
    assert len(form_of(city, full).examinations) == 2


def test_doses_are_taken_once_and_unknown_vaccines_told(city: City, full: uuid.UUID) -> None:
    known = Dose(vaccine_code="BCG", vaccine="BCG", vaccine_kind="1", state="1", given_on="01/04/1972")
    strange = replace(known, vaccine_code="X-1", vaccine="Lạ")
    planned = replace(known, state="0", given_on="", due_on="01/01/2030")
    record = replace(form_of(city, full), vaccination=Vaccination("", (known, known, strange, planned)))
    receipt = receive_form(city.ctx("bac.si", NOW), patient_id=full, content=file_of(record))
    codes = list(Immunization.objects.filter(patient_id=full).values_list("vaccine_code", flat=True))
    assert ("X-1" in str(receipt.unread), codes.count("BCG") <= 1) == (True, True)


def test_a_closed_record_gives_and_takes_no_form(city: City, full: uuid.UUID) -> None:
    with pytest.raises(RecordClosed):
        receive_form(city.ctx("bac.si.2", NOW), patient_id=full, content=b"<DATA/>")


def test_the_form_costs_the_same_statements_whatever_it_holds(city: City, full: uuid.UUID) -> None:
    with CaptureQueriesContext(
        connection,
    ) as first:
        get_form(open_record(city.ctx("bac.si"), full), coded=True)
    for number in range(3):
        write_visit(city, full, f"LK1{number}")
    with CaptureQueriesContext(connection) as second:
        form = get_form(open_record(city.ctx("bac.si"), full), coded=True)
    assert len(form.record.examinations) == 4
    assert len(first) == len(second)


def test_the_pages_print_send_and_receive(city: City, full: uuid.UUID, client: Client) -> None:
    client.force_login(city.staff["bac.si"])
    page, paper, xml = (reverse(f"records:{name}", args=[full]) for name in ("form831", "form831_paper", "form831_xml"))
    assert "Xem và in" in client.get(page).content.decode()
    pdf = client.get(paper)
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf.content)).pages)
    assert (pdf["Content-Type"], "NGUYỄN THỊ HỒNG VÂN" in text, "Penicillin" in text) == ("application/pdf", True, True)
    sent = client.get(xml)
    assert read(sent.content).message.record.general.name == "Nguyễn Thị Hồng Vân"
    assert "Vân" not in sent["Content-Disposition"]
    answer = client.post(page, {"file": SimpleUploadedFile("a.xml", b"<DATA>")})
    assert (answer.status_code, "XML bị hỏng" in answer.content.decode()) == (422, True)
    answer = client.post(page, {"file": SimpleUploadedFile("a.xml", sent.content)})
    assert "Đã nhận phiếu" in answer.content.decode()
    doctor = str(city.staff["bac.si"].pk)
    actions = AuditEvent.objects.filter(patient_id=full, actor_id=doctor, action__contains="form")
    assert list(actions.order_by("id").values_list("action", flat=True)) == [
        "read-form",
        "print-form",
        "export-form",
        "read-form",
        "receive-form",
    ]


def test_who_may_not_write_history_sees_no_form_to_send(city: City, full: uuid.UUID, client: Client) -> None:
    client.force_login(city.staff["ky.thuat.vien"])
    page = reverse("records:form831", args=[full])
    assert "Nhận phiếu" not in client.get(page).content.decode()
    assert client.post(page, {"file": SimpleUploadedFile("a.xml", b"<DATA/>")}).status_code == 403
