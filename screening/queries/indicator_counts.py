"""What is counted of a cell of equal rounds: name -> condition, for everybody and for one programme."""

from __future__ import annotations

from collections.abc import Mapping

from screening.queries.round_facts import STAGES
from screening.rules.indicators import DAYS_A_YEAR
from screening.rules.lesions import (
    LESIONS,
    NOT_CLASSIFIED,
    NOTHING_FOUND,
    OTHER_FINDING,
    OUTCOMES,
    outcome_names,
    test_kinds,
)

# A cell as it is counted: who is positive, who was assessed, what the worst finding was.
OF_CELL = """
SELECT c.*, c.screened AND c.verdict = 'positive' AS positive,
       c.screened AND c.verdict = 'positive' AND c.assessment = 'done' AS assessed,
       c.screened AND c.verdict <> 'negative' AND c.findings IS NOT NULL AS found,
       {worst} AS worst
  FROM ({cells}) c
"""
_TO_TREAT = "h.found AND h.findings && %(to_treat)s::varchar[]"
_CANCER = "h.found AND h.findings && %(cancer)s::varchar[]"
_PRECANCER = "h.found AND h.findings && %(precancer)s::varchar[] AND NOT h.findings && %(cancer)s::varchar[]"
_KNOWN = "h.assessment IN ('done', 'not-done')"
_OPEN = f"h.positive AND (NOT {_KNOWN} OR h.assessed AND h.findings IS NULL)"
_VIA = "(h.positive AND h.kind = 'via' OR h.triage = 'positive')"
_HPV = "h.positive AND h.kind = 'hpv'"
_TREATED = "h.treated AND (h.positive OR h.found)"
_BREAST = "h.found AND h.findings && %(cancer)s::varchar[]"
_COUNTED: Mapping[str, str] = {
    "target": "h.in_target AND NOT h.again",
    "target_each": "h.in_target",
    "invited": "h.invited",
    "screened": "h.screened",
    "positive": "h.positive",
    "negative": "h.screened AND h.verdict = 'negative'",
    "inadequate": "h.screened AND h.verdict = 'inadequate'",
    "no_result": "h.screened AND h.verdict = ''",
    "with_result": "h.screened AND h.verdict IN ('positive', 'negative')",
    "assessed": "h.assessed",
    "not_assessed": "h.positive AND h.assessment = 'not-done'",
    "resolved": f"h.positive AND {_KNOWN}",
    "assessment_unknown": f"h.positive AND NOT {_KNOWN}",
    "unclassified": "h.assessed AND h.findings IS NULL",
    "finding_unknown": _OPEN,
    "to_treat": _TO_TREAT,
    "treated": f"{_TO_TREAT} AND h.treated",
    "treatment_unknown": f"{_TO_TREAT} AND NOT h.treated",
    "precancer": _PRECANCER,
    "treated_precancer": f"{_PRECANCER} AND h.treated",
    "cancer_to_treat": _CANCER,
    "treated_cancer": f"{_CANCER} AND h.treated",
    "precancer_unknown": f"{_PRECANCER} AND NOT h.treated",
    "cancer_unknown": f"{_CANCER} AND NOT h.treated",
    "treated_positive": "h.positive AND h.treated",
    "interval_cancer": "h.screened AND h.verdict = 'negative' AND h.later > 0",
    "interval_first_year": "h.screened AND h.verdict = 'negative' AND h.later = 1",
    "interval_second_year": "h.screened AND h.verdict = 'negative' AND h.later = 2",
    "screened_first": "h.screened AND h.first",
    "screened_later": "h.screened AND NOT h.first",
    "positive_first": "h.positive AND h.first",
    "positive_later": "h.positive AND NOT h.first",
    "no_result_first": "h.screened AND h.verdict = '' AND h.first",
    "no_result_later": "h.screened AND h.verdict = '' AND NOT h.first",
    "finding_unknown_first": f"({_OPEN}) AND h.first",
    "finding_unknown_later": f"({_OPEN}) AND NOT h.first",
    "exams_not_stated": "h.assessed AND h.exams_stated = 0",
}
_OF_FAMILY: Mapping[str, Mapping[str, str]] = {
    "cervical": {
        "hpv_positive": _HPV,
        "hpv_followed": f"{_HPV} AND (h.triage <> '' OR h.assessment = 'done')",
        "hpv_unknown": f"{_HPV} AND h.triage = '' AND NOT {_KNOWN}",
        "via_positive": _VIA,
        "via_treated": f"{_VIA} AND h.treated",
        "via_unknown": f"{_VIA} AND NOT h.treated",
        "to_follow_up": f"{_TREATED} AND h.followed > 0",
        "followed_up": f"{_TREATED} AND h.followed = 2",
        "follow_up_unknown": f"{_TREATED} AND h.followed = 0",
    },
    "breast": {
        **{name: f"{_BREAST} AND h.stage & {bit} > 0" for name, bit in STAGES.items()},
        **{
            missing: f"{_BREAST} AND h.stage & {STAGES[known]} = 0"
            for missing, known in (("not_staged", "staged"), ("not_sized", "sized"), ("nodes_unknown", "nodes_known"))
        },
    },
}
# Sums over the rows of a cell, beside how many they are. Days watched become years.
_SUMS = {
    "first_years": f"sum(h.first_days) / {DAYS_A_YEAR}",
    "second_years": f"sum(h.second_days) / {DAYS_A_YEAR}",
    "exams_stated": "sum(h.exams_stated * h.people) FILTER (WHERE h.positive)",
    "exams_complete": "sum(h.exams_complete * h.people) FILTER (WHERE h.positive)",
}


def counted_columns(family: str) -> list[str]:
    """The columns of the counts of a group of cells `h`."""
    wanted = dict(_COUNTED) | dict(_OF_FAMILY.get(family, {}))
    for name in LESIONS[family]:
        wanted[f"found_{name}"] = f"h.found AND h.findings && %(lesion_{name})s::varchar[]"
        wanted[f"assessed_{name}"] = f"h.assessed AND h.findings && %(lesion_{name})s::varchar[]"
    for name, where in (("first", "h.first"), ("later", "NOT h.first")):
        wanted[f"found_cancer_{name}"] = f"{wanted['found_cancer']} AND {where}"
    for kind in test_kinds(family):
        for name, where in (
            ("screened", "h.screened"),
            ("positive", "h.positive"),
            ("no_result", _COUNTED["no_result"]),
        ):
            wanted[f"{name}_{kind}"] = f"{where} AND h.kind = '{kind}'"
    for outcome in outcome_names(family):
        wanted[f"outcome_{outcome}"] = f"h.assessed AND h.worst = '{outcome}'"
    counts = [f"coalesce(sum(h.people) FILTER (WHERE {where}), 0) AS {name}" for name, where in wanted.items()]
    return counts + [f"coalesce({total}, 0) AS {name}" for name, total in _SUMS.items()]


def worst_finding(family: str) -> str:
    """The worst finding of a cell `c`, by the outcomes of its programme."""
    cases = "".join(f"WHEN c.findings && %(outcome_{name})s::varchar[] THEN '{name}' " for name in OUTCOMES[family])
    return (
        f"CASE WHEN c.findings IS NULL THEN '{NOT_CLASSIFIED}' {cases}"
        f"WHEN c.findings = '{{none}}'::varchar[] THEN '{NOTHING_FOUND}' ELSE '{OTHER_FINDING}' END"
    )


def finding_parameters(family: str) -> dict[str, list[str]]:
    """The words that lesions and outcomes are counted by."""
    sets = {f"lesion_{name}": list(words) for name, words in LESIONS[family].items()}
    return sets | {f"outcome_{name}": list(words) for name, words in OUTCOMES[family].items()}
