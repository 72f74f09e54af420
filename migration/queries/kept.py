"""Where received files are kept, and which of them is named."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from migration.models import ImportBatch


def imports_folder() -> Path:
    """The folder of all received files; new ones arrive here under passing names."""
    return Path(settings.MEDIA_ROOT) / "imports"


def named_imports(hashes: Collection[str]) -> set[str]:
    """Of these, the ones that are the file of a batch."""
    return set(ImportBatch.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))


def path_of(sha256: str) -> Path:
    """The file with this hash."""
    return imports_folder() / sha256[:2] / sha256
