"""A positive leaves the worklist by a colonoscopy's result or a documented reason, whatever happens, in any order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from records.commands.encounters import record_procedure
from registry.kernel import Refused
from screening.commands.duties import assign_duty, close_duty_not_done, record_assessment, take_duty
from screening.commands.kits import issue_kit, record_kit_return, reject_kit
from screening.commands.results import record_result
from screening.commands.sweeps import sweep
from screening.models import Duty, Kit, Result
from screening.queries.worklist import get_worklist
from screening.tasks import procedure_recorded
from tests.factories.screening import Ward, kit_number


class Failsafe(RuleBasedStateMachine):
    """One person, everything that can be done to them, sensible or not; refusals are part of life."""

    ward: ClassVar[Ward]

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()
        self.at = self.ward.at
        self.enrolment = self.ward.enrolled()

    def teardown(self) -> None:
        self.ward.at = self.at
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    def attempt(self, command: Any, **given: Any) -> None:
        try:
            command(self.ward.ctx(), **given)
        except Refused:
            return

    def kits(self) -> list[Kit]:
        return list(Kit.objects.filter(episode__enrolment=self.enrolment))

    @rule(days=st.integers(1, 400))
    def time_passes(self, days: int) -> None:
        self.ward.later(days=days)

    @rule()
    def issue(self) -> None:
        self.attempt(issue_kit, enrolment_id=self.enrolment.pk, number=kit_number())

    @rule()
    def receive(self) -> None:
        for kit in self.kits():
            self.attempt(record_kit_return, kit_id=kit.pk)

    @rule(reason=st.sampled_from(["lost", "expired", "?"]))
    def reject(self, reason: str) -> None:
        for kit in self.kits():
            self.attempt(reject_kit, kit_id=kit.pk, reason=reason)

    @rule(value=st.sampled_from(["0", "19.99", "20", "300"]), inadequate=st.booleans())
    def result(self, value: str, inadequate: bool) -> None:
        number = None if inadequate else Decimal(value)
        for kit in self.kits():
            self.attempt(record_result, kit_id=kit.pk, value=number, inadequate=inadequate)

    @rule()
    def positive_round(self) -> None:
        """The way there in one step, so that most sequences have something to lose."""
        self.issue()
        self.receive()
        self.result("300", inadequate=False)

    @rule(code=st.sampled_from(["45.23", "gastroscopy"]), days=st.integers(0, 60), told=st.integers(0, 2))
    def elsewhere(self, code: str, days: int, told: int) -> None:
        """Another facility writes a procedure, perhaps late; the news comes never, once or twice."""
        self.attempt(
            record_procedure, patient_id=self.enrolment.patient_id, code=code, display="Thủ thuật",
            performed_at=self.ward.at - timedelta(days=days),
        )  # fmt: skip
        for _ in range(told):
            procedure_recorded("", {"patient_id": str(self.enrolment.patient_id)})

    @rule(
        complete=st.sampled_from([True, False, None]),
        finding=st.sampled_from(["", "normal", "cancer", "other", "?"]),
    )
    def assess(self, complete: bool | None, finding: str) -> None:
        self.attempt(
            record_assessment, enrolment_id=self.enrolment.pk, performed_on=self.ward.at.date(), complete=complete,
            finding=finding,
        )  # fmt: skip

    @rule(reason=st.sampled_from(["refused", "deceased", "other", ""]), note=st.sampled_from(["", "gọi ba lần"]))
    def refuse(self, reason: str, note: str) -> None:
        self.attempt(close_duty_not_done, enrolment_id=self.enrolment.pk, reason=reason, note=note)

    @rule()
    def hold(self) -> None:
        self.attempt(take_duty, enrolment_id=self.enrolment.pk)
        self.attempt(assign_duty, enrolment_id=self.enrolment.pk, staff_id=self.ward.city.staff["y.ta"].pk)

    @rule()
    def swept(self) -> None:
        assert sweep(self.ward.ctx()).recovered == 0

    @invariant()
    def every_positive_is_listed_or_ended(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        listed = {case.duty_id for case in get_worklist(self.ward.ctx()).cases}
        for result in Result.objects.filter(episode__enrolment=self.enrolment, kind="test", verdict="positive"):
            duties = list(Duty.objects.filter(episode=result.episode_id).select_related("closed_by"))
            assert any(duty.result_id == result.pk for duty in duties)
            running = [duty for duty in duties if duty.closed_at is None]
            if running:
                assert len(running) == 1
                assert running[0].pk in listed
                continue
            last = max(duties, key=lambda duty: (duty.opened_at, duty.closed_at)).closed_by
            documented = last.state == Result.State.NOT_DONE and last.reason
            ended = last.state == Result.State.DONE and last.next_step in ("recall", "cease")
            assert documented or ended


def test_no_positive_is_ever_lost(ward: Ward) -> None:
    settled = settings(
        max_examples=12, stateful_step_count=14, deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    Failsafe.ward = ward
    run_state_machine_as_test(Failsafe, settings=settled)
    assert not Result.objects.exists(), "every sequence was rolled back"
