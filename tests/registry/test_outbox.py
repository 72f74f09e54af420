"""The outbox: a change and the news of it are one transaction; each listener hears it, however often something fails."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from registry.commands import outbox
from registry.commands.outbox import MAX_ATTEMPTS, deliver, sweep
from registry.kernel import Context, Permission, command, emit, record_audit
from registry.models import Job, OutboxMessage
from registry.tasks import deliver_message
from tests.factories.city import City

pytestmark = pytest.mark.django_db(transaction=True)
HEARD: list[tuple[str, dict[str, str]]] = []
GATE = threading.Barrier(2, timeout=5)


def listener(message_id: str, payload: dict[str, str]) -> None:
    HEARD.append((message_id, payload))


def writing_listener(message_id: str, payload: dict[str, str]) -> None:
    Job.objects.create(kind="heard", title=message_id, state=Job.State.DONE)


def deaf_listener(message_id: str, payload: dict[str, str]) -> None:
    raise ConnectionError("Nguyễn Văn An không nghe máy")


def slow_listener(message_id: str, payload: dict[str, str]) -> None:
    listener(message_id, payload)
    GATE.wait()


@command(Permission.VISIT_CLOSE)
def change(ctx: Context, *, fail: bool = False) -> None:
    """A change that tells of itself."""
    emit(ctx, "thing.changed", {"id": "7"})
    record_audit(ctx, "update")
    if fail:
        raise ArithmeticError


@pytest.fixture(autouse=True)
def _listeners(settings: Any) -> None:
    HEARD.clear()
    settings.RECORD_LISTENERS = {"thing.changed": [f"{__name__}.listener"]}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids handed to the broker."""
    ids: list[str] = []
    monkeypatch.setattr(deliver_message, "apply_async", lambda args, **_: ids.append(args[0]))
    return ids


def age(message: OutboxMessage) -> None:
    OutboxMessage.objects.filter(pk=message.pk).update(created_at=message.created_at - timedelta(minutes=5))


def test_news_goes_out_after_commit_and_not_before(live_city: City, sent: list[str]) -> None:
    with transaction.atomic():
        change(live_city.ctx("bac.si"))
        assert sent == []
    message = OutboxMessage.objects.get()
    assert sent == [str(message.pk)]
    assert deliver(sent[0])
    assert [*HEARD] == [(sent[0], {"id": "7"})]
    message.refresh_from_db()
    assert message.delivered_at is not None
    assert message.attempts == 1


def test_a_rolled_back_change_tells_nothing(live_city: City, sent: list[str]) -> None:
    with pytest.raises(ArithmeticError):
        change(live_city.ctx("bac.si"), fail=True)
    assert (OutboxMessage.objects.count(), sent) == (0, [])


def test_a_topic_nobody_listens_to_leaves_no_row(live_city: City, sent: list[str]) -> None:
    emit(live_city.ctx("bac.si"), "nobody.cares", {})
    assert (OutboxMessage.objects.count(), sent) == (0, [])


def test_a_broker_that_is_away_loses_nothing(live_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise ConnectionError("broker")

    monkeypatch.setattr(deliver_message, "apply_async", away)
    change(live_city.ctx("bac.si"))
    message = OutboxMessage.objects.get()
    assert sweep() == 0, "the young ones are left to the worker"
    age(message)
    assert sweep() == 1
    assert [payload for _, payload in HEARD] == [{"id": "7"}]
    assert sweep() == 0
    assert len(HEARD) == 1


def test_the_real_broker_carries_the_id(live_city: City) -> None:
    """Through Valkey itself: the message lies in the queue and names nothing but the outbox row."""
    import redis
    from django.conf import settings

    broker = redis.Redis.from_url(settings.REDIS_URL)
    change(live_city.ctx("bac.si"))
    key = str(OutboxMessage.objects.get().pk)
    lying = [raw for raw in broker.lrange(settings.CELERY_TASK_DEFAULT_QUEUE, 0, -1) if key.encode() in raw]
    for raw in lying:
        broker.lrem(settings.CELERY_TASK_DEFAULT_QUEUE, 0, raw)
    assert len(lying) == 1 or OutboxMessage.objects.get().attempts == 1, "waiting, or already taken by a worker"


def test_a_failing_listener_is_counted_and_tried_again(live_city: City, sent: list[str], settings: Any) -> None:
    settings.RECORD_LISTENERS = {"thing.changed": [f"{__name__}.writing_listener", f"{__name__}.deaf_listener"]}
    change(live_city.ctx("bac.si"))
    message = OutboxMessage.objects.get()
    assert not deliver(sent[0])
    message.refresh_from_db()
    assert (message.attempts, message.last_error, message.delivered_at) == (1, "ConnectionError", None)
    assert not Job.objects.exists(), "what the first listener wrote is undone with the second one's failure"
    age(message)
    assert sweep() == 0
    settings.RECORD_LISTENERS = {"thing.changed": [f"{__name__}.writing_listener"]}
    assert sweep() == 1
    message.refresh_from_db()
    assert message.attempts == 3
    assert Job.objects.count() == 1


def test_what_fails_for_ever_does_not_hold_up_the_others(live_city: City, sent: list[str]) -> None:
    change(live_city.ctx("bac.si"))
    hopeless = OutboxMessage.objects.get()
    OutboxMessage.objects.update(attempts=MAX_ATTEMPTS)
    age(hopeless)
    assert sweep() == 0
    hopeless.refresh_from_db()
    assert hopeless.delivered_at is None, "it stays to be looked at"


def test_two_deliverers_deliver_once(live_city: City, sent: list[str], settings: Any) -> None:
    settings.RECORD_LISTENERS = {"thing.changed": [f"{__name__}.slow_listener"]}
    change(live_city.ctx("bac.si"))
    first: list[bool] = []

    def run() -> None:
        first.append(deliver(sent[0]))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    while not HEARD and thread.is_alive():
        thread.join(0.01)
    assert not deliver(sent[0]), "somebody else holds it"
    GATE.wait()
    thread.join()
    assert first == [True]
    assert not deliver(sent[0]), "it is out"
    assert len(HEARD) == 1


def test_a_sweep_is_bounded(live_city: City, sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "SWEEP_LIMIT", 2)
    for _ in range(3):
        change(live_city.ctx("bac.si"))
    for message in OutboxMessage.objects.all():
        age(message)
    assert [sweep(), sweep(), sweep()] == [2, 1, 0]
