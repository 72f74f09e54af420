"""Who the duplicate warning shows: likely the same person, each with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from records.queries.band import Band, get_bands
from records.queries.duplicates import SHOWN, Candidate, find_candidates, find_holders
from records.queries.patients import mask
from records.rules.matching import Level, Match, Verdict
from records.rules.person import StatedIdentifier, StatedPerson
from registry.kernel import Context, Permission, query, record_audit


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody on file beside the person stated. numbers: (label, masked number)."""

    band: Band
    match: Match
    numbers: tuple[tuple[str, str], ...]

    @property
    def reused_number(self) -> bool:
        """Whether a citizen's number is equal and the name or the birth is another: a card, or a slip, of somebody else."""
        apart = Level.DIFFERENT in (self.match.level("name"), self.match.level("birth"))
        return self.match.any_equal("cccd", "cmnd") and apart

    @property
    def certain(self) -> bool:
        """Whether nobody may say it is another person."""
        return self.match.verdict is Verdict.SAME


@dataclass(frozen=True, slots=True)
class Suspects:
    """Those shown, likeliest first; more: how many others look alike less, and are not shown."""

    shown: tuple[Suspect, ...]
    more: int = 0


@query(Permission.RESIDENT_REGISTER)
def get_suspects(ctx: Context, candidates: Sequence[Candidate], more: int = 0) -> Suspects:
    """The candidates as the desk may see them: names, birth, ward, masked numbers; one audit row with who was shown."""
    return _shown(ctx, "duplicate", candidates, more)


@query(Permission.RESIDENT_REGISTER)
def find_while_typing(
    ctx: Context,
    person: StatedPerson | None,
    numbers: Collection[StatedIdentifier] = (),
    *,
    phone: str = "",
    name: str = "",
) -> Suspects:
    """Who the half-typed form may be about: compared as at registration once a name and a birth date can be read, before
    that whoever carries one of the whole numbers or the phone. The desk sees the same of them as in the warning, and so does
    the trail.
    """
    candidates = find_candidates(person) if person else find_holders(numbers, phone=phone, name=name)
    return _shown(ctx, "duplicate-typing", candidates[:SHOWN], len(candidates[SHOWN:]))


def _shown(ctx: Context, kind: str, candidates: Sequence[Candidate], more: int) -> Suspects:
    bands = get_bands([one.patient_id for one in candidates])
    record_audit(ctx, "search", detail={"kind": kind, "shown": [str(one.patient_id) for one in candidates]})
    suspects = (
        Suspect(band, one.match, tuple((i["label"], mask(i["value"])) for i in band.ids))
        for one in candidates
        if (band := bands.get(one.patient_id))
    )
    return Suspects(tuple(suspects), more)
