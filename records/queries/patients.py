"""Finding residents: one box, many readings, only index paths. Never a count, an offset or a scan of the table.

Measured reasons in docs/performance.md: at 8.5 million residents a trigram search over the table takes seconds, while each
path below stays under a few milliseconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from records.queries import search_paths
from records.queries.search_paths import Row
from records.queries.ties import tie_parameters
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.lookup import Query, QueryKind, classify_query

MOST = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """One resident found, as much as may be shown before the record is open.

    is_open: whether the record is open to the acting facility. Where it is not, numbers and phone are masked to their last
    digits and the birth date to its year unless the search itself named it.
    """

    patient_id: uuid.UUID
    name: str
    sex: str
    birth: PartialDate
    ward_name: str
    phone: str
    cccd: str
    bhyt: str
    is_open: bool
    deceased: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave; iterates and counts as its list of hits. limited: there are more than shown.

    problem: Vietnamese, why a scanned code or a number could not be used, or that a bare given name needs more.
    """

    kind: QueryKind
    hits: tuple[Hit, ...] = ()
    limited: bool = False
    problem: str = ""
    read: Query | None = field(default=None, compare=False)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def __getitem__(self, index: int) -> Hit:
        return self.hits[index]


@query(Permission.RESIDENT_SEARCH)
def find_patients(ctx: Context, text: str, limit: int = 20) -> Found:
    """Residents for a typed or scanned text: number, phone or its tail, name in any word order with or without
    diacritics, name with birth date or year, QR string.

    One audit row holds the kind of query and the numbers of the people shown, never the text.
    """
    limit = max(1, min(limit, MOST))
    asked = classify_query(text, timezone.localdate(ctx.at))
    rows = search_paths.look_up(asked, tie_parameters(ctx), limit + 1)
    hits = tuple(_hit(row, asked) for row in rows[:limit])
    found = Found(asked.kind, hits, len(rows) > limit, _problem(asked, bool(hits)), asked)
    record_audit(ctx, "search", detail={"kind": asked.kind.value, "shown": [str(hit.patient_id) for hit in hits]})
    return found


def _problem(asked: Query, anybody: bool) -> str:
    if asked.kind is QueryKind.NAME and " " not in asked.folded:
        return "Chỉ có tên: hãy thêm họ hoặc năm sinh để thu hẹp."
    return "" if anybody else asked.problem


def _hit(row: Row, asked: Query) -> Hit:
    shows_birth = row.is_open or _names_birth(asked, row.birth)
    shown = str if row.is_open else mask
    return Hit(
        patient_id=row.id,
        name=row.name,
        sex=row.sex,
        birth=row.birth if shows_birth else _year(row.birth),
        ward_name=row.ward_name,
        phone=shown(row.phone),
        cccd=shown(row.cccd),
        bhyt=shown(row.bhyt),
        is_open=row.is_open,
        deceased=row.deceased,
    )


def _names_birth(asked: Query, birth: PartialDate) -> bool:
    """Whether who searches already knows the birth date: it was typed or scanned, or a personal number was."""
    return asked.birth == birth or asked.kind in (QueryKind.CCCD, QueryKind.QR_CCCD, QueryKind.QR_BHYT)


def _year(birth: PartialDate) -> PartialDate:
    return PartialDate(date(birth.value.year, 1, 1), "year")


def mask(number: str) -> str:
    """All but the last three characters as dots: enough to tell people apart, too little to use."""
    return "•" * max(0, len(number) - 3) + number[-3:] if number else ""
