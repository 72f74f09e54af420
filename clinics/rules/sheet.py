"""The doctor's sheet as it stands, and what has changed since somebody looked at it.

Two people may have one visit open. Each part of the sheet carries a mark of what it said when it was shown; a part that
says something else by now, and that the second person also wants to change, is not overwritten: they are told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from registry.rules.phrases import Phrase


class Part(StrEnum):
    """A part of the sheet that is saved as one."""

    DIAGNOSES = "diagnoses"
    CONCLUSION = "conclusion"
    COURSE = "course"
    ADVICE = "advice"
    FINDINGS = "findings"


PART_NAMES: Mapping[Part, Phrase] = {
    Part.DIAGNOSES: Phrase("chẩn đoán"),
    Part.CONCLUSION: Phrase("kết luận"),
    Part.COURSE: Phrase("bệnh sử"),
    Part.ADVICE: Phrase("tư vấn"),
    Part.FINDINGS: Phrase("khám lâm sàng"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sheet says: ICD-10 codes, texts, findings by body system (key of records.rules.examination.SYSTEMS)."""

    main: str = ""
    secondary: tuple[str, ...] = ()
    conclusion: str = ""
    course: str = ""
    advice: str = ""
    findings: Mapping[str, str] = field(default_factory=dict)

    def text_of(self, part: Part) -> str:
        """A part in one text, the same for the same content."""
        if part is Part.DIAGNOSES:
            return "; ".join([self.main, *sorted(self.secondary)]).strip("; ")
        if part is Part.FINDINGS:
            return "\n".join(f"{key}: {text}" for key, text in sorted(self.findings.items()) if text)
        return str(getattr(self, part.value))

    @property
    def marks(self) -> Mapping[Part, str]:
        """A short mark of each part; an empty part has an empty mark."""
        return {part: _mark(self.text_of(part)) for part in Part}


def overtaken(seen: Mapping[Part, str], standing: Sheet, wanted: Sheet) -> list[Part]:
    """The parts that changed since they were seen and that would now be overwritten with something else."""
    now, then = standing.marks, wanted.marks
    return [part for part in Part if part in seen and seen[part] != now[part] and then[part] != now[part]]


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
