"""From weights to links: how likely each is, whether rows may link more than once, and where to stop.

Nothing is tuned to a data set. The prior is what makes the expected number of links consistent with their weights; a side
may link once only where the data show it is free of duplicates; and without a threshold the one with the best expected F1
is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

SURE = 0.99  # a pair this likely counts as evidence on duplicates inside a file
CERTAIN = 60  # log2 odds beyond which floating point sees 0 or 1
CLEAN = 0.02  # a side with fewer rows than this linked surely to two others has no duplicates worth the name


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair of rows with its weight in bits."""

    left: int
    right: int
    bits: float


@dataclass(frozen=True, slots=True)
class Decided:
    """Links, best first, with what was decided from the data. once_left: a row of the first table links once at most."""

    links: tuple[Scored, ...]
    prior: float
    threshold: float
    once_left: bool
    once_right: bool


def probability(bits: float, prior: float) -> float:
    """How likely a pair is one person; prior and bits are log2 odds."""
    log_odds = bits + prior
    if log_odds > CERTAIN:
        return 1.0
    return 0.0 if log_odds < -CERTAIN else 2.0**log_odds / (1.0 + 2.0**log_odds)


def estimate_prior(bits: Sequence[float], possible: int, most: int) -> float:
    """log2 odds of a link among all possible pairs: the fixed point of "expected links / possible pairs"."""
    share = max(most / 2, 1.0) / max(possible, 2)
    for _ in range(30):
        prior = log2(share / (1 - share))
        fresh = min(max(sum(probability(one, prior) for one in bits), 0.5), possible * 0.999) / max(possible, 2)
        if abs(fresh - share) < share * 1e-4:
            break
        share = fresh
    return log2(share / (1 - share))


def decide(
    scored: Sequence[Scored], rows: tuple[int, int], *, threshold: float | None = None, same: bool = False
) -> Decided:
    """Links out of scored pairs. threshold: in bits, or a probability when it lies between 0 and 1."""
    possible = rows[0] * (rows[0] - 1) // 2 if same else rows[0] * rows[1]
    prior = estimate_prior([one.bits for one in scored], possible, min(rows))
    ranked = sorted(scored, key=lambda one: (-one.bits, one.left, one.right))
    once_left, once_right = (False, False) if same else _clean_sides(ranked, prior)
    kept = _assign(ranked, once_left=once_left, once_right=once_right)
    if threshold is None:
        limit = _best_expected(kept, prior)
    else:
        limit = log2(threshold / (1 - threshold)) - prior if 0 < threshold < 1 else threshold
    return Decided(tuple(one for one in kept if one.bits >= limit), prior, limit, once_left, once_right)


def _clean_sides(ranked: Sequence[Scored], prior: float) -> tuple[bool, bool]:
    """Whether rows of the first (second) table link once only: the *other* table shows no duplicates."""
    sure = [one for one in ranked if probability(one.bits, prior) >= SURE]
    lefts, rights = Counter(one.left for one in sure), Counter(one.right for one in sure)

    def clean(counts: Counter[int]) -> bool:
        return sum(count > 1 for count in counts.values()) <= CLEAN * len(counts)

    return clean(lefts), clean(rights)


def _assign(ranked: Sequence[Scored], *, once_left: bool, once_right: bool) -> list[Scored]:
    """Best first; a row that may link once is taken by its best pair."""
    lefts: set[int] = set()
    rights: set[int] = set()
    kept = []
    for one in ranked:
        if (once_left and one.left in lefts) or (once_right and one.right in rights):
            continue
        lefts.add(one.left)
        rights.add(one.right)
        kept.append(one)
    return kept


def _best_expected(kept: Sequence[Scored], prior: float) -> float:
    """The weight at which expected F1 = 2 * true links taken / (links taken + all links) is highest."""
    likely = [probability(one.bits, prior) for one in kept]
    total, taken, best, limit = sum(likely), 0.0, -1.0, 0.0
    for count, (one, p) in enumerate(zip(kept, likely, strict=True), start=1):
        taken += p
        f1 = 2 * taken / (count + total)
        if f1 > best:
            best, limit = f1, one.bits
    return limit
