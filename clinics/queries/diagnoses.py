"""Finding codes of ICD-10: by code or by Vietnamese words typed without diacritics, as of a day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet

from clinics.queries.scope import today_of
from clinics.rules.diagnoses import ICD10, Coded, looks_like_code, normalise_code
from registry.kernel import Context, Permission, query
from registry.models import Concept
from registry.rules.text import fold

MOST_FOUND = 12
AFTER_ANY_CODE = "\uffff"  # sorts after every letter of a code, so that a prefix is a range of the unique index


@query(Permission.DIAGNOSIS_RECORD, audited=False)
def find_diagnoses(ctx: Context, text: str, *, limit: int = MOST_FOUND) -> list[Coded]:
    """Codes in force today that begin with what was typed, or whose Vietnamese name holds words beginning so."""
    return search_codes(text, today_of(ctx), limit)


@query(Permission.DIAGNOSIS_RECORD, audited=False)
def get_diagnoses(ctx: Context, codes: Sequence[str]) -> list[Coded]:
    """These codes, in the order asked; a code that is not in the list today has an empty display."""
    known = codes_on(codes, today_of(ctx))
    return [known.get(code, Coded(code, "")) for code in codes]


def codes_on(codes: Iterable[str], day: date) -> dict[str, Coded]:
    """The codes among these that are in force on the day."""
    found = Concept.objects.on(day).filter(system__key=ICD10, code__in=list(codes))
    return {concept.code: _coded(concept) for concept in found}


def search_codes(text: str, day: date, limit: int) -> list[Coded]:
    """Undecorated search. Codes walk the unique index as a range, words the index over `search_key`."""
    listed = Concept.objects.on(day).filter(system__key=ICD10)
    found = _by_code(listed, text) if looks_like_code(text) else _by_words(listed, text)
    return [_coded(concept) for concept in found[: min(limit, 50)]]


def nearest_code(code: str, day: date) -> Coded | None:
    """What somebody may have meant by an unknown code: the first code of the same three characters, else of two."""
    for length in (4, 3, 2):
        near = search_codes(code[:length].rstrip("."), day, 1) if len(code) >= length else []
        if near:
            return near[0]
    return None


def _by_code(listed: QuerySet[Concept], text: str) -> QuerySet[Concept]:
    code = normalise_code(text)
    return listed.filter(code__gte=code, code__lt=code + AFTER_ANY_CODE).order_by("code")


def _by_words(listed: QuerySet[Concept], text: str) -> QuerySet[Concept]:
    words = re.findall(r"[a-z0-9]+", fold(text))[:8]
    if not words:
        return listed.none()
    asked = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    return listed.annotate(words=SearchVector("search_key", config="simple")).filter(words=asked).order_by("code")


def _coded(concept: Concept) -> Coded:
    return Coded(concept.code, concept.display, concept.properties)
