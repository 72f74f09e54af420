"""What a formulary row says, read from text: kinds of medicine, routes, ingredients with their amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv
from registry.rules.text import clean_line, fold

DATA = Path(__file__).resolve().parent.parent / "data"


class Kind(StrEnum):
    """The last character of the national prescription code (TT 26/2025/TT-BYT, TT 55/2025/TT-BYT)."""

    NARCOTIC = "N"
    PSYCHOTROPIC = "H"
    ORDINARY = "C"
    TRADITIONAL = "T"


KIND_NAMES: Mapping[Kind, str] = {
    Kind.NARCOTIC: "Thuốc gây nghiện",
    Kind.PSYCHOTROPIC: "Thuốc hướng thần, tiền chất",
    Kind.ORDINARY: "Thuốc thường",
    Kind.TRADITIONAL: "Thuốc y học cổ truyền",
}

# To mg; IU counts by itself.
_UNITS = {
    "mg": ("mg", Decimal(1)),
    "g": ("mg", Decimal(1000)),
    "mcg": ("mg", Decimal("0.001")),
    "IU": ("IU", Decimal(1)),
}


@dataclass(frozen=True, slots=True)
class Route:
    """A way into the body: code of ĐƯỜNG DÙNG, name, the verb of the instruction, whether it reaches the blood."""

    code: str
    name: str
    verb: str
    systemic: bool


@cache
def routes() -> Mapping[str, Route]:
    """Routes by code (clinics/data/routes.tsv, codes from memory of QĐ 5084/QĐ-BYT, marked unverified there)."""
    rows = read_tsv(DATA / "routes.tsv")
    return {row["code"]: Route(row["code"], row["name"], row["verb"], row["systemic"] == "1") for row in rows}


def route_of(code: str) -> Route:
    """The route of a code; an unknown one is taken to reach the blood, so that nothing goes unchecked."""
    return routes().get(code) or Route(code, code, "Dùng", systemic=True)


def read_part(said: str) -> dict[str, Any]:
    """ "paracetamol|N02BE01|500 mg" as {key, atc, amount, unit}; the amount may be left out. Raises Invalid at "parts"."""
    key, _, rest = (piece.strip() for piece in said.partition("|"))
    atc, _, amount = (piece.strip() for piece in rest.partition("|"))
    if not key:
        raise Invalid("part-unnamed", "Thiếu mã hoạt chất.", "parts")
    if not amount:
        return {"key": key, "atc": atc, "amount": None, "unit": "mg"}
    number, _, unit = amount.partition(" ")
    if unit not in _UNITS:
        message = Phrase("Hàm lượng “{amount}”: đơn vị phải là mg, g, mcg hoặc IU.", amount=amount)
        raise Invalid("part-unit", message, "parts")
    try:
        value = Decimal(number)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise Invalid("part-amount", Phrase("Hàm lượng “{amount}” không phải số dương.", amount=amount), "parts")
    counted, times = _UNITS[unit]
    return {"key": key, "atc": atc, "amount": f"{(value * times).normalize():f}", "unit": counted}


def read_drug(row: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a Drug from a row of text (columns of clinics/data/formulary.tsv). Raises Invalid at its column."""
    columns: dict[str, Any] = {name: clean_line(row.get(name) or "") for name in _TEXTS}
    for name in ("code", "name", "ingredient", "route", "unit", "parts"):
        if not (row.get(name) or "").strip():
            raise Invalid("column-empty", Phrase("Cột {column} trống.", column=name), name)
    if columns["kind"] not in {kind.value for kind in Kind}:
        raise Invalid("kind-unknown", "Loại thuốc phải là N, H, C hoặc T.", "kind")
    if columns["route"] not in routes():
        raise Invalid("route-unknown", Phrase("Không có đường dùng {code}.", code=columns["route"]), "route")
    if row.get("insured") not in {"0", "1"}:
        raise Invalid("insured", "Cột insured phải là 0 hoặc 1.", "insured")
    columns["insured"] = row["insured"] == "1"
    columns["parts"] = [read_part(one) for one in row["parts"].split(";")]
    said = [columns["name"], columns["ingredient"], columns["registration"], *(one["key"] for one in columns["parts"])]
    columns["search_key"] = fold(" ".join(said))[:1000]
    return columns


_TEXTS = ("code", "registration", "name", "ingredient", "strength", "dose_form", "route", "unit", "kind", "usage")
