"""The architecture of docs/explanation/architecture.md, kept by walking the code."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.together import TOGETHER

ROOT = Path(__file__).resolve().parents[2]
APPS = ("registry", "records", "clinics", "screening", "migration")
PACKAGES = (*APPS, "hanoi_ehr")
WRITES = {"create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "update", "delete", "save"}
WRITING_SQL = re.compile(
    r"\A\s*(WITH\b.*\b)?(INSERT INTO|UPDATE|DELETE FROM|COPY|TRUNCATE)\s+[\w\"{%]", re.IGNORECASE | re.DOTALL
)
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400


def modules(*packages: str) -> Iterator[Path]:
    for package in packages or PACKAGES:
        yield from (p for p in sorted((ROOT / package).rglob("*.py")) if "migrations" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def may_write(path: Path) -> bool:
    """commands/ of an app; the kernel's audit, outbox and jobs; the loader of the demonstration city; at receipt the passing
    SQLite file in which what lies scattered over a hospital's file is gathered.
    """
    parts = path.relative_to(ROOT).parts
    gathers = parts[:2] == ("migration", "readers") and path.name.startswith("gather")
    return parts[1] in {"commands", "kernel"} or parts[:2] == ("hanoi_ehr", "demo") or gathers


def writes_in(path: Path) -> Iterator[str]:
    in_models = "models" in path.parts  # triggers are written there, and the user manager
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            target = ast.unparse(node.func.value)
            if (node.func.attr == "save" or "objects" in target or "filter(" in target) and not in_models:
                yield f"{name_of(path)}:{node.lineno} {target}.{node.func.attr}()"
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and WRITING_SQL.match(node.value)
            and not in_models
        ):
            yield f"{name_of(path)}:{node.lineno} {node.value.strip()[:40]!r}"


def test_only_commands_write() -> None:
    assert [w for path in modules() if not may_write(path) for w in writes_in(path)] == []


def test_the_check_on_writes_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.architecture.test_structure.ROOT", tmp_path)
    page = tmp_path / "clinics" / "web.py"
    page.parent.mkdir()
    page.write_text('Visit.objects.filter(pk=1).update(state="x")\ncursor.execute("DELETE FROM clinics_visit")\n')
    assert len(list(writes_in(page))) == 2


def test_commands_and_queries_know_no_http() -> None:
    web = ("django.http", "django.shortcuts", "django.forms", "django.template", "rest_framework")  # addresses are data
    found = [
        f"{name_of(path)}:{node.lineno} {module}"
        for path in modules(*APPS)
        if {"commands", "queries", "kernel", "rules"} & set(path.parts) and "management" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        if module.startswith(web)
    ]
    assert found == []


def test_no_signals_and_no_overridden_save() -> None:
    found = []
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module in {"django.db.models.signals", "django.dispatch"}:
                found.append(f"{name_of(path)}:{node.lineno} signals")
            if isinstance(node, ast.FunctionDef) and node.name == "save" and "models" in path.parts:
                found.append(f"{name_of(path)}:{node.lineno} save()")
    assert found == []


def test_rules_read_no_clock() -> None:
    clocks = {"now", "today", "utcnow", "time", "monotonic", "localdate"}
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules(*APPS)
        if "rules" in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
        and ast.unparse(node.func.value)
        in {"datetime", "date", "time", "timezone", "datetime.datetime", "datetime.date"}
    ]
    assert found == []


def test_modules_have_names_of_their_own() -> None:
    banned = {"utils", "util", "helpers", "helper", "common", "core", "misc"}
    assert [name_of(p) for p in modules() if {p.stem, *p.relative_to(ROOT).parts[:-1]} & banned] == []


def test_functions_and_files_stay_small() -> None:
    long_functions = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    long_files = [name_of(p) for p in modules() if len(p.read_text(encoding="utf-8").splitlines()) > MAX_FILE_LINES]
    assert long_functions + long_files == []


def test_public_commands_and_queries_take_a_context_or_say_they_are_building_blocks() -> None:
    """Every function decorated with @command or @query has `ctx` first."""
    found = []
    for path in modules(*APPS):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(d).startswith(("command(", "query(")) for d in node.decorator_list
            ):
                first = node.args.args[0].arg if node.args.args else ""
                if first != "ctx":
                    found.append(f"{name_of(path)}:{node.lineno} {node.name}({first})")
    assert found == []


def test_templates_hold_no_inline_style_script_or_unescaped_text() -> None:
    banned = re.compile(r'\sstyle="|\son\w+="|\|safe\b|autoescape off|<script(?![^>]*\bsrc=)(?![^>]*application/json)')
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for match in banned.finditer(
            re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        )
    ]
    assert found == []


def test_python_marks_nothing_as_safe_html_by_hand() -> None:
    drawn_by_segno = {"hanoi_ehr/templatetags/ui.py": 1}  # a QR drawing: segno escapes its title and writes paths only
    counts = {
        name_of(p): len(re.findall(r"\bmark_safe\(|\bSafeString\(", p.read_text(encoding="utf-8"))) for p in modules()
    }
    assert {name: count for name, count in counts.items() if count} == drawn_by_segno


def test_every_dependency_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    declared = project["project"]["dependencies"] + project["dependency-groups"]["test"]
    lines = {line.split('"')[1]: line for line in text.splitlines() if line.strip().startswith('"')}
    assert [d for d in declared if "  # " not in lines[d]] == []


def test_the_repository_names_no_machine() -> None:
    """Nothing at run or test time stands outside the clone."""
    marks = re.compile("/" + r"work/|\.\./" + r"shared|\.\./" + r"\.library")
    suffixes = {".py", ".md", ".html", ".toml", ".yml", ".css", ".js", ".sh", ".txt", ".cfg", ""}
    skipped = {".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    found, read = [], 0
    for folder, below, names in os.walk(ROOT):
        below[:] = set(below) - skipped
        for path in (Path(folder, name) for name in names if name not in skipped):
            if path.suffix in suffixes and path.is_file():
                read += 1
                if marks.search(path.read_text(encoding="utf-8", errors="ignore")):
                    found.append(path.relative_to(ROOT).as_posix())
    assert found == []
    assert read > 1000, "the walk sees the repository"


def test_files_that_stay_with_one_worker_are_there_and_build_something_for_all_their_tests() -> None:
    for name in TOGETHER:
        assert '@pytest.fixture(scope="module")' in (ROOT / name).read_text(encoding="utf-8"), name
