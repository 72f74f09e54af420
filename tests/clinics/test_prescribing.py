"""Prescriptions: written, checked against the whole record, signed once, never edited; every refusal."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from clinics.commands.consultation import record_diagnoses
from clinics.commands.drafts import begin_replacement, save_draft, take_up_set
from clinics.commands.prescribing_sets import forget_set, keep_set
from clinics.commands.signing import cancel_prescription, sign_prescription
from clinics.models import Drug, Prescription, PrescriptionDraft, PrescriptionEnd, SafetyOverride, SafetySet
from clinics.queries.prescribing import Sheet, get_sheet
from clinics.rules.drafts import DraftLine, Written
from clinics.rules.prescriptions import CODE, Dosing
from clinics.rules.safety.checks import NO_SET
from records.commands.encounters import record_result
from records.commands.medications import add_medicine, withdraw_medicine
from records.models import MedicationRequest
from records.rules.medication import Medicine
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from registry.rules.permissions import Role
from tests.clinics.conftest import Clinic
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, make_staff

ONE, NONE = Decimal(1), Decimal(0)
PARACETAMOL, IBUPROFEN, AMOXICILLIN, AMLODIPINE = "TD.0001", "TD.0006", "TD.0015", "TD.0035"


def code_of(name: str) -> str:
    return Drug.objects.get(name=name).code


def line(code: str, days: int = 5, *, morning: Decimal = ONE, evening: Decimal = NONE, **more: Any) -> DraftLine:
    return DraftLine(code, Dosing(morning, NONE, NONE, evening, days), **more)


def visit_of(clinic: Clinic, patient_id: uuid.UUID | None = None, *, diagnosis: str = "J02.9") -> uuid.UUID:
    """A visit in consultation with a diagnosis."""
    visit_id = clinic.consult(patient_id)
    record_diagnoses(clinic.ctx("bac.si"), visit_id=visit_id, main=diagnosis)
    return visit_id


def draft(
    clinic: Clinic, visit_id: uuid.UUID, *lines: DraftLine, by: str = "bac.si", **more: Any
) -> tuple[Sheet, Written]:
    written = Written(lines, **more)
    return save_draft(clinic.ctx(by), visit_id=visit_id, version=more.pop("version", 0), written=written), written


def sign(
    clinic: Clinic, visit_id: uuid.UUID, *lines: DraftLine, by: str = "bac.si", **more: Any
) -> tuple[Prescription, ...]:
    sheet, written = draft(clinic, visit_id, *lines, by=by, **more)
    assert sheet.draft_id
    return sign_prescription(
        clinic.ctx(by), visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=written
    )


@pytest.fixture
def colleague(clinic: Clinic) -> str:
    """A second doctor of the same clinic."""
    clinic.city.staff["bac.si.3"] = make_staff("bac.si.3", Role.DOCTOR, clinic.city.here, clinic.room)
    return "bac.si.3"


def test_a_signed_prescription_is_rows_of_the_record_under_a_national_code(clinic: Clinic) -> None:
    visit_id = visit_of(clinic)
    before = AuditEvent.objects.count()
    (made,) = sign(clinic, visit_id, line(PARACETAMOL, evening=ONE), advice="Uống nhiều nước")
    assert CODE.fullmatch(made.code)
    assert (made.code[:5], made.code[-1], made.kind) == ("01T01", "C", "C")
    assert made.valid_until == NOW.date() + timedelta(days=5)
    row = MedicationRequest.objects.get(prescription_line__prescription=made)
    assert (row.name, row.ingredient, row.quantity, row.unit) == ("Paracetamol 500 mg", "Paracetamol", 10, "viên")
    assert row.dose.startswith("Uống ngày 2 lần: sáng 1 viên, tối 1 viên.")
    assert (row.started_on, row.ended_on) == (NOW.date(), NOW.date() + timedelta(days=4))
    assert row.encounter.visit.pk == visit_id
    assert row.indication == "J02.9 Viêm họng cấp, không đặc hiệu"
    assert made.checked_with.version == SafetySet.objects.get().version
    rows = AuditEvent.objects.order_by("at", "id")[before:]
    assert [(row.action, row.outcome) for row in rows] == [("update", "ok"), ("sign-prescription", "ok")]
    with pytest.raises(DatabaseError), transaction.atomic():
        Prescription.objects.filter(pk=made.pk).update(code="01T010000000-C")


def test_kinds_are_signed_apart_each_with_its_days(clinic: Clinic) -> None:
    visit_id = visit_of(clinic)
    morphine, diazepam = code_of("Morphin 30 mg"), code_of("Diazepam 5 mg")
    sheet, _ = draft(clinic, visit_id, line(morphine, 8), line(diazepam, 11))
    faults = [[one.code for one in x.faults] for x in sheet.judged.lines]
    assert faults == [["days-many"], ["days-many"]]
    made = sign(clinic, visit_of(clinic), line(PARACETAMOL), line(morphine, 7), line(code_of("Hoạt huyết dưỡng não")),
                reasons={"unchecked:dinh-lang": "thuốc cổ truyền", "unchecked:bach-qua": "thuốc cổ truyền"})  # fmt: skip
    assert sorted(one.code[-1] for one in made) == ["C", "N", "T"]
    assert len({one.draft_id for one in made}) == 1


def test_a_chronic_illness_allows_ninety_days(clinic: Clinic) -> None:
    acute, _ = draft(clinic, visit_of(clinic), line(AMLODIPINE, 31))
    assert [one.code for one in acute.judged.lines[0].faults] == ["days-many"]
    chronic = visit_of(clinic, diagnosis="I10")
    (made,) = sign(clinic, chronic, line(AMLODIPINE, 90))
    assert MedicationRequest.objects.get(prescription_line__prescription=made).long_term
    late, _ = draft(clinic, visit_of(clinic, diagnosis="I10"), line(AMLODIPINE, 91))
    assert late.judged.lines[0].faults


def refused(clinic: Clinic, visit_id: uuid.UUID, *lines: DraftLine, **more: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as said:
        sign(clinic, visit_id, *lines, **more)
    assert not Prescription.objects.filter(visit=visit_id).exists()
    assert not MedicationRequest.objects.filter(encounter__visit=visit_id).exists()
    return [(one.code, one.field) for one in said.value.all]


def test_allergies_of_the_record_stop_the_signature(clinic: Clinic) -> None:
    person = clinic.register()
    record_allergy(clinic.city.ctx("bac.si.2"), patient_id=person, substance="Penicillin", severe=True)
    visit_id = visit_of(clinic, person)
    assert refused(clinic, visit_id, line(PARACETAMOL), line(AMOXICILLIN)) == [("unsafe", "line-1")]


def test_an_override_keeps_its_reason(clinic: Clinic) -> None:
    person = clinic.register()
    record_allergy(clinic.ctx("bac.si"), patient_id=person, substance="Amoxicilin")
    visit_id = visit_of(clinic, person)
    key = "allergy:amoxicillin:amoxicilin"
    assert refused(clinic, visit_id, line(AMOXICILLIN)) == [("reason-missing", "reason-0")]
    assert refused_again(clinic, visit_id, {key: "ok"}) == [("reason-missing", "reason-0")]
    sheet = get_sheet(clinic.ctx("bac.si"), visit_id)
    written = Written((line(AMOXICILLIN),), {key: "đã dùng lại nhiều lần không phản ứng"})
    (made,) = sign_prescription(
        clinic.ctx("bac.si"), visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=written
    )
    kept = SafetyOverride.objects.get(prescription=made)
    assert (kept.finding, kept.reason, kept.severity) == (key, "đã dùng lại nhiều lần không phản ứng", "reason")
    assert "dị ứng" in kept.message["template"]
    assert kept.line.medication.name == "Amoxicilin 500 mg"


def refused_again(clinic: Clinic, visit_id: uuid.UUID, reasons: dict[str, str]) -> list[tuple[str, str | None]]:
    sheet = get_sheet(clinic.ctx("bac.si"), visit_id)
    with pytest.raises(Refused) as said:
        sign_prescription(
            clinic.ctx("bac.si"), visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version,
            written=Written((line(AMOXICILLIN),), reasons),
        )  # fmt: skip
    return [(one.code, one.field) for one in said.value.all]


def test_what_another_hospital_prescribed_meets_the_line(clinic: Clinic) -> None:
    person = clinic.register()
    told = Medicine(
        "Coumadine", date(2026, 9, 1), ingredient="warfarin", strength="2 mg", dose="1 viên tối", reported=True
    )
    visit_id = visit_of(clinic, person)
    add_medicine(clinic.ctx("bac.si"), patient_id=person, medicine=told)
    assert ("unsafe", "line-0") in refused(clinic, visit_id, line(IBUPROFEN))


def test_creatinine_of_the_record_gives_the_kidneys(clinic: Clinic) -> None:
    person = clinic.register(birth="12/03/1950", sex="male")
    visit_id = visit_of(clinic, person)
    for code, value, unit in (("2160-0", "1.0", "mg/dL"), ("14682-9", "300", "µmol/L")):
        record_result(clinic.ctx("bac.si", NOW + timedelta(minutes=len(code))), patient_id=person, code=code,
                      display="Creatinin", value=Decimal(value), unit=unit)  # fmt: skip
    sheet, _ = draft(clinic, visit_id, line(code_of("Metformin 500 mg")))
    assert (sheet.judged.filtered, sheet.judged.facts.creatinine.value) == (18, Decimal("300.0000"))
    assert "renal" in {one.code for one in sheet.judged.stopped}


def test_pregnancy_comes_from_the_record_or_from_the_answer(clinic: Clinic) -> None:
    losartan, woman = code_of("Losartan 50 mg"), clinic.register(birth="12/03/1998")
    visit_id = visit_of(clinic, woman)
    sheet, _ = draft(clinic, visit_id, line(losartan))
    assert "pregnancy-unasked" in {one.code for one in sheet.judged.stopped}
    answered = save_draft(
        clinic.ctx("bac.si"),
        visit_id=visit_id,
        version=sheet.version,
        written=Written((line(losartan),), pregnant="no"),
    )
    assert answered.judged.stopped == ()
    expecting = save_draft(
        clinic.ctx("bac.si"),
        visit_id=visit_id,
        version=answered.version,
        written=Written((line(losartan),), pregnant="yes"),
    )
    assert [one.code for one in expecting.judged.stopped] == ["pregnancy"]


def test_nothing_is_signed_without_lines_or_diagnosis(clinic: Clinic) -> None:
    assert refused(clinic, clinic.consult()) == [("draft-empty", None), ("diagnosis-missing", None)]


def test_nothing_is_signed_before_the_consultation(clinic: Clinic) -> None:
    visit_id = clinic.check_in().visit_id
    with pytest.raises(Conflict, match="visit-not-begun"):
        draft(clinic, visit_id, line(PARACETAMOL))


@pytest.mark.parametrize("loaded", [True, False])
def test_no_set_for_the_day_blocks_everything(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, loaded: bool) -> None:
    """The starter set holds from 2020 to 2027; and none at all, as in a database where nobody loaded one."""
    visit_id = visit_of(clinic)
    ctx = clinic.ctx("bac.si")
    late = replace(ctx, at=NOW.replace(year=2019) if loaded else NOW)
    if not loaded:
        monkeypatch.setattr(SafetySet, "objects", SafetySet.objects.none())
    sheet = save_draft(late, visit_id=visit_id, version=0, written=Written((line(PARACETAMOL),)))
    assert [one.code for one in sheet.judged.stopped] == [NO_SET]
    assert (sheet.judged.checked_with.id is None) is not loaded
    with pytest.raises(Refused) as said:
        sign_prescription(
            late, visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=sheet.written
        )
    assert "unsafe" in {one.code for one in said.value.all}
    assert not Prescription.objects.exists()


def test_signing_twice_gives_the_same_prescription(clinic: Clinic) -> None:
    visit_id = visit_of(clinic)
    sheet, written = draft(clinic, visit_id, line(PARACETAMOL))
    said = {"visit_id": visit_id, "draft_id": sheet.draft_id, "version": sheet.version, "written": written}
    first = sign_prescription(clinic.ctx("bac.si"), **said)
    assert sign_prescription(clinic.ctx("bac.si"), **said) == first
    assert Prescription.objects.count() == MedicationRequest.objects.count() == 1


def test_the_second_doctor_is_told_who_signed(clinic: Clinic, colleague: str) -> None:
    visit_id = visit_of(clinic)
    sheet, written = draft(clinic, visit_id, line(PARACETAMOL))
    said = {"visit_id": visit_id, "draft_id": sheet.draft_id, "version": sheet.version, "written": written}
    (first,) = sign_prescription(clinic.ctx("bac.si"), **said)
    with pytest.raises(Conflict) as told:
        sign_prescription(clinic.ctx(colleague), **said)
    assert told.value.code == "draft-signed"
    assert f"Nhân viên bac.si đã ký đơn này lúc 07:30: {first.code}" in told.value.message


def test_the_second_tab_is_told_what_changed(clinic: Clinic, colleague: str) -> None:
    visit_id = visit_of(clinic)
    sheet, _ = draft(clinic, visit_id, line(PARACETAMOL), line(AMLODIPINE))
    later = Written((line(PARACETAMOL, 7), line(code_of("Loratadin 10 mg"))))
    save_draft(clinic.ctx(colleague), visit_id=visit_id, version=sheet.version, written=later)
    with pytest.raises(Conflict) as told:
        save_draft(clinic.ctx("bac.si"), visit_id=visit_id, version=sheet.version, written=sheet.written)
    said = told.value.message
    assert "Nhân viên bac.si.3 vừa sửa đơn này lúc 07:30" in said
    assert "thêm Loratadin 10 mg, bỏ Amlodipin 5 mg, đổi liều Paracetamol 500 mg" in said
    with pytest.raises(Conflict, match="draft-changed"):
        sign_prescription(
            clinic.ctx("bac.si"),
            visit_id=visit_id,
            draft_id=sheet.draft_id,
            version=sheet.version,
            written=sheet.written,
        )
    same = save_draft(clinic.ctx("bac.si"), visit_id=visit_id, version=1, written=later)
    assert same.version == 2, "who wrote the same is told nothing"


def test_a_replacement_ends_what_it_replaces(clinic: Clinic) -> None:
    visit_id = visit_of(clinic)
    (first,) = sign(clinic, visit_id, line(PARACETAMOL))
    with pytest.raises(Refused, match="reason-missing"):
        begin_replacement(clinic.ctx("bac.si"), prescription_id=first.pk, reason=" ")
    begin_replacement(clinic.ctx("bac.si"), prescription_id=first.pk, reason="đổi liều")
    with pytest.raises(Conflict, match="draft-open"):
        begin_replacement(clinic.ctx("bac.si"), prescription_id=first.pk, reason="lần nữa")
    sheet = get_sheet(clinic.ctx("bac.si"), visit_id)
    assert sheet.replacing == first.code
    assert "duplicate" not in {one.code for one in sheet.judged.findings}, "its own medicine is not met"
    (second,) = sign_prescription(
        clinic.ctx("bac.si"), visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version,
        written=Written((line(PARACETAMOL, 3),)),
    )  # fmt: skip
    assert (second.replaces, first.end.kind, first.end.reason) == (first, "replaced", "đổi liều")
    now = MedicationRequest.objects.filter(superseded_by=None).order_by("recorded_at", "id")
    assert sorted(now.values_list("status", "ended_on")) == [
        ("active", NOW.date() + timedelta(days=2)), ("stopped", NOW.date()),
    ]  # fmt: skip


def test_a_cancelled_prescription_stops_its_medicines(clinic: Clinic) -> None:
    (made,) = sign(clinic, visit_of(clinic), line(PARACETAMOL))
    cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="kê nhầm người")
    row = MedicationRequest.objects.get(superseded_by=None)
    assert (row.status, row.status_reason) == ("stopped", "kê nhầm người")
    with pytest.raises(Conflict) as told:
        cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="lần nữa")
    assert "đã huỷ lúc 07:30" in told.value.message
    assert PrescriptionEnd.objects.count() == 1


def test_favourites_are_kept_taken_up_and_forgotten(clinic: Clinic, colleague: str) -> None:
    visit_id = visit_of(clinic)
    draft(clinic, visit_id, line(PARACETAMOL), line(AMLODIPINE))
    kept = keep_set(clinic.ctx("bac.si"), visit_id=visit_id, name="  Tăng huyết áp ")
    other = visit_of(clinic)
    sheet = take_up_set(clinic.ctx("bac.si"), visit_id=other, version=0, set_id=kept.pk)
    assert [one.code for one in sheet.written.lines] == [PARACETAMOL, AMLODIPINE]
    assert [(one.name, one.names) for one in sheet.favourites] == [
        ("Tăng huyết áp", ("Paracetamol 500 mg", "Amlodipin 5 mg"))
    ]
    with pytest.raises(NotFound, match="no-such-set"):
        take_up_set(clinic.ctx(colleague), visit_id=other, version=sheet.version, set_id=kept.pk)
    keep_set(clinic.ctx("bac.si"), visit_id=visit_id, name="Tăng huyết áp", shared=True)
    assert get_sheet(clinic.ctx(colleague), other).favourites[0].own is False
    with pytest.raises(NotFound):
        forget_set(clinic.ctx(colleague), set_id=kept.pk)
    forget_set(clinic.ctx("bac.si"), set_id=kept.pk)
    assert get_sheet(clinic.ctx(colleague), other).favourites == ()


@pytest.mark.parametrize("username", ["y.ta", "le.tan", "duoc.si", "thu.ngan", "bac.si.2"])
def test_only_this_facilitys_doctors_prescribe(clinic: Clinic, username: str) -> None:
    visit_id = visit_of(clinic)
    expected = NotFound if username == "bac.si.2" else Forbidden
    with pytest.raises(expected):
        save_draft(clinic.ctx(username), visit_id=visit_id, version=0, written=Written((line(PARACETAMOL),)))
    assert not PrescriptionDraft.objects.exists()


# ---------- side by side ----------


@pytest.mark.django_db(transaction=True)
def test_two_doctors_at_once_sign_one_prescription(live_clinic: Clinic) -> None:
    clinic = live_clinic
    clinic.city.staff["bac.si.3"] = make_staff("bac.si.3", Role.DOCTOR, clinic.city.here, clinic.room)
    visit_id = visit_of(clinic)
    sheet, written = draft(clinic, visit_id, line(PARACETAMOL), line(AMLODIPINE))
    answers: list[str] = []
    start = threading.Barrier(6)

    def one(username: str) -> None:
        start.wait()
        try:
            sign_prescription(
                clinic.ctx(username), visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=written
            )
            answers.append(f"{username} signed")
        except Conflict as told:
            answers.append(told.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(name,)) for name in ("bac.si", "bac.si.3") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Prescription.objects.count() == 1
    assert MedicationRequest.objects.count() == 2
    assert answers.count("draft-signed") == 3, answers
    assert len({one for one in answers if one.endswith("signed") and one != "draft-signed"}) == 1


def test_a_medicine_withdrawn_meanwhile_is_left_as_it_is(clinic: Clinic) -> None:
    visit_id = visit_of(clinic)
    (made,) = sign(clinic, visit_id, line(PARACETAMOL))
    row = MedicationRequest.objects.get()
    withdraw_medicine(clinic.ctx("bac.si"), patient_id=row.patient_id, medication_id=row.pk, reason="ghi nhầm")
    cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="huỷ")
    assert MedicationRequest.objects.get(superseded_by=None).status == "entered-in-error"
