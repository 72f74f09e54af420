"""The formulary and the safety sets: found by words, switched, loaded in versions; a faulty file is refused whole."""

from __future__ import annotations

from datetime import date

import pytest

from clinics.commands.formulary import load_formulary, load_own_formulary, switch_drug
from clinics.commands.safety_sets import load_own_safety_set, load_safety_set
from clinics.models import Drug, SafetySet
from clinics.queries.formulary import find_drugs, list_formulary
from clinics.rules.safety.reading import TABLES
from registry.kernel import Forbidden, NotFound, Refused
from registry.rules.tables import read_tsv
from tests.clinics.conftest import Clinic
from tests.clinics.rules.test_safety import DATA
from tests.clinics.test_prescribing import PARACETAMOL, draft, line, visit_of


@pytest.mark.parametrize("text", ["paracetamol 500", "PARA", "codein para", "n02be01"])
def test_medicines_are_found_by_words_without_diacritics(clinic: Clinic, text: str) -> None:
    found = {one.code for one in find_drugs(clinic.ctx("bac.si"), text)}
    assert bool(found & {PARACETAMOL, "TD.0005"}) is (text != "n02be01")


def test_a_facility_switches_a_medicine_off_and_on(clinic: Clinic) -> None:
    def offered() -> bool:
        return PARACETAMOL in {one.code for one in find_drugs(clinic.ctx("bac.si"), "paracetamol 500")}

    assert offered()
    switch_drug(clinic.ctx("duoc.si"), code=PARACETAMOL, kept=False)
    assert not offered()
    sheet, _ = draft(clinic, visit_of(clinic), line(PARACETAMOL))
    assert [one.code for one in sheet.judged.lines[0].faults] == ["drug-gone"]
    assert PARACETAMOL in {one.code for one in list_formulary(clinic.ctx("duoc.si"), "paracetamol 500").drugs}
    switch_drug(clinic.ctx("duoc.si"), code=PARACETAMOL, kept=True)
    assert offered()
    with pytest.raises(NotFound):
        switch_drug(clinic.ctx("duoc.si"), code="KHONG.CO", kept=False)
    with pytest.raises(Forbidden):
        switch_drug(clinic.ctx("bac.si"), code=PARACETAMOL, kept=False)


def rows() -> list[dict[str, str]]:
    return read_tsv(DATA.parent / "formulary.tsv")


def test_loading_again_changes_nothing_and_a_change_opens_a_new_version(clinic: Clinic) -> None:
    admin = clinic.ctx("so.y.te")
    assert load_own_formulary(admin).counts == (0, 0, 0, len(rows()))
    changed = [{**rows()[0], "strength": "650 mg"}]
    loaded = load_formulary(admin, rows=changed, valid_from=date(2026, 12, 1), source="thử")
    assert loaded.counts == (1, 0, 1, 0)
    old, new = Drug.objects.filter(code=PARACETAMOL).order_by("valid_from")
    assert (old.valid_to, new.valid_to, new.strength) == (date(2026, 11, 30), None, "650 mg")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"kind": "X"}, "Loại thuốc phải là N, H, C hoặc T."),
        ({"route": "9.99"}, "Không có đường dùng 9.99."),
        ({"parts": "paracetamol|N02BE01|5 thìa"}, "đơn vị phải là mg"),
        ({"parts": "paracetamol|N02BE01|-5 mg"}, "không phải số dương"),
        ({"insured": "có"}, "insured phải là 0 hoặc 1"),
        ({"name": ""}, "Cột name trống."),
        ({"code": "TD.0002"}, "có hai lần"),
    ],
)
def test_a_faulty_formulary_is_refused_whole_with_its_line(clinic: Clinic, cells: dict[str, str], said: str) -> None:
    listed = [{**rows()[0], "code": "M.1"}, {**rows()[1], "code": "TD.0002"}, {**rows()[2], "code": "M.3", **cells}]
    with pytest.raises(Refused) as told:
        load_formulary(clinic.ctx("so.y.te"), rows=listed, valid_from=date(2026, 12, 1), source="thử")
    assert "Dòng 4:" in told.value.message
    assert said in told.value.message
    assert not Drug.objects.filter(code="M.1").exists()


def test_a_safety_set_is_stored_once_and_never_changed(clinic: Clinic) -> None:
    admin = clinic.ctx("so.y.te")
    assert load_own_safety_set(admin).counts[0] == 0
    tables = {name: read_tsv(DATA / f"{name}.tsv") for name in TABLES}
    tables["doses"] = tables["doses"][:-1]
    with pytest.raises(Refused, match="safety-version"):
        load_safety_set(admin, tables=tables)
    tables["set"] = [{**row, "value": "demo-2026.12"} if row["key"] == "version" else row for row in tables["set"]]
    assert load_safety_set(admin, tables=tables).counts[0] > 300
    assert SafetySet.objects.count() == 2
    tables["doses"][0]["daily"] = "nhiều"
    with pytest.raises(Refused) as told:
        load_safety_set(admin, tables=tables)
    assert told.value.field == "tables"
    with pytest.raises(Forbidden):
        load_safety_set(clinic.ctx("bac.si"), tables=tables)


def test_the_newest_set_is_asked(clinic: Clinic) -> None:
    tables = {name: read_tsv(DATA / f"{name}.tsv") for name in TABLES}
    tables["set"] = [{**row, "value": "moi"} if row["key"] == "version" else row for row in tables["set"]]
    tables["doses"] = [
        {**row, "single": "400"} if row["ingredient"] == "paracetamol" and row["age_from"] == "12y" else row
        for row in tables["doses"]
    ]
    load_safety_set(clinic.ctx("so.y.te"), tables=tables)
    sheet, _ = draft(clinic, visit_of(clinic), line(PARACETAMOL))
    assert sheet.judged.checked_with.knowledge.version == "moi"
    assert "dose-single" in {one.code for one in sheet.judged.stopped}
