"""Loading versions of the matcher's weights, and choosing the one that judges."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from records.models import LinkageModel
from records.rules.linkage.model import Model
from records.rules.linkage.standard import FILE
from registry.commands.reference import Loaded
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase

LONGEST = 60  # of a version's name, as decisions keep it
_APART = ("version", "note", "thresholds")  # columns of their own; the rest are the weights


@command(Permission.REFERENCE_MANAGE)
def load_linkage_model(ctx: Context, *, told: Mapping[str, Any]) -> Loaded:
    """Keep a version (`Model.to_json`'s form). The first ever judges at once, later ones once they are activated.

    Raises Refused(linkage-model-unreadable), and (linkage-model-known) when the version is on file with other weights: what
    was decided under a version must stay explainable.
    """
    version = _read(told)
    said: dict[str, Any] = {
        "thresholds": dict(told["thresholds"]),
        "weights": {key: value for key, value in told.items() if key not in _APART},
    }
    known = LinkageModel.objects.filter(version=version).first()
    if known and any(getattr(known, name) != value for name, value in said.items()):
        raise Refused(
            "linkage-model-known",
            Phrase("Phiên bản {version} đã có với trọng số khác: hãy đặt tên phiên bản mới.", version=version),
            "version",
        )
    if known:
        loaded = Loaded(unchanged=1)
    else:
        first = not LinkageModel.objects.filter(active=True).exists()
        origin = str(told.get("note", ""))
        LinkageModel.objects.create(version=version, origin=origin, active=first, loaded_at=ctx.at, **said)
        loaded = Loaded(added=1)
    record_audit(ctx, "load", target=("reference", "linkage_model"), detail={"version": version, **asdict(loaded)})
    return loaded


def load_own_model(ctx: Context) -> Loaded:
    """The version that the repository carries; for settings.REFERENCE_LOADERS."""
    return load_linkage_model(ctx, told=json.loads(FILE.read_text(encoding="utf-8")))


@command(Permission.REFERENCE_MANAGE)
def activate_linkage_model(ctx: Context, *, row: LinkageModel, changed: Sequence[str]) -> None:
    """Let this version judge from now on, online and in bulk; what was decided keeps the version it was decided under.

    changed: what the form says was changed; nothing but `active` can be. Raises Refused at `active` when the version in
    use is to be switched off: something must judge.
    """
    if "active" in changed and not row.active:
        raise Refused(
            "linkage-model-needed", "Phải có một phiên bản đang dùng: hãy bật phiên bản khác thay thế.", "active"
        )
    versions = LinkageModel.objects.select_for_update()
    before = versions.filter(active=True).first()
    if before and before.pk != row.pk:
        versions.filter(pk=before.pk).update(active=False)
    versions.filter(pk=row.pk).update(active=True)
    record_audit(
        ctx, "activate", target=("LinkageModel", row.pk),
        detail={"version": row.version, "before": before.version if before else ""},
    )  # fmt: skip


def _read(told: Mapping[str, Any]) -> str:
    try:
        version = Model.from_json(told).version
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("linkage-model-unreadable", "Tệp trọng số thiếu mục hoặc ghi sai.", "version") from error
    if not 0 < len(version) <= LONGEST:
        raise Refused("linkage-model-unreadable", "Hãy đặt tên cho phiên bản trọng số.", "version")
    return version
