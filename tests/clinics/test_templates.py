"""Templates and the last examination fill empty lines in one go, and never overwrite; own templates are one's own."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses
from clinics.commands.examination_templates import (
    change_template,
    drop_template,
    keep_as_template,
    load_own_templates,
    load_templates,
    save_shared_template,
)
from clinics.commands.sheet_filling import fill_from_last, fill_from_template
from clinics.commands.sheet_writing import Typed
from clinics.models import ExaminationTemplate, Visit
from clinics.queries.sheet import get_sheet
from clinics.queries.templates import get_templates, template_here, templates_for, text_of
from clinics.queries.visit_page import get_visit
from clinics.rules.sheet import Sheet
from clinics.rules.templates import TemplateText, likely_specialties
from records.rules.examination import Examination
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import Concept
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import GLUCOSE, order
from tests.factories.city import NOW

NOTHING = Typed(main="", examined=Examination())
TONSILS = TemplateText(
    specialty="ent",
    name="Viêm amidan",
    course="Đau họng",
    findings={"ent": "Amidan sưng đỏ", "gynaecological": "Bình thường"},
    main="J03.9",
    conclusion="Điều trị ngoại trú",
    advice="Súc họng",
    codes=(GLUCOSE,),
)


def template(clinic: Clinic, said: TemplateText = TONSILS, owner: str = "bac.si") -> int:
    row = ExaminationTemplate.objects.create(
        facility=clinic.city.here, owner=clinic.city.staff[owner], specialty=said.specialty, name=said.name,
        course=said.course, findings=dict(said.findings), main=said.main, conclusion=said.conclusion,
        advice=said.advice, codes=list(said.codes),
    )  # fmt: skip
    return int(row.pk)


def written(visit_id: uuid.UUID) -> Sheet:
    return get_sheet(Visit.objects.select_related("encounter").get(pk=visit_id))


def test_a_template_fills_what_is_empty_and_says_what_it_left(clinic: Clinic) -> None:
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    typed = Typed(main="", conclusion="Nhập viện", examined=Examination(findings={"ent": "Họng sạch"}))
    done = fill_from_template(doctor, visit_id=visit_id, template_id=template(clinic), typed=typed)
    assert done.filled.taken == ["course", "main", "advice", "gynaecological"]
    assert done.filled.skipped == ["conclusion", "ent"]
    sheet = written(visit_id)
    assert (sheet.main, sheet.conclusion, sheet.course) == ("J03.9", "Nhập viện", "Đau họng")
    assert sheet.findings == {"ent": "Họng sạch", "gynaecological": "Bình thường"}
    another = template(clinic, replace(TONSILS, name="Hai"))
    again = fill_from_template(doctor, visit_id=visit_id, template_id=another, typed=Typed())
    assert again.filled.taken == []


def test_a_man_is_not_examined_as_a_woman_and_his_codes_stay_his(clinic: Clinic) -> None:
    visit_id = clinic.consult(clinic.register("Trần Văn Đức", sex="male"))
    Concept.objects.filter(code="J03.9").update(properties={"only_sex": "female"})
    done = fill_from_template(clinic.ctx("bac.si"), visit_id=visit_id, template_id=template(clinic), typed=NOTHING)
    assert "gynaecological" not in written(visit_id).findings
    assert written(visit_id).main == ""
    assert "J03.9 chỉ dùng cho người bệnh nữ" in done.codes_refused


def test_the_page_offers_the_rooms_specialty_and_the_orders(clinic: Clinic) -> None:
    load_own_templates(clinic.ctx("so.y.te"))
    visit_id, doctor = clinic.consult(room_id=clinic.second.pk), clinic.ctx("bac.si")
    mine = template(clinic)
    offered = templates_for(doctor, Visit.objects.select_related("room__department").get(pk=visit_id))
    assert offered[0].own
    assert {one.specialty for one in offered[1:3]} == {"Nội chung, đa khoa"}
    page = get_visit(doctor, visit_id, template=mine)
    assert page.chart is not None
    assert page.chart.template_codes == (GLUCOSE,)
    assert page.chart.unofficial


def test_the_last_examination_is_taken_over_without_its_story(clinic: Clinic) -> None:
    patient_id = clinic.register()
    first, doctor = clinic.consult(patient_id), clinic.ctx("bac.si")
    said = Examination(findings={"ent": "Họng đỏ"}, course="Sốt", advice="Uống nước")
    close_visit(
        doctor, visit_id=first, main="I10", secondary=["E11.9"], conclusion="Về", outcome_code="2", examined=said
    )
    later = clinic.ctx("bac.si", NOW + timedelta(days=30))
    second = clinic.consult(patient_id, at=NOW + timedelta(days=30))
    page = get_visit(later, second)
    assert page.chart is not None
    assert page.chart.last is not None
    assert page.chart.last.names[0].startswith("I10")
    done = fill_from_last(later, visit_id=second, typed=Typed(main="", examined=Examination(findings={"ent": "Sạch"})))
    assert (done.filled.taken, done.filled.skipped) == (["main", "secondary"], ["ent"])
    sheet = written(second)
    assert (sheet.main, sheet.secondary, sheet.course, sheet.conclusion) == ("I10", ("E11.9",), "", "")
    assert sheet.findings == {"ent": "Sạch"}


def test_an_old_code_that_is_gone_is_not_taken_over_in_silence(clinic: Clinic) -> None:
    patient_id = clinic.register()
    first, doctor = clinic.consult(patient_id), clinic.ctx("bac.si")
    close_visit(doctor, visit_id=first, main="U97.01", conclusion="Về", outcome_code="2")
    Concept.objects.filter(code="U97.01").update(valid_to=NOW.date())
    at = NOW + timedelta(days=1)
    second = clinic.consult(patient_id, at=at)
    done = fill_from_last(clinic.ctx("bac.si", at), visit_id=second, typed=NOTHING)
    assert done.filled.taken == []
    assert "Không có mã U97.01" in done.codes_refused


def test_nothing_before_is_nothing_to_take_over(clinic: Clinic) -> None:
    with pytest.raises(NotFound, match="no-last-examination"):
        fill_from_last(clinic.ctx("bac.si"), visit_id=clinic.consult(), typed=NOTHING)


def test_a_visit_is_kept_as_ones_own_template(clinic: Clinic) -> None:
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    with pytest.raises(Refused, match="template-unnamed"):
        keep_as_template(doctor, visit_id=visit_id, name=" ")
    said = Examination(findings={"ent": "Họng đỏ"}, course="Chuyện riêng", advice="Súc họng")
    record_diagnoses(doctor, visit_id=visit_id, main="J03.9", conclusion="Ngoại trú", examined=said)
    order(clinic, GLUCOSE, visit_id=visit_id)
    row = keep_as_template(doctor, visit_id=visit_id, name="Họng của tôi")
    kept = text_of(row)
    assert (kept.main, kept.findings, kept.codes) == ("J03.9", {"ent": "Họng đỏ"}, (GLUCOSE,))
    assert kept.course == "", "one person's story is no template"
    assert keep_as_template(doctor, visit_id=visit_id, name="Họng của tôi").pk == row.pk
    assert [row.name for offered, row in get_templates(doctor).rows if offered.own] == ["Họng của tôi"]


def test_own_templates_are_changed_and_dropped_by_their_owner_alone(clinic: Clinic) -> None:
    mine, doctor = template(clinic), clinic.ctx("bac.si")
    template(clinic, replace(TONSILS, name="Khác"))
    change_template(doctor, template_id=mine, said=replace(TONSILS, advice="Nghỉ"))
    assert ExaminationTemplate.objects.get(pk=mine).advice == "Nghỉ"
    for wrong, field in [
        (replace(TONSILS, name=""), "name"),
        (replace(TONSILS, specialty="magic"), "specialty"),
        (replace(TONSILS, codes=("99.9",)), "codes"),
        (replace(TONSILS, findings={"tail": "?"}), "findings"),
        (replace(TONSILS, advice="a" * 2001), "advice"),
        (TemplateText("ent", "Trống"), "name"),
    ]:
        with pytest.raises(Refused) as refused:
            change_template(doctor, template_id=mine, said=wrong)
        assert refused.value.field == field
    with pytest.raises(Conflict, match="template-named"):
        change_template(doctor, template_id=mine, said=replace(TONSILS, name="Khác"))
    theirs = template(clinic, owner="y.ta")
    for act in (drop_template, lambda ctx, template_id: change_template(ctx, template_id=template_id, said=TONSILS)):
        with pytest.raises(NotFound):
            act(doctor, template_id=theirs)
    assert template_here(doctor, theirs) is None
    drop_template(doctor, template_id=mine)
    assert template_here(doctor, mine) is None


def test_the_starter_is_added_once_and_what_was_changed_stays(clinic: Clinic) -> None:
    system = clinic.ctx("so.y.te")
    ExaminationTemplate.objects.all().delete()
    assert load_own_templates(system).added > 10
    row = ExaminationTemplate.objects.filter(owner=None).first()
    assert row is not None
    assert not row.official
    assert "chưa qua hội đồng" in row.source
    row.advice = "Của Sở"
    save_shared_template(system, row=row, changed=["advice"])
    again = load_own_templates(system)
    assert (again.added, ExaminationTemplate.objects.get(pk=row.pk).advice) == (0, "Của Sở")
    row.findings = {"tail": "x"}
    with pytest.raises(Refused, match="system-unknown"):
        save_shared_template(system, row=row, changed=["findings"])
    with pytest.raises(Forbidden):
        load_templates(clinic.ctx("bac.si"), rows=[])


def test_rooms_tell_their_specialty() -> None:
    assert likely_specialties("Phòng 2 · Nhi", "Khoa Khám bệnh") == ("paediatrics",)
    assert likely_specialties("Phòng 5 · Nội", "Khoa Khám bệnh") == ("general",)
    assert likely_specialties("Phòng 7", "Khoa Nội tiết") == ("endocrine",)
    assert likely_specialties("Phòng bà mẹ, trẻ em") == ("paediatrics", "obstetrics")
    assert likely_specialties("Phòng 9") == ()
