"""What a new result does to the step that is owed: it answers it, displaces it by something more urgent, or leaves it."""

from __future__ import annotations

from datetime import date

from screening.rules.pathway import CLASSIFY, Ending, Kind, Next, Pathway

_DEPTH = {Kind.TEST: 0, Kind.EXAMINATION: 1, Kind.TREATMENT: 2}


def answers(pathway: Pathway, owed: str, done: str, follows: Next) -> bool:
    """Whether what was done is what was owed: the same action, or one that goes further (a colposcopy where a triage test
    was owed). A test never answers for an examination; a clinician's decision is answered by what leads on.
    """
    depth = _DEPTH[pathway.action(done).kind]
    if owed == CLASSIFY:
        return depth > 0 and follows.step != CLASSIFY
    if owed == Ending.DECIDE:
        return depth > 0 or (follows.owed and follows.step != Ending.DECIDE)
    return owed == done or depth > _DEPTH[pathway.action(owed).kind]


def displaces(follows: Next, deadline: date) -> bool:
    """Whether what follows from another result cannot wait for the step that is owed."""
    return follows.owed and follows.due < deadline
