"""Loading code lists, units and facilities: versions, idempotence, refusals, and the audit row of each load."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry.commands.reference import (
    Loaded,
    SystemCard,
    import_code_list,
    load_code_system,
    load_facilities,
    load_units,
)
from registry.kernel import Context, Forbidden, Refused
from registry.models import AdministrativeUnit, AuditEvent, CodeSystem, Concept, Facility
from registry.queries.contexts import system_context
from registry.rules.code_lists import CodeRow
from tests.factories.city import City

pytestmark = pytest.mark.django_db

OLD, NEW = date(2000, 1, 1), date(2026, 7, 1)
LIST = SystemCard("thu-nghiem", "Danh mục thử", source="thử")
ROWS = [CodeRow("A", "Một"), CodeRow("B", "Hai", "Two", properties={"only_sex": "female"})]


@pytest.fixture
def ctx(db: None) -> Context:
    return system_context(timezone.now(), label="test")


def concepts() -> list[tuple[str, str, date, date | None]]:
    rows = Concept.objects.filter(system__key=LIST.key).order_by("code", "valid_from")
    return list(rows.values_list("code", "display", "valid_from", "valid_to"))


def test_a_first_load_and_the_same_again(ctx: Context) -> None:
    assert load_code_system(ctx, system=LIST, rows=ROWS, valid_from=OLD) == Loaded(added=2)
    assert concepts() == [("A", "Một", OLD, None), ("B", "Hai", OLD, None)]
    two = Concept.objects.get(system__key=LIST.key, code="B")
    assert (two.display_en, two.search_key, two.properties) == ("Two", "b hai two", {"only_sex": "female"})
    assert load_code_system(ctx, system=LIST, rows=ROWS, valid_from=OLD) == Loaded(unchanged=2)


def test_a_complete_new_version_closes_the_old(ctx: Context) -> None:
    load_code_system(ctx, system=LIST, rows=ROWS, valid_from=OLD)
    official = replace(LIST, official=True, name="Danh mục chính thức")
    loaded = load_code_system(
        ctx, system=official, rows=[CodeRow("A", "Một mới"), CodeRow("C", "Ba")], valid_from=NEW, complete=True
    )
    assert loaded == Loaded(added=2, closed=2)
    eve = date(2026, 6, 30)
    assert concepts() == [
        ("A", "Một", OLD, eve),
        ("A", "Một mới", NEW, None),
        ("B", "Hai", OLD, eve),
        ("C", "Ba", NEW, None),
    ]
    on = Concept.objects.on(date(2026, 6, 30)).filter(system__key=LIST.key)
    assert sorted(on.values_list("display", flat=True)) == ["Hai", "Một"]


def test_a_starter_list_never_overwrites_an_official_one(ctx: Context) -> None:
    official = replace(LIST, official=True, name="Danh mục chính thức")
    load_code_system(ctx, system=official, rows=[CodeRow("A", "Chính thức")], valid_from=OLD)
    assert load_code_system(ctx, system=LIST, rows=ROWS, valid_from=OLD) == Loaded(unchanged=2)
    assert concepts() == [("A", "Chính thức", OLD, None)]
    system = CodeSystem.objects.get(key=LIST.key)
    assert (system.name, system.official) == ("Danh mục chính thức", True)


def test_each_load_is_one_audit_row_of_counts(ctx: Context) -> None:
    before = AuditEvent.objects.count()
    load_code_system(ctx, system=LIST, rows=ROWS, valid_from=OLD)
    event = AuditEvent.objects.latest("id")
    assert AuditEvent.objects.count() == before + 1
    assert (event.action, event.target_type, event.target_id) == ("load", "reference", LIST.key)
    assert event.detail == {"added": 2, "changed": 0, "closed": 0, "unchanged": 0}


def test_who_may_not_manage_reference_data_is_refused(city: City) -> None:
    with pytest.raises(Forbidden):
        load_code_system(city.ctx("bac.si"), system=LIST, rows=ROWS, valid_from=OLD)
    assert concepts() == []
    assert load_code_system(city.ctx("so.y.te"), system=LIST, rows=ROWS, valid_from=OLD).added == 2


def test_an_uploaded_file_is_loaded(ctx: Context) -> None:
    content = "Mã;Tên\nA;Một\nB;Hai\n".encode("utf-8-sig")
    assert import_code_list(ctx, system=LIST, content=content, valid_from=OLD) == Loaded(added=2)
    assert [row[1] for row in concepts()] == ["Một", "Hai"]


@pytest.mark.parametrize(
    ("content", "codes", "said"),
    [
        ("ma;ten\nA;Một\n;Hai\nA;Ba\n".encode(), ["code-empty", "code-twice"], "Dòng 3: Thiếu mã."),
        ("ma;ten\nA;M\xf6\n".encode("latin-1"), ["file-encoding"], "lỗi ở dòng 2"),
        (b"ma;ten\n", ["file-empty"], "không có dòng mã nào"),
        (b"", ["heading"], "Dòng 1:"),
    ],
)
def test_a_faulty_file_changes_nothing_and_says_where(
    ctx: Context, content: bytes, codes: list[str], said: str
) -> None:
    with pytest.raises(Refused) as refusal:
        import_code_list(ctx, system=LIST, content=content, valid_from=OLD)
    assert [fault.code for fault in refusal.value.all] == codes
    assert said in refusal.value.message
    assert refusal.value.field == "file"
    assert concepts() == []


UNIT = {
    "level": "commune", "code": "99999", "name": "Xã Thử", "name_key": "xa thu", "kind": "xã", "parent_level": "province",
    "parent_code": "01", "valid_from": "2025-07-01", "valid_to": "", "source": "thử",
}  # fmt: skip


def test_units_are_added_corrected_and_never_reopened(ctx: Context) -> None:
    assert load_units(ctx, units=[UNIT]) == Loaded(added=1)
    unit = AdministrativeUnit.objects.get(code="99999")
    assert unit.parent is not None
    assert unit.parent.code == "01"
    AdministrativeUnit.objects.filter(pk=unit.pk).update(valid_to=date(2030, 1, 1))
    assert load_units(ctx, units=[UNIT]) == Loaded(unchanged=1)
    assert load_units(ctx, units=[{**UNIT, "name": "Xã Thử Mới"}]) == Loaded(changed=1)
    unit.refresh_from_db()
    assert (unit.name, unit.valid_to) == ("Xã Thử Mới", date(2030, 1, 1))


def test_a_stale_facility_list_leaves_what_others_entered(city: City, ctx: Context) -> None:
    mine = {
        "code": "99T01",
        "name": "Trạm Thử",
        "short_name": "Trạm Thử",
        "name_key": "tram thu",
        "kind": "health-station",
    }
    taken = {**mine, "code": city.here.code}
    loaded = load_facilities(ctx, facilities=[mine, taken], source="danh mục cũ", valid_from=OLD)
    assert loaded == Loaded(added=1, unchanged=1)
    assert Facility.objects.get(code=city.here.code).name == city.here.name
    renamed = load_facilities(ctx, facilities=[{**mine, "name": "Trạm Mới"}], source="danh mục cũ", valid_from=OLD)
    assert renamed == Loaded(changed=1)


def test_the_command_line_loads_what_the_repository_carries_once(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_reference")
    capsys.readouterr()
    call_command("load_reference", "--only", "units", "icd-10")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["units", "icd-10", "tổng"]
    assert all("thêm     0  sửa     0  đóng     0" in line for line in lines)
    with pytest.raises(CommandError, match="Không có phần nothing"):
        call_command("load_reference", "--only", "nothing")
