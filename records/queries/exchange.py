"""What hospitals' systems read over FHIR: one resident by id, or residents open to the asking facility by what is known.

Everything answered here is open to the client's facility; a resident who is not is "not found", as if unknown.
One round trip reads, one writes the audit row; nothing counts, nothing skips.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from django.db import connection

from records.queries.ties import open_by_treatment, tie_parameters
from registry.kernel import Context, NotFound, Permission, Refused, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.text import fold

PAGE_LIMIT = 50
CANDIDATES = 1_000  # a page never looks at more people than this, however common the name

_COLUMNS = """
    p.id, p.name, p.birth_date, p.birth_precision, p.sex, p.phone, p.address, p.ward_code, p.ward_name, p.deceased_on,
    p.version, p.changed_at, p.merged_into_id,
    (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(i.kind, i.value, i.state)), '[]')
     FROM records_patientidentifier i WHERE i.patient_id = p.id) AS identifiers
"""
_OPEN = open_by_treatment("p.id")
_READ = f"SELECT {_COLUMNS}, {_OPEN} AS open FROM records_patient p WHERE p.id = %(id)s"  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class SharedPatient:
    """A resident as shared with a hospital. identifiers: (kind, value, state)."""

    id: uuid.UUID
    name: str
    birth_date: date
    birth_precision: str
    sex: str
    phone: str
    address: str
    ward_code: str
    ward_name: str
    deceased_on: date | None
    version: int
    changed_at: Any
    merged_into: uuid.UUID | None
    identifiers: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for; empty fields do not restrict. after: the id the last page ended with."""

    name: str = ""
    family: str = ""
    given: str = ""
    birth: PartialDate | None = None
    sex: str = ""
    phone: str = ""
    identifier_kind: str = ""
    identifier: str = ""
    count: int = 20
    after: str = ""


@dataclass(frozen=True, slots=True)
class SharedPage:
    """Some residents and the cursor of the next page, empty at the end."""

    patients: Sequence[SharedPatient]
    after: str


@query(Permission.API_PATIENT_READ)
def get_shared_patient(ctx: Context, patient_id: uuid.UUID) -> SharedPatient:
    """One resident. Raises NotFound when unknown or not open to the client's facility: both answer alike."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"id": str(patient_id)} | tie_parameters(ctx))
        row = cursor.fetchone()
    if row is None or not row[-1]:
        missing = NotFound("Không có người bệnh này, hoặc hồ sơ chưa mở cho cơ sở của bạn.")
        missing.patient_id = patient_id if row else None  # type: ignore[attr-defined]
        raise missing
    record_audit(ctx, "read", patient_id=patient_id, target=("Patient", patient_id))
    return shared(row[:-1])


@query(Permission.API_PATIENT_READ)
def find_shared_patients(ctx: Context, wanted: Wanted) -> SharedPage:
    """Residents open to the client's facility that fit, in index order. Raises Refused when nothing selective is given."""
    where, parameters = conditions(wanted)
    limit = max(1, min(wanted.count, PAGE_LIMIT))
    parameters |= tie_parameters(ctx) | {"limit": limit + 1, "candidates": CANDIDATES}
    statement = f"""
        SELECT {_COLUMNS}
        FROM (SELECT p.id, p.birth_date FROM records_patient p WHERE {where}
              ORDER BY p.birth_date, p.id LIMIT %(candidates)s) c
        JOIN LATERAL (SELECT * FROM records_patient WHERE id = c.id AND {open_by_treatment("c.id")}) p ON true
        ORDER BY c.birth_date, c.id LIMIT %(limit)s"""  # noqa: S608 - built from constants
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = [shared(row) for row in cursor.fetchall()]
        page = found[:limit]
        if len(found) > limit:
            after = cursor_text(page[-1].birth_date, page[-1].id)
        else:
            after = "" if is_selective(wanted) else _horizon(cursor, where, parameters)
    record_audit(
        ctx, "search", target=("Patient", ""), detail={"by": sorted(asked(wanted)), "found": [str(p.id) for p in page]}
    )
    return SharedPage(page, after)


def is_selective(wanted: Wanted) -> bool:
    """Whether no search of this kind reaches CANDIDATES people."""
    day_known = wanted.birth is not None and wanted.birth.precision == "day"
    return bool(wanted.identifier or wanted.phone or day_known)


def _horizon(cursor: Any, where: str, parameters: dict[str, Any]) -> str:
    """Where the looking ended when it ended before the people did: the next page goes on from there, nobody is left out."""
    cursor.execute(
        f"SELECT p.birth_date, p.id FROM records_patient p WHERE {where}"  # noqa: S608 - built from constants
        " ORDER BY p.birth_date, p.id OFFSET %(last)s LIMIT 1",
        parameters | {"last": CANDIDATES - 1},
    )
    row = cursor.fetchone()
    return cursor_text(*row) if row else ""


def cursor_text(day: date, identity: uuid.UUID) -> str:
    """A page's end as it stands in the next link."""
    return f"{day.isoformat()}~{identity}"


def shared(row: Sequence[Any]) -> SharedPatient:
    """A row of _COLUMNS; Django hands jsonb over as text."""
    return SharedPatient(*[*row[:-1], orjson.loads(row[-1])])


def asked(wanted: Wanted) -> set[str]:
    """The names of the fields a search uses: what the audit row keeps, never their values."""
    return {
        name for name in ("name", "family", "given", "birth", "phone", "identifier", "sex") if getattr(wanted, name)
    }


def conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """The WHERE clause, each alternative on an index, and its parameters."""
    clauses: list[str] = ["p.merged_into_id IS NULL"]
    values: dict[str, Any] = {}
    if wanted.identifier:
        clauses.append(
            "p.id IN (SELECT i.patient_id FROM records_patientidentifier i WHERE i.value_key = %(identifier)s"
            " AND (%(kind)s = '' OR i.kind = %(kind)s))"
        )
        values |= {"identifier": wanted.identifier, "kind": wanted.identifier_kind}
    if wanted.phone:
        clauses.append("right(p.phone, 6) = right(%(phone)s, 6) AND p.phone = %(phone)s")
        values["phone"] = wanted.phone
    for column, key in name_keys(wanted).items():
        clauses.append(f"p.{column} = %({column})s")
        values[column] = key
    if wanted.birth:
        clauses.append("p.birth_date BETWEEN %(born_from)s AND %(born_to)s")
        values |= {"born_from": wanted.birth.value, "born_to": wanted.birth.last}
    if len(clauses) == 1 or (values.keys() == {"family_key"}):
        raise Refused("too-broad", "Cần ít nhất số định danh, điện thoại, họ tên, hoặc tên kèm năm sinh.", "Patient")
    if wanted.sex:
        clauses.append("p.sex = %(sex)s")
        values["sex"] = wanted.sex
    if wanted.after:
        clauses.append("(p.birth_date, p.id) > (%(after_birth)s, %(after_id)s)")
        values |= dict(zip(("after_birth", "after_id"), cursor_of(wanted.after), strict=True))
    return " AND ".join(clauses), values


def name_keys(wanted: Wanted) -> dict[str, str]:
    """Search keys by column: three words or more are the full name, two are family and given, one is the given name."""
    words = fold(wanted.name).split()
    given = fold(wanted.given).split()[-1:] or words[-1:]
    family = fold(wanted.family).split()[:1] or words[:-1][:1]
    keys = {"name_key": [" ".join(words)] if len(words) > 2 else [], "given_key": given, "family_key": family}  # noqa: PLR2004
    return {column: found[0] for column, found in keys.items() if found}


def cursor_of(text: str) -> tuple[date, uuid.UUID]:
    """The position a page ended at. Raises Refused for a cursor we did not make."""
    day, _, identity = text.partition("~")
    try:
        return date.fromisoformat(day), uuid.UUID(identity)
    except ValueError as error:
        raise Refused(
            "bad-cursor", "Con trỏ trang không đúng; hãy dùng liên kết next của trang trước.", "_after"
        ) from error
