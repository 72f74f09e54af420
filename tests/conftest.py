"""What every test stands on: a real database with the real roles, a small city, a real browser."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import expect

for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
    if not os.environ.get(name):
        raise pytest.UsageError(f"{name} is not set: run the tests through bin/test, which starts the services")


# Two cores that also carry a server, a database and three browsers answer late now and then: what is expected is unchanged.
expect.set_options(timeout=15_000)
# Two cores that also carry a browser and a database are slow now and then: that is no fault of a property.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
)
hypothesis.settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Modules, templates and tests stay to the end: the collector need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def test_database(worker_id: str) -> Iterator[Any]:
    """This worker's database."""
    from tests.databases import TestDatabase

    label = os.environ.get("EHR_TEST_LABEL", str(os.getpid()))
    database = TestDatabase(
        owner_url=os.environ["DATABASE_OWNER_URL"],
        app_url=os.environ["DATABASE_URL"],
        name=f"ehr_test_{label}_{worker_id}",
    )
    database.create()
    yield database
    database.drop()


@pytest.fixture(scope="session")
def django_db_setup(test_database: Any, django_db_blocker: Any) -> Iterator[None]:
    """Point Django at this worker's copy, and make committing tests renew it instead of emptying tables."""
    from django.conf import settings
    from django.db import connections
    from django.test import TransactionTestCase

    for configuration in (settings.DATABASES["default"], connections.databases["default"]):
        configuration["NAME"] = test_database.name
        configuration["CONN_MAX_AGE"] = 0
    connections["default"].settings_dict["NAME"] = test_database.name
    connections["default"].settings_dict["CONN_MAX_AGE"] = 0

    def renew(_: TransactionTestCase) -> None:
        connections.close_all()
        test_database.renew()

    TransactionTestCase._fixture_teardown = renew  # type: ignore[method-assign]
    yield
    connections.close_all()


@pytest.fixture(autouse=True)
def _files_of_this_test(tmp_path: Path, settings: Any) -> None:
    """Uploaded files of a test stay with the test."""
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(autouse=True)
def _vietnamese_first() -> None:
    """A request in English leaves its language behind in the process: every test begins as a server does."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture
def city(db: None) -> Any:
    """A small city: two clinics, a screening centre, the Department of Health, somebody in each role."""
    from tests.factories.city import build_city

    return build_city()


@pytest.fixture
def live_city(transactional_db: None) -> Any:
    """The same city, committed, for tests with threads, workers or a browser."""
    from tests.factories.city import build_city

    return build_city()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium that bin/test installed; its absence fails, it never skips."""
    path = os.environ.get("CHROMIUM_PATH", "")
    if not path or not Path(path).exists():
        raise pytest.UsageError("CHROMIUM_PATH names no browser: run the tests through bin/test, which installs one")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return browser_type_launch_args | {"executable_path": path, "args": [*quiet, "--disable-sync", "--no-first-run"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A Vietnamese desk."""
    return browser_context_args | {
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "viewport": {"width": 1440, "height": 900},
        "service_workers": "block",
    }


@pytest.fixture
def signed_in(live_server: Any, live_city: Any) -> Callable[[Any, str], Any]:
    """signed_in(page, "bac.si"): the page carries that person's session and stands at the address of the live server.

    The login form itself has its own journey; this saves typing the password in each of the others.
    """
    from django.conf import settings
    from django.test import Client

    def sign_in(page: Any, username: str) -> Any:
        client = Client()
        client.force_login(live_city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        page.context.clear_cookies()
        page.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": live_server.url,
                }
            ]
        )
        return page

    return sign_in


@pytest.fixture
def axe() -> Callable[[Any], None]:
    """axe(page): fail with every accessibility rule the page breaks."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page: Any) -> None:
        found = Axe().run(page).response["violations"]
        report = [f"{v['id']}: {[n['target'] for n in v['nodes']][:5]}" for v in found]
        assert not report, "\n".join(report)

    return check
