"""The list that the chaos benchmark imports, and what must have become of every row of it. Nobody in it exists."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hanoi_ehr.demo.names import FAMILY, personal_name

COLUMNS = ("source_id", "full_name", "birth_date", "sex", "cccd", "phone", "address")
EACH = {"bad": 61, "repeated": 53, "known": 47}  # every so many rows: unreadable, said again, the same person elsewhere
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """keys: source_id of every row that must be on file, once; bad: numbers (from 1) of the rows for quarantine."""

    rows: int
    loaded: int
    linked: int
    skipped: int
    keys: frozenset[str]
    bad: frozenset[int]


def write_list(path: Path, rows: int, seed: int) -> Expected:
    """Write so many rows. People who come again come far from their first row, so that two workers may hold them at once."""
    chance = Random(f"chaos-{seed}")
    people: list[Row] = []
    counts = {"loaded": 0, "linked": 0, "skipped": 0}
    keys, bad = set[str](), set[int]()
    again = set[int]()  # each comes again once: what becomes of a third row would depend on which came second
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(1, rows + 1):
            kind = next((name for name, every in EACH.items() if number % every == 0), "new")
            if kind == "bad":
                bad.add(number)
                writer.writerow((f"b{number}", "", "32/13/1990", "?", "", "", ""))
                continue
            earlier = chance.randrange(len(people)) if people else -1
            if kind == "new" or earlier in again:
                row, became = _person(chance, number), "loaded"
                people.append(row)
            else:
                again.add(earlier)
                row = people[earlier] if kind == "repeated" else (f"k{number}", *people[earlier][1:])
                became = "skipped" if kind == "repeated" else "linked"
            counts[became] += 1
            keys.add(row[0])
            writer.writerow(row)
    return Expected(rows, **counts, keys=frozenset(keys), bad=frozenset(bad))


def _person(chance: Random, number: int) -> Row:
    """A person of their own: the last six digits of the number are the row's."""
    sex, year = chance.choice(("male", "female")), chance.randint(1940, 1999)
    birth = f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/{year}"
    cccd = f"001{0 if sex == 'male' else 1}{year % 100:02d}{number:06d}"
    name = personal_name(chance, FAMILY.pick(chance), sex, year)
    home = f"Số {chance.randint(1, 400)} ngõ {chance.randint(1, 200)}"
    return (f"p{number}", name, birth, "M" if sex == "male" else "F", cccd, f"09{number:08d}", home)
