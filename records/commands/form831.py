"""Receiving a form of QĐ 831 into an opened record: the statement it makes, and every fact that is not there yet.

Everything is written under one source record whose file is kept as it came; the same file a second time changes nothing.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from django.utils import timezone

from records.commands.corrections import open_to_write
from records.commands.form831_person import person_of_form, refuse_another
from records.commands.form831_rows import SYSTEM, FormWriter
from records.commands.linking import Origin, facility_of, reproject, state_and_link
from records.models import ReceivedForm, SourceRecord
from records.queries.history import about
from records.queries.stored_files import form_path, forms_folder
from records.rules.qd831.facts import facts_of_form
from records.rules.qd831.reading import Unread
from records.rules.qd831.xml import MAX_BYTES, FormUnreadable, Read, read
from registry.commands.file_store import receive, settle
from registry.kernel import Conflict, Context, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a form: rows added, facts that stood already, and what was not taken over and why."""

    added: int
    known: int
    unread: tuple[Unread, ...]
    unknown_tags: tuple[str, ...]


@command(Permission.HISTORY_RECORD)
def receive_form(ctx: Context, *, patient_id: uuid.UUID, content: bytes) -> Receipt:
    """Take a form into this person's record.

    Raises NotFound, RecordClosed; Refused at "file" for what is no form, for a form without a person, for one that tells of
    somebody else (with the reasons); Conflict when this facility has received the same file before.
    """
    facility_of(ctx)
    access = open_to_write(ctx, patient_id)
    digest = hashlib.sha256(content).hexdigest()
    if SourceRecord.objects.filter(facility_id=facility_of(ctx), system=SYSTEM, key=digest).exists():
        raise Conflict("form-received", "Tệp này đã được nhận trước đây; không có gì thay đổi.", "file")
    found = _read(content)
    person, doubts = person_of_form(found.message.record.general, timezone.localdate(ctx.at))
    refuse_another(access, person)
    origin = Origin(channel="form", raw={}, system=SYSTEM, key=digest)
    record = state_and_link(ctx, access.patient_id, person, origin, reason="nhận tệp QĐ 831")
    _keep(record, content, found.encoding)
    told = facts_of_form(found.message.record, about(access))
    writer = FormWriter(ctx, access, record.pk, digest)
    writer.write(told)
    if reproject(ctx, access.patient_id):
        emit(ctx, "patient.changed", {"patient_id": str(access.patient_id)})
    unread = (*doubts, *told.unread, *writer.unread)
    detail = {"added": writer.added, "known": writer.known, "unread": len(unread), "sha256": digest}
    record_audit(ctx, "receive-form", patient_id=access.patient_id, target=("SourceRecord", record.pk), detail=detail)
    return Receipt(writer.added, writer.known, unread, found.unknown)


def _read(content: bytes) -> Read:
    try:
        return read(content)
    except FormUnreadable as problem:
        raise Refused(problem.code, problem.message, "file") from problem


def _keep(record: SourceRecord, content: bytes, encoding: str) -> None:
    """Keep the file itself, byte for byte: what was not taken over can be looked up for as long as the record lives."""
    with receive(forms_folder(), [content], MAX_BYTES, _too_large) as incoming:
        settle(incoming, form_path(incoming.sha256))
    ReceivedForm.objects.create(source_record=record, sha256=incoming.sha256, size=incoming.size, encoding=encoding)


def _too_large(size: int) -> Refused:
    return Refused("too-big", Phrase("Tệp lớn hơn {most} MB.", most=MAX_BYTES // 1024 // 1024), "file")
