"""Registering the children of one birth with their mother."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from django.utils import timezone

from records.commands.encounters import stamp_for
from records.commands.holding import hold_person
from records.commands.identity_decisions import remember_not_same
from records.commands.linking import Origin, facility_of, lock_identity
from records.commands.registration import DuplicateSuspected, Registered, create_resident
from records.models import BirthHistory, RelatedPerson
from records.queries.access import Person, look_through_door
from records.queries.duplicates import SHOWN, Candidate, find_candidates
from records.queries.history_rows import columns_of
from records.queries.newborn import find_children
from records.rules.history_checks import About
from records.rules.history_facts import Birth, faults_of
from records.rules.newborn import unnamed_child
from records.rules.person import StatedPerson
from registry.kernel import Context, Permission, Refused, command, record_audit

MOST_DAYS = 366  # beyond the first year of life a child has papers, and is registered as anybody


@dataclass(frozen=True, slots=True)
class Newborn:
    """One child as stated: who, and how it was born (order among twins in birth.birth_order). named: else the command
    files it under its mother's name.
    """

    person: StatedPerson
    birth: Birth
    named: bool = True


@command(Permission.RESIDENT_REGISTER)
def register_newborns(
    ctx: Context,
    *,
    mother_id: uuid.UUID,
    newborns: Sequence[Newborn],
    raw: Mapping[str, Any],
    father: str = "",
    not_same: Collection[uuid.UUID] = (),
) -> tuple[Registered, ...]:
    """The children of one birth: people, statements, birth facts, and the tie to their mother both ways.

    not_same: people who were shown as perhaps the same child and are not. Raises RecordClosed when the mother's record is
    not open here, Refused for what cannot be, DuplicateSuspected when somebody alike was not decided upon.
    """
    facility_of(ctx)
    mother = look_through_door(ctx, mother_id).person
    _check(ctx, mother, newborns)
    newborns = [_filed(mother, one) for one in newborns]
    lock_identity(*(one.person for one in newborns))
    hold_person(mother_id, to_change=True)  # two desks that register her child wait for each other
    alike = [_alike(mother, one) for one in newborns]
    if any(found.patient_id not in not_same for group in alike for found in group):
        raise DuplicateSuspected(list({found.patient_id: found for group in alike for found in group}.values()))
    written = tuple(_write(ctx, mother_id, mother, one, father, raw) for one in newborns)
    apart = [*combinations((one.patient_id for one in written), 2)]
    apart += [(one.patient_id, found.patient_id) for one, group in zip(written, alike, strict=True) for found in group]
    for one, other in sorted(apart):
        remember_not_same(ctx, one, other, reason="trẻ của một lần sinh, xác nhận khi đăng ký")
    _audit(ctx, mother.id, [one.patient_id for one in written])
    return written


def _audit(ctx: Context, mother: uuid.UUID, children: Sequence[uuid.UUID]) -> None:
    """One row, on the mother's access list and on the first child's; a twin's list has its own."""
    told = {"children": [str(one) for one in children]}
    record_audit(ctx, "register-newborn", patient_id=mother, target=("Patient", children[0]), detail=told)
    for twin in children[1:]:
        record_audit(ctx, "register-newborn", patient_id=twin, detail=told)


def _filed(mother: Person, one: Newborn) -> Newborn:
    """The child under a name: its own, or the one that says whose it is."""
    name = one.person.name if one.named else unnamed_child(mother.name, one.birth.birth_order)
    return replace(one, person=replace(one.person, name=name))


def _check(ctx: Context, mother: Person, newborns: Sequence[Newborn]) -> None:
    today = timezone.localdate(ctx.at)
    if not newborns:
        raise Refused("no-newborn", "Hãy chọn giới tính của trẻ.", "sex_1")
    if mother.sex == "male":
        raise Refused("not-a-mother", "Chỉ đăng ký trẻ sơ sinh từ hồ sơ của người mẹ.")
    for place, one in enumerate(newborns, start=1):
        born = one.person.birth
        if born.precision != "day" or born.value > today or (today - born.value).days > MOST_DAYS:
            raise Refused("newborn-birth", "Ngày sinh của trẻ phải đủ ngày, trong vòng một năm qua.", "birth")
        if mother.birth.value >= born.value:
            raise Refused("mother-younger", "Mẹ không thể sinh sau con.", "birth")
        faults = faults_of(one.birth, About(today, born, one.person.sex)) if one.birth != Birth() else []
        if faults:
            raise Refused.several([Refused(each.code, each.message, _field(each.field, place)) for each in faults])
        told = timezone.localtime(ctx.at)
        if one.birth.born_time and born.value == today and one.birth.born_time > told.strftime("%H:%M"):
            raise Refused("born-later", "Giờ sinh còn ở phía trước.", "born_time")


def _field(name: str, place: int) -> str:
    return f"{name}_{place}" if name == "weight_g" else name


def _alike(mother: Person, one: Newborn) -> list[Candidate]:
    found = find_candidates(one.person, besides={mother.id}, limit=SHOWN, mother=mother.name)
    known = {each.patient_id for each in found}
    return [
        *found,
        *(c for c in find_children(mother.id, one.person, one.birth.birth_order) if c.patient_id not in known),
    ]


def _write(
    ctx: Context, mother_id: uuid.UUID, mother: Person, one: Newborn, father: str, raw: Mapping[str, Any]
) -> Registered:
    done = create_resident(ctx, one.person, Origin(channel="form", raw=raw), reason="đăng ký trẻ sơ sinh")
    child, hers = stamp_for(ctx, done.patient_id), stamp_for(ctx, mother_id)
    RelatedPerson.objects.create(
        **child,
        relationship="MTH",
        name=mother.name,
        phone=mother.phone,
        guardian=True,
        related_record_id=hers["source_record_id"],
        related_patient_id=mother.id,
    )
    RelatedPerson.objects.create(
        **hers,
        relationship="CHILD",
        name=one.person.name,
        related_record_id=done.record_id,
        related_patient_id=done.patient_id,
    )
    if father:
        RelatedPerson.objects.create(**child, relationship="FTH", name=father, guardian=True)
    if one.birth != Birth():
        BirthHistory.objects.create(**child, **columns_of(one.birth))
    return done
