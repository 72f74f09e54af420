"""How growth is written: names of the measures, z-scores, percentiles."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from records.rules.growth import percentile
from records.rules.growth_tables import Measure
from records.web.growth_drawing import z_words
from registry.kernel import in_language
from registry.rules.phrases import Phrase
from registry.web.display import vi_number

register = template.Library()
LOWEST, HIGHEST = 0.1, 99.9
NAMES: Mapping[Measure, Phrase] = {
    Measure.WEIGHT: Phrase("Cân nặng theo tuổi"),
    Measure.HEIGHT: Phrase("Chiều dài, chiều cao theo tuổi"),
    Measure.BMI: Phrase("BMI theo tuổi"),
    Measure.HEAD: Phrase("Vòng đầu theo tuổi"),
}


@register.filter
def measure_name(measure: Measure) -> str:
    """What is judged, in words."""
    return in_language(NAMES[measure])


@register.filter
def z_score(z: float) -> str:
    """−1,24."""
    return z_words(z)


@register.filter
def percentile_words(z: float) -> str:
    """11; <0,1 and >99,9 where more would be made up."""
    share = percentile(z)
    if share < LOWEST:
        return f"<{vi_number(LOWEST, 1)}"
    if share > HIGHEST:
        return f">{vi_number(HIGHEST, 1)}"
    return vi_number(round(share, 1 if share < 10 or share > 90 else 0))  # noqa: PLR2004 - where a tenth matters
