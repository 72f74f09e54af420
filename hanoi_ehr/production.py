"""Start-up checks: a production server with a missing or weak setting must not start at all.

Pure functions over the environment, so that they can be tried on any combination without starting anything.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

Env = Mapping[str, str]

SECRET_KEY_LENGTH = 50  # Django's own deployment check (security.W009) asks for 50 characters, 5 of them different
SECRET_KEY_VARIETY = 12
PASSWORD_LENGTH = 16
SEAL_KEY_BYTES = 32  # an Ed25519 seed, RFC 8032 section 5.1.5
_TRUE = {"1", "true", "yes", "on", "y", "ok"}  # what django-environ reads as true

# Words that stand in example files and tutorials: whoever left one in has not set the value.
_PLACEHOLDERS = (
    "insecure",
    "changeme",
    "change-me",
    "change_me",
    "example",
    "secret",
    "password",
    "doi-mat-khau",
    "xxx",
)
_KNOWN_PASSWORDS = {"postgres", "admin", "ehr", "ehr_app", "ehr_owner", "valkey", "redis", "hanoi", "123456", "root"}

_NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
_NEW_SEED = 'python3 -c "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())"'


def check(env: Env) -> list[str]:
    """Every reason why ``env`` must not serve real people; empty when there is none.

    Each message names the variable, says what is wrong and how to mend it, in Vietnamese and English, and never repeats
    a secret.
    """
    return [fault for rule in _RULES for fault in rule(env)]


def _fault(name: str, vietnamese: str, english: str) -> str:
    return f"{name}: {vietnamese} / {english}"


def _is_true(env: Env, name: str) -> bool:
    return env.get(name, "").strip().lower() in _TRUE


def _looks_left_over(value: str) -> bool:
    lowered = value.lower()
    return any(word in lowered for word in _PLACEHOLDERS)


def _secret_key(env: Env) -> Iterator[str]:
    key = env.get("SECRET_KEY", "")
    weak = len(key) < SECRET_KEY_LENGTH or len(set(key)) < SECRET_KEY_VARIETY or _looks_left_over(key)
    if weak:
        yield _fault(
            "SECRET_KEY",
            f"thiếu, quá ngắn hoặc là giá trị mẫu; tạo mới bằng: {_NEW_KEY}",
            f"missing, under {SECRET_KEY_LENGTH} characters or a sample; make one with the command above",
        )


def _seal_key(env: Env) -> Iterator[str]:
    try:
        seed = base64.b64decode(env.get("AUDIT_SEAL_KEY", ""), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != SEAL_KEY_BYTES or len(set(seed)) < SECRET_KEY_VARIETY:
        yield _fault(
            "AUDIT_SEAL_KEY",
            f"phải là base64 của 32 byte ngẫu nhiên để niêm phong nhật ký; tạo mới bằng: {_NEW_SEED}",
            "must be base64 of 32 random bytes, or audit seals prove nothing; make one with the command above",
        )


def _switches(env: Env) -> Iterator[str]:
    if _is_true(env, "DJANGO_DEBUG"):
        yield _fault(
            "DJANGO_DEBUG",
            "đang bật, trang lỗi sẽ lộ hồ sơ; bỏ biến này hoặc đặt 0",
            "is on and error pages would show records; remove it or set 0",
        )
    if _is_true(env, "EHR_DEMO"):
        yield _fault(
            "EHR_DEMO",
            "đang bật, tài khoản trình diễn ai cũng biết; bỏ biến này hoặc đặt 0",
            "is on and its accounts are known to everybody; remove it or set 0",
        )


def _hosts(env: Env) -> Iterator[str]:
    hosts = [host.strip() for host in env.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if not hosts or any(host.startswith("*") for host in hosts):
        yield _fault(
            "ALLOWED_HOSTS",
            "trống hoặc là *; ghi đúng tên miền, ví dụ ehr.hanoi.gov.vn",
            "is empty or *; name the real domains, separated by commas",
        )


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _is_weak(password: str | None) -> bool:
    plain = unquote(password or "")
    return len(plain) < PASSWORD_LENGTH or plain.lower() in _KNOWN_PASSWORDS or _looks_left_over(plain)


def _database(env: Env) -> Iterator[str]:
    url = _parts(env.get("DATABASE_URL", ""))
    if url.scheme not in {"postgres", "postgresql"} or not url.hostname or not url.username:
        yield _fault(
            "DATABASE_URL",
            "thiếu hoặc sai; dạng đúng: postgres://ehr_app:MẬT_KHẨU@máy:5432/ehr",
            "missing or malformed; write it as postgres://ehr_app:PASSWORD@host:5432/ehr",
        )
    elif _is_weak(url.password):
        yield _fault(
            "DATABASE_URL",
            f"mật khẩu thiếu, yếu hoặc ngắn hơn {PASSWORD_LENGTH} ký tự; đặt lại trong PostgreSQL và ở đây",
            f"no password, a known one or under {PASSWORD_LENGTH} characters; set another in PostgreSQL and here",
        )
    if url.username in {"postgres", "ehr_owner"}:
        yield _fault(
            "DATABASE_URL",
            "ứng dụng phải dùng vai trò không sở hữu gì (ehr_app), không phải chủ sở hữu hay quản trị",
            "the application must use a role that owns nothing (ehr_app), not the owner or a superuser",
        )


def _owner(env: Env) -> Iterator[str]:
    """The owner's address is needed by the migration job only; servers should not even have it."""
    if not env.get("DATABASE_OWNER_URL"):
        return
    owner, app = _parts(env["DATABASE_OWNER_URL"]), _parts(env.get("DATABASE_URL", ""))
    if owner.username == app.username:
        yield _fault(
            "DATABASE_OWNER_URL",
            "cùng vai trò với DATABASE_URL, nhật ký sẽ sửa được; dùng hai vai trò ehr_owner và ehr_app",
            "has the same role as DATABASE_URL, so the audit trail could be changed; use ehr_owner and ehr_app",
        )
    if _is_weak(owner.password):
        yield _fault(
            "DATABASE_OWNER_URL",
            f"mật khẩu thiếu, yếu hoặc ngắn hơn {PASSWORD_LENGTH} ký tự; đặt lại trong PostgreSQL và ở đây",
            f"no password, a known one or under {PASSWORD_LENGTH} characters; set another in PostgreSQL and here",
        )


def _broker(env: Env) -> Iterator[str]:
    url = _parts(env.get("REDIS_URL", ""))
    if url.scheme not in {"redis", "rediss"} or not url.hostname or _is_weak(url.password):
        yield _fault(
            "REDIS_URL",
            f"thiếu, hoặc không có mật khẩu đủ {PASSWORD_LENGTH} ký tự; dạng đúng: redis://:MẬT_KHẨU@máy:6379/0",
            f"missing, or without a password of {PASSWORD_LENGTH} characters; write redis://:PASSWORD@host:6379/0",
        )


def _addresses(env: Env) -> Iterator[str]:
    base = _parts(env.get("EHR_BASE_URL", ""))
    if base.scheme != "https" or not base.hostname:
        yield _fault(
            "EHR_BASE_URL",
            "phải là địa chỉ https:// mà người dùng gõ vào",
            "must be the https:// address that people type",
        )
    origins = [origin.strip() for origin in env.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin.strip()]
    if any(not origin.startswith("https://") or "*" in origin for origin in origins):
        yield _fault(
            "CSRF_TRUSTED_ORIGINS",
            "chỉ được gồm các địa chỉ https:// đầy đủ, không có *",
            "may hold full https:// addresses only, without *",
        )
    if env.get("SECURE_SSL", "1").strip().lower() not in _TRUE:
        yield _fault(
            "SECURE_SSL",
            "đang tắt, cookie đăng nhập sẽ đi không mã hoá; bỏ biến này hoặc đặt 1",
            "is off and session cookies would travel in clear; remove it or set 1",
        )


_RULES: tuple[Callable[[Env], Iterator[str]], ...] = (
    _secret_key,
    _seal_key,
    _switches,
    _hosts,
    _database,
    _owner,
    _broker,
    _addresses,
)
