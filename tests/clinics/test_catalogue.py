"""The service catalogue and its order sets: kept, switched off, loaded in versions; a wrong file is refused by line."""

from __future__ import annotations

from datetime import date

import pytest

from clinics.commands.order_sets import drop_order_set, save_order_set
from clinics.commands.services import Origin, import_services, load_own_services, load_services, set_up_service
from clinics.models import (
    Service,
)
from clinics.rules.catalogue import read_catalogue
from registry.kernel import Forbidden, NotFound
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import (
    BLOOD,
    CHEST,
    GLUCOSE,
    IONS,
    item_of,
    order,
    refusals,
)

STRANGER = "bac.si.2"


def test_sets_are_kept_replaced_and_dropped(clinic: Clinic) -> None:
    doctor = clinic.ctx("bac.si")
    mine = save_order_set(doctor, name="Sốt", codes=[BLOOD, IONS])
    assert save_order_set(doctor, name="Sốt", codes=[BLOOD]).pk == mine.pk
    shared = save_order_set(doctor, name="Sốt", codes=[BLOOD, CHEST], shared=True, specialty="Nhi")
    assert shared.pk != mine.pk
    assert refusals(lambda: save_order_set(doctor, name="", codes=[])) == [
        ("set-unnamed", "name"),
        ("set-size", "services"),
    ]
    assert refusals(lambda: save_order_set(doctor, name="X", codes=["0"])) == [("service-unknown", "services")]
    assert refusals(lambda: drop_order_set(clinic.ctx(STRANGER), set_id=mine.pk), NotFound)
    drop_order_set(doctor, set_id=mine.pk)
    assert refusals(lambda: drop_order_set(doctor, set_id=mine.pk), NotFound)
    assert save_order_set(doctor, name="Sốt", codes=[IONS]).pk != mine.pk


def test_a_facility_switches_services_off(clinic: Clinic) -> None:
    technician = clinic.ctx("ky.thuat.vien")
    set_up_service(technician, code=IONS, offered=False, room_id=clinic.second.pk)
    assert refusals(lambda: order(clinic, IONS)) == [("service-unknown", "services")]
    set_up_service(technician, code=IONS, offered=True, room_id=clinic.second.pk)
    assert item_of(order(clinic, IONS)).room == clinic.second
    assert refusals(lambda: set_up_service(technician, code="0", offered=True)) == [("service-unknown", "code")]
    elsewhere = clinic.city.other_room.pk
    assert refusals(lambda: set_up_service(technician, code=IONS, offered=True, room_id=elsewhere)) == [
        ("room-unknown", "room_id")
    ]
    assert refusals(lambda: set_up_service(clinic.ctx("bac.si"), code=IONS, offered=False), Forbidden)


def test_the_starter_catalogue_loads_once_and_a_new_version_closes_the_old(clinic: Clinic) -> None:
    city = clinic.ctx("so.y.te")
    assert load_own_services(city).counts[:3] == (0, 0, 0)
    head = "code;name;kind;specimen;analyte;analyte_name;unit;low;high"
    file = f"{head}\n{GLUCOSE};Glucose máu;lab;fluoride;GLU;Glucose;mmol/L;4,1;5,9\n"
    loaded = import_services(city, content=file.encode(), valid_from=date(2026, 12, 1), source="QĐ thử")
    assert loaded.counts == (1, 0, 1, 0)
    old, new = Service.objects.filter(code=GLUCOSE).order_by("valid_from")
    assert (old.valid_to, new.valid_from, new.official) == (date(2026, 11, 30), date(2026, 12, 1), True)
    assert Service.objects.on(date(2026, 11, 23)).get(code=GLUCOSE) == old
    assert load_own_services(city).counts[:3] == (0, 0, 0)  # a starter set never replaces an official service
    early = {"content": file.replace("4,1", "4").encode(), "valid_from": date(2026, 12, 1), "source": ""}
    assert refusals(lambda: import_services(city, **early)) == [("service-day", "valid_from")]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"\xff\xfe", ["file-encoding"]),
        (b"a;b\n1;2\n", ["file-columns"]),
        (b"code;name;kind;specimen\n", ["file-empty"]),
        (
            b"code;name;kind;specimen\n1;;lab;\n2;B;x;\n3;C;lab;x\n",
            ["service-unnamed", "service-kind", "specimen-kind"],
        ),
    ],
)
def test_a_wrong_catalogue_is_refused_line_by_line(clinic: Clinic, content: bytes, codes: list[str]) -> None:
    ctx = clinic.ctx("so.y.te")
    before = Service.objects.count()
    said = refusals(lambda: import_services(ctx, content=content, valid_from=date(2027, 1, 1), source="x"))
    assert said == [(code, "file") for code in codes]
    assert Service.objects.count() == before


def test_overlapping_ranges_are_refused(clinic: Clinic) -> None:
    rows = [
        {"code": "1", "name": "A", "kind": "lab", "analyte": "X", "analyte_name": "X", "low": "1", "high": "2"},
        {"code": "1", "name": "A", "kind": "lab", "analyte": "X", "analyte_name": "X", "low": "1", "from_age": "P1Y"},
    ]
    assert [fault.code for fault in read_catalogue(enumerate(rows, start=2)).faults] == ["range-overlap"]
    assert load_services(clinic.ctx("so.y.te"), services=[], valid_from=date(2027, 1, 1), origin=Origin("x")).added == 0
