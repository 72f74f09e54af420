"""Building blocks that write identity: statements, people, links. Inside the caller's transaction, under its locks."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from records.models import (
    AccessGrant,
    AccessGrantEnd,
    LinkEvent,
    Patient,
    PatientIdentifier,
    RecordLink,
    SourceRecord,
    StatementDetails,
)
from records.queries.statements import statements_beneath, statements_of
from records.queries.trees import path_from
from records.rules.person import NameKeys, StatedPerson, name_keys
from records.rules.survivorship import Golden, project
from registry.kernel import Context, Refused


@dataclass(frozen=True, slots=True)
class Origin:
    """How a statement arrived. channel: form, scan (a read citizen card), api, import, demo. key: the sender's number."""

    channel: str
    raw: Mapping[str, Any]
    system: str = "ehr"
    key: str = ""
    batch_id: uuid.UUID | None = None


def lock_identity(*people: StatedPerson) -> None:
    """Serialise everybody who states these people now, until the transaction ends: nobody is created twice.

    Keys: the name's words in any order with the birth year, and each personal number; always taken in ascending order, so
    that two registrations cannot wait for each other in a ring.
    """
    with connection.cursor() as cursor:
        for key in sorted({key for person in people for key in identity_locks(person)}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def identity_locks(person: StatedPerson) -> list[int]:
    """The advisory lock numbers of a person, ascending."""
    names = [" ".join(sorted(person.name_key.split())) + f"/{person.birth.value.year}"]
    numbers = [f"{one.kind}/{one.value_key}" for one in person.identifiers if one.kind != "facility"]
    return sorted({_lock_number(text) for text in names + numbers})


def _lock_number(text: str) -> int:
    digest = hashlib.blake2b(f"records.identity/{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def create_person(ctx: Context, person: StatedPerson) -> Patient:
    """A new person, not yet tied to any statement."""
    golden = Golden(
        person.name,
        person.birth,
        person.sex,
        person.phone,
        person.address,
        person.ward_code,
        person.ward_name,
        person.deceased_on,
    )
    return Patient.objects.create(**demographics(golden), created_at=ctx.at, changed_at=ctx.at)


def state_and_link(
    ctx: Context,
    patient_id: uuid.UUID,
    person: StatedPerson,
    origin: Origin,
    *,
    reason: str,
    home: uuid.UUID | None = None,
) -> SourceRecord:
    """Keep what was stated, link it to the person, and keep its numbers. home: the merged-away person it is written under,
    when that is not who stands for them today. Raises Refused without a facility.
    """
    record = _keep_statement(ctx, person, origin)
    link_record(ctx, record.pk, patient_id, home=home, reason=reason)
    PatientIdentifier.objects.bulk_create(
        [
            PatientIdentifier(
                source_record=record,
                patient_id=patient_id,
                kind=number.kind,
                value=number.value,
                value_key=number.value_key,
                issuer=number.issuer,
                valid_from=number.valid_from,
                valid_to=number.valid_to,
            )
            for number in person.identifiers
        ]
    )
    return record


def link_record(
    ctx: Context, record_id: uuid.UUID, patient_id: uuid.UUID, *, home: uuid.UUID | None = None, reason: str
) -> None:
    """Link a new source record to the person that stands for its home today; the caller holds that person."""
    lent = home if home != patient_id else None
    RecordLink.objects.create(record_id=record_id, patient_id=patient_id, home_id=lent)
    LinkEvent.objects.create(
        record_id=record_id,
        patient_id=patient_id,
        action=LinkEvent.Action.LINKED,
        by=f"{ctx.actor.kind}:{ctx.actor.label}"[:80],
        reason=reason[:300],
        at=ctx.at,
    )


def grant_access(
    ctx: Context,
    record_id: uuid.UUID,
    basis: AccessGrant.Basis,
    *,
    subject_id: uuid.UUID | None = None,
    facility_id: int | None = None,
    ends_at: datetime | None = None,
) -> None:
    """Open the person's record on this basis; granting twice for one subject changes nothing.

    subject_id: the encounter, appointment, referral or consent that opens it, each anew. facility_id: to whom, the acting
    facility unless given (a referral, a consent). ends_at: where the subject itself names an end, else the basis's period
    counts from now (records.models.AccessPeriod).
    """
    grant = AccessGrant(
        source_record_id=record_id,
        facility_id=facility_id or facility_of(ctx),
        basis=basis,
        granted_at=ctx.at,
        subject_id=subject_id,
        ends_at=ends_at,
    )
    AccessGrant.objects.bulk_create([grant], ignore_conflicts=True)


def end_access(ctx: Context, subject_ids: Collection[uuid.UUID], *, reason: str) -> int:
    """Close at once what these subjects opened; returns how many grants ended. Ending twice changes nothing."""
    open_grants = AccessGrant.objects.filter(subject_id__in=subject_ids, end=None).values_list("pk", flat=True)
    ends = [
        AccessGrantEnd(grant_id=grant, at=ctx.at, by_id=ctx.actor.staff_id, reason=reason[:300])
        for grant in open_grants
    ]
    AccessGrantEnd.objects.bulk_create(ends, ignore_conflicts=True)
    return len(ends)


def reproject(ctx: Context, patient_id: uuid.UUID) -> bool:
    """Make the golden record say what its statements say now; whether anything changed.

    Of somebody merged away: what it would say if they stood for themselves, so that an unmerge finds it ready.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    told = demographics(project((statements_beneath if patient.merged_into_id else statements_of)(patient_id)).golden)
    changed = {field: value for field, value in told.items() if getattr(patient, field) != value}
    if changed:
        Patient.objects.filter(pk=patient_id).update(**changed, version=patient.version + 1, changed_at=ctx.at)
    return bool(changed)


def reproject_up(ctx: Context, home: uuid.UUID, known: uuid.UUID) -> bool:
    """Project anew whoever a statement of `home` speaks for, up to `known` who stands for them all today; whether anything
    changed there.
    """
    for alias in path_from(home)[:-1] if home != known else ():
        reproject(ctx, alias)
    return reproject(ctx, known)


def demographics(golden: Golden | StatedPerson) -> dict[str, Any]:
    """The Demographics columns of a person, keys included."""
    keys: NameKeys = name_keys(golden.name)
    return {
        "name": golden.name,
        "name_key": keys.name_key,
        "given_key": keys.given_key,
        "family_key": keys.family_key,
        "sort_key": keys.sort_key,
        "birth_date": golden.birth.value,
        "birth_precision": golden.birth.precision,
        "sex": golden.sex,
        "phone": golden.phone,
        "address": golden.address,
        "ward_code": golden.ward_code,
        "ward_name": golden.ward_name,
        "deceased_on": golden.deceased_on,
    }


def content_hash(person: StatedPerson) -> str:
    """SHA-256 of what was stated: the same statement twice has the same hash, whatever channel brought it."""
    told = {**demographics(person), "numbers": sorted((n.kind, n.value_key) for n in person.identifiers)}
    if person.details:  # left out while unsaid, so that hashes made before there were details still hold
        told["details"] = person.details.told()
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def facility_of(ctx: Context) -> int:
    """The acting facility's key; whoever writes into a record stands somewhere."""
    if ctx.facility is None:
        raise Refused("facility-required", "Hãy chọn cơ sở đang làm việc trước khi ghi hồ sơ.")
    return ctx.facility.id


def _keep_statement(ctx: Context, person: StatedPerson, origin: Origin) -> SourceRecord:
    record = SourceRecord.objects.create(
        **demographics(person),
        facility_id=facility_of(ctx),
        channel=origin.channel,
        system=origin.system,
        key=origin.key,
        content_hash=content_hash(person),
        raw=dict(origin.raw),
        batch_id=origin.batch_id,
        recorded_by_id=ctx.actor.staff_id,
        recorded_at=ctx.at,
    )
    if person.details:
        StatementDetails.objects.create(source_record=record, **person.details.told())
    return record
