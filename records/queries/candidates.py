"""Who the duplicate warning shows: likely the same person, each with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.queries.band import Band, get_bands
from records.queries.duplicates import Candidate
from records.queries.patients import mask
from records.rules.matching import Match, Verdict
from registry.kernel import Context, Permission, query, record_audit


@dataclass(frozen=True, slots=True)
class Suspect:
    """Somebody on file beside the person stated. numbers: (label, masked number)."""

    band: Band
    match: Match
    numbers: tuple[tuple[str, str], ...]

    @property
    def certain(self) -> bool:
        """Whether nobody may say it is another person."""
        return self.match.verdict is Verdict.SAME


@query(Permission.RESIDENT_REGISTER)
def get_suspects(ctx: Context, candidates: Sequence[Candidate]) -> list[Suspect]:
    """The candidates as the desk may see them: names, birth, ward, masked numbers; one audit row with who was shown."""
    bands = get_bands([one.patient_id for one in candidates])
    record_audit(ctx, "search", detail={"kind": "duplicate", "shown": [str(one.patient_id) for one in candidates]})
    return [
        Suspect(band, one.match, tuple((i["label"], mask(i["value"])) for i in band.ids))
        for one in candidates
        if (band := bands.get(one.patient_id))
    ]
