"""The tables of QĐ 3176 and their fields, read from registry/data/qd3176_*.tsv (origin: the README beside them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from registry.rules.tables import reference_rows

# QĐ 1931/QĐ-BYT (29/06/2026): MUC_HUONG may be written with four characters (47.5).
LONGER_SINCE: Mapping[str, tuple[date, int]] = {"MUC_HUONG": (date(2026, 7, 1), 4)}
# The public sources of the field list differ on these lengths: a longer text is worth a look and no error.
LENGTH_IN_DOUBT = frozenset({"MA_NGHE_NGHIEP", "MA_BENH_YHCT", "MA_TTDV", "MA_DOITUONG_KCB"})
# Annex of QĐ 130/QĐ-BYT: MA_LK and STT are the key of every table, also of those whose list states nothing as required.
KEYS = frozenset({"MA_LK", "STT"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field. number: None where no source states the type; longest: characters, None for no limit or not stated.

    lent: type and length are those of the field of the same name in another table, because none are stated for this one.
    """

    table: str
    name: str
    number: bool | None
    longest: int | None
    required: bool
    lent: bool = False

    def longest_on(self, day: date | None) -> int | None:
        """The longest text allowed on a day (None: today's rule is not known, the longer one counts)."""
        since, length = LONGER_SINCE.get(self.name, (None, 0))
        return length if since and (day is None or day >= since) else self.longest

    @property
    def doubtful(self) -> bool:
        """Whether a text that is too long is only worth a look."""
        return self.lent or self.name in LENGTH_IN_DOUBT


@dataclass(frozen=True, slots=True)
class Table:
    """One table: tags of its document. listed and row are "" where the root itself is the only row."""

    key: str
    root: str
    listed: str
    row: str
    title: str
    fields: tuple[Field, ...]

    @property
    def single(self) -> bool:
        """Whether the document holds exactly one row."""
        return not self.row

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((one for one in self.fields if one.name == name), None)


@cache
def tables() -> Mapping[str, Table]:
    """Every table by its key, "XML0" to "XML15" (12 is entered on the insurer's portal and has no file)."""
    return {row["table"]: _table(row) for row in reference_rows("qd3176_tables")}


def _table(row: Mapping[str, str]) -> Table:
    own = [one for one in reference_rows("qd3176_fields") if one["table"] == row["table"]]
    fields = tuple(_field(one) for one in sorted(own, key=lambda one: int(one["order"])))
    return Table(row["table"], row["root"], row["list"], row["row"], row["name"], fields)


def _field(row: Mapping[str, str]) -> Field:
    stated = row if row["type"] else _lenders().get(row["field"])
    required = bool(row["required_in_source"]) or row["field"] in KEYS
    if stated is None:
        return Field(row["table"], row["field"], None, None, required)
    length = stated["max_len"]
    longest = int(length) if length.isdigit() else None
    return Field(row["table"], row["field"], stated["type"] == "number", longest, required, lent=stated is not row)


@cache
def _lenders() -> Mapping[str, Mapping[str, str]]:
    """The first table that states a field's type, for tables that state none."""
    stated: dict[str, Mapping[str, str]] = {}
    for row in reference_rows("qd3176_fields"):
        if row["type"]:
            stated.setdefault(row["field"], row)
    return stated
