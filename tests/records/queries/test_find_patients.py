"""Finding somebody: every reading of the one box, masked where the record is closed, one audit row without the text."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import SourceRecord, StatementDetails
from records.queries.access import open_record
from records.queries.patients import find_patients
from records.queries.recent import REMEMBERED, find_recent_patients
from records.rules.slips import neighbours
from registry.kernel import Forbidden
from registry.models import AdministrativeUnit
from registry.rules.lookup import QueryKind
from registry.rules.text import fold
from tests.factories.city import NOW, City
from tests.records.conftest import VAN, register

CCCD_QR = "001172012345|011845672|Nguyễn Thị Hồng Vân|12031972|Nữ|Số 8, Kim Liên, Hà Nội|01012021"
BHYT_QR = "GD4010120456789|{name}|12/03/1972|2|{place}|01 - 003|01/01/2026|31/12/2026|-|-|-|4|01/01/2030|0|$".format(
    name="Nguyễn Thị Hồng Vân".encode().hex(), place="Kim Liên".encode().hex()
)


def _van(city: City) -> uuid.UUID:
    """Vân, with the clinic's own number, her ward, and the household book's number."""
    AdministrativeUnit.objects.get_or_create(
        level="commune", code="00229", valid_from="2025-07-01",
        defaults={"name": "Phường Kim Liên", "name_key": "phuong kim lien", "kind": "phường"},
    )  # fmt: skip
    known = register(
        city, cmnd="011845672", ward_code="00229", ward_name="Phường Kim Liên",
        facility_number="BN-0007", facility_code=city.here.code,
    )  # fmt: skip
    StatementDetails.objects.create(
        source_record=SourceRecord.objects.get(link__patient=known), household_number="HGD0107"
    )
    return known


@pytest.fixture
def people(city: City) -> dict[str, uuid.UUID]:
    """Vân of this clinic, Lan of the other, and two who share words with them."""
    nobody = {"cccd": "", "bhyt": "", "phone": ""}
    return {
        "van": _van(city),
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
        ("nguyen thi hong vam", QueryKind.NAME, {"van"}),
        ("nguyen thi hon gvan", QueryKind.NAME, {"van"}),
        ("nguyenthi hong van", QueryKind.NAME, {"van"}),
        ("hong vam nguyen thi 1972", QueryKind.NAME_BIRTH, {"van"}),
        ("vam nguyen 72", QueryKind.NAME_BIRTH, {"van"}),
        ("nguyne van 1972", QueryKind.NAME_BIRTH, {"van"}),
        ("nguyen thi hoang vam 1972", QueryKind.NAME_BIRTH, set()),
        ("nthv", QueryKind.NAME, {"van"}),
        ("NTHV 1972", QueryKind.NAME_BIRTH, {"van"}),
        ("ntv 50", QueryKind.NAME_BIRTH, {"old"}),
        ("n.t.h.v", QueryKind.NAME, {"van"}),
        ("n t van", QueryKind.NAME, {"van", "old"}),
        ("nguyen t van 1950", QueryKind.NAME_BIRTH, {"old"}),
        ("nthx 1972", QueryKind.NAME_BIRTH, set()),
        ("van 12/3/72", QueryKind.NAME_BIRTH, {"van"}),
        ("van 120372", QueryKind.NAME_BIRTH, {"van"}),
        ("12031972 van", QueryKind.NAME_BIRTH, {"van"}),
        ("van 0345", QueryKind.NAME_PHONE, {"van"}),
        ("lan 4321", QueryKind.NAME_PHONE, {"lan"}),
        ("lna 54321", QueryKind.NAME_PHONE, {"lan"}),
        ("van 1972 0345", QueryKind.NAME_PHONE, {"van"}),
        ("12/03/1972", QueryKind.BIRTH, {"van"}),
        ("12031972", QueryKind.PHONE_TAIL, {"van"}),
        ("05/06/1980", QueryKind.BIRTH, set()),
        ("van kim lien", QueryKind.NAME, {"van"}),
        ("kim lien nguyen van 72", QueryKind.NAME_BIRTH, {"van"}),
        ("lan kim lien", QueryKind.NAME, set()),
        ("BN-0007", QueryKind.NAME, {"van"}),
        ("HGD 0107", QueryKind.NAME_PHONE, {"van"}),
        ("nguyen van 1973", QueryKind.NAME_BIRTH, set()),
        ("001172099999", QueryKind.CCCD, set()),
        ("0345", QueryKind.PHONE_TAIL, {"van"}),
        ("4321", QueryKind.PHONE_TAIL, {"lan"}),
        ("345", QueryKind.PHONE_TAIL, set()),
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


def test_typed_accents_come_first(city: City) -> None:
    for number, name in enumerate(("Lê Thị Hoa", "Lê Thị Hoà", "Lê Thị Hóa")):
        register(city, name=name, birth=f"0{number + 1}/02/1990", cccd="", bhyt="", phone="")
    ctx = city.ctx("le.tan", NOW)
    assert find_patients(ctx, "lê thị hoà")[0].name == "Lê Thị Hoà"
    assert find_patients(ctx, "Lê Thị Hòa")[0].name == "Lê Thị Hoà"
    assert find_patients(ctx, "lê thị hóa")[0].name == "Lê Thị Hóa"
    assert len(find_patients(ctx, "lê thị hóa", limit=1)) == 1


def test_whose_record_is_open_here_comes_first_and_a_long_list_says_what_to_add(city: City) -> None:
    nobody = {"cccd": "", "bhyt": "", "phone": "", "name": "Trần Văn Nam"}
    for year in range(1950, 1956):
        register(city, by="le.tan.2", birth=f"02/01/{year}", **nobody)
    own = register(city, birth="02/01/1999", **nobody)
    found = find_patients(city.ctx("le.tan", NOW), "tran van nam", limit=3)
    assert found[0].patient_id == own
    assert [hit.is_open for hit in found] == [True, False, False]
    assert (found.limited, "thêm năm sinh" in found.problem) == (True, True)


def test_a_slip_is_said_and_what_met_is_marked(city: City, people: dict[str, uuid.UUID]) -> None:
    ctx = city.ctx("le.tan", NOW)
    slip = find_patients(ctx, "nguyen thi hong vam")
    assert slip.slipped
    assert "gần giống" in slip.problem
    assert not find_patients(ctx, "nguyen thi hong van").slipped
    (hit,) = find_patients(ctx, "van hong 1972")
    assert [text for text, met in hit.segments if met] == ["Hồng Vân"]
    assert "".join(text for text, _ in hit.segments) == hit.name


def test_people_opened_last_here_by_this_member_of_staff(city: City, people: dict[str, uuid.UUID], trail: Any) -> None:
    ctx = city.ctx("bac.si", NOW)
    assert len(find_recent_patients(ctx)) == 0
    for one in ("van", "old", "van"):
        open_record(ctx, people[one])
    open_record(city.ctx("y.ta", NOW), people["hoa"])
    trail()
    now = replace(ctx, at=datetime.now(tz=NOW.tzinfo))
    recent = find_recent_patients(now)
    assert [hit.patient_id for hit in recent] == [people["van"], people["old"]]
    (row,) = trail()
    assert (row.action, row.detail) == (
        "search", {"kind": "recent", "shown": [str(people["van"]), str(people["old"])]},
    )  # fmt: skip
    assert len(find_recent_patients(now, limit=1)) == 1
    assert len(find_recent_patients(replace(now, at=now.at + REMEMBERED))) == 0
    with pytest.raises(Forbidden):
        find_recent_patients(city.ctx("so.y.te", NOW))


@pytest.fixture
def crowd(city: City) -> dict[str, str]:
    """A few people whose names share words: folded name with birth year -> their number."""
    names = (
        "Nguyễn Thị Hồng Vân",
        "Nguyễn Hồng Vân Anh",
        "Trần Đức Thắng",
        "Lê Thị Kim Oanh",
        "Hoàng Ưng",
        "Ma Thị Ưởng",
    )
    nobody = {"cccd": "", "bhyt": "", "phone": ""}
    return {
        f"{name} {1950 + number}": str(register(city, name=name, birth=f"07/0{number + 1}/{1950 + number}", **nobody))
        for number, name in enumerate(names)
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(data=st.data())
def test_anybody_is_found_in_any_order_without_accents_and_with_one_slip(
    city: City, crowd: dict[str, str], data: st.DataObject
) -> None:
    who = data.draw(st.sampled_from(sorted(crowd)))
    *words, year = (fold(who) if data.draw(st.booleans()) else who).split()
    words = data.draw(st.permutations(words))
    year = data.draw(st.sampled_from([year, year[2:], f"7/{int(year) - 1949}/{year}"]))
    if data.draw(st.booleans()):
        at = data.draw(st.sampled_from([n for n, word in enumerate(words) if len(word) > 2] or [0]))
        slips = [one for one in neighbours(fold(words[at])) if len(one) > 1 and " " not in one]
        words = [*words[:at], data.draw(st.sampled_from(slips)), *words[at + 1 :]]
    typed = data.draw(st.permutations([" ".join(words), year]))
    assert crowd[who] in {str(hit.patient_id) for hit in find_patients(city.ctx("le.tan", NOW), " ".join(typed))}
