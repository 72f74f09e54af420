"""`python -m benchmarks.linkage_model`: estimates records/data/linkage_model.json anew, and writes it.

Weights come from expectation maximisation on a synthetic register and an old hospital's file (benchmarks/registers.py),
without looking at the truth. Three things are not estimated but known: a number is as rare as people are many; a ward's
code is compared as it stands; and a facility's own number is as good as the facility is careful.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

from benchmarks.households import Row
from benchmarks.registers import make_files
from migration.rules.repairs import repair_text
from records.rules.linkage import kinds
from records.rules.linkage.columns import Table
from records.rules.linkage.model import Field, Model, Odds
from records.rules.linkage.standard import FILE, LABELS
from records.rules.linkage.training import train
from records.rules.linkage.values import birth_value, name_value, numbers_value, place_value
from registry.rules.text import fold

SEED, REGISTER, HOSPITAL = 20261122, 120_000, 40_000
RESIDENTS = 8_500_000  # Hanoi
COMMON = 4_000  # full names whose share is kept; rarer ones are worth RAREST
ROUND = 7

FIELDS = (
    Field("name", kinds.NAME, LABELS["name"]),
    Field("birth", kinds.BIRTH, LABELS["birth"]),
    Field("sex", kinds.CODE, LABELS["sex"]),
    Field("cccd", kinds.NUMBER, LABELS["cccd"]),
    Field("bhyt", kinds.NUMBER, LABELS["bhyt"]),
    Field("phone", kinds.NUMBER, LABELS["phone"], household=True),
    Field("ward", kinds.CODE, LABELS["ward"], household=True),
    Field("address", kinds.PLACE, LABELS["address"], household=True),
)


def table(rows: list[Row]) -> Table:
    """Rows as values of the model's fields."""
    names = [repair_text(row.name) for row in rows]
    return Table(
        [str(place) for place in range(len(rows))],
        {
            "name": [name_value(name) for name in names],
            "birth": [birth_value(row.birth) for row in rows],
            "sex": [row.sex for row in rows],
            "cccd": [numbers_value((row.cccd,)) for row in rows],
            "bhyt": [numbers_value((row.bhyt[-10:],)) for row in rows],
            "phone": [numbers_value((row.phone,)) for row in rows],
            "ward": [fold(repair_text(row.ward)) for row in rows],
            "address": [place_value(repair_text(row.address)) for row in rows],
        },
    )


def estimate() -> Model:
    """The model, ready to be written."""
    files = make_files(SEED, REGISTER, HOSPITAL)
    register = table(files.register)
    found = train(FIELDS, table(files.hospital), register)
    odds = {name: _rounded(one) for name, one in found.odds.items()}
    for number in ("cccd", "bhyt"):
        odds[number] = _as_rare_as_people(odds[number])
    odds["cmnd"] = odds["cccd"]
    # A hospital counts its people: a number one digit apart is the next in the queue, and says nothing.
    odds["facility"] = Odds((1.0, 0.97, 0.005, 0.025), (1.0, 1e-6, 0.005, 0.994999))
    names = Counter(value.words for value in register.values["name"])
    common = {name: round(count / REGISTER, ROUND) for name, count in names.most_common(COMMON)}
    return Model(
        version="hanoi-2",
        note=(
            f"Expectation maximisation without labels on benchmarks/registers.py, seed {SEED}, register of {REGISTER:,},"
            f" hospital file of {HOSPITAL:,} rows, {date(2026, 11, 22)}; u of personal numbers set to 1 / {RESIDENTS:,};"
            " CMND as CCCD; facility numbers set by hand (one digit apart is the next in the queue, no slip)."
            " Estimate again from real files before relying on the last bit."
        ),
        fields=(
            *FIELDS[:4],
            Field("cmnd", kinds.NUMBER, LABELS["cmnd"]),
            *FIELDS[4:],
            Field("facility", kinds.NUMBER, LABELS["facility"]),
        ),
        odds=odds,
        shares={"name": common},
        rarest={"name": round(min(common.values()) / 2, ROUND)},
        prior=-22.0,
    )


def _rounded(one: Odds) -> Odds:
    return Odds(
        tuple(round(p, ROUND) for p in one.m),
        tuple(max(round(p, ROUND), 1e-7) for p in one.u),
        round(one.typical, ROUND),
    )


def _as_rare_as_people(one: Odds) -> Odds:
    return Odds(one.m, (1.0, 1 / RESIDENTS, *one.u[2:]))


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(estimate().to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
