"""Reports entered, corrected and taken back: what stands, what stays readable, what is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.commands.encounters import Diagnosis, open_encounter, record_diagnoses
from records.commands.reports import correct_report, record_report, replace_report, withdraw_report
from records.models import DiagnosticReport, Document, Encounter, Observation, RestrictedCode, SourceRecord, StoredFile
from records.queries.access import open_record
from records.queries.examination import get_examination, get_reports
from records.queries.reports import PAGE, find_reports, get_encounter_choice, get_report
from records.queries.results import get_series
from records.queries.timeline import get_timeline
from records.rules.reports import Measure, Report
from registry.kernel import Context, Refused
from tests.factories.city import NOW, City
from tests.records.conftest import register

SUGAR = Report(
    "LAB", "Glucose máu", NOW, code="23.0075", conclusion="Tăng",
    measures=(Measure("14749-6", "Glucose", Decimal("9.2"), unit="mmol/L", reference="3,9–6,4"),),
)  # fmt: skip


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    return register(city)


@pytest.fixture
def encounter(city: City, resident: uuid.UUID) -> Encounter:
    return open_encounter(city.ctx("le.tan", NOW), patient_id=resident, care_type="01", reason="Mệt")


def refused(command: Callable[[], Any]) -> set[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        command()
    return {(one.code, one.field) for one in caught.value.all}


def paper(city: City, patient_id: uuid.UUID, *, restricted: bool = False, **more: Any) -> Document:
    """A paper of that person, as somebody of the desk filed it."""
    number = StoredFile.objects.count()
    file = StoredFile.objects.create(
        sha256=f"{number:064x}", size=10, media_type="application/pdf", scan="clean", scanned_at=NOW, received_at=NOW
    )
    record = SourceRecord.objects.filter(link__patient_id=patient_id).order_by("id")[0]
    return Document.objects.create(
        source_record=record, patient_id=patient_id, facility=record.facility, recorded_by=city.staff["le.tan"],
        recorded_at=NOW, file=file, kind="laboratory", title="Phiếu giấy", dated_on=NOW.date(), restricted=restricted,
        **more,
    )  # fmt: skip


def test_a_report_noted_by_mistake_counts_nowhere_and_stays_readable(
    city: City, resident: uuid.UUID, encounter: Encounter, trail: Any
) -> None:
    ctx = city.ctx("bac.si", NOW)
    row = record_report(ctx, patient_id=resident, report=SUGAR, encounter_id=encounter.pk)
    take = partial(withdraw_report, ctx, patient_id=resident, report_id=row.pk)
    assert refused(lambda: take(reason=" ")) == {("reason-missing", "reason")}
    trail()
    gone = take(reason="Nhầm người")
    assert [one.action for one in trail()] == ["withdraw-report"]
    access = open_record(ctx, resident)
    assert get_series(access) == ()
    assert get_reports(access) == ()
    seen = get_examination(access, encounter.pk)
    assert (seen.reports, seen.results) == ((), ())
    assert ("Glucose: 9,2 mmol/L", "Nhầm người") in {(one.text, one.superseded_reason) for one in seen.earlier}
    assert {one.kind for one in get_timeline(access).entries} == {"encounter"}
    (line,), _more = find_reports(access)
    assert (line.id, line.withdrawn) == (gone.pk, True)
    found = get_report(access, row.pk)
    assert (found.now.id, found.now.withdrawn, found.earlier[0].reason) == (gone.pk, True, "Nhầm người")
    assert [one.written for one in found.earlier[0].indexes] == ["9,2"]
    assert not Observation.objects.filter(superseded_by=None, mistaken=False).exists()
    assert refused(lambda: take(reason="x")) == {("already-corrected", None)}
    again = lambda: correct_report(ctx, patient_id=resident, report_id=gone.pk, report=SUGAR, reason="x")  # noqa: E731
    assert refused(again) == {("report-withdrawn", None)}
    assert refused(lambda: replace_report(ctx, gone, SUGAR, "x")) == {("report-withdrawn", None)}


def test_versions_are_read_from_any_of_them_at_a_fixed_cost(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("bac.si", NOW)
    first = now = record_report(ctx, patient_id=resident, report=SUGAR)
    for value in ("9.3", "9.4"):
        right = replace(SUGAR, measures=(replace(SUGAR.measures[0], value=Decimal(value)),))
        now = correct_report(ctx, patient_id=resident, report_id=now.pk, report=right, reason=f"Máy báo {value}")
    access = open_record(ctx, resident)
    with CaptureQueriesContext(connection) as queries:
        found = get_report(access, first.pk)
    assert len(queries) == 2
    assert [one.indexes[0].written for one in (found.now, *found.earlier)] == ["9,4", "9,3", "9,2"]
    assert [one.reason for one in found.earlier] == ["Máy báo 9.4", "Máy báo 9.3"]
    stranger = open_record(ctx, register(city, name="Người Khác"))
    assert refused(lambda: get_report(stranger, now.pk)) == {("no-such-report", None)}


def test_an_index_without_a_code_joins_the_course_its_name_has(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("bac.si", NOW)
    record_report(ctx, patient_id=resident, report=replace(SUGAR, performed_at=NOW - timedelta(days=1)))
    typed = (Measure("", " GLUCOSE ", Decimal("5.1"), unit="mmol/L"), Measure("", "Acid uric", Decimal(320)))
    record_report(ctx, patient_id=resident, report=replace(SUGAR, measures=typed))
    series = {one.code: [str(number) for _day, number in one.numbers] for one in get_series(open_record(ctx, resident))}
    assert series == {"14749-6": ["9.2000", "5.1000"], "acid-uric": ["320.0000"]}
    twice = (Measure("", "Glucose", Decimal(5)), Measure("14749-6", "Đường máu", Decimal(6)))
    again = replace(SUGAR, measures=twice)
    assert refused(lambda: record_report(ctx, patient_id=resident, report=again)) == {
        ("measure-twice", "measures.1.display")
    }


def test_the_original_is_a_paper_of_the_same_record(city: City, resident: uuid.UUID) -> None:
    ctx, lab = city.ctx("bac.si", NOW), city.ctx("ky.thuat.vien", NOW)
    right, other = paper(city, resident), paper(city, register(city, name="Người Khác"))
    withdrawn = paper(city, resident, withdrawn_at=NOW, withdrawn_reason="mờ")
    hidden = paper(city, resident, restricted=True)

    def write(one: Document, by: Context = ctx) -> DiagnosticReport:
        return record_report(by, patient_id=resident, report=replace(SUGAR, document=one.pk))

    for wrong in (other, withdrawn):
        assert refused(partial(write, wrong)) == {("document-unknown", "document")}
    assert refused(lambda: write(hidden, lab)) == {("document-unknown", "document")}
    row = write(right)
    assert get_report(open_record(ctx, resident), row.pk).now.document == "Phiếu giấy"

    def mend(by: Context, said: Report) -> DiagnosticReport:
        return correct_report(by, patient_id=resident, report_id=row.pk, report=said, reason="sửa")

    row = mend(ctx, SUGAR)
    assert row.attachment_id is None
    row = mend(ctx, replace(SUGAR, document=hidden.pk))
    row = mend(lab, SUGAR)  # who cannot see the paper cannot mean to take it away
    assert row.attachment_id == hidden.pk
    assert get_report(open_record(lab, resident), row.pk).now.document_id is None


def test_a_restricted_report_is_not_there_for_who_may_not_read_it(
    city: City, resident: uuid.UUID, encounter: Encounter
) -> None:
    doctor, lab = city.ctx("bac.si", NOW), city.ctx("ky.thuat.vien", NOW)
    RestrictedCode.objects.update_or_create(
        applies_to="observation",
        code="20447-9",
        defaults={"group": "hiv", "name": "HIV", "source": "x", "active": True},
    )
    number = replace(SUGAR, display="Tải lượng", measures=(Measure("20447-9", "Tải lượng", Decimal(40)),))
    by_number = record_report(doctor, patient_id=resident, report=number)
    by_service = record_report(doctor, patient_id=resident, report=replace(SUGAR, code="20447-9", measures=()))
    record_diagnoses(doctor, encounter, Diagnosis("B20", "HIV"))
    RestrictedCode.objects.update_or_create(
        applies_to="condition", code="B20", defaults={"group": "hiv", "name": "HIV", "source": "x", "active": True}
    )
    by_encounter = record_report(doctor, patient_id=resident, report=SUGAR, encounter_id=encounter.pk)
    seen, blind = open_record(doctor, resident), open_record(lab, resident)
    assert {one.id for one in find_reports(seen)[0]} == {by_number.pk, by_service.pk, by_encounter.pk}
    assert find_reports(blind)[0] == ()
    assert get_reports(blind) == ()
    assert not {"report", "encounter"} & {one.kind for one in get_timeline(blind).entries}
    for row in (by_number, by_service, by_encounter):
        assert refused(partial(get_report, blind, row.pk)) == {("no-such-report", None)}
        take = partial(withdraw_report, lab, patient_id=resident, report_id=row.pk, reason="x")
        assert refused(take) == {("no-such-entry", None)}


def test_the_list_turns_its_pages(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("bac.si", NOW)
    for back in range(PAGE + 1):
        record_report(ctx, patient_id=resident, report=replace(SUGAR, performed_at=NOW - timedelta(days=back)))
    access = open_record(ctx, resident)
    with CaptureQueriesContext(connection) as queries:
        lines, following = find_reports(access)
    assert len(queries) == 1
    assert len(lines) == PAGE
    ((last,), end) = find_reports(access, before=following)
    assert (last.performed_at, end) == (NOW - timedelta(days=PAGE), "")
    assert refused(lambda: find_reports(access, before="x")) == {("bad-cursor", None)}


def test_only_this_facilitys_open_encounter_takes_a_report(
    city: City, resident: uuid.UUID, encounter: Encounter
) -> None:
    access = open_record(city.ctx("bac.si", NOW), resident)
    assert get_encounter_choice(access, encounter.pk).id == encounter.pk
    assert refused(lambda: get_encounter_choice(access, uuid.uuid4())) == {("no-such-encounter", None)}


def test_a_stranger_withdraws_nothing(city: City, resident: uuid.UUID) -> None:
    row = record_report(city.ctx("bac.si", NOW), patient_id=resident, report=SUGAR)

    def take(by: str, who: uuid.UUID = resident) -> DiagnosticReport:
        return withdraw_report(city.ctx(by, NOW), patient_id=who, report_id=row.pk, reason="x")

    assert refused(lambda: take("bac.si.2")) == {("record-closed", None)}
    assert refused(lambda: take("y.ta")) == {("permission-denied", None)}
    assert refused(lambda: take("bac.si", register(city, name="Người Khác"))) == {("no-such-entry", None)}
    assert DiagnosticReport.objects.count() == 1
