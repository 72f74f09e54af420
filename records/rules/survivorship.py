"""Which statement wins: the golden record as a projection of everything stated about a person.

Name, birth and sex come from the best-proved statement, then the newest; a fuller birth date elsewhere only completes the
year it agrees with. Where somebody lives and how to reach them changes in life, so there the newest statement that says
anything wins. A death once stated stays: nobody un-dies by silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from records.rules.person import Sex
from registry.rules.dates import PartialDate


class Proof(IntEnum):
    """How well a statement is proved: a scanned citizen card, a stated citizen number, nothing.

    REPEATED: a facility that met somebody known and repeated what was on file; it says nothing of its own.
    """

    REPEATED = -1
    NONE = 0
    NUMBER = 1
    CARD = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """One source record as the projection sees it."""

    proof: Proof
    at: datetime
    name: str
    birth: PartialDate
    sex: Sex
    phone: str = ""
    address: str = ""
    ward_code: str = ""
    ward_name: str = ""
    deceased_on: date | None = None


@dataclass(frozen=True, slots=True)
class Golden:
    """What is held to be true of the person today."""

    name: str
    birth: PartialDate
    sex: Sex
    phone: str
    address: str
    ward_code: str
    ward_name: str
    deceased_on: date | None


_FULLNESS = {"day": 2, "month": 1, "year": 0}


def project(statements: Sequence[Statement]) -> Golden:
    """The golden record of one or more statements; the order they come in does not matter. Raises ValueError on none."""
    if not statements:
        raise ValueError("a person needs at least one statement")
    statements = [one for one in statements if one.proof is not Proof.REPEATED] or statements
    identity = max(statements, key=_trust)
    sexed = max((one for one in statements if one.sex != "unknown"), key=_trust, default=identity)
    refining = [one for one in statements if one.birth.may_equal(identity.birth)]
    birth = max(refining, key=lambda one: (_FULLNESS[one.birth.precision], *_trust(one))).birth
    reach = _newest(statements, lambda one: bool(one.phone))
    home = _newest(statements, lambda one: bool(one.address or one.ward_code or one.ward_name))
    dead = max((one for one in statements if one.deceased_on), key=_trust, default=None)
    return Golden(
        name=identity.name,
        birth=birth,
        sex=sexed.sex,
        phone=reach.phone if reach else "",
        address=home.address if home else "",
        ward_code=home.ward_code if home else "",
        ward_name=home.ward_name if home else "",
        deceased_on=dead.deceased_on if dead else None,
    )


def _trust(statement: Statement) -> tuple[object, ...]:
    """Proof, then age; the rest only makes the choice between equals the same every time."""
    return (statement.proof, statement.at, statement.name, statement.birth, statement.sex)


def _newest(statements: Sequence[Statement], says: Callable[[Statement], bool]) -> Statement | None:
    told = [one for one in statements if says(one)]
    return max(told, key=lambda one: (one.at, *_trust(one), one.phone, one.address, one.ward_code), default=None)
