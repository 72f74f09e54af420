"""Finding somebody: every reading of the one box, masked where the record is closed, one audit row without the text."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from records.queries.patients import find_patients
from registry.kernel import Forbidden
from registry.rules.lookup import QueryKind
from tests.factories.city import NOW, City
from tests.records.conftest import VAN, register

CCCD_QR = "001172012345|011845672|Nguyễn Thị Hồng Vân|12031972|Nữ|Số 8, Kim Liên, Hà Nội|01012021"
BHYT_QR = "GD4010120456789|{name}|12/03/1972|2|{place}|01 - 003|01/01/2026|31/12/2026|-|-|-|4|01/01/2030|0|$".format(
    name="Nguyễn Thị Hồng Vân".encode().hex(), place="Kim Liên".encode().hex()
)


@pytest.fixture
def people(city: City) -> dict[str, uuid.UUID]:
    """Vân of this clinic, Lan of the other, and two who share words with them."""
    nobody = {"cccd": "", "bhyt": "", "phone": ""}
    return {
        "van": register(city, cmnd="011845672"),
        "lan": register(
            city, by="le.tan.2", name="Trần Thị Lan", birth="05/06/1980", cccd="001180054321", bhyt="0199999999",
            phone="0987654321",
        ),
        "old": register(city, **nobody, name="Nguyễn Thị Vân", birth="1950"),
        "hoa": register(city, **nobody, name="Lê Hoà", birth="01/02/1990"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "who"),
    [
        ("001172012345", QueryKind.CCCD, {"van"}),
        ("001 172 012 345", QueryKind.CCCD, {"van"}),
        ("011845672", QueryKind.CMND, {"van"}),
        ("GD 4 01 0120456789", QueryKind.BHYT, {"van"}),
        ("0120456789", None, {"van"}),
        ("0912000345", QueryKind.PHONE, {"van"}),
        ("+84 912 000 345", QueryKind.PHONE, {"van"}),
        ("000345", QueryKind.PHONE_TAIL, {"van"}),
        ("2000345", QueryKind.PHONE_TAIL, {"van"}),
        (CCCD_QR, QueryKind.QR_CCCD, {"van"}),
        (BHYT_QR, QueryKind.QR_BHYT, {"van"}),
        ("Nguyễn Thị Hồng Vân", QueryKind.NAME, {"van"}),
        ("nguyen thi hong van", QueryKind.NAME, {"van"}),
        ("van nguyen thi hong", QueryKind.NAME, {"van"}),
        ("hong van nguyen", QueryKind.NAME, {"van"}),
        ("nguyen van", QueryKind.NAME, {"van", "old"}),
        ("thi van", QueryKind.NAME, {"van", "old"}),
        ("le hoa", QueryKind.NAME, {"hoa"}),
        ("Lê Hòa", QueryKind.NAME, {"hoa"}),
        ("van", QueryKind.NAME, {"van", "old"}),
        ("nguyen van 1972", QueryKind.NAME_BIRTH, {"van"}),
        ("1950 nguyen thi van", QueryKind.NAME_BIRTH, {"old"}),
        ("nguyen thi van 05/03/1950", QueryKind.NAME_BIRTH, {"old"}),
        ("van 1972", QueryKind.NAME_BIRTH, {"van"}),
        ("nguyen thi hong vam 12/03/1972", QueryKind.NAME_BIRTH, {"van"}),
        ("nguyen thi", QueryKind.NAME, {"van", "old"}),
        ("nguyen thi hong v", QueryKind.NAME, {"van"}),
        ("nguy", QueryKind.NAME, {"van", "old"}),
        ("nguyen thi h 12/03/1972", QueryKind.NAME_BIRTH, {"van"}),
        ("nguyen thi hong vam", QueryKind.NAME, set()),
        ("nguyen van 1973", QueryKind.NAME_BIRTH, set()),
        ("001172099999", QueryKind.CCCD, set()),
        ("0345", QueryKind.PHONE_TAIL, set()),
        ("<script>alert(1)</script>", None, set()),
        ("%", None, set()),
        ("'; DROP TABLE x; --", None, set()),
    ],
)
def test_every_reading(
    city: City, people: dict[str, uuid.UUID], trail: Any, text: str, kind: QueryKind | None, who: set[str]
) -> None:
    trail()
    found = find_patients(city.ctx("le.tan", NOW), text)
    assert {hit.patient_id for hit in found} == {people[one] for one in who}
    assert kind is None or found.kind is kind
    (row,) = trail()
    assert (row.action, row.outcome) == ("search", "ok")
    assert set(row.detail) == {"kind", "shown"}
    assert set(row.detail["shown"]) == {str(people[one]) for one in who}


def test_what_is_closed_is_masked_and_what_is_open_is_not(city: City, people: dict[str, uuid.UUID]) -> None:
    (closed,) = find_patients(city.ctx("le.tan", NOW), "tran thi lan")
    assert (closed.is_open, closed.cccd, closed.phone, closed.bhyt) == (
        False, "•••••••••321", "•••••••321", "•••••••999",
    )  # fmt: skip
    assert closed.birth.display == "1980"
    (known,) = find_patients(city.ctx("le.tan", NOW), "tran thi lan 05/06/1980")
    assert known.birth.display == "05/06/1980"
    (own,) = find_patients(city.ctx("le.tan.2", NOW), "tran thi lan")
    assert (own.is_open, own.cccd, own.birth.display) == (True, "001180054321", "05/06/1980")


def test_a_list_is_cut_and_says_so(city: City, people: dict[str, uuid.UUID]) -> None:
    found = find_patients(city.ctx("le.tan", NOW), "van", limit=1)
    assert (len(found), found.limited) == (1, True)
    assert "thêm họ hoặc năm sinh" in found.problem


def test_a_card_whose_number_nobody_has_finds_the_person_by_name_and_birth(city: City) -> None:
    known = register(city, cccd="", bhyt="")
    (hit,) = find_patients(city.ctx("le.tan", NOW), CCCD_QR)
    assert hit.patient_id == known


def test_who_may_not_search(city: City) -> None:
    with pytest.raises(Forbidden):
        find_patients(city.ctx("so.y.te", NOW), VAN["name"])
