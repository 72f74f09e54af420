"""ICD-10 codes as hospitals write them. The list itself is not shipped (TT 06/2026): only the shape is checked here."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"([A-Z][0-9][0-9A-Z])\.?([0-9A-Z]{1,4})?")
_MARKS = str.maketrans("", "", "†*+ ")


def normalise_icd(raw: str) -> str:
    """ "j18.9†" and "J189" -> "J18.9"; empty when the text cannot be an ICD-10 code.

    Dot, dagger and asterisk are tolerated because files carry them all (the raw text is kept beside it).
    """
    match = _SHAPE.fullmatch(raw.translate(_MARKS).upper())
    if not match:
        return ""
    stem, rest = match.groups()
    return f"{stem}.{rest}" if rest else stem


def split_codes(text: str) -> list[str]:
    """Codes of a field that holds several ("I10; E11.9"), in order, without empties."""
    return [part.strip() for part in re.split(r"[;,|]", text) if part.strip()]
