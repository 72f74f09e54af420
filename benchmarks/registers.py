"""A city register and an old hospital's file of the same people, with the errors such files really have, and the truth.

People live in households: one family name by the father, children on a parent's phone, twins named alike. The hospital's
file has lost diacritics or turned them into the bytes of TCVN3, swapped day and month, kept only a year of birth, put the
family name last, dropped middle names, kept the ward and the phone of years ago, borrowed a relative's insurance card, and
a quarter of its rows carry no number at all. Names and wards are the demonstration city's; nobody here exists.

Rates follow what was seen when such files were measured: 30 % without diacritics, 20 % TCVN3, 3.5 % slips in a name, 18 %
moved, 26 % without any number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.filing import as_filed
from benchmarks.households import Row, make_people

COLUMNS = ("id", "name", "birth", "sex", "cccd", "bhyt", "phone", "ward", "address")

CONFIG = """\
id = "id"

[columns]
full_name = "name"
birth_date = "birth"
sex = "sex"
national_id = "cccd"
insurance = "bhyt"
phone = "phone"
address = ["ward", "address"]
"""


@dataclass(frozen=True, slots=True)
class Files:
    """The register, the hospital's file, and by hospital row the register's row of the same person."""

    register: list[Row]
    hospital: list[Row]
    truth: Mapping[int, int]


def make_files(seed: int, register: int, hospital: int, *, known: float = 0.7) -> Files:
    """`known`: share of the hospital's rows whose person is in the register."""
    chance = Random(f"registers-{seed}")
    inside = int(hospital * known)
    everybody = list(make_people(chance, register + hospital - inside))
    chance.shuffle(everybody)
    listed, outside = everybody[:register], everybody[register:]
    by_home: dict[str, list[Row]] = {}
    for row in everybody:
        by_home.setdefault(row.address, []).append(row)
    seen = chance.sample(listed, inside) + outside
    chance.shuffle(seen)
    file = [as_filed(chance, row, by_home[row.address]) for row in seen]
    places = {row.owner: place for place, row in enumerate(listed)}
    truth = {place: places[row.owner] for place, row in enumerate(file) if row.owner in places}
    return Files(listed, file, truth)


def write_files(files: Files, folder: Path) -> tuple[Path, Path, Path, Path]:
    """hospital.csv, register.csv, truth.csv and config.toml in this folder."""
    paths = tuple(folder / name for name in ("hospital.csv", "register.csv", "truth.csv", "config.toml"))
    _write(paths[0], COLUMNS, (_told(f"h{n}", row) for n, row in enumerate(files.hospital)))
    _write(paths[1], COLUMNS, (_told(f"r{n}", row) for n, row in enumerate(files.register)))
    _write(paths[2], ("a", "b"), ((f"h{a}", f"r{b}") for a, b in files.truth.items()))
    paths[3].write_text(CONFIG, encoding="utf-8")
    return paths[0], paths[1], paths[2], paths[3]


def _told(key: str, row: Row) -> tuple[str, ...]:
    return (key, row.name, row.birth.display, row.sex, row.cccd, row.bhyt, row.phone, row.ward, row.address)


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
