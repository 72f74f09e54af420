"""Numbers for paper: taken out of the series before or during an outage, taken in afterwards, none doubled, none lost."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinics.commands.queue_numbers import hold_queue, take_number
from clinics.commands.steps import staff_of
from clinics.models import QueueBlock, QueueBlockEnd, QueueTicket
from clinics.queries.scope import facility_of, today_of
from clinics.rules.queueing import LONGEST_BLOCK
from clinics.rules.tickets import number_text
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Room
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line


@dataclass(frozen=True, slots=True)
class BlockClosed:
    """What a block came to: how many of its numbers are tickets, how many were never handed out."""

    taken_in: int
    unused: int


@command(Permission.VISIT_CHECK_IN)
def reserve_block(ctx: Context, *, room_id: int, count: int, reason: str) -> QueueBlock:
    """Take the next `count` numbers (1 to LONGEST_BLOCK) of a room today out of the series for paper, to be printed.

    The desk goes on after them at once. Refused at the wrong field.
    """
    room = Room.objects.filter(pk=room_id, facility_id=facility_of(ctx).id, active=True).first()
    faults = []
    if room is None:
        faults.append(Refused("room-unknown", "Hãy chọn một phòng đang dùng của cơ sở.", "room_id"))
    if not 0 < count <= LONGEST_BLOCK:
        limit = Phrase("Mỗi lần giữ từ 1 đến {most} số.", most=LONGEST_BLOCK)
        faults.append(Refused("block-size", limit, "count"))
    if not (cleaned := clean_line(reason)[:300]):
        faults.append(Refused("block-reason-missing", "Hãy ghi lý do giữ số.", "reason"))
    if faults or room is None:
        raise Refused.several(faults)
    last = take_number(room.pk, today_of(ctx), count)
    block = QueueBlock.objects.create(
        room=room,
        day=today_of(ctx),
        first=last - count + 1,
        last=last,
        reason=cleaned,
        by_id=staff_of(ctx),
        at=ctx.at,
    )
    record_audit(ctx, "create", target=("QueueBlock", block.pk), detail={"room": room.code, "count": count})
    return block


@command(Permission.VISIT_CHECK_IN)
def close_block(ctx: Context, *, block_id: uuid.UUID) -> BlockClosed:
    """Say that all paper of a block is in: what is no ticket by now was never handed out. Conflict when closed before."""
    block = hold_block(ctx, block_id)
    taken = set(block.tickets.values_list("number", flat=True))
    unused = [number for number in range(block.first, block.last + 1) if number not in taken]
    QueueBlockEnd.objects.create(block=block, unused=unused, by_id=staff_of(ctx), at=ctx.at)
    record_audit(ctx, "close", target=("QueueBlock", block.pk), detail={"taken": len(taken), "unused": len(unused)})
    return BlockClosed(len(taken), len(unused))


def hold_block(ctx: Context, block_id: uuid.UUID) -> QueueBlock:
    """This facility's open block, held until the transaction ends (a shared row: two desks take in one after the other)."""
    blocks = QueueBlock.objects.select_related("room").filter(room__facility_id=facility_of(ctx).id)
    block = blocks.filter(pk=block_id).first()
    if block is None:
        raise NotFound
    take_turns(block)
    if QueueBlockEnd.objects.filter(block=block).exists():
        raise Conflict("block-closed", "Khối số này đã kết thúc nhập. Hãy tải lại trang.")
    return block


def take_turns(block: QueueBlock) -> None:
    """Whoever changes a block waits for the others: its room's counter is the lock."""
    hold_queue(block.room_id)


def block_of_number(ctx: Context, room: Room, number: int) -> QueueBlock:
    """The open block a paper number belongs to; Refused at number when there is none or it was taken in before."""
    blocks = QueueBlock.objects.filter(room=room, day=today_of(ctx), first__lte=number, last__gte=number)
    block = blocks.first()
    if block is None:
        template = "Số {number} không thuộc khối số giấy nào của {room} hôm nay."
        raise Refused("paper-number", Phrase(template, number=number_text(number), room=room.name), "paper_number")
    take_turns(block)
    if QueueBlockEnd.objects.filter(block=block).exists():
        raise Refused("paper-closed", "Khối số giấy này đã kết thúc nhập.", "paper_number")
    if QueueTicket.objects.filter(room=room, day=block.day, number=number).exists():
        template = "Số giấy {number} đã nhập cho người khác."
        raise Refused("paper-taken", Phrase(template, number=number_text(number)), "paper_number")
    return block
