"""Finding residents: one box, many readings, only index paths. Never a count, an offset or a scan of the table.

Measured reasons in docs/performance.md: at 8.5 million residents a trigram search over the table takes seconds, while each
path below stays under a few milliseconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from records.queries.name_paths import named, slipped
from records.queries.search_paths import SPREAD, Asking, Row, numbered, readings, show_these
from records.queries.ties import tie_parameters
from records.rules.highlights import Segment, accents_met, mark_name
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.lookup import Query, QueryKind, classify_query

MOST = 50
NAMES = frozenset({QueryKind.NAME, QueryKind.NAME_BIRTH, QueryKind.NAME_PHONE})
CARDS = frozenset({QueryKind.QR_CCCD, QueryKind.QR_BHYT})


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
    marked: tuple[Segment, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The name in pieces, with whether each met what was typed."""
        return self.marked or ((self.name, False),)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave; iterates and counts as its list of hits. limited: there are more than shown.

    problem: Vietnamese, why a scanned code or a number could not be used, or what to add to narrow a long list. read: how
    the text was read; slipped: nobody is called exactly so, these are one slip of the keyboard away.
    """

    kind: QueryKind
    hits: tuple[Hit, ...] = ()
    limited: bool = False
    problem: str = ""
    read: Query | None = field(default=None, compare=False)
    slipped: bool = False

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
    day = timezone.localdate(ctx.at)
    asked = classify_query(text, day)
    wanted = limit + 1 if text.isascii() else max(limit + 1, SPREAD)  # accents are compared before the list is cut
    code = ctx.facility.code if ctx.facility else ""
    rows, read, by_slip = _look_up(asked, Asking(tie_parameters(ctx), code, day, wanted))
    if not text.isascii():
        rows = sorted(rows, key=lambda row: -accents_met(row.name, read.name))
    hits = tuple(_hit(row, read) for row in rows[:limit])
    limited = len(rows) > limit
    found = Found(asked.kind, hits, limited, _problem(read, bool(hits), limited, by_slip), read, by_slip)
    record_audit(ctx, "search", detail={"kind": asked.kind.value, "shown": [str(hit.patient_id) for hit in hits]})
    return found


def _look_up(asked: Query, asking: Asking) -> tuple[list[Row], Query, bool]:
    """Rows, the reading that gave them, and whether by a slip: another reading is tried only while nothing is found."""
    for one in (asked, *asked.others):
        for kind, value in readings(one):
            rows = _named(one, asking, named) if kind in NAMES else numbered(kind, value, asking)
            if kind is QueryKind.BIRTH:
                rows = [row for row in rows if row.is_open]  # a bare birth date lists one's own people only
            if rows:
                return rows, one, False
    for one in (asked, *asked.others):
        if one.kind in NAMES | CARDS and (rows := _named(one, asking, slipped)):
            return rows, one, True
    return [], asked, False


def _named(
    asked: Query, asking: Asking, path: Callable[[list[str], PartialDate | None, str, Asking], list[Row]]
) -> list[Row]:
    words = asked.folded.split()
    return path(words, asked.birth, asked.tail, asking) if words else []


def _problem(read: Query, anybody: bool, limited: bool, by_slip: bool) -> str:
    if by_slip:
        return "Không có ai đúng như đã gõ. Đây là những người có tên gần giống."
    if read.kind is QueryKind.NAME and " " not in read.folded and anybody:
        return "Chỉ có tên: hãy thêm họ hoặc năm sinh để thu hẹp."
    if limited:
        return _narrowing(read)
    return "" if anybody else read.problem


def _narrowing(read: Query) -> str:
    """What to add when there are too many."""
    if read.kind is QueryKind.NAME:
        return "Nhiều người trùng tên: hãy thêm năm sinh, ví dụ 1958."
    if read.kind is QueryKind.NAME_BIRTH:
        return "Nhiều người trùng: hãy thêm ngày sinh đủ, phường hoặc 4 số cuối điện thoại."
    return "Nhiều người khớp: hãy thêm họ tên để thu hẹp."


def show_hits(ids: Sequence[uuid.UUID], ctx: Context, limit: int) -> tuple[Hit, ...]:
    """These people as a search shows them, masked where the record is closed, in the order given."""
    asking = Asking(tie_parameters(ctx), "", timezone.localdate(ctx.at), limit)
    rows = {row.id: row for row in show_these(ids, asking)}
    nothing = Query(QueryKind.EMPTY, "")
    return tuple(_hit(rows[one], nothing) for one in ids if one in rows)


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
        marked=mark_name(row.name, asked.folded.split()) if asked.folded else (),
    )


def _names_birth(asked: Query, birth: PartialDate) -> bool:
    """Whether who searches already knows the birth date: it was typed or scanned, or a personal number was."""
    return asked.birth == birth or asked.kind in (QueryKind.CCCD, QueryKind.QR_CCCD, QueryKind.QR_BHYT)


def _year(birth: PartialDate) -> PartialDate:
    return PartialDate(date(birth.value.year, 1, 1), "year")


def mask(number: str) -> str:
    """All but the last three characters as dots: enough to tell people apart, too little to use."""
    return "•" * max(0, len(number) - 3) + number[-3:] if number else ""
