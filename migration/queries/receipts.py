"""The receipt a facility keeps."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from migration.models import ImportBatch, Receipt
from migration.queries.batches import visible_batch
from migration.queries.reconciliation import Line
from registry.kernel import Context, NotFound, Permission, query


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with its batch; lines begin with the whole."""

    batch: ImportBatch
    number: str
    issued_at: datetime
    records: int
    lines: tuple[Line, ...]
    closes: bool


@query(Permission.IMPORT_READ, audited=False)
def get_receipt(ctx: Context, batch_id: uuid.UUID) -> ReceiptPage:
    """The receipt of a finished batch; raises NotFound."""
    batch = visible_batch(ctx, batch_id)
    receipt = Receipt.objects.filter(batch=batch).first()
    if receipt is None:
        raise NotFound("Đợt này chưa có biên nhận: biên nhận được lập khi nạp xong.")
    totals = receipt.totals
    names = ("rows_in", "loaded", "linked", "skipped", "quarantined")
    whole = Line("Hồ sơ trong tệp", *(totals[name] for name in names))
    lines = [Line(one["table"], *(one[name] for name in (*names, "kept"))) for one in totals["tables"]]
    return ReceiptPage(batch, receipt.number, receipt.issued_at, totals["records"], (whole, *lines), totals["closes"])
