"""Ways to order, draw and answer in the clinic's tests; codes of the starter set."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clinics.commands.item_results import enter_result
from clinics.commands.ordering import place_order
from clinics.commands.specimens import receive_specimen, take_specimens
from clinics.models import OrderItem, ServiceOrder
from clinics.rules.results import Answer
from registry.kernel import Refused
from tests.clinics.conftest import Clinic

BLOOD, IONS, GLUCOSE, CHEST, STITCHES = (
    "22.0121.1369",
    "23.0058.1487",
    "23.0075.1494",
    "18.0119.0028",
    "03.3826.0075",
)
NORMAL = {"NA": "140", "K": "4,2", "CL": "101"}


def order(clinic: Clinic, *codes: str, visit_id: uuid.UUID | None = None, **said: Any) -> ServiceOrder:
    """An order of the doctor for somebody in consultation."""
    doctor = clinic.ctx("bac.si")
    return place_order(doctor, visit_id=visit_id or clinic.consult(), codes=codes or (IONS,), **said)


def item_of(placed: ServiceOrder, code: str = IONS) -> OrderItem:
    return OrderItem.objects.get(order=placed, service__code=code)


def states(placed: ServiceOrder) -> dict[str, str]:
    return dict(OrderItem.objects.filter(order=placed).values_list("service__code", "state"))


def drawn(clinic: Clinic, placed: ServiceOrder) -> None:
    """Every specimen of the order drawn and received."""
    for specimen in take_specimens(clinic.ctx("y.ta"), order_id=placed.pk):
        receive_specimen(clinic.ctx("ky.thuat.vien"), number=specimen.number)


def answered(clinic: Clinic, placed: ServiceOrder, answers: dict[str, str] | None = None, code: str = IONS) -> Any:
    """The result of one service of the order, entered by the technician."""
    ctx = clinic.ctx("ky.thuat.vien")
    return enter_result(ctx, item_id=item_of(placed, code).pk, answer=Answer(answers or NORMAL))


def refusals(work: Callable[[], object], kind: type[Refused] = Refused) -> list[tuple[str, str | None]]:
    """Every refusal of that work: its code and its field."""
    with pytest.raises(kind) as refused:
        work()
    return [(one.code, one.field) for one in refused.value.all]
