"""Blocks of numbers for paper: those of today, what is taken in of each, and the sheet to print."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinics.models import QueueBlock
from clinics.queries.scope import facility_of, rooms_here, today_of
from clinics.rules.tickets import number_text
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.models import Room


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block: its numbers as printed, how many are tickets by now, which were never handed out once it is closed."""

    block: QueueBlock
    first: str
    last: str
    size: int
    taken_in: int
    closed: bool
    unused: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Numbers that are neither a ticket nor declared unused."""
        return 0 if self.closed else self.size - self.taken_in


@dataclass(frozen=True, slots=True)
class BlockPage:
    """Today's blocks and the rooms numbers may be reserved in."""

    rows: tuple[BlockRow, ...]
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class BlockSheet:
    """The slips of a block, to cut apart; no person is on them yet."""

    facility: str
    block: QueueBlock
    numbers: tuple[str, ...]


@query(Permission.VISIT_CHECK_IN)
def get_blocks(ctx: Context) -> BlockPage:
    """Today's blocks, newest first; at most 100."""
    found = QueueBlock.objects.filter(room__facility_id=facility_of(ctx).id, day=today_of(ctx))
    found = found.select_related("room", "by", "end").prefetch_related("tickets").order_by("-at")[:100]
    rows = tuple(_row(block) for block in found)
    record_audit(ctx, "list", target=("QueueBlock", "*"), detail={"shown": len(rows)})
    return BlockPage(rows, tuple(rooms_here(ctx)))


@query(Permission.VISIT_CHECK_IN)
def get_block_sheet(ctx: Context, block_id: uuid.UUID) -> BlockSheet:
    """The slips of this facility's block; NotFound otherwise."""
    blocks = QueueBlock.objects.select_related("room").filter(room__facility_id=facility_of(ctx).id)
    block = blocks.filter(pk=block_id).first()
    if block is None:
        raise NotFound
    record_audit(ctx, "print", target=("QueueBlock", block.pk))
    numbers = tuple(number_text(number) for number in range(block.first, block.last + 1))
    return BlockSheet(facility_of(ctx).name, block, numbers)


def paper_is_open(ctx: Context) -> bool:
    """Whether some block of today still waits for its paper: only then does the desk ask for a paper number."""
    found = QueueBlock.objects.filter(room__facility_id=facility_of(ctx).id, day=today_of(ctx), end=None)
    return found.exists()


def _row(block: QueueBlock) -> BlockRow:
    end = getattr(block, "end", None)
    return BlockRow(
        block=block,
        first=number_text(block.first),
        last=number_text(block.last),
        size=block.last - block.first + 1,
        taken_in=len(block.tickets.all()),
        closed=end is not None,
        unused=tuple(number_text(number) for number in end.unused) if end else (),
    )
