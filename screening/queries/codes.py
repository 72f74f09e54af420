"""The result codes of the programmes in force, for files that write results in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from screening.models import ProgrammeVersion
from screening.rules.reported import Codes, family_of


def known_codes() -> Codes:
    """The tests of every live version: their results with verdicts, and the cut-offs of those that measure."""
    verdicts: dict[str, dict[str, dict[str, str]]] = {}
    cut_offs: dict[str, dict[str, Decimal]] = {}
    for code, rules in ProgrammeVersion.objects.filter(state="live").values_list("programme__code", "rules"):
        family = family_of(code)
        for action in rules.get("actions", []):
            if action["kind"] == "test":
                verdicts.setdefault(family, {})[action["code"].lower()] = _verdicts(action)
                if action.get("cut_off"):
                    cut_offs.setdefault(family, {})[action["code"].lower()] = Decimal(str(action["cut_off"]["value"]))
        if "cut_off" in rules:
            cut_offs.setdefault(family, {})[rules["test"]["code"].lower()] = Decimal(str(rules["cut_off"]["value"]))
    return Codes(verdicts, cut_offs)


def _verdicts(action: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["verdict"] for one in action["outcomes"]}
