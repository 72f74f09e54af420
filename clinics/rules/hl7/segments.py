"""The lines of a message: separators from MSH, fields, components, escapes (HL7 v2.5.1 chapter 2.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.rules.invalid import Invalid
from registry.rules.text import clean_line

_ESCAPE_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")


@dataclass(frozen=True, slots=True)
class Separators:
    """Field, component, repetition, escape and subcomponent signs of one message."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """One line: name, fields as written (fields[0] is the name), its number in the message."""

    name: str
    fields: tuple[str, ...]
    number: int
    signs: Separators

    def raw(self, at: int) -> str:
        """A field as written; "" where there is none."""
        return self.fields[at] if at < len(self.fields) else ""

    def component(self, at: int, part: int = 1) -> str:
        """A component of a field's first repetition, read; "" where there is none."""
        parts = self.raw(at).split(self.signs.repetition)[0].split(self.signs.component)
        first = parts[part - 1].split(self.signs.sub)[0] if part <= len(parts) else ""
        return clean_line(unescape(first, self.signs))

    def text(self, at: int) -> str:
        """A whole field as text: repetitions are lines."""
        lines = [unescape(one, self.signs).strip() for one in self.raw(at).split(self.signs.repetition)]
        return "\n".join(line for line in lines if line)


def unescape(text: str, signs: Separators) -> str:
    r"""Escapes read: \F\ \S\ \T\ \R\ \E\, \.br\ as a line end, \Xhh..\ as UTF-8 bytes; formatting marks vanish."""
    mark = signs.escape
    if not mark or mark not in text:
        return text
    known = {"F": signs.field, "S": signs.component, "T": signs.sub, "R": signs.repetition, "E": mark, ".br": "\n"}
    parts = text.split(mark)
    said = [parts[0]]
    at = 1
    while at < len(parts):
        closed = at + 1 < len(parts)
        if not closed:  # a lone escape sign is what somebody wrote
            said.append(mark + parts[at])
        else:
            said += [_escaped(parts[at], known), parts[at + 1]]
        at += 2
    return "".join(said)


def _escaped(code: str, known: dict[str, str]) -> str:
    if code in known:
        return known[code]
    hexadecimal = _ESCAPE_HEX.fullmatch(code)
    if hexadecimal:
        return bytes.fromhex(hexadecimal.group(1)).decode("utf-8", errors="replace")
    return " " if code.startswith(".") else ""


def read_segments(text: str) -> list[Segment]:
    """The lines of a message, MSH first. Raises Invalid: hl7-head."""
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    first = lines[0] if lines else ""
    if not first.startswith("MSH") or len(first) < 9 or first[3].isalnum():  # noqa: PLR2004 - MSH|^~\&|
        raise Invalid("hl7-head", "Dòng đầu không phải MSH hợp lệ (MSH|^~\\&|…).")
    named = first[4:].split(first[3])[0]
    signs = Separators(first[3], *_padded(named))
    return [_segment(line, number, signs) for number, line in enumerate(lines, start=1)]


def _padded(named: str) -> tuple[str, str, str, str]:
    """The four encoding characters; those a sender leaves out are the usual ones."""
    whole = named + "^~\\&"[len(named) :]
    return whole[0], whole[1], whole[2], whole[3]


def _segment(line: str, number: int, signs: Separators) -> Segment:
    fields = line.split(signs.field)
    if fields[0] == "MSH":  # the separator itself is MSH-1
        fields.insert(1, signs.field)
    return Segment(fields[0], tuple(fields), number, signs)
