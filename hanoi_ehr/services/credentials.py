"""Secrets of an embedded installation: made once, kept in ``$EHR_VAR/secrets.env`` readable by its owner only."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

Credentials = dict[str, str]

# Easy to read aloud and to type on a Vietnamese keyboard: no diacritics, no look-alike letters.
_WORDS = tuple(
    """
    sen mai lan cuc tre trung sao mua nang gio song bien nui rung dong que pho cau thuyen chim ca voi tho meo gao muoi
    tra cam quyt buoi xoai dua chuoi mit vai nhan khe oi tao le man hong lua ngo khoai sung
    """.split()  # noqa: SIM905 - a list of words is easier to read and to add to as a sentence
)


class SecretsMissing(RuntimeError):
    """Data exist but the file that opens them is gone."""


def _password() -> str:
    return secrets.token_urlsafe(32)


def _spoken_password() -> str:
    """About 36 bits: enough for a demonstration behind a lock-out, short enough to type."""
    words = "-".join(secrets.choice(_WORDS) for _ in range(4))
    return f"{words}-{secrets.randbelow(9000) + 1000}"


def _seed() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


_MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "AUDIT_SEAL_KEY": _seed,
    "EHR_SUPERUSER_PASSWORD": _password,
    "EHR_OWNER_PASSWORD": _password,
    "EHR_APP_PASSWORD": _password,
    "EHR_VALKEY_PASSWORD": _password,
    "EHR_DEMO_PASSWORD": _spoken_password,
}

SERVER_ONLY = ("EHR_SUPERUSER_PASSWORD", "EHR_OWNER_PASSWORD", "EHR_APP_PASSWORD", "EHR_VALKEY_PASSWORD")
"""Names that only the servers need; the application gets them inside its addresses."""


def parse_env(text: str) -> dict[str, str]:
    """KEY=VALUE lines; comments and blank lines are skipped, one pair of quotes around a value is taken off."""
    pairs: dict[str, str] = {}
    for line in text.splitlines():
        name, sep, value = line.strip().removeprefix("export ").partition("=")
        if sep and not name.startswith("#"):
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            pairs[name.strip()] = value[1:-1] if quoted else value
    return pairs


def load(path: Path, *, data_exist: bool) -> Credentials:
    """Read the secrets at ``path``, making those that are not there yet.

    Raises SecretsMissing when the file is gone although data exist: new secrets would open nothing, and a new audit
    key would make every earlier seal look forged.
    """
    known = parse_env(path.read_text()) if path.exists() else {}
    if not known and data_exist:
        raise SecretsMissing(
            f"Thiếu {path} trong khi đã có dữ liệu: khôi phục tệp này từ bản sao lưu, hoặc xoá cả thư mục để làm lại từ "
            f"đầu. / {path} is missing although data exist: restore it from a backup, or remove the whole folder to "
            "start anew."
        )
    missing = {name: make() for name, make in _MAKERS.items() if name not in known}
    if missing:
        known |= missing
        write_private(path, "".join(f"{name}={value}\n" for name, value in known.items()))
    return known


def write_private(path: Path, text: str, owner: tuple[int, int] | None = None) -> None:
    """Replace ``path`` in one step by a file of mode 600, given to ``owner`` (uid, gid) when named."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
        if owner is not None:
            os.fchown(stream.fileno(), *owner)
    fresh.replace(path)
