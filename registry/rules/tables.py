"""Reads the small reference tables (registry/data/*.tsv) that rules need; origins are in registry/data/README.md."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Rows of a UTF-8, tab-separated file with a header line; quotes are ordinary characters."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def reference_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of registry/data/<name>.tsv, read once; callers must not change them."""
    return tuple(read_tsv(DATA / f"{name}.tsv"))
