"""One message of results: its head, its orders, what was observed of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from clinics.rules.hl7.segments import Segment, read_segments
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

FINAL, CORRECTED = frozenset({"", "F", "R", "V", "U"}), "C"


@dataclass(frozen=True, slots=True)
class Observed:
    """One OBX. codes: OBX-3 identifier and its alternative; value as our forms take it; status: OBX-11."""

    codes: tuple[str, ...]
    name: str
    value: str
    unit: str
    status: str
    segment: int


@dataclass(frozen=True, slots=True)
class Group:
    """One OBR with its observations. numbers: everything that may be an order's or a vessel's number."""

    numbers: tuple[str, ...]
    service: str
    segment: int
    observed: tuple[Observed, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One ORU^R01. birth: PID-7 when it is a whole day; sender: MSH-3 and MSH-4."""

    control_id: str
    sender: str
    birth: date | None
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """MSH, readable even where the rest is not."""

    control_id: str = ""
    application: str = ""
    facility: str = ""
    kind: str = ""
    version: str = ""

    @property
    def sender(self) -> str:
        """Who sent it: application and facility."""
        return f"{self.application}|{self.facility}".strip("|")[:300]


def read_head(text: str) -> Head:
    """MSH of a message; empty where it cannot be read."""
    try:
        segments = read_segments(text)
    except Invalid:
        return Head()
    head = segments[0]
    kind = "^".join(filter(None, (head.component(9), head.component(9, 2))))
    return Head(head.component(10)[:199], head.component(3), head.component(4), kind, head.component(12))


def read_message(text: str) -> Message:
    """One message whole. Raises Invalid: hl7-head, hl7-kind, hl7-empty."""
    segments = read_segments(text)
    head = read_head(text)
    if head.kind not in {"ORU^R01", "ORU"}:
        told = Phrase("Bản tin loại {kind} không phải kết quả (ORU^R01).", kind=head.kind or "?")
        raise Invalid("hl7-kind", told)
    groups = tuple(_groups(segments))
    if not groups:
        raise Invalid("hl7-empty", "Bản tin không có kết quả nào: thiếu OBR hoặc OBX.")
    return Message(head.control_id, head.sender, _birth(segments), groups)


def _groups(segments: Sequence[Segment]) -> Iterator[Group]:
    """OBR by OBR. ORC stands before its OBR, SPM after its observations."""
    order: Segment | None = None
    start: Segment | None = None
    body: list[Segment] = []
    for one in segments:
        if start is not None and one.name in {"ORC", "OBR"}:
            yield _group(order, start, body)
            start, body, order = None, [], None
        if one.name == "ORC":
            order = one
        elif one.name == "OBR":
            start = one
        elif start is not None:
            body.append(one)
    if start is not None:
        yield _group(order, start, body)


def _group(order: Segment | None, start: Segment, body: Sequence[Segment]) -> Group:
    numbers = [start.component(at) for at in (2, 3)]
    numbers += [order.component(at) for at in (2, 3)] if order else []
    for one in body:
        if one.name == "SPM":
            numbers += [one.component(2), one.component(2, 2), one.component(3)]
    observed = tuple(_observed(one) for one in body if one.name == "OBX")
    notes = tuple(text for one in body if one.name == "NTE" and (text := one.text(3)))
    wanted = tuple(dict.fromkeys(number for number in numbers if number))
    return Group(wanted, start.component(4), start.number, observed, notes)


def _observed(one: Segment) -> Observed:
    codes = tuple(dict.fromkeys(filter(None, (one.component(3), one.component(3, 4)))))
    unit = one.component(6)
    if unit == "10" and one.component(6, 2):  # 10^9/L with its sign not escaped, as many analysers write it
        unit = f"10^{one.component(6, 2)}"
    name = one.component(3, 2) or one.component(3)
    return Observed(codes, name, _value(one), unit, one.component(11).upper(), one.number)


def _value(one: Segment) -> str:
    """OBX-5 as our forms take it: a number with a point, "<0.5", or words."""
    kind = one.component(2).upper()
    if kind == "SN":  # comparator ^ number ^ separator ^ number
        return "".join(filter(None, (one.component(5, part) for part in (1, 2, 3, 4))))
    if kind in {"CE", "CWE", "CNE"}:
        return one.component(5, 2) or one.component(5)
    return one.text(5)


def _birth(segments: Sequence[Segment]) -> date | None:
    person = next((one for one in segments if one.name == "PID"), None)
    said = person.component(7)[:8] if person else ""
    try:
        return date(int(said[:4]), int(said[4:6]), int(said[6:8])) if len(said) == 8 else None  # noqa: PLR2004
    except ValueError:
        return None
