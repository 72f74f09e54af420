"""Where the audit cannot be written, nothing is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.architecture.asking import ROUTES, TELLING, allowed, staff_clients, text_of, url_of
from tests.factories.belongings import OWN_NAME, build_belongings
from tests.factories.city import ROLES, City
from tests.registry.test_operations import without_audit


@pytest.mark.django_db(transaction=True)
def test_where_the_audit_cannot_be_written_every_telling_page_is_refused(live_city: City, test_database: Any) -> None:
    things = build_belongings(live_city)
    clients = dict(staff_clients(live_city))
    urls = {
        route.name: (username, url_of(route, things, own=True))
        for route in ROUTES.values()
        if route.about in TELLING and "get" in route.methods
        for username in ROLES
        if allowed(route.methods["get"], username)
    }
    assert urls
    with without_audit(test_database):
        answers = {name: clients[username].get(url) for name, (username, url) in urls.items()}
    told = [name for name, a in answers.items() if a.status_code != 503 or OWN_NAME in text_of(a)]
    assert told == []
