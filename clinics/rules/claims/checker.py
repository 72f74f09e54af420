"""The whole examination of one dossier, before anything is sent."""

from __future__ import annotations

from clinics.rules.claims.case import Case, Knowledge
from clinics.rules.claims.field_rules import check_fields
from clinics.rules.claims.findings import Finding
from clinics.rules.claims.line_rules import check_lines
from clinics.rules.claims.money_rules import check_money
from clinics.rules.claims.visit_rules import check_visit
from clinics.rules.diagnoses import normalise_code
from registry.rules.qd3176.documents import Dossier


def check_dossier(dossier: Dossier, knowledge: Knowledge) -> tuple[Finding, ...]:
    """Every finding, first by table and row as the file runs, then what ties rows together; each said once."""
    case = Case.of(dossier, knowledge)
    found = [*check_visit(case), *check_fields(case), *check_lines(case), *check_money(case)]
    once = dict.fromkeys(found)
    return tuple(sorted(once, key=lambda one: (one.table, one.row)))


def codes_in(dossier: Dossier) -> set[str]:
    """The ICD-10 codes a dossier names, as the list writes them: what its knowledge must hold."""
    told = [row.get(name, "") for rows in dossier.values() for row in rows for name in _CODED]
    return {normalise_code(part) for text in told for part in text.split(";") if part.strip()}


_CODED = ("MA_BENH_CHINH", "MA_BENH_KT", "MA_BENH")
