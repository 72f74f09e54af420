"""What a desk states of a card and its papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinics.rules.charges.ways import CardState, Place, Way, card_state, derive_way
from registry.rules.identifiers import parse_bhyt
from registry.rules.invalid import Invalid


@dataclass(frozen=True, slots=True)
class CardStated:
    """What the desk types from the card and its papers; "" and None where it says nothing.

    object_code "": derived from card and papers. benefit is asked only of cards that print 10 digits and the benefit beside
    them. note: why the desk chose another object code.
    """

    object_code: str = ""
    card: str = ""
    benefit: str = ""
    registered_at: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    referred_from: str = ""
    referral_number: str = ""
    exempt_from: date | None = None
    five_years_on: date | None = None
    area: str = ""
    referral_diagnosis: str = ""
    note: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether no more than a number is known, which is no statement yet: the card is asked for later."""
        said = (self.object_code, self.registered_at, self.referred_from, self.referral_number, self.benefit)
        return not any(text.strip() for text in said) and self.valid_from is None and self.valid_to is None

    @property
    def level_digit(self) -> str:
        """The benefit code of the card: the third sign of 15, else as stated; "" for none."""
        try:
            return parse_bhyt(self.card).benefit or self.benefit
        except Invalid:
            return self.benefit

    def way_at(self, place: Place, *, emergency: bool) -> Way | None:
        """The way of coming that card and papers give, whatever was chosen."""
        return derive_way(
            place,
            registered_at=self.registered_at.strip().upper(),
            referred_from=self.referred_from.strip().upper(),
            emergency=emergency,
        )

    def state_on(self, day: date) -> CardState:
        """The card on a day."""
        return card_state(self.valid_from, self.valid_to, day)
