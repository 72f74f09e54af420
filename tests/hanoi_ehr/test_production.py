"""Start-up checks of a production environment."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from hanoi_ehr.production import check

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "EHR_ENV": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "AUDIT_SEAL_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    "ALLOWED_HOSTS": "ehr.hanoi.example,localhost".replace("example", "gov.vn"),
    "CSRF_TRUSTED_ORIGINS": "https://ehr.hanoi.gov.vn",
    "EHR_BASE_URL": "https://ehr.hanoi.gov.vn",
    "DATABASE_URL": "postgres://ehr_app:uP3xk9Qm2Lr7Tz5W@postgres:5432/ehr",
    "DATABASE_OWNER_URL": "postgres://ehr_owner:Zk8vN4sYb6Hd1Gc3@postgres:5432/ehr",
    "REDIS_URL": "redis://:fJ7wB2nC9xV5mK3q@valkey:6379/0",
}


def faults(**changes: str) -> set[str]:
    return {fault.split(":")[0] for fault in check(GOOD | changes)}


def test_a_whole_environment_passes_and_an_empty_one_names_everything() -> None:
    assert check(GOOD) == []
    assert {fault.split(":")[0] for fault in check({})} == {
        "SECRET_KEY", "AUDIT_SEAL_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "EHR_BASE_URL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "k7Qz" * 5),
        ("SECRET_KEY", "a" * 80),
        ("SECRET_KEY", "django-insecure-" + "k7Qz9mVx" * 8),
        ("AUDIT_SEAL_KEY", ""),
        ("AUDIT_SEAL_KEY", "not base64!"),
        ("AUDIT_SEAL_KEY", base64.b64encode(bytes(32)).decode()),
        ("AUDIT_SEAL_KEY", base64.b64encode(bytes(range(16))).decode()),
        ("DJANGO_DEBUG", "True"),
        ("EHR_DEMO", "1"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "ehr.hanoi.gov.vn, *"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("DATABASE_URL", "postgres://ehr_app@postgres:5432/ehr"),
        ("DATABASE_URL", "postgres://ehr_app:ehr_app@postgres:5432/ehr"),
        ("DATABASE_URL", "postgres://ehr_app:changeme-changeme-1@postgres:5432/ehr"),
        ("DATABASE_URL", "postgres://ehr_app:uP3xk9Qm2Lr7Tz5W@postgres:port/ehr"),
        ("DATABASE_URL", "postgres://postgres:uP3xk9Qm2Lr7Tz5W@postgres:5432/ehr"),
        ("DATABASE_OWNER_URL", "postgres://ehr_app:uP3xk9Qm2Lr7Tz5W@postgres:5432/ehr"),
        ("DATABASE_OWNER_URL", "postgres://ehr_owner@postgres:5432/ehr"),
        ("REDIS_URL", "redis://valkey:6379/0"),
        ("REDIS_URL", "redis://:short@valkey:6379/0"),
        ("EHR_BASE_URL", "http://ehr.hanoi.gov.vn"),
        ("CSRF_TRUSTED_ORIGINS", "http://ehr.hanoi.gov.vn"),
        ("CSRF_TRUSTED_ORIGINS", "https://*.gov.vn"),
        ("SECURE_SSL", "0"),
    ],
)
def test_a_weak_value_is_refused_by_name_without_repeating_it(name: str, value: str) -> None:
    found = check(GOOD | {name: value})
    assert {fault.split(":")[0] for fault in found} == {name}
    assert all(" / " in fault for fault in found), "said in both languages"
    assert len(value) < 16 or not any(value in fault for fault in found)


def test_the_server_itself_does_not_start_and_starts_once_mended() -> None:
    ask = [sys.executable, "-c", "import hanoi_ehr.settings"]
    base = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"}

    def start(**changes: str) -> subprocess.CompletedProcess[str]:
        env = base | GOOD | changes
        return subprocess.run(ask, env=env, cwd=ROOT, capture_output=True, text=True, check=False)

    refused = start(EHR_DEMO="1")
    assert refused.returncode != 0
    assert "EHR_DEMO: " in refused.stderr
    mended = start()
    assert mended.returncode == 0, mended.stderr
