"""By which way somebody came: derived from card, papers and facility, and never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from clinics.rules.charges.cards import CardStated
from clinics.rules.charges.ways import BASIS_NAMES, Basis, CardState, Place, Way, card_state, derive_way

HERE, ELSEWHERE = "01T01", "01929"
CLINIC = Place(HERE, "polyclinic", "basic")


@pytest.mark.parametrize(
    ("place", "registered", "referred", "emergency", "way"),
    [
        (CLINIC, HERE, "", False, Way("1.1", Basis.REGISTERED)),
        (CLINIC, ELSEWHERE, ELSEWHERE, False, Way("1.3", Basis.REFERRED)),
        (CLINIC, ELSEWHERE, "", False, None),
        (CLINIC, "", "", False, None),
        (CLINIC, ELSEWHERE, "", True, Way("2", Basis.EMERGENCY)),
        (Place(HERE, "polyclinic", "basic", "1.12"), ELSEWHERE, "", False, Way("1.12", Basis.WALK_IN)),
        (Place(HERE, "health-station", "initial"), ELSEWHERE, "", False, Way("1.2", Basis.STATION)),
        (Place(HERE, "health-station", "initial"), HERE, "", False, Way("1.2", Basis.STATION)),
        (Place(HERE, "polyclinic", "initial"), ELSEWHERE, "", False, Way("1.11", Basis.PRIMARY)),
    ],
)
def test_the_way_follows_from_card_papers_and_facility(
    place: Place, registered: str, referred: str, emergency: bool, way: Way | None
) -> None:
    assert derive_way(place, registered_at=registered, referred_from=referred, emergency=emergency) == way


@pytest.mark.parametrize(
    ("first", "last", "state"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), CardState.VALID),
        (date(2026, 11, 23), date(2026, 11, 23), CardState.VALID),
        (date(2026, 11, 24), date(2026, 12, 31), CardState.EARLY),
        (date(2026, 1, 1), date(2026, 11, 22), CardState.LATE),
        (None, date(2026, 12, 31), CardState.UNKNOWN),
    ],
)
def test_a_card_is_judged_on_the_day(first: date | None, last: date | None, state: CardState) -> None:
    assert card_state(first, last, date(2026, 11, 23)) is state


def test_a_bare_number_is_no_statement_and_a_card_says_its_level() -> None:
    assert CardStated(card="GD4010123456789").is_bare
    assert not CardStated(card="GD4010123456789", registered_at=HERE).is_bare
    assert CardStated(card="gd 4 01 0123456789").level_digit == "4"
    assert CardStated(card="0123456789", benefit="5").level_digit == "5"
    assert CardStated(card="?", benefit="").level_digit == ""
    assert set(BASIS_NAMES) == set(Basis)
