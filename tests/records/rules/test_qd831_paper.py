"""The form on paper: every value of the form stands somewhere, in words."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from records.rules.examination import SYSTEMS
from records.rules.qd831.form import (
    Ailments,
    Allergy,
    Birth,
    Disease,
    Examination,
    General,
    HealthRecord,
    History,
    Reproduction,
    RiskFactor,
    Risks,
)
from records.rules.qd831.paper import Section, sections

CODED = {"sex", "delivery", "preterm", "asphyxia", "blood_rh"}  # stand as words
UNPRINTED = {  # numbers that only machines read, beside the words that are printed
    "vneid", "member_number", "permanent_province", "permanent_district", "permanent_commune", "current_province",
    "current_district", "current_commune", "national_id",
    "encounter_key", "started_on", "ended_on", "doctor_code", "glasses",
}  # fmt: skip


def written(kind: type) -> Any:
    """A group whose every text field says its own name."""
    return kind(**{one.name: f"«{one.name}»" for one in fields(kind) if "tag" in one.metadata})


def text_of(found: tuple[Section, ...]) -> str:
    parts: list[str] = []
    for one in found:
        parts += [one.title, *one.notes, *(f"{label}: {value}" for label, value in one.facts)]
        parts += [cell for table in one.tables for row in table.rows for cell in row]
    return "\n".join(parts)


def test_every_value_of_the_form_is_printed() -> None:
    general = replace(written(General), sex="2")
    history = History(
        birth=written(Birth), risks=written(Risks), reproduction=written(Reproduction), surgery="«surgery»"
    )
    record = HealthRecord(general, history, examinations=(written(Examination),))
    text = text_of(sections(record)).lower()
    for kind in (General, Birth, Risks, Reproduction, Examination):
        for one in fields(kind):
            if "tag" in one.metadata and one.name not in CODED | UNPRINTED:
                assert f"«{one.name}»" in text, f"{kind.__name__}.{one.name} is not on paper"


def test_codes_are_said_in_words() -> None:
    history = History(
        risks=Risks(factors=(RiskFactor(kind="1", state="2", amount="10", quit="0"),)),
        own=Ailments((Allergy(kind="1", name="Penicillin"),), (Disease(kind="2"),)),
    )
    text = text_of(sections(HealthRecord(General(sex="1"), history)))
    for words in ("Nam", "Hút thuốc lá", "10 điếu/ngày", "Thường xuyên", "Thuốc", "Penicillin", "Tăng huyết áp"):
        assert words in text


def test_reproductive_health_is_asked_of_nobody_male() -> None:
    titles = {sex: [one.title for one in sections(HealthRecord(General(sex=sex)))] for sex in ("1", "2", "3")}
    asked = {sex: any("sinh sản" in title for title in found) for sex, found in titles.items()}
    assert asked == {"1": False, "2": True, "3": True}


def test_the_family_history_says_who() -> None:
    family = Ailments(diseases=(Disease(kind="13", name="Ung thư vú", who="Mẹ"),))
    (section,) = [s for s in sections(HealthRecord(history=History(family=family))) if "Tiền sử gia đình" in s.title]
    assert section.tables[1].rows == (("Ung thư", "Ung thư vú", "", "Mẹ"),)
    assert section.tables[1].head[-1] == "Người mắc"


def test_every_system_stands_on_paper_by_the_name_the_examination_page_gives_it() -> None:
    (*_, section) = sections(HealthRecord(examinations=(written(Examination),)))
    labels = [label for label, _ in section.facts]
    assert [line.name for line in SYSTEMS.values()] == labels[-len(SYSTEMS) :]
    assert ("Mạch", "«pulse» lần/phút") in section.facts
    assert len([one for one in fields(Examination) if one.metadata.get("tag", "").startswith("KHAM")]) == 19
