"""Results: written with flags, verified, sent back, corrected; critical values taken note of; every refusal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clinics.commands.criticals import acknowledge_critical
from clinics.commands.item_results import correct_result, enter_result, send_back_result, verify_result
from clinics.commands.services import set_up_service
from clinics.models import (
    CriticalAcknowledgement,
    CriticalAlert,
    ResultEntry,
    Visit,
)
from clinics.rules.results import Answer
from records.models import DiagnosticReport, Observation
from registry.kernel import Conflict, Forbidden, NotFound
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import (
    IONS,
    NORMAL,
    answered,
    drawn,
    item_of,
    order,
    refusals,
    states,
)

STRANGER = "bac.si.2"


def test_a_result_lands_in_the_record_with_flags_and_provenance(clinic: Clinic) -> None:
    placed = order(clinic)
    drawn(clinic, placed)
    entered = answered(clinic, placed, {"NA": "131", "K": "5,4", "CL": ""})
    assert (entered.verified, entered.critical) == (True, 0)
    report = DiagnosticReport.objects.get()
    visit = Visit.objects.get()
    assert (report.category, report.code, report.encounter_id) == ("LAB", IONS, visit.encounter_id)
    assert (report.source_record_id, report.recorded_by) == (
        visit.encounter.source_record_id,
        clinic.city.staff["ky.thuat.vien"],
    )
    told = Observation.objects.filter(report=report).order_by("code")
    assert list(told.values_list("code", "value", "unit", "reference", "interpretation")) == [
        ("2823-3", Decimal("5.4"), "mmol/L", "3,5–5", "H"),
        ("2951-2", Decimal(131), "mmol/L", "135–145", "L"),
    ]
    item = item_of(placed)
    assert (item.state, item.report_id) == ("verified", report.pk)
    assert refusals(lambda: answered(clinic, placed), Conflict) == [("result-final", None)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, [("result-empty", None)]),
        ({"NA": "abc", "K": "42"}, [("value-number", "NA"), ("value-unbelievable", "K")]),
        ({"XYZ": "1"}, [("analyte-unknown", None)]),
    ],
)
def test_a_wrong_result_is_refused_at_its_analyte(
    clinic: Clinic, answers: dict[str, str], expected: list[tuple[str, str | None]]
) -> None:
    placed = order(clinic)
    drawn(clinic, placed)
    ctx, item = clinic.ctx("ky.thuat.vien"), item_of(placed).pk
    assert refusals(lambda: enter_result(ctx, item_id=item, answer=Answer(answers))) == expected
    assert not ResultEntry.objects.exists()
    assert refusals(lambda: enter_result(clinic.ctx("y.ta"), item_id=item, answer=Answer(NORMAL)), Forbidden)
    assert refusals(lambda: enter_result(clinic.ctx(STRANGER), item_id=item, answer=Answer(NORMAL)), NotFound)


def test_a_second_person_verifies_where_the_facility_wants_it(clinic: Clinic) -> None:
    technician = clinic.ctx("ky.thuat.vien")
    set_up_service(technician, code=IONS, offered=True, second_check=True)
    placed = order(clinic)
    drawn(clinic, placed)
    assert answered(clinic, placed, {"K": "7,2"}).verified is False
    assert not DiagnosticReport.objects.exists()
    assert not CriticalAlert.objects.exists()
    item = item_of(placed).pk
    assert refusals(lambda: verify_result(technician, item_id=item)) == [("second-person", None)]
    answered(clinic, placed, {"K": "6,9"})  # entered again before anybody signed
    done = verify_result(clinic.ctx("bac.si"), item_id=item)
    assert done.critical == 1
    assert Observation.objects.get(report=DiagnosticReport.objects.get()).value == Decimal("6.9")
    assert refusals(lambda: verify_result(clinic.ctx("bac.si"), item_id=item), Conflict) == [
        ("nothing-to-verify", None)
    ]


def test_a_result_is_sent_back_with_a_reason(clinic: Clinic) -> None:
    set_up_service(clinic.ctx("ky.thuat.vien"), code=IONS, offered=True, second_check=True)
    placed = order(clinic)
    drawn(clinic, placed)
    answered(clinic, placed)
    doctor, item = clinic.ctx("bac.si"), item_of(placed).pk
    assert refusals(lambda: send_back_result(doctor, item_id=item, reason="")) == [("reason-missing", "reason")]
    send_back_result(doctor, item_id=item, reason="Không hợp lâm sàng, đo lại")
    assert states(placed) == {IONS: "in-progress"}
    assert refusals(lambda: send_back_result(doctor, item_id=item, reason="x"), Conflict) == [
        ("nothing-to-verify", None)
    ]


def test_a_critical_value_stays_until_a_doctor_takes_note(clinic: Clinic) -> None:
    placed = order(clinic)
    drawn(clinic, placed)
    assert answered(clinic, placed, {"NA": "140", "K": "6,5"}).critical == 1  # the limit itself is critical
    alert = CriticalAlert.objects.get()
    assert alert.doctor == clinic.city.staff["bac.si"]
    doctor = clinic.ctx("bac.si")
    assert refusals(lambda: acknowledge_critical(doctor, alert_id=alert.pk, action=" ")) == [
        ("action-missing", "action")
    ]
    for who, kind in (("ky.thuat.vien", Forbidden), (STRANGER, NotFound)):
        ctx = clinic.ctx(who)
        assert refusals(lambda: acknowledge_critical(ctx, alert_id=alert.pk, action="x"), kind)  # noqa: B023
    acknowledge_critical(doctor, alert_id=alert.pk, action="Cho calci, ghi điện tim")
    with pytest.raises(Conflict) as refused:
        acknowledge_critical(doctor, alert_id=alert.pk, action="x")
    assert clinic.city.staff["bac.si"].full_name in refused.value.message
    assert CriticalAcknowledgement.objects.get().action == "Cho calci, ghi điện tim"


def test_a_correction_supersedes_and_tells_again(clinic: Clinic) -> None:
    placed = order(clinic)
    drawn(clinic, placed)
    answered(clinic, placed, {"NA": "140", "K": "4,2"})
    doctor, item = clinic.ctx("bac.si"), item_of(placed).pk

    def correct(answers: dict[str, str], reason: str = "Nhập nhầm dòng") -> Any:
        return correct_result(doctor, item_id=item, answer=Answer(answers), reason=reason)

    assert refusals(lambda: correct({"NA": "140", "K": "2,4"}, " ")) == [("reason-missing", "reason")]
    assert refusals(lambda: correct({"NA": "140"})) == [("measure-dropped", "measures")]
    assert correct({"NA": "140", "K": "2,4"}).critical == 1
    old, new = DiagnosticReport.objects.order_by("id")
    assert (old.superseded_by, old.superseded_reason, new.superseded_by) == (new, "Nhập nhầm dòng", None)
    standing = Observation.objects.filter(superseded_by=None, code="2823-3")
    assert list(standing.values_list("value", "interpretation")) == [(Decimal("2.4"), "LL")]
    assert item_of(placed).report_id == new.pk
    assert CriticalAlert.objects.count() == 1
