"""People, a second room and a small ICD-10 list for the clinic's tests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from clinics.commands.check_in import CheckedIn, check_in
from clinics.commands.consultation import start_consultation
from records.commands.registration import register_resident
from records.rules.person import StatedPerson, state_person
from registry.models import CodeSystem, Concept, Room
from registry.rules.text import fold
from tests.factories.city import NOW, City, make_room

CONCEPTS = (  # beside the starter set that every database holds; codes of no real list, so that both may grow
    ("J02.9", "Viêm họng cấp, không đặc hiệu", {}),
    ("J03.9", "Viêm amidan cấp, không đặc hiệu", {}),
    ("I10", "Tăng huyết áp vô căn (nguyên phát)", {"chronic": "1"}),
    ("E11.9", "Đái tháo đường típ 2, không biến chứng", {"chronic": "1"}),
    ("U98.1", "Mã chỉ ghi kèm theo", {"not_main": "1"}),
    ("U98.2", "Mã chỉ của nam", {"only_sex": "male"}),
    ("U98.3", "Mã không dùng", {"forbidden": "1"}),
    *((f"U97.{number:02d}", f"Bệnh thử số {number}", {}) for number in range(14)),
)


@dataclass
class Clinic:
    """The city with what the clinic needs: two rooms, codes, and ways to make people and visits."""

    city: City
    room: Room
    second: Room

    def ctx(self, username: str, at: datetime = NOW) -> Any:
        """The context of one of the staff at 07:30 on 23/11/2026 unless said otherwise."""
        return self.city.ctx(username, at)

    def register(self, name: str = "Nguyễn Thị Hồng Vân", birth: str = "12/03/1972", sex: str = "female") -> uuid.UUID:
        """A resident whom the desk of this clinic registers."""
        person = state_person(today=NOW.date(), name=name, birth=birth, sex=sex)
        assert isinstance(person, StatedPerson), person
        return register_resident(
            self.ctx("le.tan"), person=person, channel="form", raw={}, confirmed_new=True
        ).patient_id

    def check_in(self, patient_id: uuid.UUID | None = None, at: datetime = NOW, **said: Any) -> CheckedIn:
        """A visit at this clinic; anything of the form may be said otherwise."""
        form = {"room_id": self.room.pk, "reason": "Ho, sốt 3 ngày", "payer": "insurance", "priority": "none"} | said
        return check_in(
            self.ctx(form.pop("by", "le.tan"), at),
            patient_id=patient_id or self.register(),
            care_type=form.pop("care_type", "01"),
            **form,
        )

    def consult(self, patient_id: uuid.UUID | None = None, **said: Any) -> uuid.UUID:
        """A visit whose doctor has begun."""
        visit_id = self.check_in(patient_id, **said).visit_id
        start_consultation(self.ctx("bac.si"), visit_id=visit_id)
        return visit_id


def build_clinic(city: City) -> Clinic:
    """Rooms and codes for a city."""
    system, _ = CodeSystem.objects.get_or_create(key="icd-10", defaults={"name": "ICD-10 (thử)"})
    have_concepts(system)
    return Clinic(city, city.room, make_room(city.here, "P5", "Phòng 5 · Nội"))


def have_concepts(system: CodeSystem) -> None:
    """Exactly these words and properties for these codes, in force now; and one code of an older edition."""
    kept = {one.code: one for one in system.concepts.filter(code__in=[c for c, _, _ in CONCEPTS], valid_to=None)}
    fresh = []
    for code, display, properties in CONCEPTS:
        one = kept.get(code) or Concept(system=system, code=code, valid_from=date(2026, 7, 1))
        one.display, one.search_key, one.properties = display, fold(display), properties
        if one.pk is None:
            fresh.append(one)
    Concept.objects.bulk_update(kept.values(), ["display", "search_key", "properties"])
    Concept.objects.bulk_create(fresh)
    old = {"display": "Mã cũ", "search_key": "ma cu", "valid_to": date(2026, 6, 30)}
    Concept.objects.update_or_create(system=system, code="U98.9", valid_from=date(2020, 1, 1), defaults=old)


@pytest.fixture
def clinic(city: City) -> Clinic:
    """The clinic inside the test's own transaction."""
    return build_clinic(city)


@pytest.fixture
def live_clinic(live_city: City) -> Clinic:
    """The clinic committed, for threads and browsers."""
    return build_clinic(live_city)
