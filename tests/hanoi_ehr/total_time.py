"""A pytest plug-in of bin/test: how long everything took, from the first install step on."""

from __future__ import annotations

import os
import time

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    began = float(os.environ.get("EHR_BEGAN") or time.time())
    terminalreporter.write_line(f"bin/test: {time.time() - began:.0f} s in all")
