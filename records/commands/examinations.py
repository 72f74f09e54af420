"""Writing what one encounter examined: vitals, sight, body systems, course and advice. Also building blocks for clinics.

What was already written is superseded, with a reason: while the encounter runs the reason is its going on, afterwards
somebody gives one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from records.commands.copying import new_ids
from records.commands.corrections import reason_given, refuse, replace_row
from records.commands.encounters import record_vitals, stamp_of
from records.commands.holding import hold_person_of
from records.commands.linking import facility_of
from records.models import ClinicalNote, ClinicalRow, Encounter, ExaminationFinding, Observation
from records.queries.access import look_through_door
from records.rules.examination import LONGEST_NOTE, SIGHT, Examination, examination_faults, is_normal
from records.rules.vitals import VITALS
from registry.kernel import Conflict, Context, Forbidden, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_note

WHILE_OPEN = "bổ sung trong lượt khám"


@dataclass(slots=True)
class Written:
    """How many lines were new, how many replaced others."""

    added: int = 0
    replaced: int = 0
    emptied: list[str] = field(default_factory=list)


@command(Permission.EXAMINATION_RECORD)
def record_examination(ctx: Context, *, encounter_id: uuid.UUID, said: Examination, reason: str = "") -> Written:
    """Write what differs from what stands.

    reason: required to change what a finished encounter says. Raises NotFound, RecordClosed, Forbidden for an encounter of
    another facility, Conflict for a cancelled one, Refused with every fault at its key, nothing-changed, reason-missing.
    """
    encounter, sex = encounter_to_write(ctx, encounter_id)
    written = write_examination(ctx, encounter, said, sex=sex, reason=reason)
    if not written.added + written.replaced:
        raise Refused("nothing-changed", "Chưa ghi thêm hay sửa gì so với phiếu đang có.")
    record_audit(
        ctx,
        "record-examination",
        patient_id=encounter.patient_id,
        target=("Encounter", encounter.pk),
        detail={"added": written.added, "replaced": written.replaced},
    )
    return written


@command(Permission.EXAMINATION_RECORD)
def add_addendum(ctx: Context, *, encounter_id: uuid.UUID, text: str) -> uuid.UUID:
    """Say something more about an encounter that is signed; what was signed stays as it was.

    Raises as record_examination, and Refused at "text" (missing, long) or when the encounter is still running.
    """
    encounter, _ = encounter_to_write(ctx, encounter_id)
    if encounter.status == Encounter.Status.IN_PROGRESS:
        raise Refused("encounter-open", "Lượt khám chưa ký: hãy ghi thẳng vào phiếu khám.")
    told = clean_note(text)
    if not told:
        raise Refused("addendum-missing", "Hãy ghi nội dung bổ sung.", "text")
    if len(told) > LONGEST_NOTE:
        raise Refused("addendum-long", Phrase("Dài quá {most} ký tự.", most=LONGEST_NOTE), "text")
    note = ClinicalNote.objects.create(
        **stamp_of(ctx, encounter), encounter=encounter, kind=ClinicalNote.Kind.ADDENDUM, text=told
    )
    emit(ctx, "examination.recorded", {"patient_id": str(encounter.patient_id), "encounter_id": str(encounter.pk)})
    record_audit(ctx, "add-addendum", patient_id=encounter.patient_id, target=("Encounter", encounter.pk))
    return note.pk


def encounter_to_write(ctx: Context, encounter_id: uuid.UUID) -> tuple[Encounter, str]:
    """The acting facility's encounter, locked, and the person's sex. Raises as record_examination."""
    wanted = Encounter.objects.filter(pk=encounter_id, superseded_by=None)
    record_id = wanted.values_list("source_record_id", flat=True).first()
    if record_id is None:
        raise NotFound("Không tìm thấy lượt khám này.", "no-such-encounter")
    hold_person_of(record_id)  # before the encounter: a merge takes people first too
    encounter = wanted.select_for_update(no_key=True).get()
    access = look_through_door(ctx, encounter.patient_id)
    if encounter.facility_id != facility_of(ctx):
        raise Forbidden("encounter-elsewhere", "Lượt khám này của cơ sở khác: chỉ cơ sở đó được ghi và sửa.")
    if encounter.status == Encounter.Status.CANCELLED:
        raise Conflict("encounter-cancelled", "Lượt khám này đã huỷ.")
    return encounter, access.person.sex


def write_examination(ctx: Context, encounter: Encounter, said: Examination, *, sex: str, reason: str = "") -> Written:
    """Building block of record_examination for commands that have checked the encounter and write their own audit row."""
    said = said.cleaned
    refuse(examination_faults(said, sex))
    writer = _Writer(ctx, encounter, reason)
    writer.findings(said.findings)
    writer.notes({"course": said.course, "advice": said.advice})
    writer.sight(said.sight)
    writer.readings(said.readings)
    if writer.written.emptied:
        told = "Không để trống mục đã ghi. Hãy ghi “Không khám” nếu mục này không được khám."
        raise Refused.several([Refused("entry-emptied", told, key) for key in writer.written.emptied])
    if writer.written.added + writer.written.replaced:
        told_to = {"patient_id": str(encounter.patient_id), "encounter_id": str(encounter.pk)}
        emit(ctx, "examination.recorded", told_to)
    return writer.written


class _Writer:
    """Writes line after line of one encounter; the reason is asked for only when a line is replaced."""

    def __init__(self, ctx: Context, encounter: Encounter, reason: str) -> None:
        self.ctx = ctx
        self.encounter = encounter
        self.stamp = stamp_of(ctx, encounter)
        self.given = reason
        self.written = Written()

    def findings(self, told: Mapping[str, str]) -> None:
        standing = {one.body_system: one for one in self._standing(ExaminationFinding)}
        for key, text in told.items():
            row = standing.get(key)
            columns = {"body_system": key, "text": text, "normal": is_normal(text), "examined_at": self.ctx.at}
            self._line(ExaminationFinding, row, key, text, row.text if row else "", columns)

    def notes(self, told: Mapping[str, str | None]) -> None:
        standing = {one.kind: one for one in self._standing(ClinicalNote)}
        for kind, text in told.items():
            if text is not None:
                row = standing.get(kind)
                columns = {"kind": kind, "text": text}
                self._line(ClinicalNote, row, kind, text, row.text if row else "", columns)

    def sight(self, told: Mapping[str, str]) -> None:
        standing = self._observations([line.code for line in SIGHT.values()])
        for key, text in told.items():
            line, row = SIGHT[key], standing.get(SIGHT[key].code)
            columns = {"code": line.code, "display": line.name, "value_text": text, "observed_at": self.ctx.at}
            self._line(Observation, row, key, text, row.value_text if row else "", columns)

    def readings(self, told: Mapping[str, Decimal]) -> None:
        """New values are checked by the record's own limits; a changed value supersedes what this encounter said last."""
        standing = self._observations([VITALS[key].code for key in told if key in VITALS])
        changed = {}
        for key, value in told.items():
            row = standing.get(VITALS[key].code) if key in VITALS else None
            if row is None or row.value != value:
                changed[key] = value
        if not changed:
            return
        replaced = [row for key in changed if key in VITALS and (row := standing.get(VITALS[key].code))]
        why = self._reason() if replaced else ""
        fresh = {one.code: one.pk for one in record_vitals(self.ctx, self.encounter, changed)}
        for row in replaced:
            replace_row(row, fresh[row.code], why)
        self.written.replaced += len(replaced)
        self.written.added += len(changed) - len(replaced)

    def _line(
        self, model: type[Any], row: ClinicalRow | None, key: str, text: str, before: str, columns: dict[str, Any]
    ) -> None:
        if text == before:
            return
        if not text:
            self.written.emptied.append(key)
            return
        identity = new_ids(1)[0]
        if row is not None:
            replace_row(row, identity, self._reason())
            self.written.replaced += 1
        else:
            self.written.added += 1
        model._default_manager.create(id=identity, **self.stamp, encounter=self.encounter, **columns)

    def _standing(self, model: type[Any]) -> Any:
        return model._default_manager.filter(encounter=self.encounter, superseded_by=None)

    def _observations(self, codes: list[str]) -> dict[str, Observation]:
        """The latest of each code in this encounter."""
        rows = self._standing(Observation).filter(code__in=codes, mistaken=False).order_by("observed_at", "id")
        return {row.code: row for row in rows}

    def _reason(self) -> str:
        if self.encounter.status == Encounter.Status.IN_PROGRESS and not self.given.strip():
            return WHILE_OPEN
        return reason_given(self.given)
