"""Documents that state facts of the code are checked against the code."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps

from registry.rules.permission_matrix import permission_matrix
from registry.web.trail_words import ACTIONS

ROOT = Path(__file__).resolve().parents[2]


def test_the_permissions_page_shows_the_matrix_in_force() -> None:
    page = (ROOT / "docs/reference/permissions.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- matrix -->\n(.*?)\n<!-- /matrix -->", page, re.DOTALL)
    assert shown is not None
    assert shown.group(1) == permission_matrix(), "paste the output of registry.rules.permission_matrix into the page"


def test_the_glossary_knows_every_model() -> None:
    """Every table people meet has its Vietnamese term, English term and FHIR name."""
    page = (ROOT / "docs/reference/glossary.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    named = set(re.findall(r"`([A-Za-z]+\.[A-Za-z]+)`", page))
    ours = {
        f"{model._meta.app_label}.{model.__name__}"
        for app in ("registry", "records", "clinics", "screening", "migration")
        for model in apps.get_app_config(app).get_models()
        if not model.__name__.endswith("Event") or model.__name__ in {"AuditEvent", "LinkEvent"}
    }
    assert ours - named == set(), "add these models to docs/reference/glossary.md"
    assert {
        n for n in named if n.split(".")[0] in {"registry", "records", "clinics", "screening", "migration"}
    } - ours == set()
    assert all(cell.strip() for row in rows for cell in row[1:5]), "no empty cell"


def test_every_decision_argues_against_itself() -> None:
    for path in sorted((ROOT / "docs/adr").glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        assert all(part in text for part in ("## Context", "## Decision", "## The case against", "## Why still")), (
            path.name
        )


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)} -> {target}"
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_audited_action_has_words_people_read() -> None:
    """The resident's list and the admin show no code word."""
    written = re.compile(r'(?:record_audit\(\s*[\w.()]+,\s*|_audit\(ctx, visit, )"([a-z.-]+)"|action="(read[a-z-]*)"')
    found = {
        one or other
        for app in ("registry", "records", "clinics", "screening", "migration")
        for path in (ROOT / app).rglob("*.py")
        if {"commands", "queries", "kernel", "web"} & set(path.parts)
        for one, other in written.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 25, "the pattern still finds them"
    assert found - set(ACTIONS) == set(), "add these to registry/web/trail_words.py"
