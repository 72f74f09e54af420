"""Receiving a file: keep it, look through it once, plan its chunks. Nothing of a resident is written yet."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from migration.commands.files import Kept, keep_file
from migration.commands.profiles import as_profile, profile_row, source_row
from migration.models import ImportBatch, ImportChunk, MappingProfile
from migration.queries.kept import path_of
from migration.readers.formats import reader_for
from migration.readers.records import Layout
from migration.readers.turning import UNPACKED_MOST, turning_of
from migration.rules.faults import FileRefused
from migration.rules.profiles import TABULAR, Profile
from records.commands.linking import facility_of
from registry.kernel import Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Facility
from registry.rules.phrases import Phrase, as_phrase, joined
from registry.rules.text import clean_line

_PASSED_TOLD = 100  # members, sheets and tables that hold no people, named to those who sent them


@dataclass(frozen=True, slots=True)
class Received:
    """The batch of a file; again: this facility had sent the same file before, and this is that batch."""

    batch_id: uuid.UUID
    state: str
    again: bool


@command(Permission.IMPORT_RUN)
def receive_file(
    ctx: Context,
    *,
    profile: str,
    file_name: str,
    blocks: Iterable[bytes],
    size: int | None = None,
    dry_run: bool = False,
) -> Received:
    """Keep the file by its hash and plan it. A file that cannot be used makes a refused batch: it is kept all the same.

    size: as announced by the sender, or None. Raises Refused: profile-unknown, file-too-large, file-empty.
    """
    facility_of(ctx)
    row = profile_row(profile)
    with connection.cursor() as cursor:  # nothing is asked of the database while a city's file is read through
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '30min'")
    return _receive(ctx, row, keep_file(blocks, size, _most(row)), file_name, dry_run)


def _most(profile: MappingProfile) -> int:
    """Bytes a file of this profile may have: tables come for a whole hospital, screening's rounds for the whole city."""
    return settings.TABLES_MAX_BYTES if profile.spec["format"] in TABULAR else settings.IMPORT_MAX_BYTES


@command(Permission.IMPORT_RUN)
def load_for_real(ctx: Context, *, batch_id: uuid.UUID) -> Received:
    """The real run of a finished trial run: same kept file, same version of the profile. Raises NotFound, Refused."""
    trial = ImportBatch.objects.filter(pk=batch_id, facility_id=facility_of(ctx)).select_related("profile").first()
    if trial is None:
        raise NotFound
    if not trial.dry_run or trial.state != ImportBatch.State.DONE:
        raise Refused("not-a-trial", "Chỉ nạp thật được từ một đợt chạy thử đã xong.")
    return _receive(ctx, trial.profile, Kept(trial.sha256, trial.size), trial.file_name, dry_run=False)


def _receive(ctx: Context, profile: MappingProfile, kept: Kept, file_name: str, dry_run: bool) -> Received:
    earlier = _earlier(ctx, profile, kept.sha256, dry_run)
    if earlier is None:
        try:
            with transaction.atomic():
                batch = _plan(ctx, profile, kept, file_name, dry_run)
        except IntegrityError:  # the same file arrived twice at the same moment
            earlier = _earlier(ctx, profile, kept.sha256, dry_run)
            if earlier is None:
                raise
        else:
            record_audit(ctx, "create", target=("ImportBatch", batch.pk), detail={"state": batch.state})
            return Received(batch.pk, batch.state, again=False)
    record_audit(ctx, "read", target=("ImportBatch", earlier.pk), detail={"again": True})
    return Received(earlier.pk, earlier.state, again=True)


def _earlier(ctx: Context, profile: MappingProfile, sha256: str, dry_run: bool) -> ImportBatch | None:
    same = ImportBatch.objects.filter(facility_id=facility_of(ctx), sha256=sha256, profile=profile, dry_run=False)
    over = (ImportBatch.State.CANCELLED, ImportBatch.State.REVERSING, ImportBatch.State.REVERSED)
    found = same.exclude(state__in=over).first()
    return None if dry_run and found and found.state != ImportBatch.State.DONE else found


def _plan(ctx: Context, profile: MappingProfile, kept: Kept, file_name: str, dry_run: bool) -> ImportBatch:
    facility = Facility.objects.get(pk=facility_of(ctx))
    rules = as_profile(profile)
    layout, rows_sha256 = _laid_out(kept, rules, facility.code)
    refusal = layout.refusal
    told = _told(refusal.message, layout) if refusal else Phrase("")
    batch = ImportBatch.objects.create(
        facility=facility,
        source=source_row(facility.pk, rules),
        profile=profile,
        sha256=kept.sha256,
        file_name=clean_line(PurePath(file_name).name)[:200] or "tep",
        size=kept.size,
        rows_sha256=rows_sha256,
        layout=dict(layout.facts),
        state=ImportBatch.State.REFUSED if refusal else ImportBatch.State.READY,
        refusal_code=refusal.code if refusal else "",
        refusal=told[:1000],
        refusal_phrase=told.to_json() if told else None,
        dry_run=dry_run,
        received_by_id=ctx.actor.staff_id,
        received_at=ctx.at,
        ended_at=ctx.at if refusal else None,
    )
    _make_chunks(batch, layout)
    return batch


def _laid_out(kept: Kept, rules: Profile, facility_code: str) -> tuple[Layout, str]:
    """The layout, and the hash of the rows file where the original cannot be cut by bytes ("" where it can)."""
    reader = reader_for(rules, facility_code)
    try:
        with path_of(kept.sha256).open("rb") as file:
            turning = turning_of(file, rules)
            if turning is None:
                return reader.scan(file), ""
            rows = keep_file(turning.blocks(), None, UNPACKED_MOST)
    except FileRefused as refusal:
        return Layout((), {}, refusal), ""
    with path_of(rows.sha256).open("rb") as file:
        layout = reader.scan_parts(file, turning.parts)
    passed = [*layout.facts.get("passed_over", ()), *turning.passed_over[:_PASSED_TOLD]]
    facts = {**layout.facts, "passed_over": passed, "deleted": layout.facts.get("deleted", 0) + turning.deleted}
    return Layout(layout.spans, facts, layout.refusal), rows.sha256


def _told(message: str, layout: Layout) -> Phrase:
    if not layout.records:
        return as_phrase(message)
    kept = Phrase("Trước chỗ hỏng đọc được {count} hồ sơ nguyên vẹn, được giữ lại.", count=layout.records)
    return joined([message, kept])


def _make_chunks(batch: ImportBatch, layout: Layout) -> None:
    state = ImportChunk.State.HELD if layout.refusal else ImportChunk.State.WAITING
    ImportChunk.objects.bulk_create(
        [
            ImportChunk(
                batch=batch,
                no=no,
                byte_from=span.byte_from,
                byte_to=span.byte_to,
                first_record=span.first_record,
                first_line=span.first_line,
                records=span.records,
                state=state,
            )
            for no, span in enumerate(layout.spans, start=1)
        ],
        batch_size=1000,
    )
