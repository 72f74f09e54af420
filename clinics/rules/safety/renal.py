"""How well the kidneys work, from the latest creatinine.

Adults from 18 years: CKD-EPI 2021 without race: 142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^−1.200 × 0.9938^age (× 1.012 women),
κ 0.7 / 0.9, α −0.241 / −0.302 (women / men), Scr in mg/dl (Inker LA et al., N Engl J Med 2021;385:1737–1749; formula as
kidney.org prints it). Children: bedside Schwartz, 0.413 × height in cm / Scr (Schwartz GJ et al., J Am Soc Nephrol
2009;20:629–637), made for 1 to 16 years; used here up to 17 and for nobody under one year.
"""

from __future__ import annotations

from decimal import Decimal

from clinics.rules.safety.facts import PersonFacts

UMOL_PER_MG_DL = 88.4
ADULT = 18
SCHWARTZ_FROM = 1


def egfr(facts: PersonFacts) -> Decimal | None:
    """ml/min/1.73 m² rounded to a whole number; None without what the formula needs."""
    if facts.creatinine is None or facts.creatinine.value <= 0:
        return None
    serum = float(facts.creatinine.value) / UMOL_PER_MG_DL
    if facts.years >= ADULT:
        return _ckd_epi(serum, facts.years, facts.sex)
    if facts.years >= SCHWARTZ_FROM and facts.height is not None:
        return Decimal(round(0.413 * float(facts.height.value) / serum))
    return None


def _ckd_epi(serum: float, years: int, sex: str) -> Decimal:
    """A person whose sex is not known is counted as a woman and as a man, and the lower value is taken."""
    values = [_adult(serum, years, female=female) for female in ((True, False) if sex not in SEXES else (SEXES[sex],))]
    return Decimal(round(min(values)))


SEXES = {"female": True, "male": False}


def _adult(serum: float, years: int, *, female: bool) -> float:
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = serum / kappa
    value = 142.0 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.2 * 0.9938**years
    return float(value * (1.012 if female else 1.0))
