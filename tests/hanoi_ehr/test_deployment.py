"""docker-compose.yml, Dockerfile, .env.example, locked requirements: read by the real tools, in step with the code."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import compose
import pytest
import yaml

from hanoi_ehr.production import check

ROOT = Path(__file__).resolve().parents[2]
# The package's console script returns 0 on errors, its binary does not.
COMPOSE = str(Path(compose.__file__).with_name("docker-compose"))
HADOLINT = str(Path(sys.executable).with_name("hadolint"))
REQUIRED = (
    "SECRET_KEY", "AUDIT_SEAL_KEY", "EHR_DOMAIN", "EHR_SUPERUSER_PASSWORD", "EHR_OWNER_PASSWORD", "EHR_APP_PASSWORD",
    "EHR_VALKEY_PASSWORD",
)  # fmt: skip

STRONG = {name: base64.b64encode(hashlib.sha256(name.encode()).digest()).decode() for name in REQUIRED} | {
    "SECRET_KEY": hashlib.sha512(b"any").hexdigest(),
    "EHR_DOMAIN": "ehr.hanoi.gov.vn",
    **{name: hashlib.sha256(name.encode()).hexdigest() for name in REQUIRED if name.endswith("_PASSWORD")},
}


def render(file: Path, *missing: str) -> subprocess.CompletedProcess[str]:
    values = {name: value for name, value in STRONG.items() if name not in missing}
    command = [COMPOSE, "--project-directory", str(ROOT), "--env-file", os.devnull, "-f", str(file), "config"]
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **values}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    done = render(ROOT / "docker-compose.yml")
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout))


def test_every_part_is_there_watched_and_closed(composed: dict[str, Any]) -> None:
    services = composed["services"]
    assert set(services) == {"postgres", "valkey", "migrate", "web", "worker", "beat", "proxy"}
    unwatched = {name for name, service in services.items() if "healthcheck" not in service}
    assert unwatched == {"migrate", "web"}, "one ends by itself, the other's check is the image's own"
    assert {name for name, service in services.items() if service.get("ports")} == {"proxy"}
    assert services["postgres"]["image"].startswith("postgres:18")
    assert services["web"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_what_compose_hands_over_passes_the_start_up_checks(composed: dict[str, Any], name: str) -> None:
    environment = composed["services"][name]["environment"]
    assert check(environment) == []
    assert check(environment | {"EHR_DEMO": "1"}) != []


def test_only_the_migration_knows_the_owner(composed: dict[str, Any]) -> None:
    knows = {n for n, service in composed["services"].items() if "DATABASE_OWNER_URL" in service.get("environment", {})}
    assert knows == {"migrate"}


@pytest.mark.parametrize("name", REQUIRED)
def test_no_secret_has_a_default(name: str) -> None:
    refused = render(ROOT / "docker-compose.yml", name)
    assert refused.returncode != 0
    assert name in refused.stderr


def test_a_broken_compose_file_fails(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text((ROOT / "docker-compose.yml").read_text().replace("depends_on:", "depend_on:"))
    refused = render(broken)
    assert refused.returncode != 0
    assert "depend_on" in refused.stderr


def lint(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HADOLINT, "--no-color", str(file)], capture_output=True, text=True, check=False)


def test_the_image_is_sound_and_runs_as_nobody_special(tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text()
    sound = lint(ROOT / "Dockerfile")
    assert sound.returncode == 0, sound.stdout
    broken = tmp_path / "Dockerfile"
    broken.write_text(re.sub(r"(FROM python):\S+", r"\1:latest", text))
    assert lint(broken).returncode != 0, "an unpinned base is found"
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert "PYTHONUNBUFFERED=1" in text


def test_the_proxy_and_the_roles_script_name_what_compose_gives_them(composed: dict[str, Any]) -> None:
    caddy = set(re.findall(r"\{\$(\w+)\}", (ROOT / "deploy/Caddyfile").read_text()))
    assert caddy == set(composed["services"]["proxy"]["environment"])
    roles = ROOT / "deploy/postgres/roles.sh"
    assert set(re.findall(r"EHR_\w+", roles.read_text())) <= set(composed["services"]["postgres"]["environment"])
    assert os.access(roles, os.X_OK)
    assert subprocess.run([shutil.which("sh") or "sh", "-n", str(roles)], check=False).returncode == 0


def documented() -> set[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {match[1] for line in lines if (match := re.match(r"#?([A-Z][A-Z_]+)=", line))}


def read_by_code() -> set[str]:
    settings = (ROOT / "hanoi_ehr/settings.py").read_text()
    found = set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', settings))
    for file in [ROOT / "hanoi_ehr/production.py", *(ROOT / "hanoi_ehr/services").glob("*.py")]:
        found |= set(re.findall(r'\b(?:env|given)(?:\.get\(|\[)"([A-Z_]+)"', file.read_text()))
    return found - {"EHR_BEGAN"}  # the time bin/run began, handed on by itself


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    used_by_compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert len(read_by_code()) > 10
    assert read_by_code() | used_by_compose == documented()


def test_no_secret_is_left_in_the_example() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = {line.split("=")[0]: line.split("=", 1)[1] for line in lines if re.match(r"[A-Z_]+=.", line)}
    assert given == {"EHR_ENV": "production"}


def locked(file: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[.*?\])?==([^ \\;]+)", (ROOT / file).read_text(), re.MULTILINE))


def test_the_installed_files_are_the_lock() -> None:
    packages = {
        p["name"]: p["version"] for p in tomllib.loads((ROOT / "uv.lock").read_text())["package"] if "version" in p
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for file, wanted in (
        ("requirements.txt", project["project"]["dependencies"]),
        ("requirements-test.txt", project["dependency-groups"]["test"]),
    ):
        pinned = locked(file)
        assert {name: packages.get(name) for name in pinned} == pinned, f"{file}: run bin/lock"
        names = {re.split(r"[\[~>=<]", line)[0].lower() for line in wanted}
        assert names <= set(pinned), f"{file}: run bin/lock"
        lines = (ROOT / file).read_text().replace("\\\n", "").splitlines()
        assert all("--hash=sha256:" in line for line in lines if "==" in line)
    assert locked("requirements.txt").items() <= locked("requirements-test.txt").items()
