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
    """Of these, the ones that are the file of a batch, or its rows file."""
    files = ImportBatch.objects.filter(sha256__in=hashes).values_list("sha256", flat=True)
    rows = ImportBatch.objects.filter(rows_sha256__in=hashes).values_list("rows_sha256", flat=True)
    return {*files, *rows}


def path_of(sha256: str) -> Path:
    """The file with this hash."""
    return imports_folder() / sha256[:2] / sha256


def rows_path(batch: ImportBatch) -> Path:
    """The file that the bytes of a batch's chunks and quarantined records count in."""
    return path_of(batch.rows_sha256 or batch.sha256)
