"""Loading a version of the safety knowledge set: checked whole, stored whole, never changed afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from clinics.models import SafetySet
from clinics.rules.formulary import DATA
from clinics.rules.safety.reading import TABLES, read_set
from registry.commands.reference import Loaded
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

MOST_FAULTS = 50


@command(Permission.REFERENCE_MANAGE)
def load_safety_set(ctx: Context, *, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Loaded:
    """Take in a set (tables and columns: clinics/data/safety/README.md), or nothing of it.

    Raises Refused at "tables" with every faulty line; Refused(safety-version) for a version that is known with other
    content: a correction is a new version.
    """
    knowledge, faults = read_set(tables)
    if knowledge is None:
        raise Refused.several([Refused("safety-row", one.said, "tables") for one in faults[:MOST_FAULTS]])
    kept = {name: [dict(row) for row in tables[name]] for name in TABLES}
    digest = hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()
    rows = [row for name in TABLES if name not in {"set", "ingredients"} for row in kept[name]]
    loaded = Loaded(unchanged=len(rows))
    if not SafetySet.objects.filter(digest=digest).exists():
        _store(ctx, kept, digest, rows)
        loaded = Loaded(added=len(rows))
    record_audit(ctx, "load", target=("reference", "safety"), detail={"version": knowledge.version, "rows": len(rows)})
    return loaded


def load_own_safety_set(ctx: Context) -> Loaded:
    """The starter set that the repository carries; for settings.REFERENCE_LOADERS."""
    return load_safety_set(ctx, tables={name: read_tsv(DATA / "safety" / f"{name}.tsv") for name in TABLES})


def _store(ctx: Context, kept: dict[str, Any], digest: str, rows: list[dict[str, str]]) -> None:
    head = {row["key"]: row["value"] for row in kept["set"]}
    if SafetySet.objects.filter(version=head["version"]).exists():
        message = Phrase(
            "Phiên bản {version} đã nạp với nội dung khác: hãy đặt số phiên bản mới.", version=head["version"]
        )
        raise Refused("safety-version", message, "tables")
    SafetySet.objects.create(
        version=head["version"],
        name=head["name"],
        source=head.get("source", ""),
        valid_from=head["valid_from"],
        valid_to=head["valid_to"],
        tables=kept,
        digest=digest,
        rows=len(rows),
        unverified=sum(row["verified"] == "0" for row in rows),
        loaded_at=ctx.at,
    )
