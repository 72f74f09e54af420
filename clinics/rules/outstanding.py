"""What is still open when a visit is to be closed, and what the doctor may decide about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from registry.rules.phrases import Phrase, joined

MOST_NAMED = 5


class Leaving(StrEnum):
    """The doctor's choice about what is outstanding."""

    KEEP = "keep"
    DROP = "drop"


LEAVING_NAMES: Mapping[Leaving, str] = {
    Leaving.KEEP: "Để lại: kết quả trả sau, đơn viết dở ký sau",
    Leaving.DROP: "Huỷ chỉ định chưa làm, bỏ đơn viết dở",
}


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Names of ordered services without a result, medicines in a prescription nobody signed, critical values unanswered."""

    services: Sequence[str] = ()
    unsigned: int = 0
    criticals: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to decide about."""
        return bool(self.services or self.unsigned or self.criticals)

    @property
    def told(self) -> Phrase:
        """In words: what waits, by name."""
        parts = []
        if self.services:
            parts.append(Phrase("{count} chỉ định chưa có kết quả ({names})", **_named(self.services)))
        if self.unsigned:
            parts.append(Phrase("đơn {count} thuốc chưa ký", count=self.unsigned))
        if self.criticals:
            parts.append(Phrase("kết quả nguy kịch chưa xác nhận ({names})", names=_named(self.criticals)["names"]))
        return Phrase("Còn {what}.", what=joined(parts, "; "))


def _named(names: Sequence[str]) -> dict[str, str | int]:
    shown = ", ".join(names[:MOST_NAMED])
    return {"count": len(names), "names": f"{shown}, …" if len(names) > MOST_NAMED else shown}
