"""Rules of a prescription: its national code, its kinds, how long it holds, for how many days it may be.

Sources. TT 26/2025/TT-BYT (outpatient prescriptions, in force 01/07/2025): medicines are fetched within 5 days of the day
of prescribing; each line says how much at a time, how many times a day, how many days; some chronic illnesses up to 90
days, else 30 (public summaries of the circular: suckhoedoisong.vn, 03/07/2025; ngoisao.vn, 02/07/2025). Narcotics for acute
illness at most 7 days and psychotropics at most 10 [M: as TT 52/2017/TT-BYT said; the text of 2025 was not read]. Code: 14
characters xxxxxyyyyyyy-z (QĐ 808/QĐ-BYT of 2022; kinds N, H, C and T: TT 27/2021 and TT 55/2025). The list of the 252
illnesses of 90 days is not shipped: ICD-10 codes marked chronic in the code list stand in for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TypeVar

from clinics.rules.formulary import Kind, Route
from clinics.rules.safety.doses import number
from clinics.rules.states import VisitState
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

VALID_DAYS = 5
# A closed visit's prescription may have to be replaced.
PRESCRIBING_STATES = frozenset(
    {VisitState.IN_CONSULTATION, VisitState.AWAITING_RESULTS, VisitState.ADMITTED, VisitState.CLOSED}
)
MOST_DAYS: Mapping[Kind, int] = {Kind.NARCOTIC: 7, Kind.PSYCHOTROPIC: 10, Kind.ORDINARY: 30, Kind.TRADITIONAL: 30}
CHRONIC_DAYS = 90
MOST_LINES = 30
MOST_UNITS = Decimal(1000)  # at one time: more is a slip of the keyboard
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
CODE = re.compile(r"[0-9A-Z]{5}[0-9a-z]{7}-[NHCT]")
SLOTS = ("morning", "noon", "afternoon", "evening")
SLOT_NAMES: Mapping[str, str] = {"morning": "sáng", "noon": "trưa", "afternoon": "chiều", "evening": "tối"}
T = TypeVar("T")


def make_code(facility: str, letters: Sequence[int], kind: Kind) -> str:
    """The national code from a facility's code and seven numbers under 36. Raises ValueError for any other shape."""
    code = f"{facility}{''.join(ALPHABET[one] for one in letters)}-{kind}"
    if not CODE.fullmatch(code):
        raise ValueError(f"no prescription code: {len(code)} characters")
    return code


def read_code(typed: str) -> str:
    """A code as typed or scanned. The five letters of the facility are capitals, the seven small, the kind a capital.

    Raises Invalid(prescription-code) at "code".
    """
    text = typed.strip()
    code = text[:5].upper() + text[5:12].lower() + text[12:].upper()
    if not CODE.fullmatch(code):
        message = "Mã đơn gồm 14 ký tự: 5 ký tự mã cơ sở, 7 chữ số hoặc chữ, gạch nối, rồi N, H, C hoặc T."
        raise Invalid("prescription-code", message, "code")
    return code


def valid_until(signed: date) -> date:
    """The last day medicines are given out for it; the day of signing is not counted (Bộ luật Dân sự 2015, article 147)."""
    return signed + timedelta(days=VALID_DAYS)


def by_kind(lines: Iterable[tuple[Kind, T]]) -> dict[Kind, list[T]]:
    """Lines by the prescription they belong on, in the order kinds are numbered."""
    found: dict[Kind, list[T]] = {}
    for kind, line in lines:
        found.setdefault(kind, []).append(line)
    return {kind: found[kind] for kind in Kind if kind in found}


@dataclass(frozen=True, slots=True)
class Dosing:
    """How one medicine is taken: units at each time of the day, for how many days, and words that go with it."""

    morning: Decimal
    noon: Decimal
    afternoon: Decimal
    evening: Decimal
    days: int
    note: str = ""

    @property
    def slots(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Morning, noon, afternoon, evening."""
        return self.morning, self.noon, self.afternoon, self.evening

    @property
    def daily(self) -> Decimal:
        """Units a day."""
        return sum(self.slots, Decimal(0))

    @property
    def quantity(self) -> Decimal:
        """Units for all days; what cannot be halved on the shelf is given out whole."""
        return (self.daily * self.days).to_integral_value(rounding=ROUND_CEILING)


def dosing_faults(dosing: Dosing, kind: Kind, *, chronic: bool) -> list[Invalid]:
    """What cannot be right in a line, each at its field of Dosing."""
    faults = []
    for name, units in zip(SLOTS, dosing.slots, strict=True):
        if not units.is_finite() or units < 0 or units > MOST_UNITS:
            faults.append(Invalid("dose-units", "Số lượng mỗi lần phải từ 0 đến 1.000.", name))
    if not faults and dosing.daily == 0:
        faults.append(Invalid("dose-missing", "Hãy ghi số lượng mỗi lần dùng.", "morning"))
    most = CHRONIC_DAYS if chronic and kind in {Kind.ORDINARY, Kind.TRADITIONAL} else MOST_DAYS[kind]
    if dosing.days < 1:
        faults.append(Invalid("days-missing", "Hãy ghi số ngày dùng.", "days"))
    elif dosing.days > most:
        faults.append(Invalid("days-many", Phrase("Đơn này không quá {most} ngày.", most=most), "days"))
    return faults


_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_AFTER_TEN = {5: "lăm"}
_AFTER_TENS = {1: "mốt", 5: "lăm"}


def in_words(count: int) -> str:
    """A quantity of narcotics in Vietnamese words, its first letter a capital: "Hai mươi mốt". Up to 999; else digits."""
    if not 0 <= count < 1000:  # noqa: PLR2004
        return str(count)
    hundreds, rest = divmod(count, 100)
    tens, ones = divmod(rest, 10)
    said = [_DIGITS[hundreds], "trăm"] if hundreds else []
    if hundreds and not tens and ones:
        said.append("linh")
    if tens:
        said += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if ones or not said:
        irregular = _AFTER_TEN if tens == 1 else _AFTER_TENS if tens else {}
        said.append(irregular.get(ones, _DIGITS[ones]))
    text = " ".join(said)
    return text[:1].upper() + text[1:]


def quantity_words(quantity: Decimal, unit: str, kind: Kind) -> str:
    """As the paper writes it: narcotics in words, else digits with a nought before a single one.

    [M: TT 52/2017/TT-BYT, article 6; the circular of 2025 was not read.]
    """
    whole = quantity == quantity.to_integral_value()
    if kind is Kind.NARCOTIC and whole:
        return f"{in_words(int(quantity))} {unit}"
    return f"{int(quantity):02d} {unit}" if whole else f"{number(quantity)} {unit}"


def dose_words(dosing: Dosing, route: Route, unit: str) -> str:
    """The instruction as the paper carries it: "Uống ngày 2 lần: sáng 1 viên, tối 1 viên. Uống sau ăn."."""
    told = [
        Phrase("{slot} {units} {unit}", slot=Phrase(SLOT_NAMES[name]), units=number(units), unit=unit)
        for name, units in zip(SLOTS, dosing.slots, strict=True)
        if units > 0
    ]
    times = Phrase("{verb} ngày {count} lần: {told}.", verb=route.verb, count=len(told), told=", ".join(told))
    return f"{times} {dosing.note}".strip()
