"""Noting and correcting a history: what is kept, what is refused, and what the trail says."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from records.commands.history import (
    correct_history,
    correct_relative,
    record_history,
    record_none,
    record_relative,
    withdraw_history,
    withdraw_relative,
)
from records.commands.merging import merge_people, unmerge
from records.commands.registration import register_resident
from records.models import AllergyIntolerance, BirthHistory, Condition, RelatedPerson, RestrictedCode, SourceRecord
from records.queries.access import RecordClosed, open_record
from records.queries.administrative import details_of
from records.queries.history import History, get_history
from records.rules.details import Details
from records.rules.history_facts import (
    Allergy,
    Birth,
    DisabilityFact,
    Disease,
    Fact,
    FamilyIllness,
    Issue,
    Relative,
    Reproductive,
    Risk,
    Surgery,
)
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent, CodeSystem, Concept
from registry.rules.dates import PartialDate
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, register, stated

pytestmark = pytest.mark.django_db

PENICILLIN = Allergy("medication", "Penicillin", "nổi mề đay", severe=True)
NA = "001150000123"
SMOKES = Risk("tobacco", "now", Decimal(10), since_year=1995)
EVERY_FACT: tuple[Fact, ...] = (
    Birth("caesarean", preterm=True, asphyxia=False, weight_g=2300, length_cm=Decimal("46.5"), other="thở oxy"),
    SMOKES,
    Risk("exposure", detail="bụi bông", duration="12 năm"),
    PENICILLIN,
    Disease(13, "Ung thư vú", "C50", "resolved", PartialDate(date(2015, 1, 1), "year"), "đã mổ"),
    Disease(2),
    DisabilityFact("hearing", "tai trái"),
    Surgery("Cắt ruột thừa", 1990, "Bệnh viện Xanh Pôn"),
    FamilyIllness("MTH", disease=13, description="ung thư đại tràng", onset_age=52),
    FamilyIllness("SIB", allergy="food", description="tôm"),
    Reproductive("thuốc uống", "2003", 3, 1, 0, 2, 1, 1, 0, 2, 0, 2, "không"),
    Issue("Sống một mình"),
)


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Vân, 54, registered here."""
    return register(city)


@pytest.fixture
def icd10() -> None:
    """One code of the list in force."""
    system, _ = CodeSystem.objects.get_or_create(key="icd-10", defaults={"name": "ICD-10"})
    Concept.objects.get_or_create(
        system=system, code="C50", defaults={"display": "U ác vú", "valid_from": date(2000, 1, 1)}
    )


@pytest.fixture
def note(city: City, resident: uuid.UUID) -> Callable[[Fact], uuid.UUID]:
    """note(fact): the doctor here writes it."""
    return lambda fact: record_history(city.ctx("bac.si", NOW), patient_id=resident, fact=fact)


@pytest.fixture
def read(city: City, resident: uuid.UUID) -> Callable[[], History]:
    """read(): the history as the doctor here sees it."""
    return lambda: get_history(open_record(city.ctx("bac.si", NOW), resident))


@pytest.mark.usefixtures("icd10")
@pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: type(fact).__name__)
def test_every_fact_comes_back_as_it_was_said(
    note: Callable[[Fact], uuid.UUID], read: Callable[[], History], fact: Fact, city: City
) -> None:
    line = note(fact)
    told = [one for section in _sections(read()) for one in section]
    assert [one.id for one in told] == [line]
    assert told[0].fact == (replace(fact, display=fact.name) if isinstance(fact, Disease) else fact)
    assert (told[0].said.facility, told[0].said.here, told[0].said.at) == (city.here.short_name, True, NOW)
    assert told[0].said.who


def test_a_correction_supersedes_with_a_reason_and_the_earlier_version_stays(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID], read: Callable[[], History]
) -> None:
    first = note(PENICILLIN)
    right = replace(PENICILLIN, substance="Amoxicillin")
    ctx = city.ctx("bac.si", NOW)
    second = correct_history(ctx, patient_id=resident, line_id=first, fact=right, reason="nghe nhầm tên thuốc")
    third = correct_history(
        ctx, patient_id=resident, line_id=second, fact=replace(right, severe=False), reason="không phải phản vệ"
    )
    (line,) = read().allergies
    assert (line.id, line.fact.substance, line.fact.severe) == (third, "Amoxicillin", False)
    assert [(one.id, one.fact.substance, one.reason) for one in line.earlier] == [
        (second, "Amoxicillin", "không phải phản vệ"),
        (first, "Penicillin", "nghe nhầm tên thuốc"),
    ]
    assert AllergyIntolerance.objects.get(pk=first).substance == "Penicillin"


def test_a_correction_of_another_facility_goes_with_the_statement_it_corrects(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID]
) -> None:
    """Else an unmerge would leave a line superseded by somebody else's."""
    from records.commands.encounters import open_encounter

    first = note(PENICILLIN)
    open_encounter(city.ctx("le.tan.2", NOW), patient_id=resident, care_type="01", reason="ho")
    there = city.ctx("bac.si.2", NOW)
    second = correct_history(there, patient_id=resident, line_id=first, fact=Allergy("food", "Tôm"), reason="ghi nhầm")
    old, new = AllergyIntolerance.objects.get(pk=first), AllergyIntolerance.objects.get(pk=second)
    assert (new.source_record_id, new.facility_id) == (old.source_record_id, there.facility and there.facility.id)
    assert new.facility_id != old.facility_id


def test_a_line_noted_by_mistake_leaves_the_record_and_stays_readable(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID], read: Callable[[], History]
) -> None:
    line = note(PENICILLIN)
    ctx = city.ctx("bac.si", NOW)
    withdraw_history(ctx, patient_id=resident, section="allergies", line_id=line, reason="nhầm người bệnh")
    history = read()
    assert history.allergies == ()
    (gone,) = history.withdrawn["allergies"]
    assert [(one.fact.substance, one.reason) for one in gone.earlier] == [("Penicillin", "nhầm người bệnh")]  # type: ignore[attr-defined]
    assert note(PENICILLIN), "it may be noted again"


def test_two_people_correcting_the_same_line_are_told_of_each_other(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID]
) -> None:
    line = note(SMOKES)
    ctx = city.ctx("bac.si", NOW)
    correct_history(ctx, patient_id=resident, line_id=line, fact=replace(SMOKES, amount=Decimal(5)), reason="đã giảm")
    late = replace(SMOKES, state="quit", amount=None, until_year=2026)
    with pytest.raises(Conflict) as refusal:
        correct_history(ctx, patient_id=resident, line_id=line, fact=late, reason="đã bỏ")
    assert refusal.value.code == "history-changed"
    assert "vừa được sửa lúc" in refusal.value.message
    assert city.here.short_name in refusal.value.message
    with pytest.raises(Conflict):
        withdraw_history(ctx, patient_id=resident, section="risks", line_id=line, reason="nhầm")


def test_asked_and_none_is_an_answer_until_there_is_a_line(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID], read: Callable[[], History]
) -> None:
    ctx = city.ctx("y.ta", NOW)
    assert read().none == {}
    for section in ("allergies", "diseases", "disabilities", "surgeries", "family"):
        record_none(ctx, patient_id=resident, section=section)
    record_none(ctx, patient_id=resident, section="surgeries")
    assert set(read().none) == {"allergies", "diseases", "disabilities", "surgeries", "family"}
    note(PENICILLIN)
    note(EVERY_FACT[7])
    assert set(read().none) == {"diseases", "disabilities", "family"}
    with pytest.raises(Conflict) as refusal:
        record_none(ctx, patient_id=resident, section="surgeries")
    assert refusal.value.code == "history-has-lines"
    with pytest.raises(NotFound):
        record_none(ctx, patient_id=resident, section="birth")


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        (Relative("MTH", name=""), "name"),
        (Relative("XXX", name="Lê Thị Na"), "relationship"),
        (Relative("MTH", name="Lê Thị Na", phone="12"), "phone"),
        (Relative("MTH", name="Lê Thị Na", national_id="12a"), "national_id"),
        (Birth(), "delivery"),
        (Birth(weight_g=32), "weight_g"),
        (Birth(length_cm=Decimal(180)), "length_cm"),
        (Risk("dust"), "kind"),
        (Risk("tobacco"), "state"),
        (Risk("exercise", "quit"), "state"),
        (Risk("tobacco", "never", Decimal(3)), "state"),
        (Risk("tobacco", "now", Decimal(900)), "amount"),
        (Risk("drugs", "now", Decimal(1)), "amount"),
        (Risk("tobacco", "now", since_year=1960), "since_year"),
        (Risk("tobacco", "now", until_year=2020), "until_year"),
        (Risk("tobacco", "quit", since_year=2010, until_year=2005), "until_year"),
        (Risk("toilet"), "detail"),
        (Allergy("food", ""), "substance"),
        (Allergy("", "Tôm"), "kind"),
        (Allergy("food", "x" * 201), "substance"),
        (Disease(16), "category"),
        (Disease(13), "display"),
        (Disease(2, status="gone"), "status"),
        (Disease(2, code="Z99.99"), "code"),
        (Disease(2, onset=PartialDate(date(1970, 1, 1), "year")), "onset"),
        (DisabilityFact("tail"), "kind"),
        (DisabilityFact("other"), "description"),
        (Surgery(""), "description"),
        (Surgery("Mổ", 2030), "year"),
        (FamilyIllness("SPS", disease=2), "relationship"),
        (FamilyIllness("MTH"), "disease"),
        (FamilyIllness("MTH", disease=2, allergy="food"), "disease"),
        (FamilyIllness("MTH", disease=20), "disease"),
        (FamilyIllness("MTH", allergy="dust", description="x"), "allergy"),
        (FamilyIllness("MTH", disease=13), "description"),
        (FamilyIllness("MTH", disease=2, onset_age=200), "onset_age"),
        (Reproductive(), "contraception"),
        (Reproductive(births=50), "births"),
        (Reproductive(births=1, vaginal_births=2), "births"),
        (Reproductive(births=2, term_births=2, preterm_births=1), "term_births"),
        (Reproductive(pregnancies=2, births=2, abortions=1), "pregnancies"),
        (Issue(""), "text"),
    ],
    ids=repr,
)
def test_what_cannot_be_true_is_refused_at_its_field(
    note: Callable[[Fact], uuid.UUID], read: Callable[[], History], fact: Fact, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        note(fact)
    assert field in {one.field for one in refusal.value.all}
    assert all(one.message for one in refusal.value.all)
    assert [one for section in _sections(read()) for one in section] == []


def test_a_man_is_never_asked_about_pregnancies(city: City) -> None:
    man = register(city, said=BARE, name="Trần Văn Hùng", sex="male")
    with pytest.raises(Refused) as refusal:
        record_history(city.ctx("bac.si", NOW), patient_id=man, fact=Reproductive(births=0))
    assert refusal.value.code == "not-asked-of"


@pytest.mark.parametrize("fact", [PENICILLIN, SMOKES, Birth("vaginal"), Disease(2), Surgery("Mổ ruột thừa", 1990)])
def test_the_same_thing_is_not_noted_twice(note: Callable[[Fact], uuid.UUID], fact: Fact) -> None:
    note(fact)
    with pytest.raises(Conflict) as refusal:
        note(fact)
    assert refusal.value.code == "history-stands"


def test_vietnamese_words_that_differ_by_a_tone_are_not_the_same(note: Callable[[Fact], uuid.UUID]) -> None:
    note(Allergy("food", "Bơ"))
    assert note(Allergy("food", "Bò"))


def test_a_correction_needs_a_reason_and_a_change(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID]
) -> None:
    line, ctx = note(PENICILLIN), city.ctx("bac.si", NOW)
    told = {"patient_id": resident, "line_id": line}
    for fact, reason, code in (
        (replace(PENICILLIN, severe=False), " ", "reason-missing"),
        (replace(PENICILLIN, severe=False), "x" * 301, "reason-long"),
        (PENICILLIN, "nhầm", "nothing-changed"),
    ):
        with pytest.raises(Refused) as refusal:
            correct_history(ctx, fact=fact, reason=reason, **told)  # type: ignore[arg-type]
        assert refusal.value.code == code
    with pytest.raises(NotFound):
        correct_history(ctx, patient_id=resident, line_id=uuid.uuid4(), fact=PENICILLIN, reason="nhầm")
    with pytest.raises(NotFound):
        withdraw_history(ctx, section="teeth", reason="nhầm", **told)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        withdraw_history(ctx, section="relatives", reason="nhầm", **told)  # type: ignore[arg-type]
    somebody_else = register(city, said=BARE, name="Trần Thị Hoa")
    with pytest.raises(NotFound):
        correct_history(ctx, patient_id=somebody_else, line_id=line, fact=SMOKES, reason="nhầm")


def test_a_visits_diagnosis_is_no_line_of_the_history(city: City, resident: uuid.UUID) -> None:
    from records.commands.encounters import Diagnosis, open_encounter, record_diagnoses

    encounter = open_encounter(city.ctx("le.tan", NOW), patient_id=resident, care_type="01", reason="ho")
    (row,) = record_diagnoses(city.ctx("bac.si", NOW), encounter, Diagnosis("I10", "Tăng huyết áp"))
    with pytest.raises(NotFound):
        withdraw_history(
            city.ctx("bac.si", NOW), patient_id=resident, section="diseases", line_id=row.pk, reason="nhầm"
        )
    assert Condition.objects.get(pk=row.pk).superseded_by is None


def test_the_desk_notes_relatives_and_nothing_clinical(
    city: City, resident: uuid.UUID, read: Callable[[], History]
) -> None:
    desk = city.ctx("le.tan", NOW)
    mother = Relative("MTH", name="Lê Thị Na", phone="0912 000 999", guardian=True)
    line = record_relative(desk, patient_id=resident, fact=mother)
    with pytest.raises(Forbidden):
        record_history(desk, patient_id=resident, fact=PENICILLIN)
    with pytest.raises(Forbidden):
        record_none(desk, patient_id=resident, section="allergies")
    line = correct_relative(
        desk, patient_id=resident, line_id=line, fact=replace(mother, guardian=False), reason="đã đủ tuổi"
    )
    assert [(one.fact.phone, one.fact.guardian) for one in read().relatives] == [("0912000999", False)]
    withdraw_relative(desk, patient_id=resident, line_id=line, reason="nhầm người")
    assert read().relatives == ()


def test_a_relatives_link_stays_while_the_name_does(city: City, resident: uuid.UUID) -> None:
    child = register(city, said=BARE, name="Nguyễn Thị Na", birth="01/02/2020")
    own = SourceRecord.objects.get(link__patient_id=child)
    desk = city.ctx("le.tan", NOW)
    line = record_relative(desk, patient_id=resident, fact=Relative("CHILD", name="Nguyễn Thị Na"))
    RelatedPerson.objects.filter(pk=line).update(related_record=own, related_patient_id=child)
    second = correct_relative(
        desk, patient_id=resident, line_id=line, fact=Relative("CHILD", name="Nguyễn Thị Na", guardian=True), reason="x"
    )
    assert RelatedPerson.objects.get(pk=second).related_patient_id == child
    third = correct_relative(
        desk, patient_id=resident, line_id=second, fact=Relative("CHILD", name="Nguyễn Thị Lan"), reason="x"
    )
    assert RelatedPerson.objects.get(pk=third).related_patient_id is None


@pytest.mark.parametrize(("name", "linked"), [("LE THI NA", True), ("Lê Thị Nga", False)])
def test_a_relative_with_a_record_is_linked_by_number_and_name(
    city: City, resident: uuid.UUID, name: str, linked: bool
) -> None:
    own = register(city, said=BARE, name="Lê Thị Na", birth="01/02/1950", cccd=NA)
    told = Relative("MTH", name=name, national_id=NA)
    line = record_relative(city.ctx("le.tan", NOW), patient_id=resident, fact=told)
    row = RelatedPerson.objects.get(pk=line)
    assert row.related_patient_id == (own if linked else None)
    assert (row.related_record is not None) is linked


def test_a_closed_record_is_refused_and_told_of(city: City, resident: uuid.UUID) -> None:
    with pytest.raises(RecordClosed):
        record_history(city.ctx("bac.si.2", NOW), patient_id=resident, fact=PENICILLIN)
    assert AuditEvent.objects.filter(outcome="refused", code="record-closed", patient_id=resident).count() == 1
    with pytest.raises(NotFound):
        record_history(city.ctx("bac.si", NOW), patient_id=uuid.uuid4(), fact=PENICILLIN)


def test_one_audit_row_a_line(
    city: City, resident: uuid.UUID, trail: Callable[[], list[AuditEvent]], note: Callable[[Fact], uuid.UUID]
) -> None:
    trail()
    line = note(Birth("vaginal"))
    (row,) = trail()
    assert (row.action, row.target_type, row.target_id) == ("record-history", "BirthHistory", str(line))
    assert BirthHistory.objects.get(pk=line).recorded_by is not None
    ctx = city.ctx("bac.si", NOW)
    correct_history(ctx, patient_id=resident, line_id=line, fact=Birth("caesarean"), reason="hỏi lại mẹ")
    assert [row.action for row in trail()] == ["correct-history"]


def test_mental_illness_is_hidden_from_whoever_lacks_the_right(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID], read: Callable[[], History]
) -> None:
    """QĐ 831's box 10: restricted information, in the history as in diagnoses."""
    told = {"group": "mental", "name": "Tâm thần", "source": "QĐ 831/QĐ-BYT"}
    RestrictedCode.objects.get_or_create(applies_to="history", code="10", defaults=told)
    line = note(Disease(10, "Trầm cảm"))
    note(Disease(2))
    nurse = city.ctx("y.ta", NOW)
    assert {one.fact.category for one in read().diseases} == {2, 10}
    assert {one.fact.category for one in get_history(open_record(nurse, resident)).diseases} == {2}
    with pytest.raises(NotFound):
        withdraw_history(nurse, patient_id=resident, section="diseases", line_id=line, reason="nhầm")
    assert record_history(nurse, patient_id=resident, fact=Disease(10, "Trầm cảm")), "no refusal tells what is hidden"


def test_lines_and_details_follow_a_merge_and_its_undoing(
    city: City, resident: uuid.UUID, note: Callable[[Fact], uuid.UUID], read: Callable[[], History]
) -> None:
    person = replace(stated(BARE, name="Nguyễn Thị Vân"), details=Details(occupation="Giáo viên"))
    desk = city.ctx("le.tan", NOW)
    other = register_resident(desk, person=person, channel="form", raw={}, confirmed_new=True).patient_id
    ctx, office = city.ctx("bac.si", NOW), city.ctx("so.y.te", NOW)
    note(PENICILLIN)
    line = record_history(ctx, patient_id=other, fact=Birth("vaginal"))
    child = record_relative(ctx, patient_id=resident, fact=Relative("CHILD", name="Nguyễn Thị Vân"))
    own = SourceRecord.objects.get(link__patient=other)
    RelatedPerson.objects.filter(pk=child).update(related_record=own, related_patient_id=other)
    merged = merge_people(office, keep=resident, other=other, reason="đã gọi điện, đúng là một người")
    changed = correct_history(ctx, patient_id=resident, line_id=line, fact=Birth("caesarean"), reason="hỏi lại")
    assert ([one.id for one in read().birth], len(read().allergies)) == ([changed], 1)
    assert RelatedPerson.objects.get(pk=child).related_patient_id == resident
    assert details_of(resident).details.occupation == "Giáo viên"
    unmerge(office, merge_id=merged.merge_id, reason="hai người khác nhau, gọi lại đã rõ")
    assert read().birth == ()
    (back,) = get_history(open_record(ctx, other)).birth
    assert (back.id, back.earlier[0].id) == (changed, line)
    assert RelatedPerson.objects.get(pk=child).related_patient_id == other
    assert details_of(resident).details == Details()


def _sections(history: History) -> list[tuple[object, ...]]:
    return [history.section(key) for key in (
        "birth", "risks", "allergies", "diseases", "disabilities", "surgeries", "family", "reproductive", "issues",
        "relatives",
    )]  # fmt: skip
