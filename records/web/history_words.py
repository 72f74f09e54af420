"""Facts of the history in the words people read."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from records.queries.history import Noted, Said
from records.rules.history import (
    ALLERGIES,
    DELIVERIES,
    DISABILITIES,
    DISEASES,
    RELATIONSHIPS,
    RISK_STATES,
    RISKS,
)
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
from records.web.words import CHANNELS
from registry.web.display import vi_date, vi_number

COUNTS = (
    ("pregnancies", gettext_noop("có thai")),
    ("births", gettext_noop("sinh đẻ")),
    ("vaginal_births", gettext_noop("đẻ thường")),
    ("caesarean_births", gettext_noop("đẻ mổ")),
    ("difficult_births", gettext_noop("đẻ khó")),
    ("term_births", gettext_noop("đủ tháng")),
    ("preterm_births", gettext_noop("đẻ non")),
    ("miscarriages", gettext_noop("sảy thai")),
    ("abortions", gettext_noop("phá thai")),
)


def fact_words(fact: Fact) -> tuple[str, str]:
    """(title, text) of a fact; the text may be empty."""
    match fact:
        case Birth() | Reproductive():
            return _birth(fact) if isinstance(fact, Birth) else _reproductive(fact)
        case Risk():
            return _risk(fact)
        case Allergy():
            return fact.substance, _joined(_kind(ALLERGIES, fact.kind), fact.reaction)
        case Disease():
            return _disease(fact)
        case DisabilityFact():
            return _kind(DISABILITIES, fact.kind), fact.description
        case Surgery() | Issue():
            return (fact.text, "") if isinstance(fact, Issue) else (fact.description, _joined(fact.year, fact.place))
        case FamilyIllness():
            return _family(fact)
        case Relative():
            return _relative(fact)


def said_words(said: Said) -> str:
    """Who, where, when, and from which system when it was not typed here."""
    system = "" if said.system == "ehr" else f"{CHANNELS['import']} {said.system.upper()}"
    return _joined(vi_date(said.at.astimezone().date()), said.facility, said.who, system)


def line(section: str, noted: Noted[Fact], url: str) -> dict[str, Any]:
    """One line as templates/records/_history_line.html takes it. url: its correction, "" for those who may not."""
    title, text = fact_words(noted.fact)
    severe = isinstance(noted.fact, Allergy) and noted.fact.severe
    resolved = isinstance(noted.fact, Disease) and noted.fact.status == "resolved"
    return {
        "title": title,
        "text": text,
        "severe": severe,
        "danger": section == "allergies",
        "resolved": resolved,
        "guardian": isinstance(noted.fact, Relative) and noted.fact.guardian,
        "said": said_words(noted.said),
        "url": url,
        "earlier": [
            {"title": fact_words(one.fact)[0], "text": fact_words(one.fact)[1], "said": said_words(one.said),
             "reason": one.reason}
            for one in noted.earlier
        ],
    }  # fmt: skip


def _joined(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part not in ("", None))


def _kind(choices: Any, key: str) -> str:
    return _(choices[key].label) if key in choices else ""


def _birth(fact: Birth) -> tuple[str, str]:
    asked = ((fact.preterm, _("đẻ thiếu tháng"), _("đủ tháng")), (fact.asphyxia, _("bị ngạt"), _("không ngạt")))
    told = [yes if answer else no for answer, yes, no in asked if answer is not None]
    told += [_("lúc %(time)s") % {"time": fact.born_time}] if fact.born_time else []
    told += [_("%(n)d tuần") % {"n": fact.gestation_weeks}] if fact.gestation_weeks else []
    told += [_("con thứ %(n)d của lần sinh") % {"n": fact.birth_order}] if fact.birth_order else []
    size = [
        f"{vi_number(fact.weight_g)} g" if fact.weight_g else "",
        f"{vi_number(fact.length_cm, 1)} cm" if fact.length_cm else "",
    ]
    malformation = f"{_('dị tật')}: {fact.malformation}" if fact.malformation else ""
    title = _kind(DELIVERIES, fact.delivery) or _("Tình trạng lúc đẻ")
    return title, _joined(*told, *size, malformation, fact.other)


def _reproductive(fact: Reproductive) -> tuple[str, str]:
    counts = [f"{_(label)} {value}" for name, label in COUNTS if (value := getattr(fact, name)) is not None]
    living = "" if fact.living_children is None else _("%(n)d con hiện sống") % {"n": fact.living_children}
    last = f"{_('có thai lần cuối')}: {fact.last_pregnancy}" if fact.last_pregnancy else ""
    gynaecological = f"{_('phụ khoa')}: {fact.gynaecological}" if fact.gynaecological else ""
    contraception = f"{_('tránh thai')}: {fact.contraception}" if fact.contraception else ""
    return living or _("Sức khoẻ sinh sản"), _joined(*counts, last, contraception, gynaecological)


def _risk(fact: Risk) -> tuple[str, str]:
    risk = RISKS[fact.kind]
    amount = f"{vi_number(fact.amount)} {_(risk.unit)}" if fact.amount is not None else ""
    since = _("từ %(year)d") % {"year": fact.since_year} if fact.since_year else ""
    until = _("bỏ từ %(year)d") % {"year": fact.until_year} if fact.until_year else ""
    state = f": {_(RISK_STATES[fact.state])}" if fact.state else ""
    return f"{_(risk.label)}{state}", _joined(amount, since, until, fact.detail, fact.duration)


def _disease(fact: Disease) -> tuple[str, str]:
    box = DISEASES.get(fact.category, "")
    group = _(box) if box and box != fact.name else ""
    since = _("từ %(date)s") % {"date": fact.onset.display} if fact.onset else ""
    return _(fact.name) if fact.name == box else fact.name, _joined(group, fact.code, since, fact.note)


def _family(fact: FamilyIllness) -> tuple[str, str]:
    who = fact.relationship_text or _(RELATIONSHIPS.get(fact.relationship, ""))
    what = (
        _(DISEASES[fact.disease]) if fact.disease else _("Dị ứng: %(kind)s") % {"kind": _kind(ALLERGIES, fact.allergy)}
    )
    age = _("lúc %(age)d tuổi") % {"age": fact.onset_age} if fact.onset_age is not None else ""
    return f"{who}: {what}", _joined(fact.description, age)


def _relative(fact: Relative) -> tuple[str, str]:
    who = fact.relationship_text or _(RELATIONSHIPS.get(fact.relationship, ""))
    return fact.name, _joined(who, fact.phone, fact.landline, fact.national_id)
