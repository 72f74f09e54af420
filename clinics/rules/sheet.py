"""The doctor's sheet as it stands, what has changed since somebody looked at it, and what fills its empty lines.

Two people may have one visit open. Each line of the sheet carries a mark of what it said when it was shown. What a second
person changes and nobody else did is written; what somebody else changed and they left alone stays as it is now; a line
that both changed is not overwritten: the second person is told who wrote what, when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from records.rules.examination import SYSTEMS
from registry.rules.phrases import Phrase

LONGEST_QUOTE = 80  # of a line quoted in a message; the page shows all of it
TEXTS = ("reason", "course", "main", "secondary", "conclusion", "advice")
FIELD_NAMES: Mapping[str, Phrase] = {
    "reason": Phrase("Lý do đến khám"),
    "course": Phrase("Bệnh sử"),
    "main": Phrase("Bệnh chính"),
    "secondary": Phrase("Bệnh kèm theo"),
    "conclusion": Phrase("Kết luận và hướng xử trí"),
    "advice": Phrase("Tư vấn"),
    **{key: Phrase(one.name) for key, one in SYSTEMS.items()},
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sheet says: ICD-10 codes, texts, findings by body system (key of records.rules.examination.SYSTEMS)."""

    reason: str = ""
    main: str = ""
    secondary: tuple[str, ...] = ()
    conclusion: str = ""
    course: str = ""
    advice: str = ""
    findings: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> dict[str, str]:
        """Every line that says something, by its key in FIELD_NAMES, the same text for the same content."""
        texts = {name: getattr(self, name) for name in TEXTS if name != "secondary"}
        texts["secondary"] = "; ".join(sorted(self.secondary))
        return {name: text for name, text in {**texts, **self.findings}.items() if text}

    @property
    def marks(self) -> dict[str, str]:
        """A short mark of each line that says something."""
        return {name: _mark(text) for name, text in self.lines.items()}

    def with_line(self, name: str, text: str) -> Sheet:
        """The same with one line saying something else."""
        if name == "secondary":
            return replace(self, secondary=tuple(filter(None, text.split("; "))))
        if name in TEXTS:
            return replace(self, **{name: text})  # type: ignore[arg-type]
        return replace(self, findings={**self.findings, name: text})


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody else wrote into a line meanwhile: now, what it said before, who and when as they are read."""

    name: str
    now: str
    before: str
    who: str
    when: str

    @property
    def told(self) -> Phrase:
        """In one sentence."""
        words = {"who": self.who or Phrase("Người khác"), "when": self.when, "now": quoted(self.now)}
        if not self.before:
            return Phrase("{who} vừa ghi lúc {when}: “{now}”.", **words)
        return Phrase("{who} vừa sửa lúc {when}: “{before}” thành “{now}”.", before=quoted(self.before), **words)


def merged(seen: Mapping[str, str], standing: Sheet, wanted: Sheet) -> tuple[Sheet, list[str]]:
    """(the sheet to write, the lines both changed). seen: the marks of the sheet that `wanted` is an answer to."""
    now, want = standing.lines, wanted.lines
    clashes = []
    for name in FIELD_NAMES:
        theirs, ours, shown = _mark(now.get(name, "")), _mark(want.get(name, "")), seen.get(name, "")
        if theirs in (ours, shown):
            continue
        if ours != shown:
            clashes.append(name)
        wanted = wanted.with_line(name, now.get(name, ""))
    return wanted, clashes


def untouched(seen: Mapping[str, str], wanted: Sheet) -> set[str]:
    """The lines that still say what was shown."""
    want = wanted.lines
    return {name for name in FIELD_NAMES if _mark(want.get(name, "")) == seen.get(name, "")}


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet after empty lines were filled: which were, which said something already (keys of FIELD_NAMES)."""

    sheet: Sheet
    taken: Sequence[str]
    skipped: Sequence[str]


def fill(sheet: Sheet, offered: Sheet) -> Filled:
    """Fill what is empty and nothing else. The codes go together: a main disease is never joined to another's companions."""
    taken: list[str] = []
    skipped: list[str] = []
    said, coded = sheet.lines, bool(sheet.main or sheet.secondary)
    for name, text in offered.lines.items():
        full = coded if name in ("main", "secondary") else bool(said.get(name))
        if full and said.get(name) == text:
            continue
        (skipped if full else taken).append(name)
        sheet = sheet if full else sheet.with_line(name, text)
    order = list(FIELD_NAMES)
    return Filled(sheet, sorted(taken, key=order.index), sorted(skipped, key=order.index))


def marks_text(marks: Mapping[str, str]) -> str:
    """Marks as a form carries them."""
    return " ".join(f"{name}={mark}" for name, mark in sorted(marks.items()))


def read_marks(text: str) -> dict[str, str]:
    """What marks_text wrote; what is no mark is left out."""
    pairs = (part.partition("=") for part in text.split())
    return {name: mark for name, _, mark in pairs if name in FIELD_NAMES and mark}


def quoted(text: str) -> str:
    """A line short enough for a message."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
