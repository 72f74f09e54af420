"""The kernel's promises: permission, transaction, enforced audit, one row per refusal, fail closed."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from registry.kernel import (
    AuditMissingError,
    AuditUnavailableError,
    Context,
    Forbidden,
    NotFound,
    Permission,
    Refused,
    command,
    query,
    record_audit,
)
from registry.models import AuditEvent, Job
from tests.factories.city import City

pytestmark = pytest.mark.django_db(transaction=True)


@command(Permission.VISIT_CLOSE)
def write_job(ctx: Context, *, title: str, then: str = "audit") -> Job:
    """A command that ends as it is told to."""
    job = Job.objects.create(kind="test", title=title, state=Job.State.RUNNING)
    if then == "refuse":
        raise Refused("bad-title", "Tên việc chưa đúng.", "title")
    if then == "hide":
        raise NotFound
    if then == "audit":
        record_audit(ctx, "create", target=("Job", job.id))
    return job


def rows() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "outcome", "code"))


def test_a_command_writes_and_is_audited(live_city: City) -> None:
    write_job(live_city.ctx("bac.si"), title="việc")
    assert rows() == [("create", "ok", "")]
    event = AuditEvent.objects.get()
    assert (event.actor_label, event.facility_code, event.permission) == ("bac.si", "01T01", "visit.close")
    assert Job.objects.count() == 1


def test_without_the_permission_nothing_runs_and_the_refusal_is_one_row(live_city: City) -> None:
    with pytest.raises(Forbidden):
        write_job(live_city.ctx("le.tan"), title="việc")
    assert rows() == [("refuse", "refused", "permission-denied")]
    assert not Job.objects.exists()


def test_a_refused_input_rolls_back_and_is_no_refusal_of_access(live_city: City) -> None:
    with pytest.raises(Refused) as refused:
        write_job(live_city.ctx("bac.si"), title="việc", then="refuse")
    assert (refused.value.code, refused.value.field) == ("bad-title", "title")
    assert "Tên" not in str(refused.value), "what was typed stays out of tracebacks and logs"
    assert rows() == []
    assert not Job.objects.exists()


def test_a_hidden_object_is_one_refusal_row_written_after_the_rollback(live_city: City) -> None:
    with pytest.raises(NotFound):
        write_job(live_city.ctx("bac.si"), title="việc", then="hide")
    assert rows() == [("refuse", "refused", "not-found")]
    assert not Job.objects.exists()


def test_a_command_without_an_audit_row_is_rolled_back(live_city: City) -> None:
    with pytest.raises(AuditMissingError):
        write_job(live_city.ctx("bac.si"), title="việc", then="forget")
    assert not Job.objects.exists()


def test_a_nested_command_leaves_its_refusal_to_the_outermost(live_city: City) -> None:
    @command(Permission.VISIT_CLOSE)
    def outer(ctx: Context) -> None:
        record_audit(ctx, "create")
        write_job(ctx, title="việc", then="hide")

    with pytest.raises(NotFound):
        outer(live_city.ctx("bac.si"))
    assert rows() == [("refuse", "refused", "not-found")]


def test_a_query_that_tells_of_people_must_audit(live_city: City) -> None:
    @query(Permission.RECORD_READ)
    def silent(ctx: Context) -> int:
        return 1

    @query(Permission.RECORD_READ)
    def honest(ctx: Context) -> int:
        record_audit(ctx, "read")
        return 1

    with pytest.raises(AuditMissingError):
        silent(live_city.ctx("bac.si"))
    assert honest(live_city.ctx("bac.si")) == 1


def test_where_the_audit_cannot_be_written_the_work_is_refused(live_city: City, test_database: object) -> None:
    with without_audit(test_database), pytest.raises(AuditUnavailableError):
        write_job(live_city.ctx("bac.si"), title="việc")
    assert not Job.objects.exists()


@pytest.mark.parametrize("statement", ["UPDATE registry_auditevent SET code = 'x'", "DELETE FROM registry_auditevent",
                                       "TRUNCATE registry_auditevent", "TRUNCATE registry_auditevent_rest",
                                       "ALTER TABLE registry_auditevent DISABLE TRIGGER ALL",
                                       "DELETE FROM registry_auditseal", "CREATE TABLE mine (id int)"])  # fmt: skip
def test_the_applications_role_cannot_touch_what_is_written(live_city: City, statement: str) -> None:
    write_job(live_city.ctx("bac.si"), title="việc")
    with pytest.raises(Exception, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement)
    assert len(rows()) == 1


class without_audit:  # noqa: N801 - reads as a phrase
    """The owner takes the right to add audit rows away, as a full disk or a lock would."""

    def __init__(self, database: object) -> None:
        self.database = database

    def run(self, statement: str) -> None:
        import psycopg2

        from tests.databases import with_database

        with psycopg2.connect(with_database(self.database.owner_url, self.database.name)) as owner:
            owner.cursor().execute(statement)

    def __enter__(self) -> None:
        self.run("REVOKE INSERT ON registry_auditevent FROM ehr_app")

    def __exit__(self, *_: object) -> None:
        self.run("GRANT INSERT ON registry_auditevent TO ehr_app")
