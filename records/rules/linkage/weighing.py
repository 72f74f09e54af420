"""From levels to bits, and the words that explain them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log2
from typing import Any

from records.rules.linkage.kinds import Level
from records.rules.linkage.model import FLOOR, Field, Model
from registry.rules.phrases import Phrase

NAMES = frozenset({"name", "part"})


@dataclass(frozen=True)
class Scale:
    """A model made ready to weigh."""

    model: Model

    @cached_property
    def _bits(self) -> tuple[tuple[float, ...], ...]:
        return tuple(
            tuple(self.model.odds[one.name].bits(level) for level in range(len(one.kind.steps)))
            for one in self.model.fields
        )

    @cached_property
    def _typical(self) -> tuple[float, ...]:
        return tuple(max(self.model.odds[one.name].typical, FLOOR) for one in self.model.fields)

    @cached_property
    def name_fields(self) -> tuple[int, ...]:
        """Places of the names among the fields."""
        return tuple(place for place, one in enumerate(self.model.fields) if one.kind.name in NAMES)

    def rarity(self, place: int, value: Any) -> float:
        """Bits to add where two people share this value: log2(typical share / its share); 0 when nothing is known."""
        one = self.model.fields[place]
        shares = self.model.shares.get(one.name)
        shared = None if value is None or shares is None else one.kind.shared(value)
        if shares is None or shared is None or not self._typical[place] > FLOOR:
            return 0.0
        share = shares.get(shared) or self.model.rarest.get(one.name, self._typical[place])
        return log2(self._typical[place] / max(share, FLOOR))

    def weigh(self, levels: Sequence[int], rarities: Sequence[float]) -> list[float]:
        """Bits by field, household cap included; rarities as `rarity` gives them, used where the level asks for it."""
        fields = self.model.fields
        bits = [
            table[level] + (rarity if fields[place].kind.steps[level].by_value else 0.0)
            for place, (table, level, rarity) in enumerate(zip(self._bits, levels, rarities, strict=True))
        ]
        return self._capped(levels, bits)

    def _capped(self, levels: Sequence[int], bits: list[float]) -> list[float]:
        home = [place for place, one in enumerate(self.model.fields) if one.household]
        told = sum(bits[place] for place in home)
        cap = self.cap(levels)
        if told <= cap:
            return bits
        share = cap / told if told else 0.0
        return [one * share if place in home else one for place, one in enumerate(bits)]

    def cap(self, levels: Sequence[int]) -> float:
        """What the household's fields are worth together at most: less where the names are another's."""
        differ = [
            self.model.fields[place].kind.steps[levels[place]].level is Level.DIFFERENT for place in self.name_fields
        ]
        return self.model.household_cap_other_name if differ and all(differ) else self.model.household_cap


def signed(bits: float) -> str:
    """Bits as Vietnamese writes numbers: "+14,6", "−5,4"."""
    return f"{bits:+.1f}".replace("-", "−").replace(".", ",")


def reason_of(one: Field, level: int, years: int) -> Phrase:
    """The reason of a level in words. years: how far apart two births are."""
    reason = one.kind.steps[level].reason
    return Phrase(reason, what=Phrase(one.label), years=years) if "{" in reason else reason
