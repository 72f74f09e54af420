"""A name with digits beside it, as tired people type it: a birth date in any writing, a phone's last digits, or both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from registry.rules.dates import EARLIEST_YEAR, PartialDate, parse_partial_date
from registry.rules.invalid import Invalid
from registry.rules.names import clean_name

TAIL_LENGTHS = range(4, 9)  # digits of a phone's tail that an index can look up
MOST_READINGS = 6
_CENTURY = 100
_DIGITS = re.compile(
    r"(?<![\w/.\-])(?:\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.\-]\d{4}|\d{2}|\d{4,8})(?![\w/])",
    re.ASCII,
)
_EDGES = re.compile(r"^[\s,;.\-/]+|[\s,;\-/]+$")


@dataclass(frozen=True, slots=True)
class NameReading:
    """One way to read a text: the name that is left, a birth date or none, a phone's last digits or none."""

    name: str
    birth: PartialDate | None = None
    tail: str = ""


def read_name(text: str, today: date) -> list[NameReading]:
    """Every reading of the text, the likeliest first; at most one birth date and one tail each. Never raises.

    >>> [(r.name, r.birth.display if r.birth else "", r.tail) for r in read_name("lan 1958", date(2026, 11, 22))]
    [('lan', '1958', ''), ('lan', '', '1958')]
    """
    meanings: list[list[tuple[PartialDate | None, str]]] = []
    spans = []
    for match in _DIGITS.finditer(text):
        found = [
            *((birth, "") for birth in _births(match.group(), today)),
            *((None, tail) for tail in _tails(match.group())),
        ]
        if found:
            meanings.append(found)
            spans.append(match.span())
    name = _without(text, spans[:2])
    readings = [_joined(name, chosen) for chosen in product(*meanings[:2])]
    return [one for one in readings if one is not None][:MOST_READINGS] or [NameReading(_without(text, []))]


def _joined(name: str, chosen: tuple[tuple[PartialDate | None, str], ...]) -> NameReading | None:
    """One choice for each group of digits; two birth dates or two tails are no reading."""
    births = [birth for birth, _ in chosen if birth]
    tails = [tail for _, tail in chosen if tail]
    if len(births) > 1 or len(tails) > 1:
        return None
    return NameReading(name, births[0] if births else None, tails[0] if tails else "")


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = f"{text[:start]} {text[end:]}"
    return _EDGES.sub("", clean_name(text))


def _births(group: str, today: date) -> Iterator[PartialDate]:
    """Birth dates that a group of digits may be: 1958, 12/3/1958, 12031958, 58, 12/3/58, 120358, 031958."""
    for written in _long_forms(group, today):
        try:
            yield parse_partial_date(written, today)
        except Invalid:
            continue


def _long_forms(group: str, today: date) -> Iterator[str]:
    """The writing with four digits of the year; short years are this century's while somebody could be born then."""
    short = re.fullmatch(r"(?:(\d{1,2})[/.\-](\d{1,2})[/.\-])?(\d{2})", group, re.ASCII)
    if short:
        before = f"{short[1]}/{short[2]}/" if short[1] else ""
        yield from (f"{before}{year}" for year in _years(int(short[3]), today))
    elif len(group) == 6 and group.isdecimal():  # noqa: PLR2004 - ddMMyy or MMyyyy
        yield from (f"{group[:2]}/{group[2:4]}/{year}" for year in _years(int(group[4:]), today))
        yield f"{group[:2]}/{group[2:]}"
    elif not group.isdecimal() or len(group) in (4, 8):
        yield group


def _years(two: int, today: date) -> Iterator[int]:
    this = today.year // _CENTURY * _CENTURY + two
    if this <= today.year:
        yield this
    if this - _CENTURY >= EARLIEST_YEAR:
        yield this - _CENTURY


def _tails(group: str) -> Iterator[str]:
    if group.isdecimal() and len(group) in TAIL_LENGTHS:
        yield group
