"""Numbers in the words of a Vietnamese page, for texts that rules and queries make themselves."""

from __future__ import annotations

from decimal import Decimal


def number_text(value: Decimal) -> str:
    """Decimal comma, no trailing zeros: 57.50 is 57,5 and 20.00 is 20."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",")
