"""The rules of a version read from its JSON: each value checked, each fault named by its key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from registry.rules.phrases import Phrase
from screening.rules.faults import UnusableRulesError
from screening.rules.pathway import CLASSIFY, Pathway
from screening.rules.pathway_data import parse_pathway
from screening.rules.programme import (
    LEVELS,
    REFERENCE_DAYS,
    Calling,
    Cleared,
    Escalation,
    Exclusion,
    ProgrammeRules,
    RiskGroup,
    SampleClock,
    Sourced,
)
from screening.rules.standards import parse_elimination, parse_standards


def _sourced(data: Mapping[str, Any], key: str) -> tuple[Any, str, bool]:
    entry = data.get(key)
    if not isinstance(entry, Mapping) or "value" not in entry:
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key=key))
    source = str(entry.get("source", "")).strip()
    if not source:
        raise UnusableRulesError(Phrase("Quy tắc “{key}” chưa ghi nguồn.", key=key))
    return entry["value"], source, bool(entry.get("unverified", False))


def _count(data: Mapping[str, Any], key: str, low: int, high: int) -> Sourced[int]:
    value, source, unverified = _sourced(data, key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        template = "Quy tắc “{key}” phải là số nguyên từ {low} đến {high}."
        raise UnusableRulesError(Phrase(template, key=key, low=low, high=high))
    return Sourced(value, source, unverified)


def _optional_count(data: Mapping[str, Any], key: str, low: int, high: int) -> Sourced[int | None]:
    value, source, unverified = _sourced(data, key)
    return (
        Sourced(None, source, unverified)
        if value is None
        else Sourced(_count(data, key, low, high).value, source, unverified)
    )


def _texts(data: Mapping[str, Any], key: str) -> Sourced[tuple[str, ...]]:
    value, source, unverified = _sourced(data, key)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise UnusableRulesError(Phrase("Quy tắc “{key}” phải là danh sách không rỗng.", key=key))
    return Sourced(tuple(value), source, unverified)


def _codes(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise UnusableRulesError(Phrase("Quy tắc “{key}” phải là danh sách không rỗng.", key=key))
    return tuple(value)


def _entry_source(entry: Mapping[str, Any], key: str) -> str:
    source = str(entry.get("source", "")).strip()
    if not source:
        raise UnusableRulesError(Phrase("Quy tắc “{key}” chưa ghi nguồn.", key=key))
    return source


def _cleared(data: Mapping[str, Any]) -> Cleared:
    entry = data.get("cleared")
    if entry is None:
        return Cleared()
    if not isinstance(entry, Mapping) or not _codes(entry, "codes"):
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="cleared"))
    months = _count({"cleared": dict(entry) | {"value": entry.get("months")}}, "cleared", 1, 240)
    return Cleared(_codes(entry, "codes"), months.value, months.source, months.unverified)


def _risk_group(entry: Mapping[str, Any], actions: Pathway) -> RiskGroup:
    try:
        group = RiskGroup(
            code=str(entry["code"]),
            label=str(entry["label"]),
            sexes=frozenset(entry["sexes"]),
            age_from=int(entry["age_from"]),
            age_to=None if entry["age_to"] is None else int(entry["age_to"]),
            interval_months=int(entry["interval_months"]),
            test=str(entry["test"]),
            conditions=_codes(entry, "conditions"),
            source=_entry_source(entry, str(entry["code"])),
            unverified=bool(entry.get("unverified", False)),
            active=bool(entry.get("active", True)),
        )
        actions.action(group.test)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnusableRulesError):
            raise
        raise UnusableRulesError(
            "Mỗi nhóm nguy cơ cần mã, tên, giới, tuổi, khoảng cách, xét nghiệm và nguồn."
        ) from error
    return group


def _exclusion(entry: Mapping[str, Any]) -> Exclusion:
    try:
        months = entry.get("for_months")
        return Exclusion(
            code=str(entry["code"]),
            label=str(entry["label"]),
            conditions=_codes(entry, "conditions"),
            procedures=_codes(entry, "procedures"),
            months=None if months is None else int(months),
            source=_entry_source(entry, str(entry["code"])),
            unverified=bool(entry.get("unverified", False)),
            active=bool(entry.get("active", True)),
        )
    except (KeyError, TypeError) as error:
        raise UnusableRulesError("Mỗi điều kiện loại trừ cần mã, tên và nguồn.") from error


def _escalation(data: Mapping[str, Any]) -> Sourced[tuple[Escalation, ...]]:
    entry = data.get("escalation")
    if not isinstance(entry, Mapping):
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="escalation"))
    try:
        levels = tuple(Escalation(int(one["days_late"]), str(one["to"])) for one in entry["levels"])
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="escalation")) from error
    if not levels or any(one.to not in LEVELS or one.days_late < 0 for one in levels):
        raise UnusableRulesError("Báo quá hạn: mỗi mức cần số ngày và cấp (cơ sở, phường xã, Sở).")
    return Sourced(levels, _entry_source(entry, "escalation"), bool(entry.get("unverified", False)))


def _classification(data: Mapping[str, Any]) -> Sourced[int]:
    for clock in data.get("clocks", []):
        if clock.get("code") == CLASSIFY:
            return _count({CLASSIFY: dict(clock) | {"value": clock.get("days")}}, CLASSIFY, 1, 365)
    raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key=f"clocks: {CLASSIFY}"))


def _calling(data: Mapping[str, Any]) -> Calling | None:
    entry = data.get("calling")
    if entry is None:
        return None
    if not isinstance(entry, Mapping) or not isinstance(entry.get("reminders"), list):
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="calling"))
    reminders = (_days(f"calling: reminders {at}", one) for at, one in enumerate(entry["reminders"], start=1))
    return Calling(tuple(reminders), _days("calling: give_up", entry.get("give_up")))


def _insured(data: Mapping[str, Any]) -> Sourced[bool] | None:
    if "insured" not in data:
        return None
    value, source, unverified = _sourced(data, "insured")
    if not isinstance(value, bool):
        raise UnusableRulesError(Phrase("Quy tắc “{key}” chỉ nhận: {values}.", key="insured", values="true, false"))
    return Sourced(value, source, unverified)


def _days(key: str, entry: Any) -> Sourced[int]:
    return _count(
        {key: dict(entry) | {"value": entry.get("days")} if isinstance(entry, Mapping) else None}, key, 1, 365
    )


SAMPLE_CLOCKS = ("result-after-sample", "histology")


def _sample_clocks(data: Mapping[str, Any], actions: Pathway) -> tuple[SampleClock, ...]:
    """The clocks of samples: those of the two codes that name an action."""
    said = [one for one in data.get("clocks", []) if one.get("code") in SAMPLE_CLOCKS and one.get("action")]
    known = {one.code for one in actions.actions if not one.kit}
    clocks = []
    for one in said:
        key = f"clocks: {one['code']}"
        if one["action"] not in known:
            raise UnusableRulesError(
                Phrase("Dòng “{rule}”: việc “{code}” không có trong chương trình.", rule=key, code=one["action"])
            )
        days = _count({key: dict(one) | {"value": one.get("days")}}, key, 1, 365)
        clocks.append(SampleClock(one["action"], days.value, days.source, days.unverified))
    return tuple(clocks)


def _advice(data: Mapping[str, Any]) -> Sourced[str]:
    value, source, unverified = _sourced(data, "advice")
    return Sourced(str(value), source, unverified)


def parse_rules(data: Mapping[str, Any]) -> ProgrammeRules:
    """Read a version's JSON. Raises UnusableRulesError naming the first key that is missing, wrong or without a source.

    Pages read the same few versions again and again: what is written alike is read once, and nobody can change it.
    """
    return _read(json.dumps(data, ensure_ascii=False))


@lru_cache(maxsize=64)
def _read(text: str) -> ProgrammeRules:
    data: Mapping[str, Any] = json.loads(text)
    sexes = _texts(data, "sexes")
    pathway = parse_pathway(data)
    test = str(data.get("test", ""))
    if test not in {action.code for action in pathway.actions}:
        raise UnusableRulesError("Thiếu xét nghiệm “test”: một việc của chương trình.")
    if data.get("reference_day", REFERENCE_DAYS[0]) not in REFERENCE_DAYS:
        raise UnusableRulesError(
            Phrase("Quy tắc “{key}” chỉ nhận: {values}.", key="reference_day", values=", ".join(REFERENCE_DAYS))
        )
    parse_standards(data)
    parse_elimination(data)
    return ProgrammeRules(
        test=test,
        reference_day=data.get("reference_day", REFERENCE_DAYS[0]),
        sexes=Sourced(frozenset(sexes.value), sexes.source, sexes.unverified),
        age_from=_count(data, "age_from", 0, 120),
        age_to=_optional_count(data, "age_to", 0, 120),
        test_interval_months=_count(data, "test_interval_months", 1, 240),
        cleared=_cleared(data),
        risk_groups=tuple(_risk_group(entry, pathway) for entry in data.get("risk_groups", [])),
        only_risk_groups=bool(data.get("only_risk_groups", False)),
        exclusions=tuple(_exclusion(entry) for entry in data.get("exclusions", [])),
        advice=_advice(data),
        escalation=_escalation(data),
        classification_days=_classification(data),
        pathway=pathway,
        calling=_calling(data),
        insured=_insured(data),
        sample_clocks=_sample_clocks(data, pathway),
    )
