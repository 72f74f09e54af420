"""What may be told outside: counts of a few people are kept back, and none can be had by taking others from the whole."""

from __future__ import annotations

from collections.abc import Sequence

from screening.rules.indicators import Value, is_small

Hidden = frozenset[tuple[int, str]]


def is_telling(value: Value) -> bool:
    """Whether a value rests on so few people that it may tell of somebody. The annual target is divided by years."""
    people = [value.numerator, value.unknown, None if value.indicator == "annual_target" else value.denominator]
    return any(is_small(count) for count in people if count is not None)


def hidden_values(groups: Sequence[Sequence[Value]]) -> Hidden:
    """(place of the group, indicator) of what is kept back in a table of groups that sum to a whole told beside them.

    Where one group alone would be kept back it could be had by subtraction: the next smallest is kept back with it.
    """
    hidden: set[tuple[int, str]] = set()
    by_code: dict[str, list[tuple[int, Value]]] = {}
    for place, values in enumerate(groups):
        for value in values:
            by_code.setdefault(value.indicator, []).append((place, value))
    for code, column in by_code.items():
        telling = [place for place, value in column if is_telling(value)]
        hidden.update((place, code) for place in telling)
        others = [(value.numerator, place) for place, value in column if place not in telling and value.numerator > 0]
        if len(telling) == 1 and others:
            hidden.add((min(others)[1], code))
    return frozenset(hidden)
