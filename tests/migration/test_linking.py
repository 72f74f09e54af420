"""Whom an imported record is linked to, why, and whom it is not."""

from __future__ import annotations

from typing import Any

import pytest

from migration.queries.reconciliation import count_batch
from records.models import LinkEvent, Patient, PatientIdentifier, RecordLink
from tests.migration import files
from tests.migration.test_pipeline import counts, run

BASE: dict[str, str] = {"MA_BN": "A1", "MA_LK": "L1"}
OTHER: dict[str, str | None] = {"MA_BN": "A2", "MA_LK": "L2"}
NUMBERLESS: dict[str, str | None] = {"SO_CCCD": "", "MA_THE_BHYT": ""}

SAME: dict[str, dict[str, str | None]] = {
    "the same numbers, name and birth date": {},
    "the same card, another number of the hospital, no diacritics": {"HO_TEN": "NGUYEN THI HOA", "SO_CCCD": ""},
    "the hospital's own number, name and year of birth": {
        **NUMBERLESS, "MA_BN": "A1", "NGAY_SINH": "197200000000", "DIEN_THOAI": "", "MAXA_CU_TRU": "",
    },
    "full name, birth date and phone": {**NUMBERLESS, "MAXA_CU_TRU": ""},
    "full name, birth date and ward": {**NUMBERLESS, "DIEN_THOAI": ""},
}  # fmt: skip
ANOTHER: dict[str, dict[str, str | None]] = {
    "a mother's number on her child": {"HO_TEN": "Trần Minh An", "NGAY_SINH": "202001010000", "GIOI_TINH": "1"},
    "a child under its mother's name": {"NGAY_SINH": "202408010000"},
    "twins with one phone": {**NUMBERLESS, "HO_TEN": "Nguyễn Thị Hoa"},
    "only name and birth date": {**NUMBERLESS, "DIEN_THOAI": "", "MAXA_CU_TRU": ""},
    "the same name and ward, another birth date": {**NUMBERLESS, "DIEN_THOAI": "", "NGAY_SINH": "195501020000"},
    "another sex": {**NUMBERLESS, "GIOI_TINH": "1"},
}


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


@pytest.mark.parametrize("together", [True, False], ids=["one file", "two files"])
@pytest.mark.parametrize("case", SAME)
def test_the_same_person_is_linked_with_a_reason(ctx: Any, case: str, together: bool) -> None:
    first = files.visit(files.xml1(**BASE))
    second = files.visit(files.xml1(**{**OTHER, **SAME[case]}))
    if together:
        batch = run(ctx, files.envelope([first, second]))
        assert counts(batch) == (2, 1, 1, 0, 0)
    else:
        run(ctx, files.envelope([first]))
        assert counts(run(ctx, files.envelope([second]))) == (1, 0, 1, 0, 0)
    patient = Patient.objects.get()
    assert set(RecordLink.objects.values_list("patient_id", flat=True)) == {patient.pk}
    assert all("rùng" in reason for reason in LinkEvent.objects.order_by("id").values_list("reason", flat=True)[1:])


@pytest.mark.parametrize("case", ANOTHER)
def test_another_person_is_a_new_one(ctx: Any, case: str) -> None:
    changed = {**OTHER, **ANOTHER[case]}
    batch = run(ctx, files.envelope([files.visit(files.xml1(**BASE)), files.visit(files.xml1(**changed))]))
    assert counts(batch) == (2, 2, 0, 0, 0)
    assert Patient.objects.count() == 2


def test_somebody_alike_who_was_not_linked_is_told(ctx: Any) -> None:
    changed = {**OTHER, **ANOTHER["only name and birth date"]}
    batch = run(ctx, files.envelope([files.visit(files.xml1(**BASE)), files.visit(files.xml1(**changed))]))
    assert count_batch(batch.pk).notices == {"possible-duplicate": 1}


def test_a_linked_statement_brings_its_numbers_and_the_golden_record_follows(ctx: Any) -> None:
    run(ctx, files.envelope([files.visit(files.xml1(**BASE, SO_CCCD="", DIEN_THOAI=""))]))
    later = files.xml1(**{**OTHER, "MA_BN": "A1", "NGAY_VAO": "202510030815", "NGAY_RA": "202510031030"})
    run(ctx, files.envelope([files.visit(later)]))
    patient = Patient.objects.get()
    assert patient.phone == "0912000345"
    assert PatientIdentifier.objects.get(kind="cccd").patient_id == patient.pk


def test_an_older_statement_does_not_overwrite_a_newer_one(ctx: Any) -> None:
    newer = files.xml1(**BASE, NGAY_VAO="202510030815", NGAY_RA="202510031030", DIEN_THOAI="0987654321")
    run(ctx, files.envelope([files.visit(newer)]))
    run(ctx, files.envelope([files.visit(files.xml1(**{**OTHER, "DIEN_THOAI": "0912000345"}))]))
    assert Patient.objects.get().phone == "0987654321"
