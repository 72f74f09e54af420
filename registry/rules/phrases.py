"""What a rule says with values in it: it reads as Vietnamese by itself, and can still be said in another language.

    raise Invalid("cccd-length", Phrase("Số CCCD phải có 12 chữ số, đang có {count}.", count=len(digits)), "cccd")

Rules may not import Django, so they cannot translate; and a finished sentence cannot be translated any more. A phrase is
the finished Vietnamese sentence (a str) that remembers its template and its values. Every surface says it with
`registry.kernel.in_language`, which translates the template first and fills in the values afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

Value = str | int
Translate = Callable[[str], str]


class Phrase(str):
    """A template with named places ({count}) and the values that fill them; without values braces are plain signs.

    Values are numbers, names and codes ready to read (dates and decimals already written), or phrases, which are
    translated as well. `{state:lower}` begins a phrase with a small letter.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, /, **values: Value) -> Self:
        """Fill the template in. Raises KeyError when a place has no value."""
        phrase = super().__new__(cls, template.format(**values) if values else template)
        phrase.template, phrase.values = template, values
        return phrase

    def __format__(self, spec: str) -> str:
        """As str; `lower` writes the first letter small."""
        text = str(self)
        return text[:1].lower() + text[1:] if spec == "lower" else format(text, spec)

    def translated(self, translate: Translate) -> str:
        """The phrase in another language; values that are phrases too."""
        template = translate(self.template) if self.template else ""
        if not self.values:
            return template
        return template.format(**{key: _said(one, translate) for key, one in self.values.items()})

    def to_json(self) -> dict[str, Any]:
        """What a table keeps, so that the phrase can be said in another language later."""
        values = {key: one.to_json() if isinstance(one, Phrase) else one for key, one in self.values.items()}
        return {"template": self.template, "values": values}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Phrase:
        """The phrase that `to_json` wrote."""
        values = {key: cls.from_json(one) if isinstance(one, dict) else one for key, one in kept["values"].items()}
        return cls(kept["template"], **values)


def _said(value: Value, translate: Translate) -> Value:
    return Phrase(value.translated(translate)) if isinstance(value, Phrase) else value


def as_phrase(text: str) -> Phrase:
    """A plain sentence as a phrase, so that it is translated where it stands inside another one."""
    return text if isinstance(text, Phrase) else Phrase(text)


def joined(parts: Iterable[str], mark: str = " ") -> Phrase:
    """Sentences or names one after another, each said in the reader's language; empty ones are left out."""
    kept = {f"p{at}": as_phrase(part) for at, part in enumerate(filter(None, parts))}
    return Phrase(mark.join(f"{{{name}}}" for name in kept), **kept)
