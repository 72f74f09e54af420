"""Where the content of papers is kept, and what is too much."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from records.rules.file_types import Limits


def papers_folder() -> Path:
    """The folder of all papers; new ones arrive here under passing names."""
    return Path(settings.MEDIA_ROOT) / "documents"


def path_of(sha256: str) -> Path:
    """The file with this hash, two folders deep so that no folder holds millions."""
    return papers_folder() / sha256[:2] / sha256[2:4] / sha256


def document_limits() -> Limits:
    """The limits of the settings."""
    return Limits(settings.DOCUMENT_MAX_BYTES, settings.DICOM_MAX_BYTES, settings.IMAGE_MAX_PIXELS)
