"""The reference data that the repository carries (registry/data), loaded through the same commands as anybody's list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from django.conf import settings
from django.utils.module_loading import import_string

from registry.commands.reference import Loaded, SystemCard, load_code_system, load_facilities, load_units
from registry.kernel import Context, Refused
from registry.rules.code_lists import read_code_rows
from registry.rules.phrases import Phrase
from registry.rules.tables import reference_rows
from registry.rules.text import fold

FACILITIES_SOURCE = "Danh mục mã CSKCB Hà Nội năm 2019 (có thể đã cũ)"
FACILITIES_FROM = date(2019, 1, 1)

Loader = Callable[[Context], Loaded]


def _named(rows: tuple[dict[str, str], ...]) -> list[dict[str, str]]:
    return [{**row, "name_key": fold(row["name"])} for row in rows]


def _load_units(ctx: Context) -> Loaded:
    return load_units(ctx, units=_named(reference_rows("units")), successions=reference_rows("unit_successions"))


def _load_facilities(ctx: Context) -> Loaded:
    rows = _named(reference_rows("facilities_2019"))
    return load_facilities(ctx, facilities=rows, source=FACILITIES_SOURCE, valid_from=FACILITIES_FROM)


def _load_codes(card: dict[str, str], ctx: Context) -> Loaded:
    listed = read_code_rows(enumerate(reference_rows(f"concepts/{card['key']}"), start=2))
    if listed.faults:
        raise Refused("reference-file", Phrase("{file}.tsv: {fault}", file=card["key"], fault=listed.faults[0].said))
    system = SystemCard(card["key"], card["name"], card["uri"], card["source"], card["official"] == "1")
    return load_code_system(ctx, system=system, rows=listed.rows, valid_from=date.fromisoformat(card["valid_from"]))


def reference_loaders() -> dict[str, Loader]:
    """Name of a part (units, facilities, a code system's key, a name of settings.REFERENCE_LOADERS) -> what loads it."""
    codes: dict[str, Loader] = {card["key"]: partial(_load_codes, card) for card in reference_rows("code_systems")}
    others: dict[str, Loader] = {name: import_string(path) for name, path in settings.REFERENCE_LOADERS.items()}
    return {"units": _load_units, "facilities": _load_facilities, **codes, **others}


def load_reference(ctx: Context, only: frozenset[str] = frozenset()) -> Iterator[tuple[str, Loaded]]:
    """Load every part, or those named; yields each part's name and counts as it is done. Unknown names are Refused."""
    loaders = reference_loaders()
    unknown = sorted(only - loaders.keys())
    if unknown:
        raise Refused(
            "reference-unknown",
            Phrase("Không có phần {parts}. Chọn trong: {known}.", parts=", ".join(unknown), known=", ".join(loaders)),
            "only",
        )
    for name, load in loaders.items():
        if not only or name in only:
            yield name, load(ctx)
