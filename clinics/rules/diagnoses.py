"""Diagnoses: one main, some secondary, each from the list in force when the visit ends.

TT 06/2026/TT-BYT (which replaced QĐ 4469/2020 from 01/07/2026) flags codes that may not be the main diagnosis, are not to
be used, or belong to one sex. The flags travel as properties of the registry's concepts: NOT_MAIN, FORBIDDEN, SEX, and ages
as FROM_AGE and TO_AGE (P28D, P10Y). What a list does not carry are the rules of clinics.rules.coding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clinics.rules.coding import Whom, age_fault, main_fault, sex_fault, used_fault
from registry.rules.dates import Age
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

ICD10 = "icd-10"
MOST_SECONDARY = 12  # XML1.MA_BENH_KT holds 100 characters: twelve codes of seven and their separators
NOT_MAIN = "not_main"
FORBIDDEN = "forbidden"
SEX = "only_sex"  # "female" or "male"; absent means both
FROM_AGE, TO_AGE = "from_age", "to_age"  # ISO 8601 of one unit; to_age exclusive
CHRONIC = "chronic"

_SHAPE = re.compile(r"^[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,2})?$", re.ASCII)
_AGE_BOUND = re.compile(r"^P\d{1,5}[DMY]$", re.ASCII)
_MARKS = str.maketrans("", "", " †*+")


@dataclass(frozen=True, slots=True)
class Coded:
    """A code of the list: normalised code, Vietnamese name, the flags that come with it."""

    code: str
    display: str
    properties: Mapping[str, object] = field(default_factory=dict)

    def has(self, flag: str) -> bool:
        """Whether the list sets this flag; lists write it as 1, true, x or có."""
        return str(self.properties.get(flag, "")).strip().lower() not in ("", "0", "false", "none", "không")


def normalise_code(text: str) -> str:
    """Write an ICD-10 code as the list does: "j029", "J02.9 ", "J02.9†" are J02.9; what is no code stays, in capitals."""
    code = "".join(text.upper().split()).translate(_MARKS).strip(".")
    if "." not in code and _SHAPE.match(f"{code[:3]}.{code[3:]}"):
        return f"{code[:3]}.{code[3:]}"
    return code


def looks_like_code(text: str) -> bool:
    """Whether somebody is typing a code ("J0", "J02.") rather than words."""
    return bool(re.match(r"^[A-Za-z][0-9][0-9A-Za-z.]{0,5}$", text.strip(), re.ASCII))


def check_selection(main: str, secondary: Sequence[str]) -> None:
    """Exactly one main, at most MOST_SECONDARY others, none twice. Raises Invalid at "main" or "secondary"."""
    if not main:
        raise Invalid("diagnosis-main-missing", "Cần đúng một bệnh chính.", "main")
    if len(secondary) > MOST_SECONDARY:
        template = "Nhiều nhất {most} bệnh kèm theo; đang có {count}."
        raise Invalid("diagnosis-too-many", Phrase(template, most=MOST_SECONDARY, count=len(secondary)), "secondary")
    repeated = next((code for at, code in enumerate(secondary) if code == main or code in secondary[:at]), "")
    if repeated:
        raise Invalid("diagnosis-twice", Phrase("Mã {code} được ghi hai lần.", code=repeated), "secondary")


def check_coded(coded: Coded, *, sex: str, field: str, age: Age | None = None) -> None:
    """Refuse a code whose flags do not fit. field: "main" or "secondary". An unknown sex or age is let pass."""
    whom = Whom(sex, age)
    if coded.has(FORBIDDEN):
        raise Invalid("diagnosis-forbidden", used_fault(coded.code), field)
    if field == "main" and coded.has(NOT_MAIN):
        raise Invalid("diagnosis-not-main", main_fault(coded.code), field)
    wrong_sex = sex_fault(coded.code, whom, str(coded.properties.get(SEX) or ""))
    if wrong_sex:
        raise Invalid("diagnosis-sex", wrong_sex, field)
    wrong_age = age_fault(coded.code, whom, *(_age_bound(coded, name) for name in (FROM_AGE, TO_AGE)))
    if wrong_age:
        raise Invalid("diagnosis-age", wrong_age, field)


def _age_bound(coded: Coded, name: str) -> str:
    """A bound as the list gives it; what cannot be read is none."""
    text = str(coded.properties.get(name) or "").strip().upper()
    return text if _AGE_BOUND.match(text) else ""
