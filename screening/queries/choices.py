"""What forms offer: codes with their Vietnamese words."""

from __future__ import annotations

from registry.kernel import in_language
from screening.models.kits import Rejection
from screening.models.results import Reason
from screening.rules.programme import ProgrammeRules

REJECTIONS: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Rejection]
REASONS: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Reason]


def findings_of(rules: ProgrammeRules, action: str) -> list[tuple[str, str]]:
    """The results an action may have, in the reader's language where the catalogue has the word; none for other steps."""
    known = next((one for one in rules.pathway.actions if one.code == action), None)
    return [(one.code, in_language(one.label)) for one in known.outcomes] if known else []
