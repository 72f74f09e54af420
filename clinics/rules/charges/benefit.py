"""What the fund pays of a visit: the card's benefit, the way the patient came, small visits, the yearly exemption.

Benefit figures: QĐ 1351/QĐ-BHXH (2015), Điều 2, kept by QĐ 1666/QĐ-BHXH (2020) for the cards printed since 01/04/2021.
Shares by way: the properties of list ma-doituong-kcb (Luật BHYT Điều 22, TT 01/2025/TT-BYT, NĐ 188/2025/NĐ-CP).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from clinics.rules.charges.money import HUNDRED, ZERO

BENEFITS: Mapping[str, Decimal] = {
    "1": Decimal(100),
    "2": Decimal(100),
    "3": Decimal(95),
    "4": Decimal(80),
    "5": Decimal(100),
}
NOT_INSURED = frozenset({"9"})  # MA_DOITUONG_KCB 9: not examined under insurance
# Code 1.2: paid in full whatever the card says (Luật BHYT Điều 22 khoản 1 điểm c, khoản 4 điểm c).
PAID_IN_FULL = frozenset({"1.2"})
EMERGENCY, REFERRED = "2", "1.3"
# MA_LOAI_KCB of stays; everything else is outpatient.
INPATIENT = frozenset({"03", "04", "06", "09"})
INPATIENT_ONLY_SHARE: Mapping[str, Decimal] = {
    "3.1": Decimal("0.4")
}  # Luật BHYT Điều 22 khoản 4 điểm g: 40 % in, 0 out
SMALL_VISIT_SHARE = Decimal("0.15")  # of the base salary (Luật BHYT Điều 22 khoản 1; NĐ 188/2025/NĐ-CP)


def way_share(code: str, properties: Mapping[str, object], care_type: str) -> Decimal | None:
    """The share (0 to 1) of the card's benefit that a way of coming keeps; None where the list states none."""
    if code in NOT_INSURED:
        return ZERO
    if code in INPATIENT_ONLY_SHARE:
        return INPATIENT_ONLY_SHARE[code] if care_type in INPATIENT else ZERO
    try:
        share = Decimal(str(properties.get("ty_le_huong", "")).replace(",", "."))
    except InvalidOperation:
        return None
    return share if ZERO <= share <= 1 else None


@dataclass(frozen=True, slots=True)
class Cover:
    """The insurance of one visit. benefit: the card's figure; share: by way of coming, None where undecided.

    exempt_from: the day from which the patient has paid six base salaries this year and pays no share (NGAY_MIEN_CCT).
    """

    code: str
    benefit: str
    share: Decimal | None
    exempt_from: date | None = None


def is_small(insured_total: Decimal, base_salary: Decimal | None) -> bool:
    """Whether a visit costs less than 15 % of the base salary; without a known salary no visit is small."""
    return base_salary is not None and insured_total < base_salary * SMALL_VISIT_SHARE


def level_of(cover: Cover | None, *, insured_total: Decimal, base_salary: Decimal | None, day: date) -> Decimal:
    """MUC_HUONG in percent: benefit × share; 100 × share when exempt; 100 for a small visit on the right way."""
    if cover is None or not cover.share or cover.code in NOT_INSURED or cover.benefit not in BENEFITS:
        return ZERO
    full = cover.code in PAID_IN_FULL or (cover.exempt_from is not None and cover.exempt_from <= day)
    full = full or (cover.share == 1 and is_small(insured_total, base_salary))
    return (HUNDRED if full else BENEFITS[cover.benefit]) * cover.share
