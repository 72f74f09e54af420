"""The weights as data: what agreement of a field is worth, in bits, and where a link begins.

A level's weight is log2(m / u): m, its share among pairs of one person; u, its share among pairs of two people. Where two
people agree on a *value*, the weight follows how rare that value is: log2(m / share). Fields of one household (phone,
street, ward) say the same thing several times, so together they are worth `household_cap` bits at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2
from typing import Any

from records.rules.linkage.kinds import KINDS, Kind

FLOOR = 1e-7  # of any probability: nothing is impossible in a file


@dataclass(frozen=True, slots=True)
class Field:
    """One comparison of a model: its name, its kind, its label in Vietnamese, and whether a household shares it."""

    name: str
    kind: Kind
    label: str
    household: bool = False


@dataclass(frozen=True, slots=True)
class Odds:
    """m and u by level, index 0 (unknown) unused. typical: the chance that two people share a value at all (what u of
    the best levels stands for before a value's own share is known)."""

    m: tuple[float, ...]
    u: tuple[float, ...]
    typical: float = 0.0

    def bits(self, level: int) -> float:
        """What a level is worth."""
        return log2(max(self.m[level], FLOOR) / max(self.u[level], FLOOR)) if level else 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """A version of the weights. auto, review, lead: in bits, of a pair's weight. prior: log2 odds that two rows picked
    blindly are one person. shares: by field, how common a value is (0-1); rarest: for values that are not listed."""

    version: str
    fields: tuple[Field, ...]
    odds: Mapping[str, Odds]
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rarest: Mapping[str, float] = field(default_factory=dict)
    household_cap: float = 14.0
    household_cap_other_name: float = 4.0
    auto: float = 24.0
    review: float = 16.0
    lead: float = 5.0
    prior: float = -20.0
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As JSON keeps it; `from_json` reads it back."""
        return {
            "version": self.version,
            "note": self.note,
            "thresholds": {"auto": self.auto, "review": self.review, "lead": self.lead, "prior": self.prior},
            "household_cap": {"names_agree": self.household_cap, "names_differ": self.household_cap_other_name},
            "fields": [
                {
                    "name": one.name,
                    "kind": one.kind.name,
                    "label": one.label,
                    "household": one.household,
                    "typical": self.odds[one.name].typical,
                    "levels": {
                        step.key: {"m": m, "u": u}
                        for step, m, u in zip(
                            one.kind.steps[1:], self.odds[one.name].m[1:], self.odds[one.name].u[1:], strict=True
                        )
                    },
                }
                for one in self.fields
            ],
            "shares": {name: dict(shares) for name, shares in self.shares.items()},
            "rarest": dict(self.rarest),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Model:
        """From `to_json`'s form. Raises KeyError or ValueError for what is no model."""
        limits, caps = told["thresholds"], told["household_cap"]
        fields = tuple(
            Field(one["name"], KINDS[one["kind"]], one["label"], bool(one.get("household"))) for one in told["fields"]
        )
        return cls(
            version=str(told["version"]),
            note=str(told.get("note", "")),
            fields=fields,
            odds={
                one.name: read_odds(one.kind, said["levels"], float(said.get("typical", 0.0)))
                for one, said in zip(fields, told["fields"], strict=True)
            },
            shares=told.get("shares", {}),
            rarest=told.get("rarest", {}),
            household_cap=float(caps["names_agree"]),
            household_cap_other_name=float(caps["names_differ"]),
            auto=float(limits["auto"]),
            review=float(limits["review"]),
            lead=float(limits["lead"]),
            prior=float(limits["prior"]),
        )


def read_odds(kind: Kind, levels: Mapping[str, Mapping[str, float]], typical: float) -> Odds:
    """m and u by the levels' names. Raises ValueError when a level is missing or is no probability."""
    missing = [step.key for step in kind.steps[1:] if step.key not in levels]
    if missing:
        raise ValueError(f"levels {', '.join(missing)} of kind {kind.name} have no weights")
    m = [float(levels[step.key]["m"]) for step in kind.steps[1:]]
    u = [float(levels[step.key]["u"]) for step in kind.steps[1:]]
    if not all(0 <= p <= 1 for p in (*m, *u)):
        raise ValueError(f"m and u of kind {kind.name} must lie between 0 and 1")
    return Odds((1.0, *m), (1.0, *u), typical)
