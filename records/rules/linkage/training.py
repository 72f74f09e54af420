"""Weights from the data itself, without a single labelled pair.

u comes from pairs picked blindly (nearly all of two people), and for equal values from counts, which are exact where
blind pairs never meet an equal number at all: an identifier's u is 1/N instead of nothing. m comes from expectation
maximisation on pairs that share a tight key, for the fields that the key leaves free (Winkler 1988; Splink's practice).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from records.rules.linkage.blocking import Key, Readings, blocks_of, keys_for, rows_by_block
from records.rules.linkage.columns import Levels, Pairs, Table, levels_of, shares_of
from records.rules.linkage.model import FLOOR, Field, Odds

BLIND = 100_000  # pairs picked blindly
TIGHT = 100_000  # pairs of one key that train m
TRAINING_BLOCK = 25_000  # pairs of one block at most
HOMES = 6  # keys of two places at most, where nothing else leaves a name free
ENOUGH = 30  # pairs or expected links under which nothing is learnt
TWO_LEVELS = [1.0, 0.95, 0.05]
ROUNDS = 40
STILL = 1e-4
FIRST = 0.8  # m of the best level before anything is known


@dataclass(frozen=True, slots=True)
class Trained:
    """Odds by field, the shares of values, how rare an unlisted value is, and fields no key could train."""

    odds: dict[str, Odds]
    shares: dict[str, dict[str, float]]
    rarest: dict[str, float]
    untrained: tuple[str, ...]


def train(fields: Sequence[Field], one: Table, other: Table, *, seed: int = 1) -> Trained:
    """Weights for these fields from two tables (or one table given twice)."""
    chance = Random(seed)  # noqa: S311 - a sample, not a secret
    shares = {each.name: shares_of(each, one, other) for each in fields}
    u = _blind(fields, one, other, chance)
    typical = {each.name: _typical(shares[each.name][0]) for each in fields}
    for place, each in enumerate(fields):
        u[place] = _with_counts(each, u[place], typical[each.name], one, other, chance)
    m, untrained = _matches(fields, one, other, u, chance)
    return Trained(
        odds={each.name: Odds(tuple(m[p]), tuple(u[p]), typical[each.name]) for p, each in enumerate(fields)},
        shares={each.name: shares[each.name][0] for each in fields},
        rarest={each.name: 1 / max(shares[each.name][1], 1) for each in fields},
        untrained=untrained,
    )


def _typical(shares: Mapping[str, float]) -> float:
    return sum(share * share for share in shares.values())


def _blind(fields: Sequence[Field], one: Table, other: Table, chance: Random) -> list[list[float]]:
    count = min(BLIND, 2000 + len(one) * len(other) // 8)
    pairs = Pairs.empty()
    pairs.left.extend(chance.choices(range(len(one)), k=count))
    pairs.right.extend(chance.choices(range(len(other)), k=count))
    if one is other:
        kept = [(a, b) for a, b in zip(pairs.left, pairs.right, strict=True) if a != b]
        pairs = Pairs.empty()
        pairs.left.extend(a for a, _ in kept)
        pairs.right.extend(b for _, b in kept)
    return [_shares(each, column, 0.5) for each, column in _columns(fields, levels_of(fields, one, other, pairs))]


def _columns(fields: Sequence[Field], rows: object) -> list[tuple[Field, Counter[int]]]:
    patterns: Counter[Levels] = Counter(rows)  # type: ignore[call-overload]
    columns: list[Counter[int]] = [Counter() for _ in fields]
    for pattern, count in patterns.items():
        for column, level in zip(columns, pattern, strict=True):
            column[level] += count
    return list(zip(fields, columns, strict=True))


def _shares(one: Field, counts: Mapping[int, float], pseudo: float) -> list[float]:
    levels = range(1, len(one.kind.steps))
    total = sum(counts.get(level, 0) for level in levels) + pseudo * len(levels)
    return [1.0] + [max((counts.get(level, 0) + pseudo) / total, FLOOR) for level in levels]


def _with_counts(
    one: Field, u: list[float], typical: float, first: Table, second: Table, chance: Random
) -> list[float]:
    """u of the levels that share a value: together as likely as two counts say, split as such pairs really look."""
    places = [level for level, step in enumerate(one.kind.steps) if step.by_value]
    if not places or not typical:
        return u
    split = _split(one, first, second, chance) if len(places) > 1 else {places[0]: 1.0}
    found = list(u)
    for level in places:
        found[level] = max(typical * split.get(level, 0.0), FLOOR)
    return found


def _split(one: Field, first: Table, second: Table, chance: Random) -> dict[int, float]:
    """Of pairs that share a value, the share of each level (marks missing, another order of words)."""
    rows: dict[str, tuple[list[int], list[int]]] = {}
    for side, table in enumerate((first, second)):
        for row, value in enumerate(table.values[one.name]):
            if value is not None:
                rows.setdefault(str(one.kind.shared(value)), ([], []))[side].append(row)
    blocks = [block for block in rows.values() if block[0] and block[1]]
    if not blocks:
        return {}
    weights = [len(left) * len(right) for left, right in blocks]
    pairs = Pairs.empty()
    for left, right in chance.choices(blocks, weights=weights, k=20_000):
        pairs.left.append(chance.choice(left))
        pairs.right.append(chance.choice(right))
    counts = Counter(level for (level,) in levels_of([one], first, second, pairs))
    places = [level for level, step in enumerate(one.kind.steps) if step.by_value]
    total = sum(counts[level] for level in places) + len(places)
    return {level: (counts[level] + 1) / total for level in places}


def training_keys(fields: Sequence[Field]) -> list[Key]:
    """Keys tight enough that many of their pairs are one person: personal numbers, the birth date, the name.

    Not what a household shares: its members would be taken for one person, and errors look commoner than they are.
    """
    wanted = ("birth", "name in any order", "both parts of the name")
    shared = {one.name for one in fields if one.household}
    found = [key for key in keys_for(fields) if key.name in wanted or key.name.endswith(" equal")]
    own = [key for key in found if not key.fields & shared]
    if all(any(one.name not in key.fields for key in own) for one in fields):
        return own
    homes = [key for key in keys_for(fields) if len(key.readings) > 1 and key.fields <= shared]
    return own + (homes[:HOMES] or [key for key in found if key.fields & shared])


def _tight_pairs(key: Key, one: Readings, other: Readings, chance: Random) -> Pairs:
    """Pairs of one key, whole blocks at a time, smallest blocks not preferred; at most about TIGHT of them."""
    sizes = blocks_of(key, one, other, TRAINING_BLOCK)
    blocks = list(sizes)
    chance.shuffle(blocks)
    wanted, taken = {}, 0
    for block in blocks:
        wanted[block] = sizes[block]
        taken += sizes[block]
        if taken >= TIGHT:
            break
    left, right = rows_by_block(key, one, wanted), rows_by_block(key, other, wanted)
    pairs = Pairs.empty()
    for block in wanted:
        for row in left[block]:
            pairs.add(row, [o for o in right[block] if one is not other or o > row])
    return pairs


def _matches(
    fields: Sequence[Field], one: Table, other: Table, u: Sequence[Sequence[float]], chance: Random
) -> tuple[list[list[float]], tuple[str, ...]]:
    """m by field, from every key that leaves it free, each key weighing as many links as it found."""
    found: list[Counter[int]] = [Counter() for _ in fields]
    left = Readings(one)
    right = left if one is other else Readings(other)
    for key in training_keys(fields):
        pairs = _tight_pairs(key, left, right, chance)
        if len(pairs) < ENOUGH:
            continue
        patterns = Counter(levels_of(fields, one, other, pairs))
        free = [place for place, each in enumerate(fields) if each.name not in key.fields]
        for place, counts in expectation_maximisation(fields, patterns, free, u).items():
            found[place].update(counts)
    trained = [sum(counts[level] for level in counts if level) >= ENOUGH for counts in found]
    m = [_shares(each, found[p], 0.5) if trained[p] else _guess(each) for p, each in enumerate(fields)]
    return m, tuple(each.name for each, done in zip(fields, trained, strict=True) if not done)


def _guess(one: Field) -> list[float]:
    """m before anything is known: mostly equal, the worst level a little likelier than those between."""
    count = len(one.kind.steps) - 1
    if count == len(TWO_LEVELS) - 1:
        return list(TWO_LEVELS)
    rest = (1 - FIRST) / count
    return [1.0, FIRST, *[rest] * (count - 2), 2 * rest]


def expectation_maximisation(
    fields: Sequence[Field], patterns: Mapping[Levels, int], free: Sequence[int], u: Sequence[Sequence[float]]
) -> dict[int, Counter[int]]:
    """Expected counts of each level among links, by field, with u held fixed."""
    reduced: Counter[Levels] = Counter()
    for pattern, count in patterns.items():
        reduced[tuple(pattern[place] for place in free)] += count
    m, share = [_guess(fields[place]) for place in free], 0.5
    counts: list[Counter[int]] = []
    total = sum(reduced.values())
    for _ in range(ROUNDS):
        counts, links = _expect(reduced, m, [u[place] for place in free], share)
        fresh = [_shares(fields[place], counts[i], 0.5) for i, place in enumerate(free)]
        moved = max(abs(a - b) for old, new in zip(m, fresh, strict=True) for a, b in zip(old, new, strict=True))
        m, share = fresh, min(max(links / total, 1e-6), 1 - 1e-6)
        if moved < STILL:
            break
    return dict(zip(free, counts, strict=True))


def _expect(
    patterns: Mapping[Levels, int], m: Sequence[Sequence[float]], u: Sequence[Sequence[float]], share: float
) -> tuple[list[Counter[int]], float]:
    ratios = [
        [a / b if level else 1.0 for level, (a, b) in enumerate(zip(*both, strict=True))]
        for both in zip(m, u, strict=True)
    ]
    counts: list[Counter[int]] = [Counter() for _ in m]
    links, odds = 0.0, share / (1 - share)
    for pattern, count in patterns.items():
        ratio = odds
        for table, level in zip(ratios, pattern, strict=True):
            ratio *= table[level]
        expected = count * (ratio / (1 + ratio))
        links += expected
        for column, level in zip(counts, pattern, strict=True):
            column[level] += expected  # type: ignore[assignment]
    return counts, links
