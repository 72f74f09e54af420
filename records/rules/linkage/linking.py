"""Two whole tables in, links out: block, compare, weigh, decide. Bounded memory: pairs come and go in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import log2

from records.rules.linkage.blocking import Readings, candidates, choose_keys, keys_for
from records.rules.linkage.columns import Levels, Pairs, Table, levels_of
from records.rules.linkage.deciding import Decided, Scored, decide, probability
from records.rules.linkage.model import Field, Model
from records.rules.linkage.training import train
from records.rules.linkage.weighing import Scale

CHUNK = 100_000
PER_ROW = 25  # pairs a row may be compared with, on average
FEW = 20  # links in one household under which nothing is learnt of it
OTHER_NAME = 10.0  # bits less where the names are another's
HOPELESS = -10.0  # log2 odds under which a pair is forgotten at once


@dataclass(frozen=True, slots=True)
class Linked:
    """Links with the model that found them, and the pairs compared."""

    decided: Decided
    model: Model
    compared: int
    keys: tuple[str, ...]
    untrained: tuple[str, ...] = ()


def trained_model(
    fields: Sequence[Field], one: Table, other: Table, *, version: str = "em"
) -> tuple[Model, tuple[str, ...]]:
    """A model of these tables' own weights, and the fields that could not be trained."""
    found = train(fields, one, other)
    return Model(version, tuple(fields), found.odds, found.shares, found.rarest), found.untrained


def link(
    one: Table, other: Table, model: Model, *, threshold: float | None = None, measure_household: bool = False,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Linked:  # fmt: skip
    """Link two tables (or find the duplicates of one, given twice) with a model. tell(rows done, rows in all).

    threshold: in bits, or a probability when between 0 and 1. measure_household: see `household_cap`.
    """
    same = one is other
    left = Readings(one)
    budget = PER_ROW * (len(one) + len(other))
    index = choose_keys(keys_for(model.fields), left, left if same else Readings(other), budget)
    weigher, hopeless = Weigher(model, one, other), HOPELESS + log2(max(len(one), len(other), 2))
    scored: list[Scored] = []
    compared = 0
    for pairs in candidates(index, len(one), same=same, chunk=CHUNK):
        if measure_household and not compared:
            weigher = Weigher(household_cap(weigher, pairs), one, other)
        compared += len(pairs)
        scored += weigher.weigh(pairs, hopeless)
        tell(pairs.left[-1] + 1, len(one))
    tell(len(one), len(one))
    decided = decide(scored, (len(one), len(other)), threshold=threshold, same=same)
    return Linked(
        decided, replace(weigher.model, prior=decided.prior), compared, tuple(key.name for key, _, _ in index)
    )


def household_cap(weigher: Weigher, pairs: Pairs) -> Model:
    """The model with the cap these files need: how much likelier one person is than two to share a whole household.

    Where families live together, housemates bring it near 14 bits; where every row has an address of its own, addresses
    may say more. Who is one person is judged here by the other fields alone.
    """
    model, rows = weigher.model, pairs.left[-1] + 1
    prior = -log2(max(len(weigher.one), len(weigher.other), 2))
    links, housemates = 0.0, []
    for person, home in weigher.split(pairs):
        links += probability(person + min(home, model.household_cap), prior)
        if home >= model.household_cap:
            housemates.append(person)
    together = len(housemates) * _share_of_links(housemates)
    if together < FEW:
        return model
    share = max(len(housemates) - together, 0.5) / (rows * len(weigher.other))
    cap = max(log2(together / max(links, together) / share), model.household_cap)
    return replace(model, household_cap=cap, household_cap_other_name=cap - OTHER_NAME)


def _share_of_links(weights: Sequence[float]) -> float:
    """The share of links among pairs of these weights that makes their own likelihoods consistent (EM, one number)."""
    share = 0.5
    for _ in range(50):
        odds = log2(share / (1 - share))
        share = sum(probability(one, odds) for one in weights) / max(len(weights), 1)
        share = min(max(share, 1e-6), 1 - 1e-6)
    return share


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What a pattern of levels is worth before rarity, and which fields' rarity counts."""

    bits: float
    home: float
    cap: float
    rare: tuple[int, ...]
    rare_home: tuple[int, ...]


class Weigher:
    """Weighs many pairs: patterns of levels are worked out once, rarities once a row."""

    def __init__(self, model: Model, one: Table, other: Table) -> None:
        self.model, self.one, self.other = model, one, other
        self.scale = Scale(model)
        self._recipes: dict[Levels, _Recipe] = {}
        self._rarities = [
            [self.scale.rarity(place, value) for value in one.values[each.name]]
            for place, each in enumerate(model.fields)
        ]

    def weigh(self, pairs: Pairs, least: float) -> Iterator[Scored]:
        """The pairs worth at least so many bits."""
        rarities, recipes = self._rarities, self._recipes
        rows = zip(levels_of(self.model.fields, self.one, self.other, pairs), pairs.left, pairs.right, strict=True)
        for levels, left, right in rows:
            recipe = recipes.get(levels)
            if recipe is None:
                recipe = recipes[levels] = self._recipe(levels)
            bits, home = recipe.bits, recipe.home
            for place in recipe.rare:
                bits += rarities[place][left]
            for place in recipe.rare_home:
                home += rarities[place][left]
            bits += home if home < recipe.cap else recipe.cap  # noqa: FURB136 - twice as fast as min()
            if bits >= least:
                yield Scored(left, right, bits)

    def split(self, pairs: Pairs) -> Iterator[tuple[float, float]]:
        """Of each pair, the bits of the person and those of the household, without the cap."""
        rows = zip(levels_of(self.model.fields, self.one, self.other, pairs), pairs.left, strict=True)
        for levels, left in rows:
            recipe = self._recipes.get(levels)
            if recipe is None:
                recipe = self._recipes[levels] = self._recipe(levels)
            yield (
                recipe.bits + sum(self._rarities[place][left] for place in recipe.rare),
                recipe.home + sum(self._rarities[place][left] for place in recipe.rare_home),
            )

    def _recipe(self, levels: Levels) -> _Recipe:
        fields = self.model.fields
        worth = [self.model.odds[each.name].bits(level) for each, level in zip(fields, levels, strict=True)]
        rare = [place for place, each in enumerate(fields) if each.kind.steps[levels[place]].by_value]
        home = {place for place, each in enumerate(fields) if each.household}
        return _Recipe(
            bits=sum(bits for place, bits in enumerate(worth) if place not in home),
            home=sum(worth[place] for place in home),
            cap=self.scale.cap(levels),
            rare=tuple(place for place in rare if place not in home),
            rare_home=tuple(place for place in rare if place in home),
        )
