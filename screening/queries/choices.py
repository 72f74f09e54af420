"""What forms offer: codes with their Vietnamese words."""

from __future__ import annotations

from registry.kernel import in_language
from screening.models import Assessment
from screening.models.kits import Rejection
from screening.rules.programme import ProgrammeRules

REJECTIONS: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Rejection]
REASONS: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Assessment.Reason]


def findings_of(rules: ProgrammeRules) -> list[tuple[str, str]]:
    """The findings a version knows, in the reader's language where the catalogue has the word."""
    return [(finding.code, in_language(finding.label)) for finding in rules.findings]
