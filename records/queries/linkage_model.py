"""The weights that judge today: one version for one person online and for millions in bulk. Unaudited: for commands."""

from __future__ import annotations

from functools import lru_cache

from records.models import LinkageModel
from records.rules.linkage.model import Model
from records.rules.linkage.standard import standard_scale
from records.rules.linkage.weighing import Scale


def get_scale() -> Scale:
    """The version in use; before any was loaded, the one that ships with this code."""
    version = LinkageModel.objects.filter(active=True).values_list("version", flat=True).first()
    return _scale(version) if version else standard_scale()


@lru_cache(maxsize=4)  # what a version says never changes (records.commands.linkage_models)
def _scale(version: str) -> Scale:
    row = LinkageModel.objects.get(version=version)
    told = {"version": row.version, "note": row.origin, "thresholds": row.thresholds, **row.weights}
    return Scale(Model.from_json(told))
