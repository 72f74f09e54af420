"""What forms offer: codes with their Vietnamese words."""

from __future__ import annotations

from registry.kernel import in_language
from screening.models import InvitationChannel, Response
from screening.models.kits import Rejection
from screening.models.results import Reason
from screening.rules.pathway import Ending, Kind
from screening.rules.programme import ProgrammeRules

REJECTIONS: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Rejection]
REASONS: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Reason]
# What an invited person may say; that they came is told by the kit or the result.
RESPONSES: list[tuple[str, str]] = [(one.value, str(one.label)) for one in Response if one is not Response.ATTENDED]
CHANNELS: dict[str, str] = {one.value: str(one.label) for one in InvitationChannel}


def tests_of(rules: ProgrammeRules) -> list[tuple[str, list[tuple[str, str]]]]:
    """The tests without a kit, each with its results as "action:code" and words."""
    tests = (one for one in rules.pathway.actions if one.kind is Kind.TEST and not one.kit)
    return [
        (in_language(one.name), [(f"{one.code}:{out.code}", in_language(out.label)) for out in one.outcomes])
        for one in tests
    ]


def sampled_of(rules: ProgrammeRules) -> list[tuple[str, str]]:
    """The actions whose samples are waited for, with the days they may take."""
    return [(one.action, in_language(rules.name_of(one.action))) for one in rules.sample_clocks]


def steps_of(rules: ProgrammeRules) -> list[tuple[str, str]]:
    """What a clinician may decide: any action of the version, the next round, the end."""
    codes = [*(one.code for one in rules.pathway.actions), Ending.RECALL.value, Ending.CEASE.value]
    return [(code, in_language(rules.name_of(code))) for code in codes]


def findings_of(rules: ProgrammeRules, action: str) -> list[tuple[str, str]]:
    """The results an action may have, in the reader's language where the catalogue has the word; none for other steps."""
    known = next((one for one in rules.pathway.actions if one.code == action), None)
    return [(one.code, in_language(one.label)) for one in known.outcomes] if known else []
