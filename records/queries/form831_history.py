"""Parts 2 and 3 of QĐ 831's form: the record's history and doses in the form's texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from records.queries.form831_words import day_of, flag_of, text_of
from records.queries.history import History
from records.queries.immunisation import Immunisations
from records.rules.history import ALLERGIES, DELIVERIES, DISABILITIES, RELATIONSHIPS, RISKS
from records.rules.history_facts import Allergy, Disease, FamilyIllness, Reproductive, Risk
from records.rules.qd831 import form
from registry.rules.phrases import Phrase


def history_part(history: History) -> form.History:
    """Part 2; of what can be said once, the newest line."""
    return form.History(
        birth=_birth(history),
        risks=_risks([line.fact for line in history.risks]),
        disabilities=form.Disabilities(
            tuple(
                form.Disability(
                    DISABILITIES[line.fact.kind].code, DISABILITIES[line.fact.kind].label, line.fact.description
                )
                for line in history.disabilities
            )
        ),
        own=form.Ailments(
            tuple(_allergy(line.fact) for line in history.allergies),
            tuple(_disease(line.fact) for line in history.diseases),
        ),
        family=_family([line.fact for line in history.family]),
        surgery="; ".join(_surgery(line.fact) for line in history.surgeries),
        reproduction=_reproduction([line.fact for line in history.reproductive]),
        other="; ".join(line.fact.text for line in history.issues),
    )


def _birth(history: History) -> form.Birth:
    if not history.birth:
        return form.Birth()
    fact = history.birth[0].fact
    return form.Birth(
        delivery=DELIVERIES[fact.delivery].code if fact.delivery else "",
        preterm=flag_of(fact.preterm),
        asphyxia=flag_of(fact.asphyxia),
        weight=text_of(fact.weight_g),
        length=text_of(fact.length_cm),
        malformation=fact.malformation,
        other=fact.other,
    )


def _risks(facts: Sequence[Risk]) -> form.Risks:
    """Habits by their number; what is no habit in the tags of its own. The newest line of each comes first."""
    states = {"never": "0", "now": "1", "regularly": "2", "quit": "0"}
    habits = tuple(
        form.RiskFactor(
            kind=RISKS[one.kind].code,
            name=RISKS[one.kind].label,
            state=states.get(one.state, ""),
            quit=flag_of(one.state == "quit"),
            amount=text_of(one.amount),
        )
        for one in facts
        if RISKS[one.kind].code
    )
    said: dict[str, list[Risk]] = {}
    for one in facts:
        said.setdefault(one.kind, []).append(one)
    return form.Risks(
        habits,
        exposure="; ".join(one.detail for one in said.get("exposure", ())),
        exposure_time="; ".join(one.duration for one in said.get("exposure", ()) if one.duration),
        latrine="; ".join(one.detail for one in said.get("toilet", ())),
        other="; ".join(one.detail for one in said.get("other", ())),
    )


def _allergy(one: Allergy) -> form.Allergy:
    kind = ALLERGIES.get(one.kind)
    reaction = ", ".join(filter(None, (one.reaction, "nặng" if one.severe else "")))
    return form.Allergy(kind.code if kind else "", one.code, one.substance, reaction)


def _disease(one: Disease) -> form.Disease:
    since = Phrase("từ {day}", day=one.onset.display) if one.onset else ""
    note = ", ".join(filter(None, (one.code, since, one.note)))
    return form.Disease(text_of(one.category or None), one.name, "1" if one.status == "active" else "0", note)


def _family(facts: Iterable[FamilyIllness]) -> form.Ailments:
    allergies, diseases = [], []
    for one in facts:
        who = one.relationship_text or RELATIONSHIPS.get(one.relationship, "")
        if one.allergy:
            kind = ALLERGIES[one.allergy]
            allergies.append(form.Allergy(kind.code, name=one.description or kind.label, who=who))
        else:
            diseases.append(form.Disease(text_of(one.disease), one.description, "1", who=who))
    return form.Ailments(tuple(allergies), tuple(diseases))


def _surgery(one: Any) -> str:
    return ", ".join(filter(None, (one.description, text_of(one.year), one.place)))


def _reproduction(facts: Sequence[Reproductive]) -> form.Reproduction:
    if not facts:
        return form.Reproduction()
    one = facts[0]
    counts = {
        field.name: text_of(getattr(one, field.name))
        for field in fields(form.Reproduction)
        if field.name not in {"contraception", "last_pregnancy", "gynaecological_disease"}
    }
    return form.Reproduction(
        contraception=one.contraception,
        last_pregnancy=one.last_pregnancy,
        gynaecological_disease=one.gynaecological,
        **counts,
    )


def vaccination_part(found: Immunisations) -> form.Vaccination:
    """Part 3."""
    kinds = {"national": "1", "outside": "2", "tetanus": "3"}
    doses = tuple(
        form.Dose(
            vaccine_code=one.vaccine,
            vaccine=one.display,
            vaccine_kind=kinds[one.programme],
            state=flag_of(one.given),
            given_on=one.on.display if one.given else "",
            pregnancy_month=text_of(one.gestation_weeks // 4 + 1 if one.gestation_weeks is not None else None),
            reaction=one.reaction,
            due_on=day_of(one.next_due_on),
        )
        for one in found.doses
    )
    tetanus = sum(1 for one in found.doses if one.given and one.programme == "tetanus")
    return form.Vaccination(text_of(tetanus or None), doses)
