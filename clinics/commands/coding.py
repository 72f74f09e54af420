"""Codes of a visit's diagnoses, judged by the day the visit ends; and the starter of the rules they are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from clinics.commands.steps import refused
from clinics.models import CodingRule, Visit
from clinics.queries.coding import rules_on, whom_of
from clinics.queries.diagnoses import codes_on, nearest_code
from clinics.rules.coding import Whom, broken_rules
from clinics.rules.diagnoses import Coded, check_coded, check_selection
from registry.commands.reference import Loaded
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

STARTER = Path(__file__).resolve().parent.parent / "data" / "coding_rules.tsv"
KEY = ("kind", "first", "last", "sex", "from_age", "to_age")


def judge_codes(visit: Visit, main: str, secondary: Sequence[str], day: date) -> dict[str, Coded]:
    """The codes (normalised) as the list of the day the visit ends names them.

    Raises Refused at "main" or "secondary", everything at once: none or too many, twice, unknown (with the nearest code),
    not to be used, not as main, not of this sex, not of this age.
    """
    try:
        check_selection(main, secondary)
    except Invalid as invalid:
        raise refused(invalid) from invalid
    known, whom, rules = codes_on([main, *secondary], day), whom_of(visit, day), rules_on(day)
    faults: list[Refused] = []
    for code, field in [(main, "main"), *((code, "secondary") for code in secondary)]:
        if code not in known:
            faults.append(_unknown(code, field, day))
            continue
        broken = broken_rules(rules, code, whom, main=field == "main")
        of_rules = [Refused(one.code, one.message, field) for one in broken if one.refuses]
        faults += (_faults(known[code], field, whom) or of_rules)[:1]
    if faults:
        raise Refused.several(faults)
    return known


def load_own_coding_rules(ctx: Context) -> Loaded:
    """The starter set the repository carries; for settings.REFERENCE_LOADERS."""
    return load_coding_rules(ctx, rows=read_tsv(STARTER))


@command(Permission.REFERENCE_MANAGE)
def load_coding_rules(ctx: Context, *, rows: Sequence[dict[str, str]]) -> Loaded:
    """Add the rules that are not there yet; what somebody changed, checked or ended by hand stays as they left it."""
    known = set(CodingRule.objects.values_list(*KEY))
    fresh = [row for row in rows if tuple(row[name] for name in KEY) not in known]
    CodingRule.objects.bulk_create(
        CodingRule(
            **{name: row[name] for name in KEY},
            source=row["source"],
            verified=row["verified"] == "1",
            valid_from=date.fromisoformat(row["valid_from"]),
        )
        for row in fresh
    )
    record_audit(ctx, "load", target=("reference", "coding_rules"), detail={"added": len(fresh)})
    return Loaded(added=len(fresh), unchanged=len(rows) - len(fresh))


def _faults(coded: Coded, field: str, whom: Whom) -> list[Refused]:
    try:
        check_coded(coded, sex=whom.sex, field=field, age=whom.age)
    except Invalid as invalid:
        return [refused(invalid, field)]
    return []


def _unknown(code: str, field: str, day: date) -> Refused:
    near = nearest_code(code, day)
    hint = Phrase("Hãy gõ tên bệnh để tìm mã.")
    if near:
        hint = Phrase("Có phải {code} ({display})?", code=near.code, display=near.display)
    template = "Không có mã {code} trong danh mục ICD-10 ngày {day}. {hint}"
    return Refused("diagnosis-unknown", Phrase(template, code=code, day=f"{day:%d/%m/%Y}", hint=hint), field)
