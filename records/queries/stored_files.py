"""Where the content of papers and of received forms is kept, which of it is named, and what is too much."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from records.models import ReceivedForm, StoredFile
from records.rules.file_types import Limits


def papers_folder() -> Path:
    """The folder of all papers; new ones arrive here under passing names."""
    return Path(settings.MEDIA_ROOT) / "documents"


def path_of(sha256: str) -> Path:
    """The file with this hash, two folders deep so that no folder holds millions."""
    return papers_folder() / sha256[:2] / sha256[2:4] / sha256


def forms_folder() -> Path:
    """The folder of all received forms. Nothing serves it."""
    return Path(settings.MEDIA_ROOT) / "forms"


def form_path(sha256: str) -> Path:
    """The received form with this hash."""
    return forms_folder() / sha256[:2] / sha256[2:4] / sha256


def named_papers(hashes: Collection[str]) -> set[str]:
    """Of these, the ones that are the content of a paper."""
    return set(StoredFile.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))


def named_forms(hashes: Collection[str]) -> set[str]:
    """Of these, the ones that were received as a form."""
    return set(ReceivedForm.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))


def document_limits() -> Limits:
    """The limits of the settings."""
    return Limits(settings.DOCUMENT_MAX_BYTES, settings.DICOM_MAX_BYTES, settings.IMAGE_MAX_PIXELS)
