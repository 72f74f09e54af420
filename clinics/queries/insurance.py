"""What insurance needs to know of a day: ways of coming and their shares, the base salary, code lists, a visit's card."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery

from clinics.models import BaseSalary, InsuranceCoverage, InsuranceProfile, Visit
from clinics.queries.diagnoses import codes_on
from clinics.rules.charges.benefit import Cover, way_share
from clinics.rules.charges.ways import Place
from clinics.rules.claims.case import Knowledge
from registry.models import Concept, Facility

OBJECTS = "ma-doituong-kcb"
# Lists with validity dates that the checker asks; a list nobody loaded judges nothing.
LISTS = (OBJECTS, "gioi-tinh", "ma-loai-kcb", "ket-qua-dtri", "ma-loai-rv", "ma-tai-nan", "dan-toc")


def object_codes(day: date) -> dict[str, str]:
    """MA_DOITUONG_KCB in force on a day: code to what it says, in the order of the list."""
    found = Concept.objects.on(day).filter(system__key=OBJECTS).values_list("code", "display")
    return dict(sorted(found, key=lambda one: [int(part) for part in one[0].split(".")]))


def shares_on(day: date) -> dict[str, dict[str, Any]]:
    """What the list says of each way of coming on a day: code to properties."""
    return dict(Concept.objects.on(day).filter(system__key=OBJECTS).values_list("code", "properties"))


def base_salary_on(day: date) -> Decimal | None:
    """The base salary of a day, or None where nobody recorded one."""
    found = BaseSalary.objects.on(day).order_by("-valid_from").first()
    return found.amount if found else None


def place_of(facility_id: int) -> Place:
    """The facility as the ways of coming depend on it: one statement."""
    profile = InsuranceProfile.objects.filter(facility_id=OuterRef("pk")).values("walk_in_code")[:1]
    told = Facility.objects.annotate(walk_in=Subquery(profile)).filter(pk=facility_id)
    code, kind, level, walk_in = told.values_list("code", "kind", "care_level", "walk_in")[0]
    return Place(code, kind, level, walk_in or "")


def coverage_of(visit_id: uuid.UUID) -> InsuranceCoverage | None:
    """The card that counts for a visit."""
    return InsuranceCoverage.objects.filter(visit_id=visit_id).order_by("-at", "-id").first()


def cover_of(visit: Visit, coverage: InsuranceCoverage | None) -> Cover | None:
    """The card as the money rules know it."""
    if coverage is None:
        return None
    listed = Concept.objects.on(visit.visit_date).filter(system__key=OBJECTS, code=coverage.object_code).first()
    share = way_share(coverage.object_code, listed.properties if listed else {}, visit.encounter.care_type)
    return Cover(coverage.object_code, coverage.benefit, share, coverage.exempt_from)


def knowledge_of(facility_code: str, codes: Iterable[str], *, began: date, ended: date) -> Knowledge:
    """What the checker must know of a dossier: two statements and the codes asked for."""
    lists: dict[str, dict[str, Mapping[str, Any]]] = {}
    found = Concept.objects.on(began).filter(system__key__in=LISTS).values_list("system__key", "code", "properties")
    for key, code, properties in found:
        lists.setdefault(key, {})[code] = properties
    return Knowledge(facility_code, lists, codes_on(codes, ended), base_salary_on(began))
