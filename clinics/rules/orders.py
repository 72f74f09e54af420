"""Orders of laboratory, imaging and procedures: kinds, urgency, and the steps one ordered service goes through."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ServiceKind(StrEnum):
    """What sort of service it is; it decides which worklist shows it and where its result lands in the record."""

    LAB = "lab"
    IMAGING = "imaging"
    FUNCTION = "function"
    PROCEDURE = "procedure"


KIND_NAMES: Mapping[ServiceKind, str] = {
    ServiceKind.LAB: "Xét nghiệm",
    ServiceKind.IMAGING: "Chẩn đoán hình ảnh",
    ServiceKind.FUNCTION: "Thăm dò chức năng",
    ServiceKind.PROCEDURE: "Thủ thuật",
}

# Tubes and vessels as laboratories call them; a service without one needs no specimen.
SPECIMENS: Mapping[str, str] = {
    "edta": "Máu EDTA (nắp tím)",
    "serum": "Máu không chống đông (nắp đỏ)",
    "heparin": "Máu heparin (nắp xanh lá)",
    "citrate": "Máu citrat (nắp xanh dương)",
    "fluoride": "Máu NaF (nắp xám)",
    "urine": "Nước tiểu",
    "stool": "Phân",
    "sputum": "Đờm",
    "swab": "Dịch phết",
}


class Urgency(StrEnum):
    """How soon (FHIR RequestPriority)."""

    ROUTINE = "routine"
    URGENT = "urgent"
    STAT = "stat"


URGENCY_NAMES: Mapping[Urgency, str] = {
    Urgency.ROUTINE: "Thường",
    Urgency.URGENT: "Khẩn",
    Urgency.STAT: "Cấp cứu",
}


class OrderState(StrEnum):
    """Where one ordered service stands."""

    ORDERED = "ordered"
    TAKEN = "taken"
    IN_PROGRESS = "in-progress"
    RESULTED = "resulted"
    VERIFIED = "verified"
    CANCELLED = "cancelled"


ORDER_STATE_NAMES: Mapping[OrderState, str] = {
    OrderState.ORDERED: "Chờ thực hiện",
    OrderState.TAKEN: "Đã lấy mẫu",
    OrderState.IN_PROGRESS: "Đang thực hiện",
    OrderState.RESULTED: "Chờ duyệt",
    OrderState.VERIFIED: "Đã có kết quả",
    OrderState.CANCELLED: "Đã huỷ",
}

# A rejected specimen sends its services back to be taken again. An analyser may answer before anybody scanned the tube in,
# and who draws no specimen (imaging) needs no separate "received". A verified result that is corrected stays verified.
ORDER_STEPS: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.ORDERED: frozenset(
        {OrderState.TAKEN, OrderState.IN_PROGRESS, OrderState.RESULTED, OrderState.CANCELLED}
    ),
    OrderState.TAKEN: frozenset(
        {OrderState.ORDERED, OrderState.IN_PROGRESS, OrderState.RESULTED, OrderState.CANCELLED}
    ),
    OrderState.IN_PROGRESS: frozenset({OrderState.ORDERED, OrderState.RESULTED, OrderState.CANCELLED}),
    OrderState.RESULTED: frozenset({OrderState.RESULTED, OrderState.IN_PROGRESS, OrderState.VERIFIED}),
    OrderState.VERIFIED: frozenset({OrderState.VERIFIED}),
    OrderState.CANCELLED: frozenset(),
}

OPEN_ORDER_STATES: tuple[OrderState, ...] = (
    OrderState.ORDERED,
    OrderState.TAKEN,
    OrderState.IN_PROGRESS,
    OrderState.RESULTED,
)
TO_ENTER: tuple[OrderState, ...] = (OrderState.ORDERED, OrderState.TAKEN, OrderState.IN_PROGRESS)
MOST_ITEMS = 40  # of one order: what fits on a paper slip


def may_step(before: OrderState, after: OrderState) -> bool:
    """Whether an ordered service may go from one state to the other."""
    return after in ORDER_STEPS[before]


def number_of(day: str, count: int) -> str:
    """An order's or a specimen's number: yymmdd and four digits at least, digits only, so that any scanner reads it."""
    return f"{day}{count:04d}"
