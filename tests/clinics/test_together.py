"""Two people, one visit, the real database: threads that start together. Nothing is lost, nothing is written twice."""

from __future__ import annotations

import threading
import uuid
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses
from clinics.commands.drafts import save_draft
from clinics.commands.ordering import place_order
from clinics.commands.triage import record_vitals
from clinics.models import OrderItem, PrescriptionDraft, Visit, VisitStatus
from clinics.queries.sheet import get_sheet
from clinics.rules.drafts import Written
from clinics.rules.sheet import Sheet
from records.models import Condition, Observation
from records.rules.examination import Examination
from registry.kernel import Conflict, Refused
from registry.rules.permissions import Role
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import CHEST
from tests.clinics.test_check_in import in_threads
from tests.clinics.test_prescribing import AMLODIPINE, PARACETAMOL, line
from tests.factories.city import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


@pytest.fixture
def two(live_clinic: Clinic) -> Clinic:
    """A second doctor of the same clinic."""
    live_clinic.city.staff["bac.si.b"] = make_staff("bac.si.b", Role.DOCTOR, live_clinic.city.here)
    return live_clinic


def written(visit_id: uuid.UUID) -> Sheet:
    return get_sheet(Visit.objects.select_related("encounter").get(pk=visit_id))


def together(*acts: Any) -> list[Any]:
    """Each in its own thread and connection, let go at the same moment."""
    gate = threading.Barrier(len(acts))

    def one(act: Any) -> Any:
        gate.wait()
        return act()

    return in_threads(one, list(acts), threads=len(acts))


def refused_of(answers: list[Any]) -> list[Refused]:
    return [one for one in answers if isinstance(one, Refused)]


def test_one_sheet_two_doctors(two: Clinic) -> None:
    for at in range(ROUNDS):
        visit_id = two.consult(two.register("Trần Văn " + "Ư" * (at + 1), f"{1950 + at}", "male"))
        seen = written(visit_id).marks
        said = {
            "bac.si": {"conclusion": "A", "examined": Examination(course="Của A")},
            "bac.si.b": {"conclusion": "B", "examined": Examination(advice="Của B")},
        }
        form = {"visit_id": visit_id, "main": "J02.9", "seen": seen}
        answers = together(*(partial(record_diagnoses, two.ctx(who), **form, **what) for who, what in said.items()))
        (late,) = refused_of(answers)
        assert isinstance(late, Conflict)
        assert [one.field for one in late.all] == ["conclusion"]
        sheet = written(visit_id)
        winner = "bac.si" if sheet.conclusion == "A" else "bac.si.b"
        assert two.city.staff[winner].full_name in late.message
        assert f"“{sheet.conclusion}”" in late.message
        assert (sheet.course, sheet.advice) in {("Của A", ""), ("", "Của B")}, "the refused one wrote nothing at all"
        assert Condition.objects.filter(encounter__visit=visit_id, superseded_by=None).count() == 1


def test_different_lines_of_one_sheet_are_both_kept(two: Clinic) -> None:
    visit_id = two.consult()
    seen = written(visit_id).marks
    shown = {"main": "", "conclusion": "", "visit_id": visit_id, "seen": seen}
    answers = together(
        lambda: record_diagnoses(two.ctx("bac.si"), examined=Examination(course="Của A"), **shown),
        lambda: record_diagnoses(two.ctx("bac.si.b"), examined=Examination(findings={"ent": "Của B"}), **shown),
    )
    assert refused_of(answers) == []
    sheet = written(visit_id)
    assert (sheet.course, sheet.findings) == ("Của A", {"ent": "Của B"})


def test_one_measurement_sent_twice_and_two_at_once(two: Clinic) -> None:
    visit_id = two.check_in().visit_id
    readings = {"pulse": Decimal(96), "temperature": Decimal("38.6")}
    nurse = two.ctx("y.ta")
    answers = together(
        *[lambda: record_vitals(nurse, visit_id=visit_id, readings=readings, seen="")] * 2,
    )
    assert refused_of(answers) == []
    assert Observation.objects.filter(encounter__visit=visit_id).count() == 2, "one measurement, not two"
    with pytest.raises(Conflict, match="vitals-measured") as refused:
        record_vitals(two.ctx("bac.si"), visit_id=visit_id, readings={"pulse": Decimal(80)}, seen="")
    assert all(part in refused.value.message for part in (two.city.staff["y.ta"].full_name, "Mạch 96", "Nhiệt độ 38,6"))
    assert Observation.objects.filter(encounter__visit=visit_id).count() == 2


def test_one_prescription_two_doctors(two: Clinic) -> None:
    visit_id = two.consult()
    lines = {"bac.si": PARACETAMOL, "bac.si.b": AMLODIPINE}
    answers = together(
        *(
            lambda who=who, code=code: save_draft(
                two.ctx(who), visit_id=visit_id, version=0, written=Written((line(code),))
            )
            for who, code in lines.items()
        )
    )
    (late,) = refused_of(answers)
    assert late.code == "draft-changed"
    kept = PrescriptionDraft.objects.get(visit=visit_id)
    assert kept.changed_by.full_name in late.message
    assert "thêm" in late.message
    assert len(kept.lines) == 1


def test_one_order_sent_twice(two: Clinic) -> None:
    visit_id = two.consult()
    answers = together(*[lambda: place_order(two.ctx("bac.si"), visit_id=visit_id, codes=[CHEST])] * 2)
    (late,) = refused_of(answers)
    assert (late.code, late.field) == ("order-repeated", "repeat_reason")
    assert OrderItem.objects.filter(order__visit=visit_id).count() == 1


def test_one_visit_closed_twice(two: Clinic) -> None:
    for at in range(ROUNDS):
        visit_id = two.consult(two.register("Lê Văn " + "Ư" * (at + 1), f"{1960 + at}", "male"))
        said = {"visit_id": visit_id, "main": "J02.9", "outcome_code": "2", "seen": written(visit_id).marks}
        answers = together(
            partial(close_visit, two.ctx("bac.si"), conclusion="A", **said),
            partial(close_visit, two.ctx("bac.si.b"), conclusion="B", **said),
        )
        (late,) = refused_of(answers)
        assert late.code == "visit-ended"
        ended = VisitStatus.objects.get(visit=visit_id, state="closed")
        assert ended.by.full_name in late.message
        assert written(visit_id).conclusion == ("A" if ended.by.username == "bac.si" else "B")


def test_a_draft_saved_while_the_visit_is_closed_is_told(two: Clinic) -> None:
    visit_id = two.consult()
    seen = written(visit_id).marks
    answers = together(
        lambda: close_visit(
            two.ctx("bac.si"), visit_id=visit_id, main="J02.9", conclusion="A", outcome_code="2", seen=seen
        ),
        lambda: record_diagnoses(two.ctx("bac.si.b"), visit_id=visit_id, main="J03.9", conclusion="B", seen=seen),
    )
    (late,) = refused_of(answers)
    assert late.code in {"visit-ended", "sheet-changed"}
    sheet = written(visit_id)
    assert (sheet.main, sheet.conclusion) in {("J02.9", "A"), ("J03.9", "B")}
