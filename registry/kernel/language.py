"""Words of the rules in the reader's language."""

from __future__ import annotations

from typing import TypeVar, overload

from django.utils.translation import gettext

from registry.rules.phrases import Phrase

T = TypeVar("T")


@overload
def in_language(text: str) -> str: ...
@overload
def in_language(text: T) -> T: ...
def in_language(text: object) -> object:
    """A phrase or a plain Vietnamese text of the rules in the language in force; what is no text stays as it is.

    Never for what people wrote or are called: a name may be spelled like a word.
    """
    if isinstance(text, Phrase):
        return text.translated(gettext)
    return gettext(text) if isinstance(text, str) and text else text
