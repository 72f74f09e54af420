"""Results that ordinary clinics write: each lands once, judged by the version, or is set aside with its reason."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest

from records.commands.corrections import replace_row
from records.commands.encounters import record_result as write_result
from records.commands.encounters import stamp_for
from records.commands.merging import merge_people
from records.commands.reports import write_report
from records.models import Observation
from records.rules.reports import Measure, Report
from registry.kernel import Conflict
from registry.models import AuditEvent, OutboxMessage
from screening.commands.duties import close_duty_not_done
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit, record_kit_return
from screening.commands.observations import sweep_observations
from screening.commands.results import record_result, record_test
from screening.models import Duty, Enrolment, Episode, Kit, Result, SetAside
from screening.queries.exceptions import Fault, find_faults
from screening.tasks import identity_changed, observation_recorded
from tests.factories.screening import Ward, kit_number

FIT_UNIT = "µg Hb/g"


def _woman(ward: Ward) -> Enrolment:
    person = ward.person(sex="female", name="Lê Thị An", birth=date(1982, 5, 4))
    return enrol(ward.ctx(), patient_id=person.pk, programme="cervical")


def _seen(ward: Ward, enrolment: Enrolment, code: str = "hpv", at: datetime | None = None, **said: str) -> Observation:
    """What the ward's doctor writes into the record, outside of screening. said: text, or value and unit."""
    return write_result(
        ward.ctx("bac.si"),
        patient_id=enrolment.patient_id,
        code=code,
        display=code.upper(),
        value=Decimal(said["value"]) if "value" in said else None,
        value_text=said.get("text", ""),
        unit=said.get("unit", ""),
        observed_at=at or ward.at,
    )


def _told(ward: Ward, patient_id: uuid.UUID) -> int:
    """The news arrives at the ward's moment."""
    with patch("screening.tasks.timezone.now", return_value=ward.at):
        return observation_recorded("", {"patient_id": str(patient_id)})


def _take(ward: Ward) -> int:
    return sweep_observations(ward.ctx("sang.loc"))


def _owed(enrolment: Enrolment) -> list[str]:
    return list(Duty.objects.filter(episode__enrolment=enrolment, closed_at=None).values_list("action", flat=True))


def test_a_clinics_positive_lands_once_and_opens_the_clock(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward)
    seen = _seen(ward, woman, text="Dương tính HPV nguy cơ cao khác")
    assert OutboxMessage.objects.filter(topic="observation.recorded").count() == 1
    assert [_told(ward, woman.patient_id), _told(ward, woman.patient_id), _take(ward)] == [1, 0, 0]
    at_commit()
    result = Result.objects.get()
    assert (result.action, result.code, result.verdict, result.origin) == ("hpv", "other-hr", "positive", "record")
    assert (result.observation, result.facility_id, _owed(woman)) == (seen, seen.facility_id, ["via-triage"])
    assert Episode.objects.get().target, "she was due"


def test_a_number_is_judged_by_the_versions_cut_off(ward: Ward, at_commit: Any) -> None:
    for value, verdict in (("19.9999", "negative"), ("20", "positive")):
        person = ward.enrolled(name=f"Lê Văn {verdict}")
        _seen(ward, person, "fit", value=value, unit="ug/g")
        assert _take(ward) == 1
        at_commit()
        result = Result.objects.get(episode__enrolment=person)
        assert (result.verdict, result.cut_off) == (verdict, Decimal(20))
        assert _owed(person) == (["colonoscopy"] if verdict == "positive" else [])


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        ("hpv", {"text": "dương tính yếu"}, "word"),
        ("hpv", {"value": "12", "unit": "copies"}, "number"),
        ("fit", {"value": "57", "unit": "ng/mL"}, "unit"),
        ("fit", {"value": "-1", "unit": FIT_UNIT}, "range"),
    ],
)
def test_what_the_version_does_not_know_is_an_exception_and_no_step(
    ward: Ward, code: str, said: dict[str, str], reason: str
) -> None:
    one = _woman(ward) if code == "hpv" else ward.enrolled()
    _seen(ward, one, code, None, **said)
    assert [_take(ward), _take(ward)] == [0, 0]
    assert (Result.objects.count(), Duty.objects.count(), SetAside.objects.get().reason) == (0, 0, reason)
    (line,) = find_faults(ward.ctx(), fault=Fault.NOT_TAKEN).lines
    assert (line.enrolment_id, line.reason) == (one.pk, SetAside.Reason(reason).label)
    assert (said.get("text") or said["value"]) in line.said
    (told,) = find_faults(ward.ctx("so.y.te"), fault=Fault.NOT_TAKEN).lines
    assert (told.name, told.said, told.reason) == ("", "", line.reason)


def test_an_exception_goes_when_somebody_enters_the_result(ward: Ward) -> None:
    woman = _woman(ward)
    _seen(ward, woman, text="dương tính yếu")
    _take(ward)
    ward.later(hours=1)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="positive")
    assert find_faults(ward.ctx()).counts == {}


def test_the_kits_own_result_is_not_taken_a_second_time(ward: Ward) -> None:
    person = ward.positive()
    assert _take(ward) == 0
    ward.later(hours=1)
    _seen(ward, person, "fit", value="57.5", unit=FIT_UNIT)
    assert (_take(ward), Result.objects.count(), SetAside.objects.get().reason) == (0, 1, "same")
    assert find_faults(ward.ctx()).counts == {}


def test_a_clinics_result_answers_for_the_returned_kit(ward: Ward, at_commit: Any) -> None:
    kit = ward.with_kit()
    ward.later(minutes=5)
    _seen(ward, kit.episode.enrolment, "fit", value="3", unit=FIT_UNIT)
    assert _take(ward) == 1
    at_commit()
    kit.refresh_from_db()
    assert (kit.state, Result.objects.get().kit) == ("resulted", kit)
    with pytest.raises(Conflict):
        record_result(ward.ctx(), kit_id=kit.pk, value=Decimal(300))


def test_a_kit_that_comes_back_after_its_round_ended_is_not_lost(ward: Ward, at_commit: Any) -> None:
    person = ward.enrolled()
    kit = issue_kit(ward.ctx(), enrolment_id=person.pk, number=kit_number())
    _seen(ward, person, "fit", value="3", unit=FIT_UNIT)
    assert (_take(ward), Episode.objects.get().ending) == (1, "negative")
    ward.later(days=1)
    record_kit_return(ward.ctx(), kit_id=kit.pk)
    record_result(ward.ctx(), kit_id=kit.pk, value=Decimal(300))
    at_commit()
    assert _owed(person) == ["colonoscopy"]
    assert Kit.objects.get().state == "resulted"


def test_two_different_results_of_one_day_are_a_question(ward: Ward) -> None:
    woman = _woman(ward)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="negative")
    ward.later(minutes=5)
    _seen(ward, woman, text="Dương tính HPV 16/18")
    assert (_take(ward), Result.objects.count()) == (0, 1)
    assert find_faults(ward.ctx()).counts == {Fault.NOT_TAKEN: 1}


def _correct(ward: Ward, old: Observation, text: str, **more: Any) -> Observation:
    values: dict[str, Any] = {
        "code": old.code,
        "display": old.display,
        "value_text": text,
        "observed_at": old.observed_at,
    }
    fresh = Observation.objects.create(**stamp_for(ward.ctx("bac.si"), old.patient_id), **(values | more))
    replace_row(old, fresh.pk, "nhập nhầm")
    return fresh


def test_a_correction_to_positive_opens_the_clock(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward)
    first = _seen(ward, woman, text="Âm tính")
    assert _take(ward) == 1
    ward.later(days=2)
    _correct(ward, first, "Dương tính HPV 16/18")
    assert _take(ward) == 1
    at_commit()
    assert _owed(woman)
    assert list(Result.objects.order_by("at").values_list("verdict", flat=True)) == ["negative", "positive"]


def test_a_correction_to_negative_never_closes_a_clock_by_itself(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward)
    first = _seen(ward, woman, text="Dương tính HPV nguy cơ cao khác")
    assert _take(ward) == 1
    ward.later(days=2)
    same = _correct(ward, first, "other-hr")
    assert (_take(ward), SetAside.objects.get().reason) == (0, "same")
    _correct(ward, same, "Âm tính", observed_at=ward.at)
    assert _take(ward) == 1
    at_commit()
    assert _owed(woman) == ["via-triage"]
    assert find_faults(ward.ctx()).counts == {Fault.TAKEN_BACK: 1}
    close_duty_not_done(ward.ctx("bac.si"), enrolment_id=woman.pk, reason="other", note="kết quả nhập nhầm")
    at_commit()
    assert find_faults(ward.ctx()).counts == {}


def test_a_result_withdrawn_as_a_mistake_is_shown_and_not_taken(ward: Ward) -> None:
    woman = _woman(ward)
    first = _seen(ward, woman, text="Dương tính HPV nguy cơ cao khác")
    _take(ward)
    _correct(ward, first, first.value_text, mistaken=True)
    assert (_take(ward), Result.objects.count(), _owed(woman)) == (0, 1, ["via-triage"])
    assert find_faults(ward.ctx()).counts == {Fault.TAKEN_BACK: 1}


def test_nobody_who_is_not_enrolled_gets_a_result(ward: Ward) -> None:
    person = ward.person(sex="female", name="Lê Thị Bình", birth=date(1982, 5, 4))
    write_result(ward.ctx("bac.si"), patient_id=person.pk, code="hpv", display="HPV", value_text="16-18")
    before = AuditEvent.objects.count()
    assert _told(ward, person.pk) == 0
    assert (Result.objects.count(), SetAside.objects.count(), AuditEvent.objects.count()) == (0, 0, before)


def test_results_of_before_the_enrolment_count_only_when_they_come_after_it(ward: Ward) -> None:
    """A sample of last month whose result arrives today is news; history loaded from long ago is not."""
    woman = _woman(ward)
    _seen(ward, woman, text="16-18", at=ward.at - timedelta(days=365 * 11))
    assert _take(ward) == 0
    _seen(ward, woman, text="16-18", at=ward.at - timedelta(days=30))
    assert _take(ward) == 1


def test_an_older_negative_changes_nothing_and_an_older_positive_is_followed(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="negative")
    due = Enrolment.objects.get(pk=woman.pk).next_due_on
    ward.later(days=1)
    _seen(ward, woman, text="Âm tính", at=ward.at - timedelta(days=20))
    assert (_take(ward), SetAside.objects.get().reason) == (0, "older")
    assert Enrolment.objects.get(pk=woman.pk).next_due_on == due
    _seen(ward, woman, text="16-18", at=ward.at - timedelta(days=10))
    assert _take(ward) == 1
    at_commit()
    assert _owed(woman)
    assert not Episode.objects.get(closed_at=None).target, "she was not due: she came by herself"


def test_a_negative_of_another_test_does_not_end_the_round(ward: Ward) -> None:
    woman = _woman(ward)
    _seen(ward, woman, "cytology", text="NILM")
    assert (_take(ward), SetAside.objects.get().reason) == (0, "not-asked")


def test_who_has_left_is_not_brought_back_but_a_positive_is_shown(ward: Ward) -> None:
    woman = _woman(ward)
    Enrolment.objects.filter(pk=woman.pk).update(standing="ceased", next_due_on=None)
    _seen(ward, woman, text="Âm tính")
    ward.later(days=1)
    _seen(ward, woman, text="16-18")
    assert (_take(ward), Result.objects.count()) == (0, 0)
    (line,) = find_faults(ward.ctx()).lines
    assert line.reason == SetAside.Reason.CEASED.label
    Enrolment.objects.filter(pk=woman.pk).update(standing="active")
    assert _take(ward) >= 1, "who comes back is looked at again"


def test_a_laboratorys_report_tells_of_its_numbers_and_vitals_do_not(ward: Ward) -> None:
    person = ward.enrolled()
    ctx = ward.ctx("bac.si")
    report = Report(
        category="LAB", display="FIT định lượng", performed_at=ward.at,
        measures=(Measure(code="fit", display="FIT", value=Decimal(88), unit=FIT_UNIT),),
    )  # fmt: skip
    write_report(ctx, stamp_for(ctx, person.patient_id), report)
    told = OutboxMessage.objects.get(topic="observation.recorded").payload["patient_id"]
    assert _told(ward, uuid.UUID(told)) == 1
    assert _owed(person) == ["colonoscopy"]


def test_what_a_merge_brings_is_taken_too(ward: Ward) -> None:
    woman = _woman(ward)
    other = ward.person(sex="female", name="Lê Thị An", birth=date(1982, 5, 4))
    write_result(ward.ctx("bac.si"), patient_id=other.pk, code="hpv", display="HPV", value_text="16-18")
    ctx = ward.city.ctx("so.y.te", ward.at)
    merge_people(ctx, keep=woman.patient_id, other=other.pk, reason="một người, hai mã")
    with patch("screening.tasks.timezone.now", return_value=ward.at):
        identity_changed("", {"patient_id": str(woman.patient_id), "alias_id": str(other.pk)})
    assert _owed(woman)


def test_nothing_of_tomorrow_is_taken(ward: Ward) -> None:
    woman = _woman(ward)
    _seen(ward, woman, text="16-18", at=ward.at + timedelta(days=1))
    assert _take(ward) == 0
    ward.later(days=2)
    assert _take(ward) == 1


def test_the_dead_are_left_alone(ward: Ward) -> None:
    woman = _woman(ward)
    _seen(ward, woman, text="16-18")
    woman.patient.deceased_on = ward.at.date()
    woman.patient.save(update_fields=["deceased_on"])
    assert (_take(ward), SetAside.objects.count()) == (0, 0)
