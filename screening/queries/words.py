"""What a result, a step and a reason are called on screening's pages, in the words of the version they belong to."""

from __future__ import annotations

from typing import Any

from registry.rules.phrases import Phrase
from screening.models import Duty, Result
from screening.models.duties import CLASSIFY
from screening.rules.pathway import Action
from screening.rules.programme import ProgrammeRules
from screening.rules.wording import number_text, owed_text, result_text

NOTHING = Phrase("")


def label_of(choice: Any) -> Phrase:
    """A choice's Vietnamese word, to be said in the reader's language."""
    return Phrase(str(choice.label))


def as_written(text: str) -> Phrase:
    """What people wrote or are called: never translated."""
    return Phrase("{text}", text=text) if text else NOTHING


def known_action(rules: ProgrammeRules, code: str) -> Action | None:
    """The version's action of this code, or None."""
    return next((one for one in rules.pathway.actions if one.code == code), None)


def asked_action(rules: ProgrammeRules, duty: Duty | None) -> Action | None:
    """The action a duty asks for, or the one that arrived and has to be read."""
    if duty is None:
        return None
    return known_action(rules, duty.result.action if duty.action == CLASSIFY else duty.action)


def owed_of(rules: ProgrammeRules, duty: Duty | None) -> Phrase:
    """What is not there yet, in words; nothing where nothing is owed."""
    asked = asked_action(rules, duty)
    return owed_text(duty.action, asked.name if asked else "") if duty else NOTHING


def because_of(rules: ProgrammeRules, duty: Duty | None) -> Phrase:
    """The result that made the duty owed, with the cut-off it was judged by."""
    if duty is None or duty.result.kind == Result.Kind.DECISION:
        return as_written(duty.result.note) if duty else NOTHING
    result, action = duty.result, known_action(rules, duty.result.action)
    said = result_of(result, action)
    if result.cut_off is None or action is None:
        return said
    cut = f"{number_text(result.cut_off)} {action.unit}"
    verdict = label_of(Result.Verdict(result.verdict))
    return Phrase("{result}, {verdict:lower} (ngưỡng {cut})", result=said, verdict=verdict, cut=cut)


def result_of(result: Result, action: Action | None) -> Phrase:
    """A result in a line."""
    if action is None:
        return as_written(result.action)
    label = next((one.label for one in action.outcomes if one.code == result.code), "")
    return result_text(action.short_name, label, result.value, action.unit)
