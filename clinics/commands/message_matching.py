"""Where the parts of a result message belong: by the number of an order or a vessel, then analyte by analyte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from clinics.commands.order_steps import items_to_change
from clinics.models import OrderItem, ServiceOrder, Specimen
from clinics.queries.scope import facility_of
from clinics.queries.services import analytes_of
from clinics.rules.hl7 import FINAL, Group, Observed, same_unit
from clinics.rules.orders import TO_ENTER, OrderState
from clinics.rules.results import AnalyteCard, Answer, Value
from records.models import Patient
from registry.kernel import Context
from registry.rules.phrases import Phrase

ENTERABLE = frozenset({*TO_ENTER, OrderState.RESULTED})


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person must look at: why, at which segment, under which number."""

    code: str
    told: Phrase
    segment: int
    number: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """An ordered service and what the message answers for it."""

    item: OrderItem
    answer: Answer
    segment: int


def place_group(ctx: Context, group: Group, birth: date | None) -> tuple[list[Placed], list[Problem]]:
    """The ordered services a group answers, locked, and everything that has no place."""
    number = ", ".join(group.numbers)[:80]
    items = _items(ctx, group.numbers)
    if not items:
        told = Phrase("Không có phiếu hay mẫu nào mang số {number}.", number=number or "?")
        return [], [Problem("number-unknown", told, group.segment, number)]
    if _another_person(items[0].order.visit.encounter.patient, birth):
        told = Phrase("Ngày sinh trong bản tin khác ngày sinh của người có phiếu {number}.", number=number)
        return [], [Problem("person-differs", told, group.segment, number)]
    return _place(group, items, number)


def _items(ctx: Context, numbers: Sequence[str]) -> list[OrderItem]:
    """What stands under these numbers: a vessel's services first, else an order's."""
    here = facility_of(ctx).id
    vessel = Specimen.objects.filter(facility_id=here, number__in=numbers).first()
    if vessel is not None:
        which = {"specimen": vessel}
        found = OrderItem.objects.filter(facility_id=here, **which).exclude(state=OrderState.ORDERED)
        return items_to_change(ctx, pk__in=list(found.values_list("pk", flat=True))) if found.exists() else []
    order = ServiceOrder.objects.filter(facility_id=here, number__in=numbers).first()
    return items_to_change(ctx, order=order) if order is not None else []


def _another_person(patient: Patient, birth: date | None) -> bool:
    return birth is not None and patient.birth_precision == "day" and patient.birth_date != birth


def _place(group: Group, items: Sequence[OrderItem], number: str) -> tuple[list[Placed], list[Problem]]:
    cards = analytes_of({one.service_id for one in items})
    open_items = sorted(items, key=lambda one: one.state not in ENTERABLE)
    answers: dict[OrderItem, dict[str, str]] = {}
    first: dict[OrderItem, int] = {}
    words: dict[OrderItem, list[str]] = {}
    problems: list[Problem] = []
    for observed in group.observed:
        if observed.status not in FINAL:
            problems.append(_not_final(observed, number))
            continue
        item, card = _asked(observed, open_items, cards, group.service)
        if item is None:
            told = Phrase("Chỉ số {name} không thuộc dịch vụ nào của phiếu.", name=observed.name or "?")
            problems.append(Problem("analyte-unknown", told, observed.segment, number))
        elif card is None:
            words.setdefault(item, []).append(observed.value)
            first.setdefault(item, observed.segment)
        elif not card.words and not same_unit(observed.unit, card.unit):
            told = Phrase(
                "{name}: máy gửi đơn vị {sent}, danh mục dùng {own}.", name=card.name, sent=observed.unit, own=card.unit
            )
            problems.append(Problem("unit-differs", told, observed.segment, number))
        else:
            answers.setdefault(item, {})[card.code] = observed.value
            first.setdefault(item, observed.segment)
    notes = "\n".join(group.notes)
    placed = [
        Placed(item, _answer(item, answers.get(item, {}), words.get(item, ()), notes), segment)
        for item, segment in first.items()
    ]
    return placed, problems


def _asked(
    observed: Observed, items: Sequence[OrderItem], cards: Mapping[int, Sequence[AnalyteCard]], service: str
) -> tuple[OrderItem | None, AnalyteCard | None]:
    """The ordered service and analyte an observation answers; a service without analytes (imaging) by its own code."""
    codes = {code.casefold() for code in observed.codes}
    for item in items:
        for card in cards.get(item.service_id, ()):
            if {card.code.casefold(), card.loinc.casefold()} & codes:
                return item, card
    for item in items:
        if not cards.get(item.service_id) and item.service.code == service:
            return item, None
    return None, None


def _answer(item: OrderItem, said: Mapping[str, str], words: Sequence[str], notes: str) -> Answer:
    """What the message says over what an earlier one already said of the same service."""
    before = item.entries.order_by("-entered_at", "-id").first() if item.state == OrderState.RESULTED else None
    kept = {one.code: _typed(one) for one in map(Value.from_json, before.values)} if before else {}
    description = "\n".join(filter(None, (*words, notes))) or (before.description if before else "")
    return Answer(kept | dict(said), description, before.conclusion if before else "")


def _typed(one: Value) -> str:
    return one.text if one.number is None else f"{one.number:f}"


def _not_final(observed: Observed, number: str) -> Problem:
    template = "{name}: máy gửi với trạng thái {status}, không phải kết quả cuối."
    told = Phrase(template, name=observed.name or "?", status=observed.status)
    return Problem("not-final", told, observed.segment, number)
