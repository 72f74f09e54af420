"""Every route of the URL resolver, and the approved table that classifies them (tests/golden/access_matrix.tsv)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).resolve().parents[1] / "golden" / "access_matrix.tsv"


@dataclass(frozen=True)
class Route:
    """One approved route.

    about: nobody (tells of no resident), record (a resident by patient_id), object (a facility's own visit, batch, …),
    system (an object of the whole city). opens: the permission a GET needs, changes: the one a POST needs; "-" for
    methods that do not exist, "public" for no login, "login" for anybody signed in, "client" for hospitals' tokens.
    ledger is an object of a facility that tells of no resident. city: "all" where the Department of Health reads every
    facility's, "-" where it reads none.
    """

    name: str
    about: str
    opens: str
    changes: str
    city: str

    @property
    def methods(self) -> dict[str, str]:
        """Method -> what it needs, for the methods that exist."""
        return {m: need for m, need in (("get", self.opens), ("post", self.changes)) if need != "-"}


def approved() -> dict[str, Route]:
    """The approved table."""
    with TABLE.open(encoding="utf-8") as lines:
        rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return {row["route"]: Route(row["route"], row["about"], row["get"], row["post"], row["city"]) for row in rows}


def walk(resolver: Any = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(full name, pattern) of every route."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from walk(entry, inner)
        else:
            yield f"{namespace}{entry.name or entry.lookup_str}", entry
