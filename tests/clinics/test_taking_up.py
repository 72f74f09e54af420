"""What a prescription begins from: the last one, or nothing."""

from __future__ import annotations

import pytest

from clinics.commands.drafts import take_up_last
from clinics.commands.signing import sign_prescription
from records.models import MedicationRequest
from registry.kernel import NotFound
from tests.clinics.conftest import Clinic
from tests.clinics.test_prescribing import (
    AMLODIPINE,
    PARACETAMOL,
    line,
    sign,
    visit_of,
)


def test_the_last_prescription_is_taken_up_as_the_same_medicines(clinic: Clinic) -> None:
    person = clinic.register()
    first = visit_of(clinic, person, diagnosis="I10")
    sign(clinic, first, line(AMLODIPINE, 30), line(PARACETAMOL, 30))
    from clinics.commands.closing import close_visit

    close_visit(clinic.ctx("bac.si"), visit_id=first, conclusion="Hẹn khám lại", outcome_code="2")
    visit_id = visit_of(clinic, person, diagnosis="I10")
    sheet = take_up_last(clinic.ctx("bac.si"), visit_id=visit_id, version=0)
    assert [one.code for one in sheet.written.lines] == [AMLODIPINE, PARACETAMOL]
    assert sheet.judged.stopped == ()
    made = sign_prescription(
        clinic.ctx("bac.si"), visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=sheet.written
    )
    told = MedicationRequest.objects.filter(superseded_by=None).values_list("status", "name")
    assert sorted(told) == [
        ("active", "Amlodipin 5 mg"), ("active", "Paracetamol 500 mg"),
        ("completed", "Amlodipin 5 mg"), ("completed", "Paracetamol 500 mg"),
    ]  # fmt: skip
    assert len(made) == 1


def test_without_a_last_prescription_there_is_nothing_to_take_up(clinic: Clinic) -> None:
    with pytest.raises(NotFound, match="no-last-prescription"):
        take_up_last(clinic.ctx("bac.si"), visit_id=visit_of(clinic), version=0)
