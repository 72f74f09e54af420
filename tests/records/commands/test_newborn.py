"""Newborns with their mother: one transaction, both ways, never mistaken for each other, warned of twice."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from records.commands.candidates import sweep_duplicates
from records.commands.encounters import stamp_for
from records.commands.linking import Origin
from records.commands.merging import merge_people
from records.commands.newborn import Newborn, register_newborns
from records.commands.registration import (
    DuplicateSuspected,
    Registered,
    add_statement,
    create_resident,
    register_resident,
)
from records.models import (
    AccessGrant,
    BirthHistory,
    Immunization,
    MatchCandidate,
    NotSamePerson,
    Patient,
    RelatedPerson,
)
from records.queries.access import RecordClosed, look_through_door
from records.queries.newborn import get_family, get_mothers_tetanus, open_mother
from records.queries.patients import find_patients
from records.rules.history_facts import Birth
from registry.kernel import Refused
from registry.queries.trail import find_looks
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, VAN, register, stated

LIVES = {"phone": VAN["phone"], "ward_code": "00163", "ward_name": "Phường Kim Liên"}
BORN = NOW.strftime("%d/%m/%Y")


def baby(sex: str = "male", birth: str = BORN, order: int | None = None, name: str = "", **fact: Any) -> Newborn:
    """A child without a name unless it has one."""
    person = stated({"name": name or "Con bà", "birth": birth, "sex": sex}, **LIVES)
    return Newborn(person, Birth(birth_order=order, **fact), named=bool(name))


def bear(city: City, mother: uuid.UUID, *babies: Newborn, by: str = "le.tan", **more: Any) -> tuple[Registered, ...]:
    """Register them."""
    return register_newborns(city.ctx(by, NOW), mother_id=mother, newborns=babies or (baby(),), raw={}, **more)


def test_one_child_is_tied_both_ways_with_one_audit_row(city: City, trail: Any) -> None:
    mother = register(city)
    trail()
    (done,) = bear(city, mother, baby(weight_g=3200, gestation_weeks=35, preterm=True), father="Lê Văn Ba")
    child = Patient.objects.get(pk=done.patient_id)
    assert (child.name, child.phone) == ("Con bà NGUYỄN THỊ HỒNG VÂN", VAN["phone"])
    rows = RelatedPerson.objects.filter(patient=child)
    assert set(rows.values_list("relationship", "related_patient")) == {("MTH", mother), ("FTH", None)}
    assert RelatedPerson.objects.get(patient=mother).related_patient_id == child.pk
    birth = BirthHistory.objects.get(patient=child)
    assert (birth.weight_g, birth.gestation_weeks, birth.preterm) == (3200, 35, True)
    assert AccessGrant.objects.get(source_record=done.record_id).facility == city.here
    (row,) = trail()
    assert (row.action, row.patient_id) == ("register-newborn", mother)
    assert row.detail["children"] == [str(child.pk)]
    assert "VÂN" not in str(row.detail)


def test_twins_are_two_for_the_desk_and_for_the_sweep(city: City) -> None:
    mother = register(city)
    first, second = bear(city, mother, baby(order=1), baby(order=2))
    names = [Patient.objects.get(pk=one.patient_id).name for one in (first, second)]
    assert names == [f"Con bà NGUYỄN THỊ HỒNG VÂN (bé {words})" for words in ("thứ nhất", "thứ hai")]
    assert NotSamePerson.objects.count() == 1
    sweep_duplicates(city.ctx("so.y.te", NOW))
    assert not MatchCandidate.objects.exists()


def test_the_registration_stands_on_every_childs_access_list(city: City) -> None:
    mother = register(city)
    twins = bear(city, mother, baby(order=1), baby(order=2))
    for one in (mother, *(each.patient_id for each in twins)):
        assert [look.action for look in find_looks([one]).found].count("register-newborn") == 1


def test_the_mothers_tetanus_doses_are_told_where_her_record_is_open(city: City) -> None:
    mother = register(city)
    (child,) = bear(city, mother)
    doctor = city.ctx("bac.si", NOW)
    assert get_mothers_tetanus(look_through_door(doctor, child.patient_id)) == 0
    dose = {
        "status": "completed", "programme": "tetanus", "vaccine_code": "UV", "vaccine_display": "Uốn ván",
        "occurred_on": NOW.date(), **stamp_for(doctor, mother),
    }  # fmt: skip
    Immunization.objects.create(**dose)
    assert get_mothers_tetanus(look_through_door(doctor, child.patient_id)) == 1
    stranger = replace(look_through_door(doctor, child.patient_id), ctx=city.ctx("bac.si.2", NOW))
    assert get_mothers_tetanus(stranger) is None


def test_a_named_child_is_found_by_its_own_name(city: City) -> None:
    mother = register(city)
    (child,) = bear(city, mother)
    named = stated(name="Lê Minh An", birth=BORN, sex="male", **LIVES)
    add_statement(city.ctx("le.tan", NOW), patient_id=child.patient_id, person=named, channel="form", raw={})
    found = find_patients(city.ctx("le.tan", NOW), "le minh an")
    assert [one.patient_id for one in found.hits] == [child.patient_id]


@pytest.mark.parametrize("again", [BORN, NOW.replace(day=NOW.day - 1).strftime("%d/%m/%Y")], ids=["day", "midnight"])
def test_the_same_child_twice_is_a_warning_until_it_is_another(city: City, again: str) -> None:
    mother = register(city)
    (known,) = bear(city, mother)
    with pytest.raises(DuplicateSuspected) as refused:
        bear(city, mother, baby(birth=again))
    assert [one.patient_id for one in refused.value.candidates] == [known.patient_id]
    assert not refused.value.certain
    assert Patient.objects.count() == 2
    bear(city, mother, baby(birth=again), not_same=[known.patient_id])
    assert Patient.objects.count() == 3
    sweep_duplicates(city.ctx("so.y.te", NOW))
    assert not MatchCandidate.objects.exists()


def test_a_child_of_the_other_sex_is_a_twin(city: City) -> None:
    mother = register(city)
    bear(city, mother)
    bear(city, mother, baby("female"))
    assert Patient.objects.count() == 3


def test_filed_under_its_mothers_name_it_meets_the_child_and_never_the_mother(city: City) -> None:
    mother = register(city)
    filed = register_resident(
        city.ctx("le.tan.2", NOW), person=stated(BARE, birth=BORN, sex="male", **LIVES), channel="import", raw={}
    )
    with pytest.raises(DuplicateSuspected) as refused:
        bear(city, mother, baby(name="Lê Minh An"))
    assert [one.patient_id for one in refused.value.candidates] == [filed.patient_id]
    (own,) = bear(city, mother, baby(name="Lê Minh An"), not_same=[filed.patient_id])
    assert own.patient_id != filed.patient_id


def test_the_sweep_queues_a_child_filed_under_its_mothers_name_later(city: City) -> None:
    mother = register(city)
    (own,) = bear(city, mother, baby(name="Lê Minh An"))
    ctx, person = city.ctx("le.tan.2", NOW), stated(BARE, birth=BORN, sex="male", **LIVES)
    with pytest.raises(DuplicateSuspected, match="possible-duplicate"):
        register_resident(ctx, person=person, channel="form", raw={})
    filed = create_resident(ctx, person, Origin(channel="import", raw={}), reason="nhập dữ liệu cũ")
    sweep_duplicates(city.ctx("so.y.te", NOW))
    pair = MatchCandidate.objects.get()
    assert {pair.first_id, pair.second_id} == {own.patient_id, filed.patient_id}
    assert pair.verdict == "possible"


def test_a_mother_without_a_number_and_one_who_is_merged_later(city: City) -> None:
    mother = register(city, said=BARE)
    other = register(city, name="Phạm Thị Hoa", birth="01/02/1971", cccd="", bhyt="", phone="0912999888")
    (child,) = bear(city, mother)
    merge_people(city.ctx("so.y.te", NOW), keep=other, other=mother, reason="một người hai hồ sơ")
    family = get_family(open_mother(city.ctx("le.tan", NOW), mother))
    assert [(one.mother, one.patient_id) for one in family] == [(False, child.patient_id)]
    (hers,) = get_family(look_through_door(city.ctx("le.tan", NOW), child.patient_id))
    assert (hers.mother, hers.patient_id, hers.is_open) == (True, other, True)


def test_what_is_refused(city: City) -> None:
    mother = register(city)
    with pytest.raises(RecordClosed):
        bear(city, mother, by="le.tan.2")
    man = register(city, name="Trần Văn Tư", sex="male", cccd="", bhyt="", phone="")
    for who, child, code in (
        (man, baby("female"), "not-a-mother"),
        (mother, baby(weight_g=32), "weight"),
        (mother, baby(gestation_weeks=12), "gestation"),
        (mother, baby(birth="01/01/2020"), "newborn-birth"),
        (mother, baby(born_time="25:00"), "born-time"),
    ):
        with pytest.raises(Refused, match=code):
            bear(city, who, child)
    with pytest.raises(Refused, match="no-newborn"):
        register_newborns(city.ctx("le.tan", NOW), mother_id=mother, newborns=(), raw={})
    assert Patient.objects.count() == 2
