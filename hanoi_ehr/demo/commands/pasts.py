"""What residents told of themselves for the personal health record (QĐ 831): habits, operations, family, birth, work.

About half of the people have been asked, as a commune station does it. Shares are rough, written for the demo: two men in
five and hardly a woman smoke, most men drink, one grown-up in eight was operated on, one in ten has cancer in the family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Model

from hanoi_ehr.demo.people import Person
from records.models import (
    AskedAndNone,
    BirthHistory,
    FamilyMemberHistory,
    RelatedPerson,
    ReproductiveHistory,
    RiskFactor,
    StatementDetails,
    SurgicalHistory,
)

ASKED = 0.5
GROWN, CHILD, SCHOOL, RETIRED = 18, 16, 6, 60
OPERATIONS = ("Cắt ruột thừa", "Mổ sỏi mật", "Mổ thoát vị bẹn", "Mổ đục thuỷ tinh thể", "Kết hợp xương cẳng chân",
              "Cắt tử cung", "Mổ lấy thai", "Cắt amidan")  # fmt: skip
HOSPITALS = ("Bệnh viện Xanh Pôn", "Bệnh viện Bạch Mai", "Bệnh viện Việt Đức", "Bệnh viện E", "")
FAMILY_ILLNESSES = (
    (13, "ung thư đại tràng"),
    (13, "ung thư dạ dày"),
    (2, ""),
    (2, ""),
    (3, ""),
    (1, "nhồi máu cơ tim"),
)
WORK = ("Công chức", "Giáo viên", "Kỹ sư", "Công nhân", "Buôn bán nhỏ", "Lái xe", "Nông dân", "Nội trợ", "Kế toán")
CONTRACEPTION = ("Dụng cụ tử cung", "Thuốc uống", "Bao cao su", "")

_PROVENANCE = (
    "id", "source_record_id", "patient_id", "facility_id", "recorded_by_id", "recorded_at", "system", "source_key",
    "superseded_reason",
)  # fmt: skip
COLUMNS: dict[type[Model], tuple[str, ...]] = {
    RiskFactor: ("kind", "state", "amount", "since_year", "detail", "duration"),
    SurgicalHistory: ("description", "year", "place"),
    FamilyMemberHistory: ("relationship", "relationship_text", "disease", "allergy", "description", "onset_age"),
    BirthHistory: ("delivery", "preterm", "asphyxia", "weight_g", "length_cm", "malformation", "other"),
    ReproductiveHistory: ("contraception", "last_pregnancy", "pregnancies", "miscarriages", "abortions", "births",
                          "vaginal_births", "caesarean_births", "living_children", "gynaecological"),
    AskedAndNone: ("section",),
    RelatedPerson: ("relationship", "relationship_text", "name", "national_id", "phone", "landline", "guardian",
                    "related_record_id", "related_patient_id"),
}  # fmt: skip
DETAILS = (
    "id",
    "source_record_id",
    "occupation",
    "ethnicity_code",
    "ethnicity",
    "nationality",
    "blood_abo",
    "blood_rh",
)
OTHER_DETAILS = (
    "occupation_code", "nationality_code", "religion_code", "religion", "email", "landline", "birth_province_code",
    "birth_province", "hamlet", "permanent_address", "permanent_hamlet", "permanent_ward_code", "permanent_ward_name",
    "permanent_province_code", "household_number", "member_number", "head_relationship",
)  # fmt: skip


@dataclass
class Pasts:
    """Rows by table, made person by person. stamp: the provenance columns of a new row under a statement."""

    chance: Random
    today: date
    stamp: Callable[[Any, datetime], tuple[object, ...]]
    key: Callable[[], str]
    rows: dict[type[Model], list[tuple[object, ...]]] = field(default_factory=dict)

    def tables(self, told: Iterator[tuple[Person, Any]]) -> Iterator[tuple[type[Model], tuple[str, ...], Any]]:
        """(model, columns, rows) of everybody asked. told: people with the statement their answers stand under."""
        everybody = list(told)
        mothers = {
            person.address: (person, statement) for person, statement in everybody if self._could_be_a_mother(person)
        }
        for person, statement in everybody:
            if self.chance.random() < ASKED:
                self._ask(person, statement, mothers.get(person.address))
        for model, columns in COLUMNS.items():
            yield model, (*_PROVENANCE, *columns), self.rows.get(model, [])
        yield StatementDetails, (*DETAILS, *OTHER_DETAILS), self.rows.get(StatementDetails, [])

    def _could_be_a_mother(self, person: Person) -> bool:
        return person.sex == "female" and GROWN <= person.age(self.today) < RETIRED

    def _ask(self, person: Person, statement: Any, mother: tuple[Person, Any] | None) -> None:
        age = person.age(self.today)
        if age >= GROWN:
            self._habits(person, statement)
            self._past(person, statement)
        if age < CHILD:
            self._birth(statement)
            if mother:
                self._mother(statement, *mother)
        if person.sex == "female" and age >= GROWN:
            self._children(statement, age)
        self._details(statement, age)

    def _habits(self, person: Person, statement: Any) -> None:
        chance, man = self.chance, person.sex == "male"
        if chance.random() < (0.41 if man else 0.02):
            since = max(person.birth.year + GROWN, 1975)
            smoked = (Decimal(chance.choice((5, 10, 15, 20))), min(since, self.today.year))
            self._add(RiskFactor, statement, "tobacco", "now", *smoked, "", "")
        else:
            self._add(RiskFactor, statement, "tobacco", "never", None, None, "", "")
        drinks = chance.random() < (0.6 if man else 0.1)
        self._add(RiskFactor, statement, "alcohol", "now" if drinks else "never", None, None, "", "")
        if chance.random() < 0.3:  # noqa: PLR2004 - a share
            self._add(RiskFactor, statement, "exercise", "regularly", Decimal(150), None, "đi bộ", "")

    def _past(self, person: Person, statement: Any) -> None:
        chance = self.chance
        if chance.random() < 0.12:  # noqa: PLR2004 - a share
            grown = person.birth.year + GROWN
            operation = chance.choice(OPERATIONS[: 5 if person.sex == "male" else None])
            year = chance.randint(min(grown, self.today.year), self.today.year)
            self._add(SurgicalHistory, statement, operation, year, chance.choice(HOSPITALS))
        else:
            self._add(AskedAndNone, statement, "surgeries")
        if chance.random() < 0.2:  # noqa: PLR2004 - a share
            disease, name = chance.choice(FAMILY_ILLNESSES)
            who = chance.choice(("MTH", "FTH", "SIB"))
            self._add(FamilyMemberHistory, statement, who, "", disease, "", name, chance.choice((None, 48, 55, 62, 70)))
        else:
            self._add(AskedAndNone, statement, "family")

    def _birth(self, statement: Any) -> None:
        chance = self.chance
        preterm = chance.random() < 0.07  # noqa: PLR2004 - a share
        weight = round(chance.gauss(2300 if preterm else 3150, 300) / 50) * 50
        length = Decimal(round(chance.gauss(46 if preterm else 50, 1.2) * 2)) / 2
        way = "caesarean" if chance.random() < 0.35 else "vaginal"  # noqa: PLR2004 - a share
        asphyxia = chance.random() < 0.02  # noqa: PLR2004 - a share
        self._add(BirthHistory, statement, way, preterm, asphyxia, weight, length, "", "")

    def _children(self, statement: Any, age: int) -> None:
        chance = self.chance
        births = 0 if age < SCHOOL + GROWN else chance.choice((0, 1, 2, 2, 2, 3))
        lost = int(chance.random() < 0.15)  # noqa: PLR2004 - a share
        cuts = chance.randint(0, births)
        means = chance.choice(CONTRACEPTION)
        told = (means, "", births + lost, lost, 0, births, births - cuts, cuts, births, "")
        self._add(ReproductiveHistory, statement, *told)

    def _mother(self, statement: Any, mother: Person, hers: Any) -> None:
        guards_and_link = (True, hers.id, mother.id)
        self._add(RelatedPerson, statement, "MTH", "", mother.name, "", mother.phone, "", *guards_and_link)

    def _details(self, statement: Any, age: int) -> None:
        chance = self.chance
        work = (
            ""
            if age < SCHOOL
            else "Học sinh, sinh viên"
            if age < GROWN
            else "Hưu trí"
            if age >= RETIRED
            else chance.choice(WORK)
        )
        code, people = ("01", "Kinh") if chance.random() < 0.98 else ("06", "Mường")  # noqa: PLR2004 - a share
        blood = chance.choices(("O", "B", "A", "AB", ""), (21, 15, 10, 3, 51))[0]
        said = (self.key(), statement.id, work, code, people, "Việt Nam", blood, "+" if blood else "")
        self.rows.setdefault(StatementDetails, []).append((*said, *("" for _ in OTHER_DETAILS)))

    def _add(self, model: type[Model], statement: Any, *values: object) -> None:
        self.rows.setdefault(model, []).append((*self.stamp(statement, statement.at), *values))
