"""Where a received file is kept."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def path_of(sha256: str) -> Path:
    """The file with this hash."""
    return Path(settings.MEDIA_ROOT) / "imports" / sha256[:2] / sha256
