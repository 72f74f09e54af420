"""Who of a ward is eligible, in SQL: rules/eligibility.py says the same for one person, and a test holds both together."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from django.db import connection

from records.queries.access import RecordAccess, open_record
from records.queries.band import Band, get_band
from records.queries.ties import emergency_until, open_by_treatment, tie_parameters
from records.rules.access import Door, Ties, decide_door
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase
from screening.models import Duty, Enrolment, Kit, Sample
from screening.models.enrolments import Standing
from screening.models.kits import KitState
from screening.queries.scope import (
    Catchment,
    LiveProgramme,
    catchment_of,
    facility_of,
    live_programme,
    live_programmes,
    today_of,
)
from screening.rules.eligibility import Obstacle, PersonFacts, describe_obstacle, find_obstacles, reference_date
from screening.rules.intervals import latest_birth
from screening.rules.pathway import Verdict
from screening.rules.programme import ProgrammeRules, RiskGroup

PAGE = 50
COUNT_LIMIT = 1000

# A condition or procedure of an exclusion in force, and the card of health insurance where one is asked for; of a person p.
STANDING_FACTS = """
       (%(excludes)s AND EXISTS (
          SELECT 1 FROM jsonb_to_recordset(%(exclusions)s::jsonb) AS x(kind text, prefix text, months int)
           WHERE (x.kind = 'procedure' AND EXISTS (
                   SELECT 1 FROM records_procedure r WHERE r.patient_id = p.id AND r.superseded_by_id IS NULL
                      AND starts_with(r.code, x.prefix)
                      AND (x.months IS NULL OR (r.performed_at + make_interval(months => x.months))::date > %(today)s)))
              OR (x.kind = 'condition' AND EXISTS (
                   SELECT 1 FROM records_condition c WHERE c.patient_id = p.id AND c.superseded_by_id IS NULL
                      AND starts_with(c.code, x.prefix)
                      AND (x.months IS NULL OR (c.recorded_at + make_interval(months => x.months))::date > %(today)s)))
       )) AS excluded,
       (NOT %(insured_only)s OR EXISTS (
          SELECT 1 FROM records_patientidentifier b WHERE b.patient_id = p.id AND b.kind = 'bhyt' AND b.state = 'active')
       ) AS insured
"""

# What is known of a person, wherever it was done: latest test, what clears from it, enrolment in the programme.
FACTS = f"""
SELECT {STANDING_FACTS}, p.id, p.name, p.sort_key, p.sex, p.birth_date, p.birth_precision, p.ward_code, p.ward_name,
       p.deceased_on IS NOT NULL AS deceased,
       EXISTS (SELECT 1 FROM screening_enrolment e
                WHERE e.patient_id = p.id AND e.programme_id = %(programme)s) AS enrolled,
       (SELECT max((o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) FROM records_observation o
         WHERE o.patient_id = p.id AND o.code = ANY(%(tests)s) AND o.superseded_by_id IS NULL AND NOT o.mistaken
           AND (o.value IS NOT NULL OR (%(worded)s AND o.value_text <> ALL(%(inadequate)s)))) AS tested_on,
       (SELECT max((r.performed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) FROM records_procedure r
         WHERE r.patient_id = p.id AND r.code = ANY(%(codes)s) AND r.superseded_by_id IS NULL) AS cleared_on,
       CASE p.birth_precision
            WHEN 'year' THEN make_date(extract(year FROM p.birth_date)::int, 12, 31)
            WHEN 'month' THEN (date_trunc('month', p.birth_date) + interval '1 month - 1 day')::date
            ELSE p.birth_date END AS birth_last
  FROM records_patient p
"""  # noqa: S608 - composed of this module's own constants

# The first obstacle in the order of rules.eligibility.Obstacle, NULL for nobody in the way.
OBSTACLE = """
CASE WHEN f.deceased THEN 'deceased'
     WHEN f.enrolled THEN 'enrolled'
     WHEN f.sex <> ALL(%(sexes)s) THEN 'sex'
     WHEN f.birth_date > %(old_enough)s THEN 'too-young'
     WHEN f.birth_last <= %(too_old)s::date THEN 'too-old'
     WHEN NOT f.insured THEN 'uninsured'
     WHEN f.excluded THEN 'excluded'
     WHEN (f.cleared_on + make_interval(months => %(clear_months)s))::date > %(today)s THEN 'cleared-recently'
     WHEN (f.tested_on + make_interval(months => %(test_months)s))::date > %(today)s THEN 'tested-recently' END
"""

# People of the wards who were born in the asked band; those merged into somebody else are not people.
WARD = """
 WHERE p.merged_into_id IS NULL AND p.ward_code = ANY(%(wards)s)
   AND p.birth_date <= %(born_by)s AND p.birth_date > %(born_after)s
"""


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Completed ages, both included."""

    low: int = 0
    high: int = 150


@dataclass(frozen=True, slots=True)
class EligiblePerson:
    """One line of the list of people who may be enrolled: as little as is needed to invite somebody."""

    id: uuid.UUID
    name: str
    sort_key: str
    sex: str
    birth: PartialDate
    ward_name: str
    tested_on: date | None


@dataclass(frozen=True, slots=True)
class EligiblePage:
    """A page of them; next_after is (sort_key, id) to ask for more, None at the end. total: counted up to COUNT_LIMIT."""

    live: LiveProgramme
    catchment: Catchment
    people: list[EligiblePerson]
    next_after: tuple[str, uuid.UUID] | None
    total: int
    band: AgeBand


def rule_parameters(live: LiveProgramme, on: date) -> dict[str, Any]:
    """The parameters of FACTS and OBSTACLE on a day."""
    rules = live.rules
    age_day = reference_date(rules.reference_day, on)
    return {
        "excludes": bool(rules.excluded_by),
        "exclusions": orjson.dumps([*_exclusions(rules)]).decode(),
        "insured_only": rules.insured_only,
        "programme": live.programme.pk,
        "tests": list(rules.action.codes),
        "worded": not rules.unit,
        "inadequate": [one.label for one in rules.action.outcomes if one.verdict is Verdict.INADEQUATE],
        "codes": list(rules.cleared.codes),
        "sexes": sorted(rules.sexes.value),
        "old_enough": latest_birth(rules.age_from.value, age_day),
        "too_old": None if rules.age_to.value is None else latest_birth(rules.age_to.value + 1, age_day),
        "clear_months": rules.cleared.months,
        "test_months": rules.test_interval_months.value,
        "today": on,
    }


def _exclusions(rules: ProgrammeRules) -> Iterator[dict[str, Any]]:
    for one in rules.excluded_by:
        for kind, prefixes in (("condition", one.conditions), ("procedure", one.procedures)):
            yield from ({"kind": kind, "prefix": prefix, "months": one.months} for prefix in prefixes)


def ward_parameters(catchment: Catchment, band: AgeBand, on: date) -> dict[str, Any]:
    """The parameters of WARD: whoever may be of an age in the band."""
    high = min(band.high, on.year - 2)
    return {
        "wards": list(catchment.codes),
        "born_by": latest_birth(band.low, on),
        "born_after": latest_birth(high + 1, on),
    }


@query(Permission.SCREENING_ENROL)
def find_eligible(
    ctx: Context, *, band: AgeBand | None = None, after: tuple[str, uuid.UUID] | None = None
) -> EligiblePage:
    """Who of the facility's ward may be enrolled today, by given name, PAGE at a time."""
    live, catchment, on = live_programme(), catchment_of(facility_of(ctx).id), today_of(ctx)
    band = band or AgeBand(live.rules.age_from.value)
    parameters = rule_parameters(live, on) | ward_parameters(catchment, band, on)
    rows = _eligible_rows(parameters, after)
    people = [_person(row) for row in rows[:PAGE]]
    record_audit(ctx, "list", target=("EligiblePeople", live.programme.code), detail={"rows": len(people)})
    last = people[-1] if len(rows) > PAGE else None
    following = (last.sort_key, last.id) if last else None
    return EligiblePage(live, catchment, people, following, _count(parameters), band)


def _eligible_rows(parameters: dict[str, Any], after: tuple[str, uuid.UUID] | None) -> list[tuple[Any, ...]]:
    where = "AND (f.sort_key, f.id) > (%(after_key)s, %(after_id)s::uuid)" if after else ""
    named = parameters | ({"after_key": after[0], "after_id": str(after[1])} if after else {}) | {"page": PAGE + 1}
    statement = f"""
        WITH f AS ({FACTS} {WARD})
        SELECT f.id, f.name, f.sort_key, f.sex, f.birth_date, f.birth_precision, f.ward_name, f.tested_on
          FROM f WHERE ({OBSTACLE}) IS NULL {where} ORDER BY f.sort_key, f.id LIMIT %(page)s
    """  # noqa: S608 - composed of this module's own constants
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return list(cursor.fetchall())


def _count(parameters: dict[str, Any]) -> int:
    statement = f"""
        WITH f AS ({FACTS} {WARD})
        SELECT count(*) FROM (SELECT 1 FROM f WHERE ({OBSTACLE}) IS NULL LIMIT %(limit)s) counted
    """  # noqa: S608 - composed of this module's own constants
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"limit": COUNT_LIMIT + 1})
        (count,) = cursor.fetchone() or (0,)
    return int(count)


def count_city(ctx: Context, on: date) -> dict[str, int]:
    """Who may be enrolled today in the whole city: people by the code of their ward. One statement. For commands and the
    Department's planning, which write their own audit row.
    """
    live = live_programme()
    parameters = rule_parameters(live, on) | {
        "born_by": latest_birth(live.rules.age_from.value, reference_date(live.rules.reference_day, on))
    }
    # IS TRUE keeps the index of birth dates out: two people in five, in the order of their birthdays, are a page each.
    statement = f"""
        WITH f AS ({FACTS} WHERE p.merged_into_id IS NULL AND (p.birth_date <= %(born_by)s) IS TRUE)
        SELECT f.ward_code, count(*) FROM f WHERE ({OBSTACLE}) IS NULL GROUP BY 1
    """  # noqa: S608 - composed of this module's own constants
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")
        cursor.execute(statement, parameters)
        return {ward: int(count) for ward, count in cursor.fetchall()}


def _person(row: tuple[Any, ...]) -> EligiblePerson:
    identity, name, sort_key, sex, born, precision, ward_name, tested_on = row
    return EligiblePerson(identity, name, sort_key, sex, PartialDate(born, precision), ward_name, tested_on)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person as the rule sees them, whether they live in the facility's ward, and whether their record is open here."""

    id: uuid.UUID
    facts: PersonFacts
    in_catchment: bool
    open_here: bool


# A number that was merged away leads to the person it was merged into.
_ONE = """
  JOIN records_patient asked ON p.id = coalesce(asked.merged_into_id, asked.id)
 WHERE asked.id = %(patient)s
"""
_TIES = f"{open_by_treatment('f.id')}, {emergency_until('f.id')}"


def find_person(ctx: Context, live: LiveProgramme, patient_id: uuid.UUID) -> KnownPerson | None:
    """One person's facts, or None for nobody. For commands, which write their own audit row."""
    facility = facility_of(ctx)
    catchment = catchment_of(facility.id)
    statement = f"""
        WITH f AS ({FACTS} {_ONE})
        SELECT f.id, f.birth_date, f.birth_precision, f.sex, f.deceased, f.enrolled, f.tested_on, f.cleared_on,
               f.excluded, f.insured, f.ward_code, {_TIES} FROM f
    """  # noqa: S608 - composed of this module's own constants
    named = rule_parameters(live, today_of(ctx)) | {
        "patient": str(patient_id), **tie_parameters(ctx),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        row = cursor.fetchone()
    if row is None:
        return None
    identity, born, precision, sex, deceased, enrolled, tested_on, cleared_on, excluded, insured, *rest = row
    ward, granted, until = rest
    facts = PersonFacts(PartialDate(born, precision), sex, deceased, enrolled, tested_on, cleared_on, excluded, insured)
    is_open = decide_door(Ties(granted, until), ctx.at) is not Door.CLOSED
    return KnownPerson(identity, facts, ward in catchment.codes, is_open)


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme with what stands against enrolling the person today, ready to read; groups: those to choose from.

    elsewhere: the other facility that looks after them; movable: nothing is under way there.
    """

    live: LiveProgramme
    obstacles: tuple[Phrase, ...]
    groups: tuple[RiskGroup, ...]
    elsewhere: str = ""
    movable: bool = False


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Into which programmes one person, whose record is open here, may be enrolled today."""

    access: RecordAccess
    band: Band
    offers: tuple[Offer, ...]


@query(Permission.SCREENING_ENROL)
def get_eligibility(ctx: Context, patient_id: uuid.UUID) -> Eligibility:
    """The page that asks whether to enrol somebody from their record. Raises NotFound, RecordClosed (403)."""
    access = open_record(ctx, patient_id)
    kept = kept_elsewhere(ctx, access.patient_id)
    offers = tuple(kept.get(live.programme.pk) or _offer(ctx, live, access.patient_id) for live in live_programmes())
    return Eligibility(access, get_band(access), offers)


def kept_elsewhere(ctx: Context, patient_id: uuid.UUID) -> dict[int, Offer]:
    """Programmes in which another facility looks after the person."""
    found = Enrolment.objects.select_related("facility").filter(patient_id=patient_id)
    others = {one.programme_id: one for one in found.exclude(facility_id=facility_of(ctx).id).order_by("enrolled_at")}
    return {
        live.programme.pk: Offer(
            live,
            (describe_obstacle(Obstacle.ENROLLED, live.rules),),
            (),
            others[live.programme.pk].facility.short_name,
            may_move(others[live.programme.pk]),
        )
        for live in live_programmes()
        if live.programme.pk in others
    }


def may_move(enrolment: Enrolment) -> bool:
    """Whether nothing is under way: no kit out, no sample that waits, no open step; and the person takes part."""
    return (
        enrolment.standing in (Standing.ACTIVE, Standing.DEFERRED)
        and not Duty.objects.filter(episode__enrolment=enrolment, closed_at=None).exists()
        and not Kit.objects.filter(
            episode__enrolment=enrolment, state__in=[KitState.ISSUED, KitState.RETURNED]
        ).exists()
        and not Sample.objects.filter(episode__enrolment=enrolment, closed_at=None).exists()
    )


def _offer(ctx: Context, live: LiveProgramme, patient_id: uuid.UUID) -> Offer:
    """Judged as everybody is, and offered the risk groups whose sex and ages fit; some programmes have nothing else."""
    person, on = find_person(ctx, live, patient_id), today_of(ctx)
    if person is None:
        return Offer(live, (), ())
    judged = ((one, live.rules.for_group(one.code)) for one in live.rules.risk_groups)
    groups = tuple(one for one, rules in judged if rules and not find_obstacles(rules, person.facts, on))
    if groups:
        return Offer(live, (), groups)
    found = tuple(describe_obstacle(one, live.rules) for one in find_obstacles(live.rules, person.facts, on))
    if live.rules.only_risk_groups and not found:
        found = (Phrase("Không thuộc nhóm nguy cơ nào của chương trình."),)
    return Offer(live, found, ())
