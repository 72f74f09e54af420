"""Which statement wins: the golden record as a projection of everything stated about a person.

Name, birth and sex come from the best-proved statement, then the newest; a child once named keeps its name whoever files
it under its mother's again; a fuller birth date elsewhere only completes the year it agrees with. Where somebody lives and
how to reach them changes in life, so there the newest statement that says anything wins. A death once stated stays: nobody
un-dies by silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Generic, TypeVar

from records.rules.newborn import read_unnamed
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


S = TypeVar("S", bound=Statement)
_FULLNESS = {"day": 2, "month": 1, "year": 0}


@dataclass(frozen=True, slots=True)
class Winners(Generic[S]):
    """The statement that each value of the golden record comes from; None: nobody said anything about it.

    identity: the best-proved of all.

    S is Statement or any kind of it that also knows who said it: what goes in comes out.
    """

    identity: S
    name: S
    birth: S
    sex: S
    phone: S | None
    home: S | None
    deceased: S | None

    @property
    def golden(self) -> Golden:
        """The values themselves."""
        return Golden(
            name=self.name.name,
            birth=self.birth.birth,
            sex=self.sex.sex,
            phone=self.phone.phone if self.phone else "",
            address=self.home.address if self.home else "",
            ward_code=self.home.ward_code if self.home else "",
            ward_name=self.home.ward_name if self.home else "",
            deceased_on=self.deceased.deceased_on if self.deceased else None,
        )


def project(statements: Sequence[S]) -> Winners[S]:
    """Who wins among one or more statements, field by field; the order they come in does not matter.

    Raises ValueError on none.
    """
    if not statements:
        raise ValueError("a person needs at least one statement")
    statements = heard(statements)
    identity = max(statements, key=_trust)
    refining = [one for one in statements if one.birth.may_equal(identity.birth)]
    return Winners(
        identity=identity,
        name=max((one for one in statements if not read_unnamed(one.name)), key=_trust, default=identity),
        birth=max(refining, key=lambda one: (_FULLNESS[one.birth.precision], *_trust(one))),
        sex=max((one for one in statements if one.sex != "unknown"), key=_trust, default=identity),
        phone=_newest(statements, lambda one: bool(one.phone)),
        home=_newest(statements, lambda one: bool(one.address or one.ward_code or one.ward_name)),
        deceased=max((one for one in statements if one.deceased_on), key=_trust, default=None),
    )


def heard(statements: Sequence[S]) -> Sequence[S]:
    """Those that count: whoever only repeated what was on file says nothing, unless nobody else says anything."""
    return [one for one in statements if one.proof is not Proof.REPEATED] or statements


class Why(StrEnum):
    """Why a value stands and not another."""

    AGREED = "agreed"  # nobody says anything else
    NAMED = "named"  # a name; the others only say whose child it is
    CARD = "card"  # the best-proved: a scanned citizen card
    NUMBER = "number"  # the best-proved: stated with a citizen number
    FULLER = "fuller"  # completes the birth date of the best-proved
    NEWEST = "newest"  # the newest among equals, or of what changes in life


def why_name(winner: S, others: Sequence[S]) -> Why:
    """Why this name: others that only name the mother never stand against it."""
    if others and not read_unnamed(winner.name) and all(read_unnamed(one.name) for one in others):
        return Why.NAMED
    return why_by_proof(winner, others)


def why_by_proof(winner: S, others: Sequence[S]) -> Why:
    """Why a sex or a death stands against the statements that say something else."""
    if not others:
        return Why.AGREED
    if all(one.proof >= winner.proof for one in others):
        return Why.NEWEST
    return {Proof.CARD: Why.CARD, Proof.NUMBER: Why.NUMBER}.get(winner.proof, Why.NEWEST)


def why_birth(winners: Winners[S], others: Sequence[S]) -> Why:
    """Why this birth date: fuller than what the best-proved statement says, or that one itself."""
    if others and winners.birth.birth != winners.identity.birth:
        return Why.FULLER
    return why_by_proof(winners.birth, others)


def why_newest(others: Sequence[object]) -> Why:
    """Why a phone, a home or a number: the newest that says anything."""
    return Why.NEWEST if others else Why.AGREED


def _trust(statement: Statement) -> tuple[object, ...]:
    """Proof, then age; the rest only makes the choice between equals the same every time."""
    one = statement
    told = (one.name, one.birth, one.sex, one.phone, one.address, one.ward_code, one.ward_name, str(one.deceased_on))
    return (one.proof, one.at, *told)


def _newest(statements: Sequence[S], says: Callable[[S], bool]) -> S | None:
    told = [one for one in statements if says(one)]
    return max(told, key=lambda one: (one.at, *_trust(one), one.phone, one.address, one.ward_code), default=None)
