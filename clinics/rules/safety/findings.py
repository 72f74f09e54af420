"""What a check says: which line, against what, how bad, how to mend it, and how far the row behind it can be trusted."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from clinics.rules.safety.knowledge import Evidence, Severity
from registry.rules.phrases import Phrase

ORDER = {Severity.BLOCK: 0, Severity.REASON: 1, Severity.NOTE: 2}
LEAST_REASON = 5  # letters: "ok" is no reason
NOTHING = Phrase("")
RULE = Evidence("Quy tắc của phần mềm", verified=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """One danger. code: the kind, kebab-case; line: index of the line, None for the whole prescription.

    message: what is dangerous; against: the fact or the other line; mend: what to do; key: names the finding whatever
    the order of the lines, so that a reason stays with it; taken: the medicine of the record it is about.
    """

    code: str
    severity: Severity
    line: int | None
    key: str
    message: Phrase
    mend: Phrase
    against: Phrase = NOTHING
    source: str = ""
    verified: bool = True
    taken: uuid.UUID | None = None


def unmet(findings: Iterable[Finding], reasons: Mapping[str, str]) -> list[Finding]:
    """What keeps the prescription from being signed: blocks, and what needs a reason and has none."""
    return [
        one
        for one in findings
        if one.severity is Severity.BLOCK
        or (one.severity is Severity.REASON and len(reasons.get(one.key, "").strip()) < LEAST_REASON)
    ]


def in_order(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """By line, the worst first; the same key on the same line only once."""
    once = {(one.line, one.key): one for one in reversed(list(findings))}
    return tuple(
        sorted(once.values(), key=lambda one: (-1 if one.line is None else one.line, ORDER[one.severity], one.key))
    )
