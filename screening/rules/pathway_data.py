"""A pathway read from a version's data: each value checked, each fault named where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from registry.rules.phrases import Phrase
from screening.rules.faults import UnusableRulesError
from screening.rules.pathway import Action, Ending, Kind, Lesion, Outcome, Pathway, Row, Verdict, When

FOLLOW_UP = "follow-up"
HIGHEST_CUT_OFF = 1000


def parse_pathway(data: Mapping[str, Any]) -> Pathway:
    """Read actions, rows and the follow-up clock. Raises UnusableRulesError (Vietnamese) naming the first entry that is
    missing, unknown or without a source.
    """
    actions = tuple(_action(entry) for entry in _entries(data, "actions"))
    known = {action.code: action for action in actions}
    rows = tuple(_row(entry, known) for entry in _entries(data, "rows"))
    return Pathway(actions, rows, _follow_up_days(data))


def _entries(data: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    entries = data.get(key)
    if not isinstance(entries, list) or not entries or not all(isinstance(one, Mapping) for one in entries):
        raise UnusableRulesError(Phrase("Quy tắc “{key}” phải là danh sách không rỗng.", key=key))
    return entries


def _action(entry: Mapping[str, Any]) -> Action:
    code = str(entry.get("code", ""))
    try:
        outcomes = tuple(
            Outcome(one["code"], one["label"], Verdict(one["verdict"]), Lesion(one.get("lesion", "none")))
            for one in entry["outcomes"]
        )
        action = Action(
            code=code,
            name=entry["name"],
            kind=Kind(entry["kind"]),
            outcomes=outcomes,
            codes=tuple(entry.get("codes", ())),
            short_name=str(entry.get("short_name", "")) or entry["name"],
            unit=entry.get("unit", ""),
            cut_off=_cut_off(entry),
            cut_off_source=str((entry.get("cut_off") or {}).get("source", "")),
            cut_off_unverified=bool((entry.get("cut_off") or {}).get("unverified", False)),
            kit=bool(entry.get("kit", False)),
            complete=bool(entry.get("complete", False)),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise UnusableRulesError(Phrase("Việc “{code}”: thiếu hoặc sai tên, loại hay kết quả.", code=code)) from error
    if not code or not outcomes or len({one.code for one in outcomes}) < len(outcomes):
        raise UnusableRulesError(Phrase("Việc “{code}”: mã trống, hoặc kết quả trùng mã.", code=code))
    return action


def _cut_off(entry: Mapping[str, Any]) -> Decimal | None:
    said = entry.get("cut_off")
    if said is None:
        return None
    value = Decimal(str(said["value"]))
    if not value.is_finite() or not 0 < value <= HIGHEST_CUT_OFF or not said["source"]:
        raise ValueError("cut_off")
    return value


def _row(entry: Mapping[str, Any], known: Mapping[str, Action]) -> Row:
    rule = str(entry.get("rule", ""))
    try:
        row = Row(
            rule=rule,
            after=entry["after"],
            results=frozenset(entry["results"]),
            step=entry["step"],
            source=str(entry["source"]).strip(),
            when=_when(entry.get("when", {})),
            by=entry.get("by", ""),
            scheme=entry.get("scheme", ""),
            days=_count(entry, "days"),
            months=_count(entry, "months"),
            active=bool(entry.get("active", True)),
            unverified=bool(entry.get("unverified", False)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableRulesError(
            Phrase("Dòng “{rule}”: thiếu hoặc sai việc, kết quả, bước tiếp.", rule=rule)
        ) from error
    _refuse_loose_ends(row, known)
    return row


def _when(said: Mapping[str, Any]) -> When:
    unknown = set(said) - {"age_from", "age_to", "risks", "without", "earlier", "not_earlier"}
    if unknown:
        raise ValueError(unknown)
    return When(
        age_from=said.get("age_from"),
        age_to=said.get("age_to"),
        risks=frozenset(said.get("risks", ())),
        without=frozenset(said.get("without", ())),
        earlier=_results_of(said.get("earlier", {})),
        not_earlier=_results_of(said.get("not_earlier", {})),
    )


def _results_of(said: Mapping[str, Sequence[str]]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((action, frozenset(codes)) for action, codes in said.items())


def _count(entry: Mapping[str, Any], key: str) -> int | None:
    value = entry.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ValueError(key)
    return value


def _refuse_loose_ends(row: Row, known: Mapping[str, Action]) -> None:
    """A row must name things that exist, say where it comes from, and a recall must say when."""
    codes = {one.code for one in known[row.after].outcomes} if row.after in known else set()
    faults = {
        Phrase("Dòng “{rule}” chưa ghi nguồn.", rule=row.rule): not row.rule or not row.source,
        Phrase("Dòng “{rule}”: việc “{code}” không có trong chương trình.", rule=row.rule, code=row.after): not codes,
        Phrase("Dòng “{rule}”: kết quả không có trong việc “{code}”.", rule=row.rule, code=row.after): not row.results
        or not row.results <= codes,
        Phrase("Dòng “{rule}”: bước tiếp “{code}” không có.", rule=row.rule, code=row.step): row.step not in known
        and row.step not in set(Ending),
        Phrase("Dòng “{rule}”: việc mời lại “{code}” không có.", rule=row.rule, code=row.by): bool(row.by)
        and row.by not in known,
        Phrase("Dòng “{rule}”: mời lại phải có số tháng.", rule=row.rule): row.step == Ending.RECALL
        and row.months is None,
    }
    for fault, stands in faults.items():
        if stands:
            raise UnusableRulesError(fault)


def _follow_up_days(data: Mapping[str, Any]) -> int:
    for clock in _entries(data, "clocks"):
        if clock.get("code") == FOLLOW_UP and clock.get("source"):
            days = _count(clock, "days")
            if days:
                return days
    raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key=f"clocks: {FOLLOW_UP}"))
