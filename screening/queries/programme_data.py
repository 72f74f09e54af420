"""What a programme's data says beside its pathway: months between rounds, standards, the elimination's terms.

The version in force says it; what an older version does not speak of is read from the data this software comes with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from screening.models import ProgrammeVersion
from screening.queries.scope import from_json
from screening.rules.indicators import INTERVALS
from screening.rules.standards import Elimination, Standards, parse_elimination, parse_standards

_DATA = Path(__file__).resolve().parent.parent / "data"


@lru_cache(maxsize=16)
def _shipped(family: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((_DATA / f"{family}.json").read_text("utf-8"))
    return found


def _in_force(family: str) -> Mapping[str, Any]:
    """The live version's rules, empty when none is live."""
    live = ProgrammeVersion.objects.filter(state="live", programme__code=family)
    return from_json(live.values_list("rules", flat=True).first()) or {}


def _speaking(family: str, key: str) -> Mapping[str, Any]:
    rules = _in_force(family)
    return rules if key in rules else _shipped(family)


def interval_of(family: str) -> int:
    """Months between two rounds: as the live version says, else the family's own."""
    rules = _in_force(family)
    return int(rules["test_interval_months"]["value"]) if rules else INTERVALS[family]


def standards_of(family: str) -> Standards:
    """What the programme's indicators are held to. Raises UnusableRulesError for a version nobody could have saved."""
    return parse_standards(_speaking(family, "standards"))


def elimination_of(family: str) -> Elimination | None:
    """The terms of the elimination, None for a programme that has no such aim."""
    return parse_elimination(_speaking(family, "elimination"))
