"""MA_DOITUONG_KCB: by which way somebody came, as far as card, papers and facility tell it, and why.

Sources: list ma-doituong-kcb (QĐ 3276/QĐ-BYT 2025) with the articles it names: Luật BHYT Điều 22, TT 01/2025/TT-BYT,
NĐ 188/2025/NĐ-CP. Which code people who come by themselves have (1.12, 1.13, 1.14, 1.18, 3.x) hangs on the facility's own
classification, which the facility states once in its insurance profile; where it did not, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clinics.rules.charges.benefit import EMERGENCY, REFERRED

UNINSURED, PRIMARY, REGISTERED, OTHER_PRIMARY = "9", "1.2", "1.1", "1.11"
STATION, INITIAL = "health-station", "initial"


class Basis(StrEnum):
    """Why a way of coming stands."""

    UNINSURED = "uninsured"
    EMERGENCY = "emergency"
    STATION = "station"
    REGISTERED = "registered"
    REFERRED = "referred"
    PRIMARY = "primary"
    WALK_IN = "walk-in"
    CHOSEN = "chosen"


BASIS_NAMES: Mapping[Basis, str] = {
    Basis.UNINSURED: "không khám bằng thẻ BHYT",
    Basis.EMERGENCY: "cấp cứu",
    Basis.STATION: "khám tại trạm y tế, cơ sở cấp ban đầu",
    Basis.REGISTERED: "đúng nơi đăng ký ban đầu trên thẻ",
    Basis.REFERRED: "có phiếu chuyển cơ sở",
    Basis.PRIMARY: "tự đến cơ sở cấp ban đầu",
    Basis.WALK_IN: "tự đến, theo xếp cấp của cơ sở",
    Basis.CHOSEN: "người tiếp nhận chọn",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The facility of the visit. kind and level: Facility's; walk_in: its code for people who come by themselves, or ""."""

    code: str
    kind: str = ""
    level: str = ""
    walk_in: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A code of MA_DOITUONG_KCB and why it stands."""

    code: str
    basis: Basis


def derive_way(place: Place, *, registered_at: str, referred_from: str, emergency: bool) -> Way | None:
    """The way of somebody who shows a card; None where the desk must choose. Codes of facilities have five characters."""
    if emergency:
        return Way(EMERGENCY, Basis.EMERGENCY)
    if place.level == INITIAL and place.kind == STATION:
        return Way(PRIMARY, Basis.STATION)
    if registered_at and registered_at == place.code:
        return Way(REGISTERED, Basis.REGISTERED)
    if referred_from:
        return Way(REFERRED, Basis.REFERRED)
    if place.level == INITIAL:
        return Way(OTHER_PRIMARY, Basis.PRIMARY)
    return Way(place.walk_in, Basis.WALK_IN) if place.walk_in else None


class CardState(StrEnum):
    """A card on a day."""

    VALID = "valid"
    EARLY = "early"
    LATE = "late"
    UNKNOWN = "unknown"


CARD_STATE_NAMES: Mapping[CardState, str] = {
    CardState.VALID: "Thẻ còn giá trị",
    CardState.EARLY: "Thẻ chưa có giá trị",
    CardState.LATE: "Thẻ đã hết hạn",
    CardState.UNKNOWN: "Chưa rõ thời hạn thẻ",
}


def card_state(valid_from: date | None, valid_to: date | None, day: date) -> CardState:
    """Whether a card is valid on a day."""
    if valid_from is None or valid_to is None:
        return CardState.UNKNOWN
    if day < valid_from:
        return CardState.EARLY
    return CardState.LATE if day > valid_to else CardState.VALID
