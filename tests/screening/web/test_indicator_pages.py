"""The indicator page and its files: the numbers of a published-like table, small ones kept back, one audit row."""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pypdf
import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.urls import reverse

from registry.models import AuditEvent
from screening.commands.reported import Reported, load_rounds
from screening.models import ReportedRound
from screening.queries import indicator_board
from screening.rules.reported import Codes, Round, read_round
from tests.factories.city import City
from tests.factories.rounds import INVITED, Table

TABLE = Table(invited=200, screened=150, positive=40, colonoscopy=30, findings={"cancer": 3, "advanced_adenoma": 12})
PERIOD = "?since=01/01/2019&until=31/12/2019&basis=invitation-cohort"


def _rounds(rows: Iterator[dict[str, str]]) -> list[Reported]:
    found = [read_round(row, INVITED.replace(year=2026), Codes({}, {})) for row in rows]
    return [Reported(n, one) for n, one in enumerate(found, start=1) if isinstance(one, Round)]


@pytest.fixture
def counted(city: City) -> City:
    """Two clinics with their reported rounds."""
    _report(city)
    return city


def _report(city: City) -> None:
    """The table's people reported by one clinic, those of two more wards by the other: sixty in one, four in the last."""
    load_rounds(city.here.pk, uuid.uuid4(), _rounds(TABLE.rows()))
    more = Table(invited=60, screened=40, positive=10, colonoscopy=8, findings={}, round=2)
    few = Table(invited=4, screened=4, positive=3, colonoscopy=0, findings={}, round=3)
    for table, ward in ((more, "00256"), (few, "00235")):
        rows = (row | {"ward_code": ward} for row in table.rows())
        load_rounds(city.elsewhere.pk, uuid.uuid4(), _rounds(rows))


@pytest.fixture
def signed(city: City) -> Callable[[str], Client]:
    """signed("so.y.te"): a client with that person's session."""

    def sign(username: str) -> Client:
        client = Client()
        client.force_login(city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return sign


def _audited(answer: Any) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(request_id=answer["X-Request-Id"]).values_list("action", "outcome"))


def _file(client: Client, kind: str, more: str = "") -> Any:
    answer = client.get(reverse("screening:indicator_file") + f"{PERIOD}&dang={kind}{more}")
    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    assert _audited(answer) == [("read", "ok")]
    return answer


@pytest.mark.usefixtures("counted")
def test_the_department_sees_the_city(signed: Callable[[str], Client]) -> None:
    answer = signed("so.y.te").get(reverse("screening:indicators") + PERIOD + "&by=ward")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert _audited(answer) == [("read", "ok")]
    for shown in ("toàn thành phố", "194 / 264", "Phường Kim Liên", "&lt; 5", "EU 2010", "chưa xác minh", "CSV"):
        assert shown in text, shown
    assert text.count('class="ward ') == 126
    assert "hạn 31 ngày" in text
    assert "Chưa mời ai" not in text


@pytest.mark.usefixtures("counted")
def test_a_clinic_sees_its_own_people_only(signed: Callable[[str], Client]) -> None:
    text = signed("sang.loc").get(reverse("screening:indicators") + PERIOD).content.decode()
    assert "150 / 200" in text
    assert "toàn thành phố" not in text
    assert 'class="ward ' not in text


@pytest.mark.usefixtures("counted")
def test_the_table_keeps_small_numbers_back_in_a_file(signed: Callable[[str], Client]) -> None:
    text = _file(signed("so.y.te"), "csv", "&by=ward").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    value = {(row["Mã"], row["Nhóm"]): row for row in rows}
    whole = value["participation", "Mọi người"]
    assert (whole["Tử số"], whole["Mẫu số"]) == ("194", "264")
    assert float(whole["Giá trị"]) == pytest.approx(73.484848)
    assert float(whole["Từ (95 %)"]) < 73.48 < float(whole["Đến (95 %)"])
    small = [row for row in rows if row["Nhóm"] == "Phường Đống Đa" and row["Mã"] == "participation"]
    assert [(row["Tử số"], row["Giá trị"], row["Chưa biết"]) for row in small] == [("< 5", "", "< 5")]
    next_smallest = value["participation", "Phường Hai Bà Trưng"]
    assert next_smallest["Tử số"] == "< 5", "the whole less the others would tell the small one"
    assert value["participation", "Phường Kim Liên"]["Tử số"] == "150"
    assert value["detection_rate_cancer", "Mọi người"]["Tử số"] == "< 5"
    assert value["ppv_advanced_neoplasia", "Mọi người"]["Tử số"] == "15"


@pytest.mark.usefixtures("counted")
def test_the_workbook_holds_the_same_rows(signed: Callable[[str], Client]) -> None:
    client = signed("so.y.te")
    lines = list(csv.reader(io.StringIO(_file(client, "csv").content.decode("utf-8-sig"))))
    body = _file(client, "xlsx").content
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ET.fromstring(archive.read(name))  # noqa: S314 - what we made ourselves
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    told = sheet.findall(".//m:row", space)
    assert len(told) == len(lines)
    assert [cell.text for cell in told[0].findall(".//m:t", space)] == lines[0]
    for row, line in zip(told, lines, strict=True):
        assert len(row.findall("m:c", space)) == sum(1 for cell in line if cell)


@pytest.mark.usefixtures("counted")
def test_the_paper_says_what_it_is(signed: Callable[[str], Client]) -> None:
    answer = _file(signed("so.y.te"), "pdf", "&by=round")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    for shown in ("Chỉ số tầm soát: Đại trực tràng", "01/01/2019 – 31/12/2019", "Vòng 2", "Wilson", "73,5 %"):
        assert shown in text, shown


@pytest.mark.parametrize("kind", ["indicators", "indicator_file"])
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("?since=01/12/2026&until=01/01/2026", "Ngày bắt đầu phải đứng trước"),
        ("?since=hôm qua", "Ngày phải ghi dạng dd/MM/yyyy"),
        ("?programme=prostate", "prostate"),
        ("?by=name", "name"),
        ("?basis=x", "basis"),
    ],
)
def test_what_cannot_be_counted_is_said_at_its_field(
    signed: Callable[[str], Client], kind: str, asked: str, told: str
) -> None:
    answer = signed("so.y.te").get(reverse(f"screening:{kind}") + asked)
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_the_first_visit_counts_the_year_so_far_of_nobody(signed: Callable[[str], Client]) -> None:
    answer = signed("so.y.te").get(reverse("screening:indicators"))
    assert answer.status_code == 200
    assert "Chưa mời ai" in answer.content.decode()


@pytest.mark.usefixtures("counted")
def test_what_took_long_is_counted_once_for_the_page_and_its_files(
    signed: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = LocMemCache(uuid.uuid4().hex, {})
    monkeypatch.setattr(indicator_board, "cache", kept)
    monkeypatch.setattr(indicator_board, "SLOW", -1.0)
    page = reverse("screening:indicators") + PERIOD
    client = signed("so.y.te")
    assert "194 / 264" in client.get(page).content.decode()
    ReportedRound.objects.all().delete()
    again = client.get(page)
    assert "194 / 264" in again.content.decode()
    assert _audited(again) == [("read", "ok")]
    own = signed("sang.loc").get(page).content.decode()
    assert "194 / 264" not in own, "a clinic is never told the city's count"
    kept.clear()
    assert "194 / 264" not in client.get(page).content.decode()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_legible_to_everybody_and_asks_by_keyboard(
    live_city: City, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any], axe: Any, width: int
) -> None:
    _report(live_city)
    signed_in(page, "so.y.te").set_viewport_size({"width": width, "height": 900})
    page.goto(live_server.url + reverse("screening:indicators") + PERIOD + "&by=ward")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Đến ngày").fill("01/01/2018")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Chưa tính được").wait_for()
    axe(page)
