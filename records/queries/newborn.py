"""A mother and her children: who is whose, and whose record is open here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from records.models import RelatedPerson
from records.queries import ties
from records.queries.access import RecordAccess, look_through_door
from records.queries.duplicates import Candidate
from records.rules.matching import Finding, Level, Match, Verdict
from records.rules.newborn import ONE_BIRTH_DAYS, one_birth, read_unnamed
from records.rules.person import StatedPerson
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase

MOST_KIN = 30

# Both ways: of two people one facility may have noted only one. What the other's record says is told only by name and birth.
_FAMILY = f"""
SELECT kin.is_mother, p.id, p.name, p.birth_date, p.birth_precision, {ties.open_by_treatment("p.id")}
FROM (
    SELECT r.related_patient_id AS id, r.relationship = 'MTH' AS is_mother FROM records_relatedperson r
     WHERE r.patient_id = %(patient)s AND r.relationship IN ('MTH', 'CHILD') AND r.related_patient_id IS NOT NULL
       AND r.superseded_by_id IS NULL AND NOT r.mistaken
    UNION
    SELECT r.patient_id, false FROM records_relatedperson r
     WHERE r.related_patient_id = %(patient)s AND r.relationship = 'MTH' AND r.superseded_by_id IS NULL AND NOT r.mistaken
) kin JOIN records_patient p ON p.id = kin.id
WHERE p.id <> %(patient)s ORDER BY kin.is_mother DESC, p.birth_date DESC, p.id LIMIT {MOST_KIN}
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Kin:
    """A mother or a child with a record of their own. is_open: whether that record is open to the reader's facility."""

    mother: bool
    patient_id: uuid.UUID
    name: str
    birth: PartialDate
    is_open: bool


@query(Permission.RESIDENT_REGISTER)
def open_mother(ctx: Context, patient_id: uuid.UUID) -> RecordAccess:
    """Open the form for a mother's newborn: her name, birth and address. Raises NotFound, RecordClosed (403)."""
    access = look_through_door(ctx, patient_id)
    if access.person.sex == "male":
        raise NotFound("Chỉ đăng ký trẻ sơ sinh từ hồ sơ của người mẹ.", "not-a-mother")
    record_audit(ctx, "read-administrative", patient_id=access.patient_id)
    return access


def get_family(access: RecordAccess) -> tuple[Kin, ...]:
    """The mother and the children of an opened record's person who have records themselves: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FAMILY, ties.tie_parameters(access.ctx) | {"patient": str(access.patient_id)})
        rows = cursor.fetchall()
    return tuple(
        Kin(mother, who, name, PartialDate(born, known), is_open) for mother, who, name, born, known, is_open in rows
    )


# What QĐ 831 asks on a child's immunisation page (SOMUIUONVANMETIEM). The count is hers, so it is told only where her own
# record is open as well.
_TETANUS = f"""
SELECT (SELECT count(*) FROM records_immunization i WHERE i.patient_id = m.id AND i.programme = 'tetanus'
           AND i.status = 'completed' AND i.superseded_by_id IS NULL)
FROM (SELECT DISTINCT r.related_patient_id AS id FROM records_relatedperson r
       WHERE r.patient_id = %(patient)s AND r.relationship = 'MTH' AND r.related_patient_id IS NOT NULL
         AND r.superseded_by_id IS NULL AND NOT r.mistaken) m
WHERE {ties.open_by_treatment("m.id")} LIMIT 1
"""  # noqa: S608 - constants


def get_mothers_tetanus(access: RecordAccess) -> int | None:
    """Tetanus doses on the record of an opened record's mother; None when she is not known here or her record is closed."""
    with connection.cursor() as cursor:
        cursor.execute(_TETANUS, ties.tie_parameters(access.ctx) | {"patient": str(access.patient_id)})
        row = cursor.fetchone()
    return row[0] if row else None


def find_children(mother_id: uuid.UUID, person: StatedPerson, order: int | None) -> list[Candidate]:
    """Children of this mother born of the same pregnancy as `person` who may be the same child, midnight between or not:
    not those of another sex or another place among twins. Unaudited: for commands.
    """
    born, near = person.birth.value, timedelta(days=ONE_BIRTH_DAYS)
    rows = RelatedPerson.objects.filter(
        related_patient_id=mother_id, relationship="MTH", superseded_by=None, mistaken=False,
        patient__birth_date__range=(born - near, born + near),
    ).values_list("patient_id", "patient__name", "patient__sex", "patient__birth_date").distinct()  # fmt: skip
    found = []
    for child, name, sex, day in rows[:MOST_KIN]:
        filed = read_unnamed(name)
        another = bool(order and filed and filed.order and filed.order != order)
        if one_birth(born, day) and not another and (sex == person.sex or "unknown" in (sex, person.sex)):
            found.append(Candidate(child, _same_mother()))
    return found


def _same_mother() -> Match:
    reason = Phrase("Con của cùng một mẹ, sinh cùng đợt")
    return Match(Verdict.POSSIBLE, (Finding("newborn", Level.EQUAL, reason, 0.0, Phrase("trẻ ghi theo tên mẹ")),))
