"""Noting and correcting somebody's history, line by line.

Nothing is overwritten: a correction is a new row that supersedes with a reason, under the same source record as what it
corrects, so that both go with that statement through a merge or its undoing. The person's row is locked for the moment
of writing: two people who note or correct the same thing are told of each other instead of writing it twice.
"""

from __future__ import annotations

import uuid
from dataclasses import fields, replace
from functools import partial
from typing import Any

from django.utils import timezone

from records.commands.copying import new_ids
from records.commands.corrections import open_to_write, reason_given, replace_row, stamp_like
from records.commands.encounters import stamp_for
from records.models import AllergyIntolerance, AskedAndNone, PatientIdentifier, RelatedPerson
from records.queries.access import RecordAccess
from records.queries.history import about
from records.queries.history_rows import FACTS, MODELS, SECTION_OF, columns_of, fact_of, rows_of
from records.rules.history import ASKED
from records.rules.history_checks import About
from records.rules.history_facts import Disease, Fact, Relative, faults_of, same_thing
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.models import Concept
from registry.rules.phones import parse_phone
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, fold

ALLERGIES = "allergies"
MOST_HOLDERS = 20  # statements of one number


@command(Permission.HISTORY_RECORD)
def record_history(ctx: Context, *, patient_id: uuid.UUID, fact: Fact) -> uuid.UUID:
    """Note a new line; gives its number. Raises RecordClosed, Refused (every fault at its field), Conflict: it stands."""
    return _record(ctx, patient_id, fact)


@command(Permission.RESIDENT_EDIT)
def record_relative(ctx: Context, *, patient_id: uuid.UUID, fact: Relative) -> uuid.UUID:
    """Note a relative or guardian; the desk may too. Raises as record_history."""
    return _record(ctx, patient_id, fact)


@command(Permission.HISTORY_RECORD)
def correct_history(ctx: Context, *, patient_id: uuid.UUID, line_id: uuid.UUID, fact: Fact, reason: str) -> uuid.UUID:
    """Replace a line by what is right, with the reason; gives the new line's number.

    Raises NotFound for a line of somebody else, Conflict when it has been replaced meanwhile, Refused for faults, for no
    reason, and when nothing would change.
    """
    return _correct(ctx, patient_id, line_id, fact, reason)


@command(Permission.RESIDENT_EDIT)
def correct_relative(
    ctx: Context, *, patient_id: uuid.UUID, line_id: uuid.UUID, fact: Relative, reason: str
) -> uuid.UUID:
    """Replace what is known of a relative. Raises as correct_history."""
    return _correct(ctx, patient_id, line_id, fact, reason)


@command(Permission.HISTORY_RECORD)
def withdraw_history(
    ctx: Context, *, patient_id: uuid.UUID, section: str, line_id: uuid.UUID, reason: str
) -> uuid.UUID:
    """Say that a line was noted by mistake: it leaves the record and stays readable among the earlier versions."""
    if section == SECTION_OF[Relative]:
        raise NotFound("Không có mục này.")
    return _withdraw(ctx, patient_id, section, line_id, reason)


@command(Permission.RESIDENT_EDIT)
def withdraw_relative(ctx: Context, *, patient_id: uuid.UUID, line_id: uuid.UUID, reason: str) -> uuid.UUID:
    """Say that a relative was noted by mistake."""
    return _withdraw(ctx, patient_id, SECTION_OF[Relative], line_id, reason)


@command(Permission.HISTORY_RECORD)
def record_none(ctx: Context, *, patient_id: uuid.UUID, section: str) -> uuid.UUID:
    """Somebody asked, and there is none. section: "allergies" or a key of ASKED. Raises Conflict while it has lines."""
    if section != ALLERGIES and section not in ASKED:
        raise NotFound("Không có mục này.")
    access = open_to_write(ctx, patient_id)
    known = access.patient_id
    if rows_of(access, section).filter(superseded_by=None, mistaken=False).exists():
        raise Conflict("history-has-lines", "Mục này đang có dòng được ghi. Hãy sửa dòng đó nếu nó không đúng.")
    stamp, identity = stamp_for(ctx, known), new_ids(1)[0]
    earlier: Any = AllergyIntolerance.objects.filter(none_known=True)
    said: dict[str, Any] = {"none_known": True}
    if section != ALLERGIES:
        earlier, said = AskedAndNone.objects.filter(section=section), {"section": section}
    model = AllergyIntolerance if section == ALLERGIES else AskedAndNone
    model._default_manager.create(pk=identity, **stamp, **said)
    _supersede_own(earlier.exclude(pk=identity), stamp, identity)
    return _told(ctx, "record-history", known, model.__name__, identity)


def _record(ctx: Context, patient_id: uuid.UUID, fact: Fact) -> uuid.UUID:
    access = open_to_write(ctx, patient_id)
    known = access.patient_id
    fact = _checked(ctx, fact, about(access))
    section = SECTION_OF[type(fact)]
    _not_twice(access, section, fact)
    stamp, identity = stamp_for(ctx, known), new_ids(1)[0]
    link = _own_record(known, fact) if isinstance(fact, Relative) else {}
    MODELS[section]._default_manager.create(pk=identity, **stamp, **columns_of(fact), **link)
    if section == ALLERGIES:
        _supersede_own(AllergyIntolerance.objects.filter(none_known=True), stamp, identity)
    return _told(ctx, "record-history", known, MODELS[section].__name__, identity)


def _correct(ctx: Context, patient_id: uuid.UUID, line_id: uuid.UUID, fact: Fact, reason: str) -> uuid.UUID:
    access = open_to_write(ctx, patient_id)
    section = SECTION_OF[type(fact)]
    row = _line(access, section, line_id)
    why = reason_given(reason)
    fact = _checked(ctx, fact, about(access))
    if fact_of(section, partial(getattr, row)) == fact:
        raise Refused("nothing-changed", "Chưa sửa gì so với dòng đang có.")
    _not_twice(access, section, fact, but=line_id)
    link = _own_record(access.patient_id, fact) if isinstance(fact, Relative) else {}
    return _replace(ctx, row, columns_of(fact), why, "correct-history", link)


def _withdraw(ctx: Context, patient_id: uuid.UUID, section: str, line_id: uuid.UUID, reason: str) -> uuid.UUID:
    if section not in FACTS:
        raise NotFound("Không có mục này.")
    row = _line(open_to_write(ctx, patient_id), section, line_id)
    why = reason_given(reason)
    same = columns_of(fact_of(section, partial(getattr, row)))
    return _replace(ctx, row, same | {"mistaken": True}, why, "withdraw-history")


def _checked(ctx: Context, fact: Fact, whom: About) -> Fact:
    """The fact, tidied. Raises Refused with every fault."""
    fact = _tidy(fact)
    faults = [Refused(one.code, one.message, one.field) for one in faults_of(fact, whom)]
    if isinstance(fact, Disease) and fact.code and not _is_icd10(ctx, fact.code):
        faults.append(Refused("diagnosis-unknown", "Không có mã này trong danh mục ICD-10 đang dùng.", "code"))
    if faults:
        raise Refused.several(faults)
    if isinstance(fact, Relative):
        fact = replace(fact, phone=_national(fact.phone), landline=_national(fact.landline))
    return replace(fact, display=fact.name) if isinstance(fact, Disease) else fact


def _tidy(fact: Fact) -> Fact:
    words = {one.name: clean_line(value) for one in fields(fact) if isinstance(value := getattr(fact, one.name), str)}
    return replace(fact, **words)  # type: ignore[arg-type]  # only fields of words


def _national(phone: str) -> str:
    return parse_phone(phone).national if phone else ""


def _is_icd10(ctx: Context, code: str) -> bool:
    today = timezone.localdate(ctx.at)
    return bool(Concept.objects.on(today).filter(system__key="icd-10", code=code).exists())


def _not_twice(access: RecordAccess, section: str, fact: Fact, but: uuid.UUID | None = None) -> None:
    wanted = same_thing(fact)
    standing = rows_of(access, section).filter(superseded_by=None, mistaken=False).exclude(pk=but)
    if any(same_thing(fact_of(section, partial(getattr, row))) == wanted for row in standing):
        raise Conflict("history-stands", "Điều này đã có trong hồ sơ. Hãy sửa dòng đang có thay vì ghi thêm.")


def _line(access: RecordAccess, section: str, line_id: uuid.UUID) -> Any:
    """The line to replace. Raises NotFound, Conflict when somebody was faster: who and when, so that they can talk."""
    row = rows_of(access, section).filter(pk=line_id).first()
    if row is None or row.mistaken:
        raise NotFound("Không tìm thấy dòng này trong hồ sơ.", "no-such-line")
    newer = row.superseded_by
    if newer is not None:
        at = timezone.localtime(newer.recorded_at).strftime("%H:%M %d/%m/%Y")
        said = Phrase(
            "Dòng này vừa được sửa lúc {at} tại {facility}. Hãy xem bản mới rồi sửa tiếp nếu cần.",
            at=at,
            facility=newer.facility.short_name,
        )
        raise Conflict("history-changed", said)
    return row


def _replace(
    ctx: Context, row: Any, columns: dict[str, Any], reason: str, action: str, link: dict[str, Any] | None = None
) -> uuid.UUID:
    """A new row in the place of another: same statement, same person; who, where and when are the corrector's."""
    identity, model = new_ids(1)[0], type(row)
    model._default_manager.create(
        pk=identity, **stamp_like(ctx, row), **columns, **(_link_of(row, columns) | (link or {}))
    )
    replace_row(row, identity, reason)
    return _told(ctx, action, row.patient_id, model.__name__, identity)


def _link_of(row: Any, columns: dict[str, Any]) -> dict[str, Any]:
    """A relative's link to their own record stays while the name is the same."""
    if not isinstance(row, RelatedPerson) or columns["name"] != row.name:
        return {}
    return {"related_record_id": row.related_record_id, "related_patient_id": row.related_patient_id}


def _own_record(patient_id: uuid.UUID, fact: Relative) -> dict[str, Any]:
    """The relative's own record: of the one person on file with that national number who is also called so. A number
    alone links nobody, and nobody is their own relative.
    """
    if not fact.national_id:
        return {}
    found = PatientIdentifier.objects.filter(
        kind__in=("cccd", "cmnd"),
        value_key=fact.national_id,
        patient__merged_into=None,
        patient__name_key=fold(fact.name),
    ).exclude(patient_id=patient_id)
    rows = list(found.order_by("id").values_list("source_record_id", "patient_id")[:MOST_HOLDERS])
    if len({who for _, who in rows}) != 1:
        return {}
    record, who = rows[0]
    return {"related_record_id": record, "related_patient_id": who}


def _supersede_own(rows: Any, stamp: dict[str, Any], identity: uuid.UUID) -> None:
    """Answers under the same statement that this one replaces; those of other facilities stand beside it."""
    rows.filter(source_record_id=stamp["source_record_id"], superseded_by=None).update(
        superseded_by=identity, superseded_reason="đã hỏi lại"
    )


def _told(ctx: Context, action: str, patient_id: uuid.UUID, kind: str, identity: uuid.UUID) -> uuid.UUID:
    record_audit(ctx, action, patient_id=patient_id, target=(kind, identity))
    emit(ctx, "history.recorded", {"patient_id": str(patient_id), "kind": kind, "row_id": str(identity)})
    return identity
