"""A prescription while it is written: its lines as plain data, and what changed between two saves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clinics.rules.prescriptions import SLOTS, Dosing
from registry.rules.phrases import Phrase, joined

ANSWERS = ("yes", "no", "")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One medicine being written: code of the formulary, how it is taken, which medicine of the record it goes on with."""

    code: str
    dosing: Dosing
    continues: uuid.UUID | None = None

    def to_json(self) -> dict[str, Any]:
        """As a draft keeps it."""
        return {
            "code": self.code,
            **{name: f"{value:f}" for name, value in zip(SLOTS, self.dosing.slots, strict=True)},
            "days": self.dosing.days,
            "note": self.dosing.note,
            "continues": str(self.continues) if self.continues else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> DraftLine:
        """What to_json wrote."""
        morning, noon, afternoon, evening = (Decimal(kept[name]) for name in SLOTS)
        dosing = Dosing(morning, noon, afternoon, evening, int(kept["days"]), kept.get("note", ""))
        return cls(kept["code"], dosing, uuid.UUID(kept["continues"]) if kept.get("continues") else None)


@dataclass(frozen=True, slots=True)
class Written:
    """All that the page holds. reasons: key of a finding -> why it is overridden."""

    lines: tuple[DraftLine, ...] = ()
    reasons: Mapping[str, str] | None = None
    advice: str = ""
    pregnant: str = ""
    lactating: str = ""


def changes(before: Sequence[DraftLine], after: Sequence[DraftLine], names: Mapping[str, str]) -> Phrase:
    """What somebody else did to the lines meanwhile, in words. names: medicine by code."""
    old, new = {one.code: one for one in before}, {one.code: one for one in after}
    told = [
        *(Phrase("thêm {drug}", drug=names.get(code, code)) for code in new if code not in old),
        *(Phrase("bỏ {drug}", drug=names.get(code, code)) for code in old if code not in new),
        *(
            Phrase("đổi liều {drug}", drug=names.get(code, code))
            for code in new
            if code in old and new[code].dosing != old[code].dosing
        ),
    ]
    return joined(told, ", ") if told else Phrase("sửa lời dặn hoặc lý do")
