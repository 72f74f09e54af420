"""Running a rule that may refuse: its value or its refusal, to be asserted on alike."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from registry.rules.invalid import Invalid

P = ParamSpec("P")
R = TypeVar("R")


def outcome(rule: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | Invalid:
    """What came out; any other exception passes."""
    try:
        return rule(*args, **kwargs)
    except Invalid as refusal:
        return refusal
