"""Where every row went: sums over the ledger's chunks, and nothing else."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Sum

from migration.models import ChunkTable, ImportChunk

# What people call the tables; XML names of QĐ 3176 are shown with what they hold.
TABLE_TITLES = {
    "person": "Người bệnh",
    "encounter": "Lượt khám",
    "condition": "Chẩn đoán",
    "round": "Vòng tầm soát",
    "THONGTINMUITIEM": "Tiêm chủng",
    "TIENSU": "QĐ 831 · tiền sử",
    "TIEMCHUNG": "QĐ 831 · tiêm chủng",
    "KHAMCHUABENH": "QĐ 831 · lượt khám",
    "QD831": "QĐ 831 · mục không đọc được",
    "XML0": "XML0 · check-in",
    "XML2": "XML2 · thuốc",
    "XML3": "XML3 · dịch vụ",
    "XML4": "XML4 · cận lâm sàng",
    "XML5": "XML5 · diễn biến",
    "XML6": "XML6 · HIV",
    "XML7": "XML7 · giấy ra viện",
    "XML8": "XML8 · tóm tắt BA",
    "XML9": "XML9 · chứng sinh",
    "XML10": "XML10 · dưỡng thai",
    "XML11": "XML11 · nghỉ BHXH",
    "XML12": "XML12 · giám định",
    "XML13": "XML13 · chuyển tuyến",
    "XML14": "XML14 · hẹn khám lại",
    "XML15": "XML15 · lao",
}
_ORDER = list(TABLE_TITLES)


@dataclass(frozen=True, slots=True)
class Line:
    """One table of the reconciliation. kept: rows that stay in the kept file, the record has no place for them."""

    table: str
    rows_in: int
    loaded: int
    linked: int
    skipped: int
    quarantined: int
    kept: int = 0

    @property
    def title(self) -> str:
        """What people call it."""
        return TABLE_TITLES.get(self.table, self.table)

    @property
    def total(self) -> int:
        """Everything accounted for."""
        return self.loaded + self.linked + self.skipped + self.quarantined + self.kept

    @property
    def closes(self) -> bool:
        """Whether rows in equals the sum."""
        return self.rows_in == self.total


@dataclass(frozen=True, slots=True)
class Totals:
    """A batch in numbers. records: of the file; rows_in: of the chunks done so far. notices: doubts by code."""

    records: int
    chunks: int
    chunks_done: int
    rows_in: int
    loaded: int
    linked: int
    skipped: int
    quarantined: int
    tables: tuple[Line, ...]
    notices: dict[str, int]

    @property
    def closes(self) -> bool:
        """Whether every record read is accounted for, in the whole and in every table."""
        whole = self.rows_in == self.loaded + self.linked + self.skipped + self.quarantined
        return whole and all(line.closes for line in self.tables)

    def to_json(self) -> dict[str, Any]:
        """As receipts and --json carry it."""
        return asdict(self) | {"tables": [asdict(line) for line in self.tables], "closes": self.closes}


def count_batch(batch_id: uuid.UUID) -> Totals:
    """The sums of a batch as they stand now."""
    chunks = ImportChunk.objects.filter(batch_id=batch_id)
    counted = chunks.totals()
    notices: Counter[str] = Counter()
    for one in chunks.exclude(notices={}).values_list("notices", flat=True):
        notices.update(one)
    return Totals(
        records=counted.pop("planned"), **counted, tables=_tables(batch_id), notices=dict(sorted(notices.items()))
    )


def _tables(batch_id: uuid.UUID) -> tuple[Line, ...]:
    names = ("rows_in", "loaded", "linked", "skipped", "quarantined", "kept")
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in names}
    rows = ChunkTable.objects.filter(chunk__batch_id=batch_id).values("table").annotate(**sums)
    lines = [Line(*row) for row in rows.values_list("table", *sums)]
    return tuple(sorted(lines, key=lambda line: (_place(line.table), line.table)))


def count_records(batch_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Line]:
    """The record counts of several batches in one query; a batch without chunks is left out."""
    names = ("rows_in", "loaded", "linked", "skipped", "quarantined")
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in names}
    rows = ImportChunk.objects.filter(batch_id__in=batch_ids).order_by().values("batch_id").annotate(**sums)
    return {batch_id: Line("record", *counts) for batch_id, *counts in rows.values_list("batch_id", *sums)}


def _place(table: str) -> int:
    return _ORDER.index(table) if table in _ORDER else len(_ORDER)
