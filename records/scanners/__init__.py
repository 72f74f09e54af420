"""Virus scanners behind one small face: `settings.DOCUMENT_SCANNER` names a function `(path) -> Verdict`.

No name means no scanner: files are kept and shown as not scanned. A scanner that cannot answer raises ScannerAwayError,
and the file waits in quarantine until one can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string


class ScannerAwayError(Exception):
    """The scanner did not answer, or not in words we know: nothing is said about the file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner said. finding: its name of what it found, empty when the file is clean; scanner: name and version."""

    finding: str
    scanner: str

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.finding


Scanner = Callable[[Path], Verdict]


def configured_scanner() -> Scanner | None:
    """The scanner the settings name, or None."""
    return cast("Scanner", import_string(settings.DOCUMENT_SCANNER)) if settings.DOCUMENT_SCANNER else None
