"""What belongs to whom: the acting facility, its wards, the programme in force, an enrolment of this facility."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from django.utils import timezone

from registry.kernel import Context, FacilityRef, Forbidden, NotFound, Permission
from registry.models import Facility
from screening.models import Duty, Enrolment, Programme, ProgrammeVersion
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules

COLORECTAL = "colorectal"


@dataclass(frozen=True, slots=True)
class LiveProgramme:
    """A programme with the version in force and its rules, read."""

    programme: Programme
    version: ProgrammeVersion
    rules: ProgrammeRules


@dataclass(frozen=True, slots=True)
class Catchment:
    """The ward a facility invites: code and name as of today; empty for a facility that has none."""

    codes: tuple[str, ...]
    name: str = ""


def from_json(value: Any) -> Any:
    """What a JSON column of a plain cursor holds, which hands it over as text."""
    return orjson.loads(value) if isinstance(value, str) else value


def facility_of(ctx: Context) -> FacilityRef:
    """The facility acted for; Forbidden for somebody who stands in none."""
    if ctx.facility is None:
        raise Forbidden("no-facility", "Bạn chưa được phân công ở cơ sở nào.")
    return ctx.facility


def today_of(ctx: Context) -> date:
    """The day in Hanoi."""
    return timezone.localdate(ctx.at)


def oversees_city(ctx: Context) -> bool:
    """Whether the actor watches over every facility (counts and clocks, without opening records)."""
    return ctx.may(Permission.SCREENING_OVERSEE)


def live_programme(code: str = COLORECTAL) -> LiveProgramme:
    """The programme and the version in force; NotFound when none is live."""
    version = ProgrammeVersion.objects.select_related("programme").filter(programme__code=code, state="live").first()
    if version is None:
        raise NotFound("Chương trình chưa có phiên bản đang dùng.", "programme-not-live")
    return LiveProgramme(version.programme, version, parse_rules(version.rules))


def live_programmes() -> list[LiveProgramme]:
    """Every programme with a version in force, colorectal first."""
    found = ProgrammeVersion.objects.select_related("programme").filter(state="live").order_by("programme__code")
    known = [LiveProgramme(one.programme, one, parse_rules(one.rules)) for one in found]
    return sorted(known, key=lambda one: one.programme.code != COLORECTAL)


def catchment_of(facility_id: int) -> Catchment:
    """The facility's own ward. A record states its ward by the code in force when it was stated."""
    row = Facility.objects.filter(pk=facility_id).values_list("unit__code", "unit__name").first()
    return Catchment((row[0],), row[1]) if row and row[0] else Catchment(())


def enrolment_here(ctx: Context, enrolment_id: uuid.UUID, *, lock: bool = False) -> Enrolment:
    """This facility's enrolment; NotFound otherwise. lock: held to the end of the transaction, so that everybody who
    changes one person's screening stands in one line."""
    found = Enrolment.objects.select_related("programme")
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    enrolment = found.filter(pk=enrolment_id, facility_id=facility_of(ctx).id).first()
    if enrolment is None:
        raise NotFound
    return enrolment


def has_open_duty(patient_id: uuid.UUID) -> bool:
    """Whether anything is owed to this person anywhere; tells the system only, so it is not audited."""
    return Duty.objects.filter(episode__enrolment__patient_id=patient_id, closed_at=None).exists()
