"""What users of other screening systems complain of, one test each; the number is that of their own tracker."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from records.commands.encounters import record_result as record_in_record
from records.models import Observation
from registry.kernel import Conflict, Refused
from screening.commands.duties import close_duty_not_done, take_duty
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit
from screening.commands.results import record_test
from screening.models import Duty, Enrolment, ProgrammeVersion
from screening.queries.enrolments import get_enrolment
from screening.queries.worklist import Bucket, Filters, Holder, get_worklist
from screening.rules.programme_data import parse_rules
from tests.factories.screening import Ward, kit_number


def _woman(ward: Ward, **more: Any) -> Enrolment:
    person = ward.person(sex="female", birth=date(1982, 5, 4), **more)
    return enrol(ward.ctx(), patient_id=person.pk, programme="cervical")


def test_overdue_is_a_day_compared_with_today_and_never_a_stored_word(ward: Ward) -> None:
    """dhis2/capture-app 3166, 4027: lists by status that were wrong the next morning."""
    ward.positive()
    for days, overdue in ((31, 0), (1, 1)):
        ward.later(days=days)
        board = get_worklist(ward.ctx(), filters=Filters(bucket=Bucket.OVERDUE))
        assert (len(board.cases), board.counts.of(Bucket.OVERDUE), board.counts.of(Bucket.OPEN)) == (
            overdue,
            overdue,
            1,
        )


def test_a_list_can_be_asked_for_ones_own(ward: Ward) -> None:
    """dhis2/capture-app 2589, 3825."""
    mine, _others = ward.positive(name="Lê Văn An"), ward.positive(name="Lê Văn Bình")
    take_duty(ward.ctx(), enrolment_id=mine.pk)
    board = get_worklist(ward.ctx(), filters=Filters(holder=Holder.MINE))
    assert [case.enrolment_id for case in board.cases] == [mine.pk]


def test_a_result_stands_in_the_record_as_what_it_is(ward: Ward) -> None:
    """AMPATH etl-rest-server 1076, 1372: screening results missing from the summary."""
    woman = _woman(ward)
    result = record_test(ward.ctx(), enrolment_id=woman.pk, action="cytology", code="lsil")
    seen = Observation.objects.get(pk=result.observation_id)
    assert (seen.patient_id, seen.code, seen.value_text) == (woman.patient_id, "cytology", "LSIL")


@pytest.mark.parametrize(("code", "assess", "decide"), [("negative", False, False), ("16-18", True, False)])
def test_treatment_is_asked_of_nobody_whose_test_was_negative(
    ward: Ward, code: str, assess: bool, decide: bool
) -> None:
    """kenyaemr 894: treatment fields shown for negatives."""
    woman = _woman(ward)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code=code)
    actions = get_enrolment(ward.ctx(), woman.pk).actions
    assert (actions.assess, actions.decide) == (assess, decide)


def test_the_test_must_be_named(ward: Ward) -> None:
    """kenyaemr 894: test type not mandatory."""
    with pytest.raises(Refused) as refused:
        record_test(ward.ctx(), enrolment_id=_woman(ward).pk, action="", code="negative")
    assert refused.value.field == "action"


@pytest.mark.parametrize(("code", "text", "tested"), [("21440-3", "Âm tính", True), ("hpv", "Mẫu không đạt", False)])
def test_a_test_under_another_code_was_read(ward: Ward, code: str, text: str, tested: bool) -> None:
    """HealthClawGuardrails 428: due because another code of the same test was not read; an inadequate one is none."""
    person = ward.person(sex="female", birth=date(1982, 5, 4))
    record_in_record(
        ward.ctx("bac.si.2"), patient_id=person.pk, code=code, display="HPV", value_text=text,
        observed_at=ward.at - timedelta(hours=1),
    )  # fmt: skip
    if tested:
        with pytest.raises(Refused) as refused:
            enrol(ward.ctx(), patient_id=person.pk, programme="cervical")
        assert refused.value.code == "tested-recently"
    else:
        assert enrol(ward.ctx(), patient_id=person.pk, programme="cervical").next_due_on == ward.at.date()


def test_the_reference_day_is_the_versions(ward: Ward) -> None:
    """tuva-core 269: age at the period's end where its start was meant. The version says which; each says its own."""
    for version in ProgrammeVersion.objects.all():
        assert parse_rules(version.rules).reference_day in ("invitation-day", "year-start", "year-end")


def test_the_dead_are_given_no_kit(ward: Ward) -> None:
    """manage-vaccinations-in-schools 2058."""
    enrolment = ward.enrolled()
    enrolment.patient.deceased_on = ward.at.date()
    enrolment.patient.save(update_fields=["deceased_on"])
    with pytest.raises(Refused) as refused:
        issue_kit(ward.ctx(), enrolment_id=enrolment.pk, number=kit_number())
    assert refused.value.code == "deceased"


def test_nobody_is_enrolled_or_tested_twice(ward: Ward) -> None:
    """manage-vaccinations-in-schools 4182, 4626."""
    woman = _woman(ward)
    with pytest.raises(Conflict):
        enrol(ward.ctx(), patient_id=woman.patient_id, programme="cervical")
    one = record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="negative")
    assert record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="negative") == one


def test_a_follow_up_ends_without_a_visit(ward: Ward) -> None:
    """SORMAS 3791: follow-up that never ends; here it ends with a reason, and never without."""
    enrolment = ward.positive()
    with pytest.raises(Refused):
        close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="unreachable")
    close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="unreachable", note="gọi 3, 5 và 9/12")
    assert not Duty.objects.filter(closed_at=None).exists()


def test_days_are_those_of_hanoi(ward: Ward) -> None:
    """dtos-cohort-manager 1750: dates moved by the time zone. A result at half past midnight in Hanoi is of that day."""
    ward.at = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # 00:30 of the next day in Hanoi
    result = record_test(ward.ctx(), enrolment_id=_woman(ward).pk, action="hpv", code="negative")
    assert result.performed_on == date(2026, 11, 24)
