"""The reference data itself: whole, dated, and honest about what is not official."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command

from registry.commands.reference_files import reference_loaders
from registry.models import AdministrativeUnit, CodeSystem, Concept, Facility, UnitSuccession
from registry.rules.identifiers import PROVINCES
from registry.rules.tables import DATA, reference_rows
from registry.rules.text import clean_line, fold

pytestmark = pytest.mark.django_db

IN_2024, EARLY_2025, NOW = date(2024, 6, 1), date(2025, 3, 1), date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _loaded(db: None) -> None:
    if not CodeSystem.objects.filter(key="fhir-identifier-system").exists():
        call_command("load_reference")


def communes(day: date) -> list[AdministrativeUnit]:
    return list(AdministrativeUnit.objects.on(day).filter(level="commune").select_related("parent"))


@pytest.mark.parametrize(("day", "count"), [(IN_2024, 579), (EARLY_2025, 526), (NOW, 126)])
def test_hanoi_has_its_communes_at_each_time(day: date, count: int) -> None:
    found = communes(day)
    assert len(found) == len({unit.code for unit in found}) == count
    assert all(unit.parent for unit in found)


def test_the_city_of_today() -> None:
    found = communes(NOW)
    assert sorted({unit.kind for unit in found}) == ["phường", "xã"]
    assert (sum(unit.kind == "phường" for unit in found), sum(unit.kind == "xã" for unit in found)) == (51, 75)
    assert {unit.parent.code for unit in found if unit.parent} == {"01"}
    assert not AdministrativeUnit.objects.on(NOW).filter(level="district").exists()


def test_a_code_means_nothing_without_a_date() -> None:
    names = [
        AdministrativeUnit.objects.on(day).get(level="commune", code="00226").name for day in (IN_2024, EARLY_2025, NOW)
    ]
    assert names == ["Phường Trung Tự", "Phường Phương Liên Trung Tự", "Phường Văn Miếu - Quốc Tử Giám"]


def test_split_communes_are_marked_and_the_others_have_one_successor() -> None:
    last = AdministrativeUnit.objects.on(EARLY_2025).filter(level="commune")
    split = [unit for unit in last.prefetch_related("successions") if unit.successions.filter(split=True).exists()]
    assert len(split) == 198
    assert all(unit.successions.count() > 1 for unit in split)
    whole = UnitSuccession.objects.filter(former__in=last, split=False)
    assert whole.count() == 526 - 198
    assert set(whole.values_list("successor__valid_from", flat=True)) == {date(2025, 7, 1)}


def test_provinces_before_and_after() -> None:
    provinces = AdministrativeUnit.objects.filter(level="province")
    assert provinces.on(EARLY_2025).count() == 63
    assert provinces.on(NOW).count() == 34
    assert {f"0{unit.code}" for unit in provinces.on(IN_2024)} == set(PROVINCES)


def test_facility_codes_of_2019_say_that_they_are_stale() -> None:
    stale = Facility.objects.filter(source__contains="2019")
    assert stale.count() == 322
    assert stale.get(code="01929").name.startswith("Bệnh viện Bạch Mai")
    assert set(stale.values_list("source", flat=True)) == {"Danh mục mã CSKCB Hà Nội năm 2019 (có thể đã cũ)"}


def test_the_icd_starter_is_marked_and_covers_the_screening_programmes() -> None:
    system = CodeSystem.objects.get(key="icd-10")
    assert not system.official
    assert "không chính thức" in system.name
    found = {row.code: row for row in Concept.objects.on(NOW).filter(system=system)}
    assert {"C18.9", "C20", "C50.9", "C53.9", "K63.5", "R19.5", "E11.9", "I10", "J06.9"} <= found.keys()
    assert found["C53.9"].properties == {"only_sex": "female"}
    assert found["C61"].properties == {"only_sex": "male"}
    assert found["C50.9"].properties == {}
    assert 200 < len(found) < 400


@pytest.mark.parametrize(
    ("key", "count", "code", "display"),
    [
        ("ma-loai-kcb", 16, "16", "Khám sàng lọc"),
        ("ket-qua-dtri", 8, "5", "Tử vong"),
        ("ma-loai-rv", 5, "1", "Ra viện"),
        ("ma-tai-nan", 9, "0", "Không phải tai nạn"),
        ("gioi-tinh", 3, "2", "Nữ"),
        ("dan-toc", 54, "01", "Kinh"),
        ("ton-giao", 16, "2", "Công giáo"),
        ("fhir-identifier-system", 13, "citizen_id", "Số căn cước công dân"),
        ("ma-doituong-kcb", 27, "2", "Cấp cứu"),
    ],
)
def test_value_lists(key: str, count: int, code: str, display: str) -> None:
    found = dict(Concept.objects.on(NOW).filter(system__key=key).values_list("code", "display"))
    assert len(found) == count
    assert found[code] == display


def test_an_insurance_code_pays_by_date() -> None:
    rows = Concept.objects.filter(system__key="ma-doituong-kcb", code="1.13")
    shares = [rows.on(day).get().properties["ty_le_huong"] for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert shares == ["0", "0.5"]


def test_every_file_is_described_and_every_cell_is_clean() -> None:
    described = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.rglob("*.tsv"):
        assert path.name in described, f"{path.name} has no origin in registry/data/README.md"
        for row in reference_rows(path.relative_to(DATA).with_suffix("").as_posix()):
            assert all(text == clean_line(text) for text in row.values()), row
    assert {"units", "facilities"} < reference_loaders().keys()


def test_search_keys_are_folded() -> None:
    unit = AdministrativeUnit.objects.on(NOW).get(level="commune", code="00004")
    assert unit.name_key == fold(unit.name) == "phuong ba dinh"
