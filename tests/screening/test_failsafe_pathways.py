"""Every programme, any events, late, doubled, out of order, merged and unmerged people: a positive is always on one list or
ended with words. The database's own proof is asked after every event, and each positive by itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from records.commands.corrections import replace_row, stamp_like
from records.commands.encounters import record_procedure
from records.commands.encounters import record_result as write_result
from records.commands.merging import merge_people, unmerge
from records.models import Merge, Observation, Patient
from registry.kernel import Refused
from screening.commands.calling import plan_batch
from screening.commands.decisions import decide
from screening.commands.duties import close_duty_not_done, put_off, record_assessment
from screening.commands.enrolment import enrol
from screening.commands.invitations import answer_invitation
from screening.commands.kits import issue_kit, record_kit_return
from screening.commands.observations import accept_observations, sweep_observations
from screening.commands.results import record_result, record_test
from screening.commands.samples import record_sample
from screening.commands.sending import follow_up, mark_letters_sent
from screening.commands.sweeps import sweep
from screening.models import Duty, Invitation, InvitationBatch, Kit, Result, Sample
from screening.queries.calling import Capacity
from screening.queries.invariant import prove
from screening.queries.scope import live_programme
from screening.rules.pathway import Kind, Pathway, Verdict
from screening.tasks import identity_changed, procedure_recorded
from tests.factories.screening import Ward, kit_number

PROGRAMMES = {"cervical": "", "breast": "", "colorectal": "", "liver": "cirrhosis", "lung": "smoker"}


class Events(RuleBasedStateMachine):
    """Two numbers that may be one person, and everything that can be told about them; refusals are part of life."""

    ward: ClassVar[Ward]

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        self.at = self.ward.at
        self.pathway: Pathway | None = None

    def teardown(self) -> None:
        self.ward.at = self.at
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    @initialize(programme=st.sampled_from(sorted(PROGRAMMES)))
    def begin(self, programme: str) -> None:
        self.programme = programme
        self.pathway = live_programme(programme).rules.pathway
        self.people = [self.ward.person(name=f"Lê Thị {name}", sex="female") for name in ("An", "Bình")]
        self.enrolments = [
            enrol(self.ward.ctx(), patient_id=one.pk, programme=programme, group=PROGRAMMES[programme])
            for one in self.people
        ]

    def attempt(self, command: Any, **given: Any) -> bool:
        try:
            with transaction.atomic():
                command(self.ward.ctx(), **given)
        except Refused:
            return False
        return True

    def whom(self, which: int) -> Any:
        return self.enrolments[which].pk

    def action(self, data: st.DataObject, *kinds: Kind) -> Any:
        assert self.pathway is not None
        return data.draw(st.sampled_from([one for one in self.pathway.actions if one.kind in kinds]))

    @rule(days=st.integers(1, 200))
    def time_passes(self, days: int) -> None:
        self.ward.later(days=days)

    @rule(which=st.integers(0, 1), data=st.data(), late=st.integers(0, 90), times=st.integers(1, 2))
    def tested(self, which: int, data: st.DataObject, late: int, times: int) -> None:
        """A result comes, perhaps late, perhaps twice; of a kit where the test is one."""
        action = self.action(data, Kind.TEST)
        if action.kit:
            self.kit(which, data.draw(st.sampled_from(["0", "19.99", "20", "300", ""])))
            return
        code = data.draw(st.sampled_from([one.code for one in action.outcomes]))
        day = self.ward.at.date() - timedelta(days=late)
        for _ in range(times):
            self.attempt(record_test, enrolment_id=self.whom(which), action=action.code, code=code, performed_on=day)

    @rule(which=st.integers(0, 1), data=st.data(), late=st.integers(0, 30))
    def bad_news(self, which: int, data: st.DataObject, late: int) -> None:
        """A test that is not negative, so that most sequences have something to lose."""
        action = self.action(data, Kind.TEST)
        if action.kit:
            self.kit(which, "300")
            return
        codes = [one.code for one in action.outcomes if one.verdict is not Verdict.NEGATIVE]
        day = self.ward.at.date() - timedelta(days=late)
        code = data.draw(st.sampled_from(codes))
        self.attempt(record_test, enrolment_id=self.whom(which), action=action.code, code=code, performed_on=day)

    def kit(self, which: int, value: str) -> None:
        self.attempt(issue_kit, enrolment_id=self.whom(which), number=kit_number())
        for kit in Kit.objects.filter(episode__enrolment_id=self.whom(which), state__in=["issued", "returned"]):
            self.attempt(record_kit_return, kit_id=kit.pk)
            said = {"value": Decimal(value)} if value else {"inadequate": True}
            self.attempt(record_result, kit_id=kit.pk, **said)

    @rule(which=st.integers(0, 1), data=st.data(), named=st.booleans(), complete=st.sampled_from([True, False, None]))
    def examined(self, which: int, data: st.DataObject, named: bool, complete: bool | None) -> None:
        """What is owed is done, or something else is; with a result the action may have, or one it does not know."""
        action = self.action(data, Kind.EXAMINATION, Kind.TREATMENT)
        duty = Duty.objects.filter(episode__enrolment_id=self.whom(which), closed_at=None).first()
        owed = next((one for one in self.pathway.actions if duty and one.code == duty.action), action)  # type: ignore[union-attr]
        codes = [one.code for one in (action if named else owed).outcomes]
        self.attempt(
            record_assessment,
            enrolment_id=self.whom(which),
            performed_on=self.ward.at.date(),
            complete=complete,
            finding=data.draw(st.sampled_from([*codes, "", "?"])),
            action=action.code if named else "",
            next_due_on=self.ward.at.date() + timedelta(days=90),
        )

    @rule(which=st.integers(0, 1), data=st.data())
    def decided(self, which: int, data: st.DataObject) -> None:
        assert self.pathway is not None
        step = data.draw(st.sampled_from([*(one.code for one in self.pathway.actions), "recall", "cease", "?"]))
        day = self.ward.at.date() + timedelta(days=30)
        self.attempt(decide, enrolment_id=self.whom(which), step=step, note="hội chẩn", due_on=day)

    @rule(which=st.integers(0, 1), reason=st.sampled_from(["refused", "moved", "deceased", "other", "?"]))
    def refused(self, which: int, reason: str) -> None:
        self.attempt(close_duty_not_done, enrolment_id=self.whom(which), reason=reason, note="gọi ba lần")

    @rule(which=st.integers(0, 1), days=st.integers(-1, 100))
    def put_off(self, which: int, days: int) -> None:
        """Not now, but later: the step stays owed."""
        day = self.ward.at.date() + timedelta(days=days)
        self.attempt(put_off, enrolment_id=self.whom(which), call_on=day, note="bận việc")

    @rule(which=st.integers(0, 1), data=st.data(), days=st.integers(0, 60), told=st.integers(0, 2))
    def elsewhere(self, which: int, data: st.DataObject, days: int, told: int) -> None:
        """Another facility writes a procedure, late; the news comes never, once or twice."""
        assert self.pathway is not None
        codes = [code for one in self.pathway.actions for code in one.codes] + ["gastroscopy"]
        patient = Patient.objects.get(pk=self.people[which].pk)
        target = patient.merged_into_id or patient.pk
        self.attempt(
            record_procedure, patient_id=target, code=data.draw(st.sampled_from(codes)), display="Thủ thuật",
            performed_at=self.ward.at - timedelta(days=days),
        )  # fmt: skip
        for _ in range(told):
            procedure_recorded("", {"patient_id": str(target)})

    @rule()
    def called(self) -> None:
        """A week is planned: whoever is due is invited; nobody who owes a step is."""
        week = self.ward.at.date() - timedelta(days=self.ward.at.weekday())
        self.attempt(plan_batch, programme=self.programme, week=week, capacity=Capacity(1000, 1000))
        asked = Invitation.objects.filter(state="planned", changed_on=self.ward.at.date(), number=1)
        assert not Duty.objects.filter(
            episode__invitations__in=asked, closed_at=None, opened_at__lt=self.ward.at
        ).exists()

    @rule(
        response=st.sampled_from(["accepted", "refused", "deferred", "elsewhere", "ceased", ""]),
        days=st.integers(1, 60),
    )
    def answered(self, response: str, days: int) -> None:
        """Somebody says yes, no or later, whatever else happened meanwhile."""
        today = self.ward.at.date()
        day = {"deferred": today + timedelta(days=days), "elsewhere": today - timedelta(days=days)}.get(response)
        for invitation in Invitation.objects.order_by("pk"):
            self.attempt(answer_invitation, invitation_id=invitation.pk, response=response, day=day, note="gọi")

    @rule()
    def followed_up(self) -> None:
        """Letters went out long ago; time reminds, ends and resumes."""
        for batch in InvitationBatch.objects.all():
            self.attempt(mark_letters_sent, batch_id=batch.pk)
        follow_up(self.ward.ctx())

    @rule(
        which=st.integers(0, 1),
        data=st.data(),
        late=st.integers(0, 60),
        times=st.integers(1, 2),
        told=st.integers(0, 2),
    )
    def measured_elsewhere(self, which: int, data: st.DataObject, late: int, times: int, told: int) -> None:
        """A clinic writes a test's result, late, twice, in words somebody may know; the news comes never, once or twice."""
        assert self.pathway is not None
        action = self.action(data, Kind.TEST)
        patient = Patient.objects.get(pk=self.people[which].pk)
        target = patient.merged_into_id or patient.pk
        text = data.draw(st.sampled_from([*(one.code for one in action.outcomes), "?"]))
        number = data.draw(st.sampled_from([None, "0", "19.9999", "300"])) if action.cut_off else None
        said = {"value": Decimal(number), "unit": action.unit} if number else {"value_text": text}
        for _ in range(times):
            self.attempt(
                write_result, patient_id=target, code=data.draw(st.sampled_from([*action.codes, "other"])), display="XN",
                observed_at=self.ward.at - timedelta(days=late), **said,
            )  # fmt: skip
        for _ in range(told):
            accept_observations(self.ward.ctx(), patient_id=target)

    @rule(which=st.integers(0, 1), data=st.data(), late=st.integers(0, 30))
    def sampled(self, which: int, data: st.DataObject, late: int) -> None:
        """A sample goes to be read; only a result ends its clock."""
        clocks = [one.action for one in live_programme(self.programme).rules.sample_clocks]
        day = self.ward.at.date() - timedelta(days=late)
        action = data.draw(st.sampled_from([*clocks, "?"]))
        self.attempt(record_sample, enrolment_id=self.whom(which), action=action, taken_on=day)

    @rule(mistaken=st.booleans(), data=st.data())
    def corrected(self, mistaken: bool, data: st.DataObject) -> None:
        """A clinic corrects what it wrote, or takes it back."""
        old = Observation.objects.filter(superseded_by=None, mistaken=False).order_by("-recorded_at", "-pk").first()
        if old is None or self.pathway is None:
            return
        known = next((one for one in self.pathway.actions if old.code in one.codes), self.pathway.actions[0])
        fresh = Observation.objects.create(
            **stamp_like(self.ward.ctx(), old), code=old.code, display=old.display, observed_at=old.observed_at,
            value_text=data.draw(st.sampled_from([one.code for one in known.outcomes])), mistaken=mistaken,
        )  # fmt: skip
        replace_row(old, fresh.pk, "ghi nhầm")

    @rule(order=st.booleans())
    def merged(self, order: bool) -> None:
        keep, other = self.people if order else reversed(self.people)
        ctx = self.ward.city.ctx("so.y.te", self.ward.at)
        try:
            with transaction.atomic():
                merge_people(ctx, keep=keep.pk, other=other.pk, reason="một người, hai mã")
        except Refused:
            return
        identity_changed("", {"patient_id": str(keep.pk), "alias_id": str(other.pk)})

    @rule()
    def unmerged(self) -> None:
        done = Merge.objects.order_by("-pk").first()
        if done is None:
            return
        ctx = self.ward.city.ctx("so.y.te", self.ward.at)
        try:
            with transaction.atomic():
                unmerge(ctx, merge_id=done.pk, reason="hai người")
        except Refused:
            return
        identity_changed("", {"patient_id": str(self.people[0].pk), "alias_id": str(self.people[1].pk)})

    @rule()
    def swept(self) -> None:
        sweep_observations(self.ward.ctx())
        assert sweep_observations(self.ward.ctx()) == 0, "nothing is taken twice"
        found = sweep(self.ward.ctx())
        assert (found.recovered, found.lost, found.owing) == (0, 0, 0)

    @invariant()
    def every_positive_is_on_one_list_or_ended_with_words(self) -> None:
        if self.pathway is None:
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert not Sample.objects.exclude(closed_at=None).exclude(result__state="done").exists()
        proof = prove()
        assert (proof.lost, proof.owing) == (0, 0)
        for result in Result.objects.filter(verdict="positive").select_related("episode"):
            running = Duty.objects.filter(episode=result.episode_id, closed_at=None).count()
            said = result.episode.results.exclude(next_step="", state="done")
            ended = [one for one in said if one.state == "not-done" or one.next_step in ("recall", "cease")]
            assert running == (0 if result.episode.closed_at else 1)
            assert bool(result.episode.closed_at) == bool(ended)


def run(ward: Ward, examples: int) -> None:
    Events.ward = ward
    run_state_machine_as_test(
        Events,
        settings=settings(
            max_examples=examples, stateful_step_count=16, deadline=None, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
    assert not Result.objects.exists(), "every sequence was rolled back"


def test_no_positive_of_any_programme_is_ever_lost(ward: Ward) -> None:
    run(ward, 15)


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_no_positive_is_lost_in_ten_thousand_sequences(ward: Ward, part: int) -> None:
    """Twenty parts of 500, so that several workers share them and each says where it stands."""
    run(ward, 500)
