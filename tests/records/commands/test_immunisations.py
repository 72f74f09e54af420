"""Recording doses: what is kept, what is refused and where, how a correction leaves the earlier version readable."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from records.commands.encounters import open_encounter
from records.commands.immunisations import correct_dose, record_dose, withdraw_dose
from records.commands.schedules import load_own_schedule, load_schedule
from records.models import Immunization, ImmunizationSchedule
from records.queries.access import open_record
from records.queries.immunisation import find_vaccines, get_immunisations, immunisation_panel
from records.rules.doses import Dose
from records.rules.immunisation import State
from records.rules.schedules import SCHEDULE_FILE
from registry.kernel import Refused
from registry.models import AuditEvent
from registry.queries.contexts import system_context
from registry.rules.dates import PartialDate
from registry.rules.tables import read_tsv
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, register

BORN = date(2026, 5, 20)
FIRST = Dose("dpt-vgb-hib", "national", PartialDate(date(2026, 7, 20)), number=1, lot="A1234")


@pytest.fixture
def baby(city: City) -> uuid.UUID:
    """Six months old, of this clinic."""
    return register(city, said=BARE | {"name": "Lê Gia Bảo", "birth": "20/05/2026", "sex": "male"})


@pytest.fixture
def mother(city: City) -> uuid.UUID:
    return register(city, said=BARE | {"name": "Phạm Thị Thu", "birth": "02/02/1998", "sex": "female"})


def refused(command: Callable[[], Any]) -> set[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        command()
    return {(one.code, one.field) for one in caught.value.all}


def test_a_dose_is_kept_with_its_lot_and_audited(city: City, baby: uuid.UUID) -> None:
    row = record_dose(city.ctx("y.ta", NOW), patient_id=baby, dose=FIRST)
    assert (row.vaccine_display, row.lot_number, row.dose_number) == (
        "5 trong 1: bạch hầu, ho gà, uốn ván, viêm gan B, Hib", "A1234", 1,
    )  # fmt: skip
    assert (row.facility, row.source_record.facility, row.recorded_by) == (city.here, city.here, city.staff["y.ta"])
    told = AuditEvent.objects.filter(action="record-immunization").get()
    assert (told.patient_id, told.permission) == (baby, "immunization.record")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"on": PartialDate(date(2026, 12, 1))}, ("date-future", "on")),
        ({"on": PartialDate(date(2026, 5, 19))}, ("before-birth", "on")),
        ({"lot": ""}, ("lot-missing", "lot")),
        ({"expires_on": date(2026, 7, 19)}, ("vaccine-expired", "expires_on")),
        ({"number": 21}, ("dose-number", "number")),
        ({"next_due_on": date(2026, 7, 20)}, ("next-before", "next_due_on")),
        ({"reaction_grade": "severe"}, ("reaction-words", "reaction")),
        ({"gestation_weeks": 20}, ("gestation-sex", "gestation_weeks")),
        ({"programme": "tetanus"}, ("tetanus-women", "programme")),
        ({"programme": "x"}, ("programme-unknown", "programme")),
        ({"status": "entered-in-error"}, ("status-unknown", "status")),
        ({"vaccine": "khong-co"}, ("vaccine-unknown", "vaccine")),
        ({"status": "not-done"}, ("not-done-code", "not_done_code")),
        ({"status": "not-done", "not_done_code": "other"}, ("not-done-words", "not_done_reason")),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_at_its_field(
    city: City, baby: uuid.UUID, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    ctx = city.ctx("bac.si", NOW)
    assert refused(lambda: record_dose(ctx, patient_id=baby, dose=replace(FIRST, **change))) == {fault}
    assert not Immunization.objects.exists()


def test_a_booklets_dose_needs_no_lot_and_may_know_only_the_month(city: City, baby: uuid.UUID) -> None:
    ctx = city.ctx("y.ta", NOW)
    told = replace(FIRST, lot="", primary_source=False, on=PartialDate(date(2026, 7, 1), "month"), place="TYT Láng")
    row = record_dose(ctx, patient_id=baby, dose=told)
    assert (row.occurred_precision, row.primary_source, row.place) == ("month", False, "TYT Láng")
    assert refused(lambda: record_dose(ctx, patient_id=baby, dose=FIRST)) == {("dose-already", "vaccine")}


def test_not_done_is_kept_with_its_reason_and_stops_the_calling_when_contraindicated(
    city: City, baby: uuid.UUID
) -> None:
    ctx = city.ctx("y.ta", NOW)
    said = Dose("dpt-vgb-hib", "national", PartialDate(NOW.date()), "not-done", not_done_code="contraindicated",
                not_done_reason="Sốc phản vệ sau mũi 1 ở nơi khác")  # fmt: skip
    record_dose(ctx, patient_id=baby, dose=said)
    found = get_immunisations(open_record(ctx, baby))
    assert {one.state for one in found.steps if one.planned.series == "dpt"} >= {State.CONTRAINDICATED}
    assert "dpt" not in {one.planned.series for one in found.called}
    with pytest.raises(IntegrityError), transaction.atomic():
        Immunization.objects.update(not_done_code="")


def test_a_correction_supersedes_and_the_earlier_version_stays(city: City, baby: uuid.UUID) -> None:
    ctx = city.ctx("y.ta", NOW)
    row = record_dose(ctx, patient_id=baby, dose=FIRST)
    right = replace(FIRST, lot="B9999")
    assert refused(lambda: correct_dose(ctx, patient_id=baby, dose_id=row.pk, dose=right, reason=" ")) == {
        ("reason-missing", "reason")
    }
    fresh = correct_dose(ctx, patient_id=baby, dose_id=row.pk, dose=right, reason="Đọc nhầm số lô")
    found = get_immunisations(open_record(ctx, baby))
    assert [(one.id, one.lot) for one in found.doses] == [(fresh.pk, "B9999")]
    assert [(one.lot, one.superseded_reason) for one in found.earlier] == [("A1234", "Đọc nhầm số lô")]
    assert fresh.source_record_id == row.source_record_id
    again = refused(lambda: correct_dose(ctx, patient_id=baby, dose_id=row.pk, dose=right, reason="Lần nữa"))
    assert again == {("already-corrected", None)}


def test_another_facility_corrects_under_the_same_statement(city: City, baby: uuid.UUID) -> None:
    row = record_dose(city.ctx("y.ta", NOW), patient_id=baby, dose=FIRST)
    there = city.ctx("bac.si.2", NOW)
    open_encounter(city.ctx("le.tan.2", NOW), patient_id=baby, care_type="01", reason="Sốt")
    fresh = correct_dose(
        there, patient_id=baby, dose_id=row.pk, dose=replace(FIRST, reaction_grade="common"), reason="Gia đình kể lại"
    )
    assert (fresh.source_record_id, fresh.facility) == (row.source_record_id, city.elsewhere)


def test_a_dose_taken_back_no_longer_counts(city: City, baby: uuid.UUID) -> None:
    ctx = city.ctx("y.ta", NOW)
    row = record_dose(ctx, patient_id=baby, dose=FIRST)
    assert refused(lambda: withdraw_dose(ctx, patient_id=baby, dose_id=row.pk, reason="")) == {
        ("reason-missing", "reason")
    }
    withdraw_dose(ctx, patient_id=baby, dose_id=row.pk, reason="Ghi nhầm bé khác")
    found = get_immunisations(open_record(ctx, baby))
    assert (found.doses, len(found.earlier)) == ((), 1)
    record_dose(ctx, patient_id=baby, dose=FIRST)


def test_strangers_wrong_roles_and_others_rows_are_refused(city: City, baby: uuid.UUID, mother: uuid.UUID) -> None:
    row = record_dose(city.ctx("y.ta", NOW), patient_id=baby, dose=FIRST)
    for who, code in (
        ("bac.si.2", "record-closed"),
        ("le.tan", "permission-denied"),
        ("ky.thuat.vien", "permission-denied"),
    ):
        assert refused(lambda who=who: record_dose(city.ctx(who, NOW), patient_id=baby, dose=FIRST)) == {(code, None)}  # type: ignore[misc]
    nurse = city.ctx("y.ta", NOW)
    for command in (
        lambda: correct_dose(nurse, patient_id=mother, dose_id=row.pk, dose=FIRST, reason="x"),
        lambda: withdraw_dose(nurse, patient_id=mother, dose_id=row.pk, reason="x"),
    ):
        assert refused(command) == {("no-such-entry", None)}
    assert refused(lambda: record_dose(nurse, patient_id=uuid.uuid4(), dose=FIRST)) == {("no-such-record", None)}


def test_tetanus_of_a_pregnancy(city: City, mother: uuid.UUID) -> None:
    ctx = city.ctx("y.ta", NOW)
    first = Dose("uon-van", "tetanus", PartialDate(date(2026, 10, 1)), number=1, lot="VAT1", gestation_weeks=20)
    assert refused(lambda: record_dose(ctx, patient_id=mother, dose=replace(first, gestation_weeks=46))) == {
        ("gestation-range", "gestation_weeks")
    }
    record_dose(ctx, patient_id=mother, dose=first)
    steps = {one.planned.number: one for one in get_immunisations(open_record(ctx, mother)).steps}
    assert (steps[1].state, steps[2].state, steps[2].due_on) == (State.DONE, State.OPEN, date(2026, 11, 1))


def test_the_panel_calls_children_only_in_a_fixed_number_of_statements(
    city: City, baby: uuid.UUID, mother: uuid.UUID
) -> None:
    ctx = city.ctx("y.ta", NOW)
    access = open_record(ctx, baby)
    with CaptureQueriesContext(connection) as few:
        panel = immunisation_panel(access)
    assert panel is not None
    assert any("quá hạn" in line.side for line in panel.lines)
    assert panel.due
    for number, vaccine in enumerate(("bcg", "dpt-vgb-hib", "bopv", "rotavin", "cum", "phe-cau")):
        record_dose(
            ctx,
            patient_id=baby,
            dose=replace(FIRST, vaccine=vaccine, on=PartialDate(BORN + timedelta(days=61 + number))),
        )
    with CaptureQueriesContext(connection) as many:
        immunisation_panel(access)
    assert len(few) == len(many) == 2
    grown = open_record(ctx, mother)
    with CaptureQueriesContext(connection) as none:
        assert immunisation_panel(grown) is None
    assert len(none) == 0


def test_the_schedule_loads_once_and_a_bad_row_loads_nothing(city: City) -> None:
    ctx = system_context(NOW)
    rows = read_tsv(SCHEDULE_FILE)
    assert load_own_schedule(ctx).counts == (0, 0, 0, len(rows))
    assert ImmunizationSchedule.objects.count() == len(rows)
    confirmed = [dict(row, confirmed="1", source="TT 10/2024/TT-BYT, bản gốc") for row in rows]
    assert load_schedule(ctx, rows=confirmed).counts[1] == len(rows)
    bad = [dict(rows[0], version="x"), dict(rows[1], version="x", due_age="2 months")]
    assert refused(lambda: load_schedule(ctx, rows=bad)) == {("schedule-row", "rows")}
    assert not ImmunizationSchedule.objects.filter(version="x").exists()
    assert len(find_vaccines(city.ctx("y.ta", NOW))) > 30
