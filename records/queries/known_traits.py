"""What the matching rule compares, of an opened record."""

from __future__ import annotations

from records.models import PatientIdentifier
from records.queries.access import RecordAccess
from records.rules.matching import Traits


def traits_of_record(access: RecordAccess) -> Traits:
    """The person's traits with every number that was stated of them. One statement."""
    keys: dict[str, set[str]] = {"cccd": set(), "cmnd": set(), "bhyt": set()}
    numbers = PatientIdentifier.objects.filter(patient_id=access.patient_id, kind__in=keys)
    for kind, value in numbers.values_list("kind", "value_key"):
        keys[kind].add(value)
    person = access.person
    return Traits(
        name=person.name,
        birth=person.birth,
        sex=person.sex,
        phone=person.phone,
        ward=person.ward_name,
        address=person.address,
        cccd=frozenset(keys["cccd"]),
        cmnd=frozenset(keys["cmnd"]),
        bhyt=frozenset(keys["bhyt"]),
    )
