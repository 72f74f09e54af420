"""The visitor that bin/run --check sends: through the real login form, to every page of every role."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import call_command

from hanoi_ehr.demo.facilities import ACCOUNTS
from hanoi_ehr.demo.visitor import Visitor


def test_every_page_of_every_role_opens(transactional_db: None, live_server: Any, settings: Any) -> None:
    settings.EHR_DEMO = True
    settings.EHR_DEMO_PASSWORD = "mat-khau-mau-2026"
    call_command("load_demo", residents=400, seed=3, stderr=io.StringIO(), stdout=io.StringIO())
    printed = io.StringIO()
    try:
        call_command("visit_pages", base_url=live_server.url, stdout=printed)
    except SystemExit:
        pytest.fail("\n".join(line for line in printed.getvalue().splitlines() if "✗" in line))
    text = printed.getvalue()
    assert "0 lỗi" in text
    for account in ACCOUNTS:
        assert account.username in text
    assert re.search(r"bac\.si .*/ho-so/[0-9a-f-]{36}/", text)


def test_a_broken_page_is_told_and_fails(transactional_db: None, live_server: Any, settings: Any) -> None:
    settings.EHR_DEMO = False
    printed = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("visit_pages", base_url=f"{live_server.url}/khong-co", stdout=printed)
    assert "✗" in printed.getvalue()
    page = Visitor(live_server.url).get("khong-co-trang-nay/")
    assert page.faults(404) == []
    assert page.faults(200) == ["status 404, not 200"]
