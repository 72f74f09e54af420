"""A pytest plug-in of bin/test: files that build something costly for all their tests stay with one worker.

Every other test goes to whoever is free. The largest groups begin first, so that no worker ends with one alone.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/architecture/test_access_matrix.py",  # one of everything at two clinics, and a browser of each role
    "tests/benchmarks/test_search.py",  # fifty thousand people
    "tests/hanoi_ehr/services/test_servers.py",  # servers of their own
    "tests/hanoi_ehr/test_demo.py",  # the demonstration city
}


class Together(LoadScopeScheduling):
    """Test by test, but whole files of TOGETHER."""

    def _split_scope(self, nodeid: str) -> str:
        """What is given to a worker at once."""
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Asked by xdist before the workers begin."""
    return Together(config, log)
