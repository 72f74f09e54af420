"""Programmes without kits: results by the version's own codes, what a clinician decides, and what is never done by guess."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from records.models import Observation
from registry.kernel import Conflict, Refused
from screening.commands.decisions import decide
from screening.commands.duties import close_duty_not_done, record_assessment
from screening.commands.enrolment import enrol
from screening.commands.results import record_test
from screening.commands.sweeps import sweep
from screening.models import Duty, Enrolment, Episode, ProgrammeVersion, Result, Sweep
from tests.factories.screening import Ward


def _woman(ward: Ward, programme: str = "cervical", **more: Any) -> Enrolment:
    person = ward.person(sex="female", name=more.pop("name", "Lê Thị An"), birth=date(1982, 5, 4))
    return enrol(ward.ctx(), patient_id=person.pk, programme=programme, **more)


def _open(enrolment: Enrolment) -> list[tuple[str, date]]:
    duties = Duty.objects.filter(episode__enrolment=enrolment, closed_at=None)
    return list(duties.values_list("action", "deadline"))


def test_a_woman_goes_from_hpv_through_triage_and_treatment_to_the_next_test(ward: Ward, at_commit: Any) -> None:
    woman, today = _woman(ward), ward.at.date()
    record_test(ward.ctx("ky.thuat.vien"), enrolment_id=woman.pk, action="hpv", code="other-hr")
    assert _open(woman) == [("via-triage", today + timedelta(days=28))]
    record_test(ward.ctx(), enrolment_id=woman.pk, action="via-triage", code="positive")
    assert _open(woman) == [("ablation-assessment", today + timedelta(days=28))]
    record_assessment(ward.ctx("bac.si"), enrolment_id=woman.pk, performed_on=today, finding="eligible")
    assert [step for step, _ in _open(woman)] == ["ablation"]
    at_commit()
    done = record_assessment(ward.ctx("bac.si"), enrolment_id=woman.pk, performed_on=today, finding="done")
    assert (done.next_step, done.rule) == ("clinician-decides", ""), "the row for after treatment is from memory: off"
    decide(ward.ctx("bac.si"), enrolment_id=woman.pk, step="recall", note="HPV sau 12 tháng", due_on=date(2027, 11, 23))
    at_commit()
    woman.refresh_from_db()
    assert (_open(woman), woman.standing, woman.next_due_on) == ([], "active", date(2027, 11, 23))
    assert Episode.objects.get(enrolment=woman).ending == "decided"
    rules = list(Result.objects.filter(episode__enrolment=woman).order_by("at", "pk").values_list("rule", flat=True))
    assert rules == ["CX-W04", "CX-W05", "CX-W09", "", "clinician"]


def test_a_test_lands_once_and_another_result_of_that_day_is_asked_about(ward: Ward) -> None:
    woman = _woman(ward)
    first = record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="16-18")
    assert record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="16-18", origin="file") == first
    with pytest.raises(Conflict) as other:
        record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="negative")
    assert (other.value.code, Observation.objects.count()) == ("other-result-that-day", 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"action": "hpv", "code": "maybe"}, "code"),
        ({"action": "hpv", "code": ""}, "code"),
        ({"action": "fit", "code": "negative"}, "action"),
        ({"action": "colposcopy", "code": "cin2"}, "action"),
        ({"action": "hpv", "code": "negative", "performed_on": date(2027, 1, 1)}, "performed_on"),
        ({"action": "hpv", "code": "negative", "performed_on": date(1950, 1, 1)}, "performed_on"),
    ],
)
def test_what_the_version_does_not_know_is_refused_where_it_is_entered(
    ward: Ward, given: dict[str, Any], field: str
) -> None:
    """ccsm-cds 90: an unknown result code pushed women into management."""
    woman = _woman(ward)
    with pytest.raises(Refused) as refused:
        record_test(ward.ctx(), enrolment_id=woman.pk, **given)
    assert (refused.value.field, Result.objects.count(), Duty.objects.count()) == (field, 0, 0)


def test_a_result_no_row_speaks_of_waits_for_a_clinician(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward)
    result = record_test(ward.ctx(), enrolment_id=woman.pk, action="cytology", code="hsil")
    assert (result.rule, _open(woman)) == ("", [("clinician-decides", ward.at.date() + timedelta(days=28))])
    at_commit()
    for given, fields in (
        ({"step": "?", "note": ""}, ["step", "note"]),
        ({"step": "recall", "note": "x"}, ["due_on"]),
        ({"step": "colposcopy", "note": "x", "due_on": ward.at.date()}, ["due_on"]),
    ):
        with pytest.raises(Refused) as refused:
            decide(ward.ctx("bac.si"), enrolment_id=woman.pk, **given)
        assert [one.field for one in refused.value.all] == fields
    decide(ward.ctx("bac.si"), enrolment_id=woman.pk, step="colposcopy", note="HSIL")
    assert [step for step, _ in _open(woman)] == ["colposcopy"]
    with pytest.raises(Conflict):
        decide(ward.ctx("bac.si"), enrolment_id=woman.pk, step="cease", note="x")


def test_what_cannot_wait_takes_the_place_of_what_could(ward: Ward) -> None:
    """HPV again in two years is owed; a cytology that shows cancer is not kept waiting for it."""
    woman, today = _woman(ward), ward.at.date()
    for action, code in (("hpv", "other-hr"), ("via-triage", "negative"), ("cytology", "cancer")):
        record_test(ward.ctx(), enrolment_id=woman.pk, action=action, code=code)
    assert _open(woman) == [("urgent-referral", today)]
    replaced = Duty.objects.get(outcome="replaced")
    assert (replaced.action, replaced.closed_by.code) == ("hpv", "cancer")


def test_a_clean_test_does_not_answer_for_what_is_owed(ward: Ward) -> None:
    """HealthClawGuardrails 428, the other way round: another test's negative does not take somebody off the list."""
    woman = _woman(ward)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="16-18")
    later = record_test(ward.ctx(), enrolment_id=woman.pk, action="cytology", code="nilm")
    assert ([step for step, _ in _open(woman)], later.next_step) == (["ablation-assessment"], "")


def test_an_episode_keeps_the_version_it_was_opened_under(ward: Ward) -> None:
    woman = _woman(ward)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="other-hr")
    live = ProgrammeVersion.objects.get(programme__code="cervical")
    ProgrammeVersion.objects.filter(pk=live.pk).update(state="retired")
    rows = [row for row in live.rules["rows"] if row["after"] != "via-triage"]
    ProgrammeVersion.objects.create(programme=live.programme, number=2, state="live", rules=live.rules | {"rows": rows})
    record_test(ward.ctx(), enrolment_id=woman.pk, action="via-triage", code="positive")
    assert [step for step, _ in _open(woman)] == ["ablation-assessment"]
    other = _woman(ward, name="Lê Thị Bình")
    record_test(ward.ctx(), enrolment_id=other.pk, action="via-triage", code="positive")
    assert [step for step, _ in _open(other)] == ["clinician-decides"]


def test_only_risk_groups_are_enrolled_where_the_programme_says_so(ward: Ward) -> None:
    for group in ("", "hbv-men"):  # none named; a group of another sex
        with pytest.raises(Refused):
            _woman(ward, "liver", group=group)
    with pytest.raises(Refused) as refused:
        _woman(ward, "cervical", group="hiv")  # its ages are from memory: off
    assert refused.value.field == "group"
    ill = _woman(ward, "liver", group="cirrhosis")
    record_test(ward.ctx(), enrolment_id=ill.pk, action="ultrasound-afp", code="clear")
    ill.refresh_from_db()
    assert (Episode.objects.get().group, ill.next_due_on) == ("cirrhosis", date(2027, 5, 23))


def test_late_clocks_are_told_to_the_facility_then_the_ward_then_the_department(ward: Ward, at_commit: Any) -> None:
    woman = _woman(ward)
    record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="16-18")
    told = []
    for days in (28, 1, 1, 14, 14):
        ward.later(days=days)
        told.append((sweep(ward.ctx()).escalated, Duty.objects.get().level))
    assert told == [(0, ""), (1, "facility"), (0, "facility"), (1, "ward"), (1, "department")]
    assert Duty.objects.get().statuses.filter(kind="escalated").count() == 3
    assert Sweep.objects.count() == 5
    latest = Sweep.objects.order_by("-at").first()
    assert latest is not None
    assert (latest.positives, latest.lost, latest.owing, latest.overdue) == (1, 0, 0, 1)
    at_commit()


def test_not_done_no_record_and_done_are_three_things(ward: Ward) -> None:
    women = [_woman(ward, name=f"Lê Thị {name}") for name in ("An", "Bình", "Cúc")]
    for woman in women:
        record_test(ward.ctx(), enrolment_id=woman.pk, action="hpv", code="16-18")
    record_assessment(
        ward.ctx(), enrolment_id=women[0].pk, performed_on=ward.at.date(), action="colposcopy", finding="cin2"
    )
    close_duty_not_done(ward.ctx(), enrolment_id=women[1].pk, reason="refused")
    states = [
        list(Result.objects.filter(episode__enrolment=one).exclude(kind="test").values_list("state", flat=True))
        for one in women
    ]
    assert states == [["done"], ["not-done"], []]
    assert [len(_open(one)) for one in women] == [1, 0, 1]
