"""A ward with its clinic."""

from __future__ import annotations

from typing import Any

import pytest

from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules


@pytest.fixture
def ward(city: Any) -> Any:
    """The clinic `here` looks after Phường Kim Liên."""
    from tests.factories.screening import make_ward

    return make_ward(city)


@pytest.fixture
def live_ward(live_city: Any) -> Any:
    """The same, committed."""
    from tests.factories.screening import make_ward

    return make_ward(live_city)


@pytest.fixture(scope="session")
def rules() -> ProgrammeRules:
    """The rules the first version ships with."""
    import json
    from pathlib import Path

    import screening

    data = Path(screening.__file__).parent / "data" / "colorectal.json"
    return parse_rules(json.loads(data.read_text("utf-8")))


@pytest.fixture
def at_commit(db: None) -> Any:
    """at_commit(): check now what the database would check at commit."""
    from django.db import connection

    def check() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    return check
