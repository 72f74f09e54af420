"""Kits and results: each state once, each result once, each refusal named."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from records.models import Observation
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from screening.commands.kits import issue_kit, record_kit_return, reject_kit
from screening.commands.results import record_result
from screening.models import Duty, Episode, EpisodeStatus, Kit, KitStatus, Result
from tests.factories.screening import Ward, kit_number, somebody, stored


def test_a_kit_goes_out_and_comes_back(ward: Ward) -> None:
    enrolment = ward.enrolled()
    kit = issue_kit(ward.ctx("y.ta"), enrolment_id=enrolment.pk, number=" fit 2026-77 ")
    assert kit.number == "FIT2026-77"
    assert (kit.episode.round, kit.episode.version.number) == (1, 1)
    ward.later(days=2)
    returned = record_kit_return(ward.ctx("ky.thuat.vien"), kit_id=kit.pk, sampled_on=ward.at.date())
    assert returned.state == "returned"
    assert list(KitStatus.objects.filter(kit=kit).order_by("at").values_list("state", flat=True)) == [
        "issued",
        "returned",
    ]
    with pytest.raises(Conflict):
        record_kit_return(ward.ctx(), kit_id=kit.pk)


@pytest.mark.parametrize("number", ["", "AB1", "kít-0001", "A" * 31, "FIT_0001"])
def test_a_number_no_kit_carries_is_refused(ward: Ward, number: str) -> None:
    with pytest.raises(Refused) as refused:
        issue_kit(ward.ctx(), enrolment_id=ward.enrolled().pk, number=number)
    assert (refused.value.code, refused.value.field) == ("kit-number", "number")


def test_a_kit_number_is_used_once_in_the_city(ward: Ward) -> None:
    kit = ward.with_kit()
    with pytest.raises(Conflict) as refused:
        issue_kit(ward.ctx(), enrolment_id=ward.enrolled(name="Lê Văn An").pk, number=kit.number)
    assert (refused.value.code, refused.value.field) == ("kit-number-used", "number")


def test_one_kit_on_its_way_at_a_time(ward: Ward) -> None:
    kit = ward.with_kit()
    with pytest.raises(Conflict) as refused:
        issue_kit(ward.ctx(), enrolment_id=kit.episode.enrolment_id, number=kit_number())
    assert refused.value.code == "kit-on-its-way"
    reject_kit(ward.ctx(), kit_id=kit.pk, reason="leaked")
    second = issue_kit(ward.ctx(), enrolment_id=kit.episode.enrolment_id, number=kit_number())
    assert second.episode_id == kit.episode_id


def test_a_rejection_needs_a_reason_and_a_kit_without_result(ward: Ward) -> None:
    kit = ward.with_kit()
    with pytest.raises(Refused) as refused:
        reject_kit(ward.ctx(), kit_id=kit.pk, reason="vì thế")
    assert refused.value.field == "reason"
    record_result(ward.ctx(), kit_id=kit.pk, value=Decimal(3))
    with pytest.raises(Conflict):
        reject_kit(ward.ctx(), kit_id=kit.pk, reason="leaked")


def test_a_sample_cannot_come_from_tomorrow(ward: Ward) -> None:
    kit = issue_kit(ward.ctx(), enrolment_id=ward.enrolled().pk, number=kit_number())
    with pytest.raises(Refused) as refused:
        record_kit_return(ward.ctx(), kit_id=kit.pk, sampled_on=ward.at.date() + timedelta(days=1))
    assert refused.value.field == "sampled_on"


def test_a_negative_closes_the_round_and_the_next_waits_a_year(ward: Ward, at_commit: Any) -> None:
    result = ward.resulted("19.99")
    episode = Episode.objects.get(pk=result.kit.episode_id)
    assert (result.verdict, episode.ending, episode.closed_at) == ("negative", "negative", ward.at)
    episode.enrolment.refresh_from_db()
    assert episode.enrolment.next_due_on == date(2027, 11, 23)
    steps = list(EpisodeStatus.objects.filter(episode=episode).order_by("pk").values_list("step", flat=True))
    assert steps == ["opened", "negative", "closed"]
    with pytest.raises(Refused) as refused:
        issue_kit(ward.ctx(), enrolment_id=episode.enrolment_id, number=kit_number())
    assert refused.value.code == "not-due"
    ward.later(days=365)
    assert issue_kit(ward.ctx(), enrolment_id=episode.enrolment_id, number=kit_number()).episode.round == 2
    at_commit()


def test_a_positive_starts_the_clock_and_is_in_the_record(ward: Ward, at_commit: Any) -> None:
    result = ward.resulted("20")
    duty = Duty.objects.get(result=result)
    assert (duty.action, duty.owner_id, duty.deadline) == ("colonoscopy", None, date(2026, 12, 24))
    assert list(duty.statuses.values_list("kind", flat=True)) == ["opened"]
    seen = Observation.objects.get(pk=result.observation_id)
    assert (seen.value, seen.unit, seen.patient_id) == (20, "µg Hb/g", duty.episode.enrolment.patient_id)
    with pytest.raises(Refused) as refused:
        issue_kit(ward.ctx(), enrolment_id=duty.episode.enrolment_id, number=kit_number())
    assert refused.value.code == "result-known"
    at_commit()


def test_an_inadequate_test_waits_for_a_new_kit(ward: Ward) -> None:
    kit = ward.with_kit()
    result = record_result(ward.ctx("ky.thuat.vien"), kit_id=kit.pk, inadequate=True)
    assert (result.verdict, result.value, result.rule) == ("inadequate", None, "CR-F-inadequate")
    assert [(duty.action, duty.deadline) for duty in Duty.objects.all()] == [("fit", date(2026, 12, 21))]
    assert (
        issue_kit(ward.ctx(), enrolment_id=kit.episode.enrolment_id, number=kit_number()).episode_id == kit.episode_id
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "value"),
        ({"value": Decimal("-0.01")}, "value"),
        ({"value": Decimal(100000)}, "value"),
        ({"value": Decimal("20.001")}, "value"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal(5), "inadequate": True}, "value"),
    ],
)
def test_a_result_that_cannot_be_is_refused_at_its_field(ward: Ward, given: dict[str, Any], field: str) -> None:
    kit = ward.with_kit()
    with pytest.raises(Refused) as refused:
        record_result(ward.ctx(), kit_id=kit.pk, **given)
    assert refused.value.field == field
    assert not Result.objects.exists()


def test_a_result_lands_once_and_only_on_a_returned_kit(ward: Ward) -> None:
    out = issue_kit(ward.ctx(), enrolment_id=ward.enrolled().pk, number=kit_number())
    with pytest.raises(Refused) as early:
        record_result(ward.ctx(), kit_id=out.pk, value=Decimal(3))
    assert early.value.code == "kit-not-returned"
    record_kit_return(ward.ctx(), kit_id=out.pk)
    record_result(ward.ctx(), kit_id=out.pk, value=Decimal(3))
    with pytest.raises(Conflict) as twice:
        record_result(ward.ctx(), kit_id=out.pk, value=Decimal(300))
    assert twice.value.code == "already-resulted"
    lost = ward.with_kit(ward.enrolled(name="Lê Văn An"))
    reject_kit(ward.ctx(), kit_id=lost.pk, reason="lost")
    with pytest.raises(Conflict) as rejected:
        record_result(ward.ctx(), kit_id=lost.pk, value=Decimal(3))
    assert rejected.value.code == "kit-rejected"


def test_the_time_of_measurement_lies_between_issue_and_now(ward: Ward) -> None:
    kit = ward.with_kit()
    for wrong in (kit.issued_at - timedelta(minutes=1), ward.at + timedelta(minutes=1)):
        with pytest.raises(Refused) as refused:
            record_result(ward.ctx(), kit_id=kit.pk, value=Decimal(3), measured_at=wrong)
        assert refused.value.field == "measured_at"


def test_another_facility_and_another_role_get_nothing(ward: Ward) -> None:
    kit = ward.with_kit()
    for command, more in (
        (record_result, {"value": Decimal(3)}),
        (record_kit_return, {}),
        (reject_kit, {"reason": "lost"}),
    ):
        with pytest.raises(NotFound):
            command(ward.ctx("sang.loc.2"), kit_id=kit.pk, **more)
        with pytest.raises(Forbidden):
            command(ward.ctx("bac.si"), kit_id=kit.pk, **more)
        with pytest.raises(NotFound):
            command(ward.ctx(), kit_id=somebody(), **more)
    with pytest.raises(NotFound):
        issue_kit(ward.ctx("sang.loc.2"), enrolment_id=kit.episode.enrolment_id, number=kit_number())


def test_the_database_refuses_what_the_cut_off_denies(ward: Ward) -> None:
    kit = ward.with_kit()
    for outcome, value in (("negative", 20), ("positive", 19), ("inadequate", 5), ("negative", None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            stored(kit, ward, code=outcome, verdict=outcome, value=value)
    assert Kit.objects.get().state == "returned"


def test_the_database_refuses_a_positive_without_a_duty(ward: Ward, at_commit: Any) -> None:
    kit = ward.with_kit()
    point = transaction.savepoint()
    stored(kit, ward, code="positive", verdict="positive", value=50)
    with pytest.raises(IntegrityError, match="has no duty"):
        at_commit()
    transaction.savepoint_rollback(point)
    assert not Result.objects.exists()
