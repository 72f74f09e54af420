"""Registering residents, and adding what another facility states about somebody known."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from records.commands.candidates import queue_people
from records.commands.holding import hold_person
from records.commands.identity_decisions import remember_not_same
from records.commands.linking import (
    Origin,
    create_person,
    facility_of,
    grant_access,
    lock_identity,
    reproject_up,
    state_and_link,
)
from records.commands.own_records import home_for
from records.models import AccessGrant, MatchCandidate
from records.queries.access import require_open
from records.queries.duplicates import SHOWN, Candidate, find_candidates
from records.rules.matching import Verdict
from records.rules.person import StatedPerson
from registry.kernel import Conflict, Context, Permission, command, emit, record_audit


@dataclass(frozen=True, slots=True)
class Registered:
    """The person and the statement that a registration wrote."""

    patient_id: uuid.UUID
    record_id: uuid.UUID


class DuplicateSuspected(Conflict):
    """Somebody on file may be this person. certain: an equal number, name and birth date, which nobody can overrule.

    candidates: those to compare with, likeliest first; more: how many others look alike less.
    """

    def __init__(self, candidates: Collection[Candidate], more: int = 0) -> None:
        self.candidates, self.more = tuple(candidates), more
        self.certain = any(one.match.verdict is Verdict.SAME for one in candidates)
        if self.certain:
            super().__init__(
                "already-registered", "Người này đã có hồ sơ: trùng giấy tờ, họ tên và ngày sinh. Hãy mở hồ sơ đã có."
            )
        else:
            super().__init__(
                "possible-duplicate",
                "Có thể người này đã có hồ sơ. Hãy mở hồ sơ đã có, hoặc xác nhận đây là người khác.",
            )


@command(Permission.RESIDENT_REGISTER)
def register_resident(
    ctx: Context,
    *,
    person: StatedPerson,
    channel: str,
    raw: Mapping[str, Any],
    confirmed_new: bool = False,
    not_same: Collection[uuid.UUID] | None = None,
    system: str = "ehr",
    key: str = "",
    batch_id: uuid.UUID | None = None,
) -> Registered:
    """A new resident: person, statement, link, numbers and the facility's access, in one transaction.

    confirmed_new: somebody saw the warning and says it is another person; `not_same` are the people they were shown
    (None: everybody shown now). That decision is remembered; a pair with an equal citizen's number, and whoever looked alike
    beyond those shown, goes to the Department's queue instead. Raises DuplicateSuspected (409): when people on file look
    alike and were not all decided upon, and always when one is certainly the same.
    """
    facility_of(ctx)
    lock_identity(person)
    candidates = find_candidates(person)
    shown, beyond = candidates[:SHOWN], candidates[SHOWN:]
    undecided = [one for one in shown if not confirmed_new or (not_same is not None and one.patient_id not in not_same)]
    if undecided or any(one.match.verdict is Verdict.SAME for one in candidates):
        raise DuplicateSuspected(shown, more=len(beyond))
    origin = Origin(channel=channel, raw=raw, system=system, key=key, batch_id=batch_id)
    registered = create_resident(ctx, person, origin, reason="đăng ký mới")
    _keep_apart(ctx, registered.patient_id, shown)
    _queue(ctx, registered.patient_id, beyond)
    record_audit(ctx, "create", patient_id=registered.patient_id, target=("SourceRecord", registered.record_id))
    return registered


def _keep_apart(ctx: Context, patient_id: uuid.UUID, candidates: Collection[Candidate]) -> None:
    """The desk says these are others. That is final, but not where a citizen's number is equal: one of the two carries a
    wrong number, and only the Department can find out which.
    """
    numbered = {one.patient_id for one in candidates if one.match.any_equal("cccd", "cmnd")}
    for one in sorted(candidates, key=lambda one: one.patient_id):  # in the order in which merges hold people
        if one.patient_id not in numbered:
            said = "xác nhận khi đăng ký"
            remember_not_same(ctx, patient_id, one.patient_id, reason=said, model=one.match.model)
    _queue(ctx, patient_id, [one for one in candidates if one.patient_id in numbered])


def _queue(ctx: Context, patient_id: uuid.UUID, candidates: Collection[Candidate]) -> None:
    pairs = [(patient_id, one.patient_id) for one in candidates]
    queue_people(ctx, pairs, MatchCandidate.FoundBy.REGISTRATION)


def create_resident(ctx: Context, person: StatedPerson, origin: Origin, *, reason: str) -> Registered:
    """A new person with its first statement. The caller has locked the identity, looked for duplicates and audits."""
    patient = create_person(ctx, person)
    record = state_and_link(ctx, patient.pk, person, origin, reason=reason)
    grant_access(ctx, record.pk, AccessGrant.Basis.REGISTRATION)
    emit(ctx, "patient.registered", {"patient_id": str(patient.pk)})
    return Registered(patient.pk, record.pk)


@command(Permission.RESIDENT_REGISTER)
def add_statement(
    ctx: Context, *, patient_id: uuid.UUID, person: StatedPerson, channel: str, raw: Mapping[str, Any]
) -> Registered:
    """What this facility says now about somebody whose record is open to it; the golden record follows.

    Raises RecordClosed (403) when the record is not open here, NotFound for nobody.
    """
    known = require_open(ctx, patient_id)
    lock_identity(person)
    added = add_statement_to(ctx, patient_id, person, Origin(channel=channel, raw=raw), reason="cập nhật tại cơ sở")
    record_audit(ctx, "update", patient_id=known, target=("SourceRecord", added.record_id))
    return added


def add_statement_to(
    ctx: Context, patient_id: uuid.UUID, person: StatedPerson, origin: Origin, *, reason: str
) -> Registered:
    """Another statement of a known person, who may be named by the number of somebody merged into them. It is written
    beside what the facility said before. The caller has locked the identity, checked the access and audits.
    """
    known = hold_person(patient_id, to_change=True)
    home = home_for(ctx, patient_id, known)
    record = state_and_link(ctx, known, person, origin, home=home, reason=reason)
    grant_access(ctx, record.pk, AccessGrant.Basis.REGISTRATION)
    if reproject_up(ctx, home, known):
        emit(ctx, "patient.changed", {"patient_id": str(known)})
    return Registered(known, record.pk)
