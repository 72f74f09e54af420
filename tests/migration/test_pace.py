"""What a visit costs: the number of statements does not grow with the visits of a chunk; its rate beside the bare parse."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.visits import measure
from migration.commands.batches import start_batch
from migration.commands.chunks import claim_next, run_claimed
from migration.queries.reconciliation import count_batch
from records.models import Observation
from tests.migration import files
from tests.migration.test_pipeline import send


def content(first: int, count: int) -> bytes:
    return files.envelope(files.full_visit(files.visit_no(number)) for number in range(first, first + count))


def test_more_visits_cost_no_more_statements(city: Any) -> None:
    ctx = city.ctx("di.tru")

    def statements(first: int, count: int) -> int:
        received = send(ctx, content(first, count))
        start_batch(ctx, batch_id=received.batch_id, send=False)
        claim = claim_next(received.batch_id)
        assert claim is not None
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert run_claimed(claim)
        assert count_batch(received.batch_id).loaded == count
        return len(caught)

    statements(1, 2)
    few, many = statements(10, 3), statements(100, 60)
    assert many == few


@pytest.mark.long
def test_the_rate_of_two_thousand_visits(city: Any) -> None:
    pace = measure(city.ctx("di.tru"), content(1, 2000), 2000)
    print(*pace.lines, sep="\n")
    assert Observation.objects.count() == 4000
    assert pace.load < 120
