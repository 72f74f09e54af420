"""The result codes of the programmes in force, for files that write results in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from screening.models import ProgrammeVersion
from screening.rules.reported import Codes


def known_codes() -> Codes:
    """The tests of every live version: their results with verdicts, and the cut-offs of those that measure."""
    verdicts: dict[str, dict[str, dict[str, str]]] = {}
    cut_offs: dict[str, dict[str, Decimal]] = {}
    live = ProgrammeVersion.objects.filter(state="live")
    for family, rules in live.values_list("programme__code", "rules"):
        for action in rules.get("actions", []):
            if action["kind"] == "test":
                verdicts.setdefault(family, {})[action["code"].lower()] = _verdicts(action)
                if action.get("cut_off"):
                    cut_offs.setdefault(family, {})[action["code"].lower()] = Decimal(str(action["cut_off"]["value"]))
    return Codes(verdicts, cut_offs)


def _verdicts(action: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["verdict"] for one in action["outcomes"]}
