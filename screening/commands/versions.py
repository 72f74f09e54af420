"""Versions of the rules: drafted from the one in force, edited, tried on the city, put into force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Max

from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from screening.models import Programme, ProgrammeVersion
from screening.queries.dry_run import dry_run
from screening.queries.scope import today_of
from screening.rules.faults import UnusableRulesError
from screening.rules.programme_data import parse_rules


def _locked(version_id: int) -> ProgrammeVersion:
    """The version, with its programme's versions held still."""
    version = ProgrammeVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NotFound
    Programme.objects.select_for_update(no_key=True).get(pk=version.programme_id)
    return ProgrammeVersion.objects.select_related("programme").get(pk=version_id)


def _refuse_unusable(rules: Any) -> None:
    if not isinstance(rules, dict):
        raise Refused("rules", "Quy tắc phải là một đối tượng JSON.", "rules")
    try:
        parse_rules(rules)
    except UnusableRulesError as fault:
        raise Refused("rules", fault.args[0], "rules") from fault


@command(Permission.REFERENCE_MANAGE)
def draft_version(ctx: Context, *, version_id: int) -> ProgrammeVersion:
    """A draft with the rules of another version, under the programme's next number. Raises NotFound."""
    version = _locked(version_id)
    highest = ProgrammeVersion.objects.filter(programme_id=version.programme_id).aggregate(most=Max("number"))["most"]
    draft = ProgrammeVersion.objects.create(
        programme=version.programme, number=highest + 1, rules=version.rules, created_by_id=ctx.actor.staff_id
    )
    record_audit(ctx, "draft-version", target=("ProgrammeVersion", draft.pk))
    return draft


@command(Permission.REFERENCE_MANAGE)
def save_version(ctx: Context, *, row: ProgrammeVersion, changed: Sequence[str]) -> None:
    """Save a draft's rules and note; rules that changed must be tried anew. Raises Refused at "rules" with the entry that is
    wrong, Conflict for a version that was live."""
    stored = _locked(row.pk)
    if stored.state != ProgrammeVersion.State.DRAFT:
        raise Conflict("not-a-draft", "Phiên bản đã dùng thì không sửa nữa: hãy lập bản nháp mới.")
    _refuse_unusable(row.rules)
    if row.rules != stored.rules:
        row.tried_at = row.tried = None
    row.state = ProgrammeVersion.State.DRAFT
    row.save(update_fields=["rules", "note", "tried_at", "tried"])
    record_audit(ctx, "update", target=("ProgrammeVersion", row.pk), detail={"fields": sorted(changed)})


@command(Permission.REFERENCE_MANAGE)
def try_version(ctx: Context, *, version_id: int) -> ProgrammeVersion:
    """Judge the whole city and its results by the version, and keep what came out. Raises NotFound, Refused at "rules"."""
    version = _locked(version_id)
    _refuse_unusable(version.rules)
    found = dry_run(version, today_of(ctx))
    version.tried_at, version.tried = ctx.at, asdict(found) | {"on": found.on.isoformat()}
    version.save(update_fields=["tried_at", "tried"])
    record_audit(ctx, "try-version", target=("ProgrammeVersion", version.pk), detail={"changes": len(found.changes)})
    return version


@command(Permission.REFERENCE_MANAGE)
def go_live(ctx: Context, *, version_id: int) -> ProgrammeVersion:
    """Put a draft into force; the version before it is retired, and episodes that run keep theirs.

    Raises NotFound; Conflict: not-a-draft; Refused: not-tried, rules.
    """
    version = _locked(version_id)
    if version.state != ProgrammeVersion.State.DRAFT:
        raise Conflict("not-a-draft", "Chỉ bản nháp mới đưa vào dùng được.")
    _refuse_unusable(version.rules)
    if version.tried_at is None:
        raise Refused("not-tried", "Hãy chạy thử trên thành phố trước khi đưa vào dùng.")
    in_force = ProgrammeVersion.objects.filter(programme_id=version.programme_id, state=ProgrammeVersion.State.LIVE)
    in_force.update(state=ProgrammeVersion.State.RETIRED)
    version.state = ProgrammeVersion.State.LIVE
    version.save(update_fields=["state"])
    record_audit(ctx, "activate", target=("ProgrammeVersion", version.pk))
    return version
