"""Versions in the admin: drafted, edited, tried on the city, put into force; every row with its source."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from registry.kernel import Conflict, Forbidden, Refused
from registry.models import AuditEvent
from screening.commands.versions import draft_version, go_live, save_version, try_version
from screening.models import ProgrammeVersion
from screening.queries.scope import live_programme
from tests.factories.screening import Ward


def _live(code: str = "colorectal") -> ProgrammeVersion:
    return ProgrammeVersion.objects.get(programme__code=code, state="live")


def _edited(ward: Ward, **change: Any) -> ProgrammeVersion:
    draft = draft_version(ward.ctx("so.y.te"), version_id=_live().pk)
    draft.rules = copy.deepcopy(draft.rules) | change
    save_version(ward.ctx("so.y.te"), row=draft, changed=["rules"])
    return draft


def test_a_draft_is_tried_on_the_city_before_it_goes_live(ward: Ward) -> None:
    ward.person(birth=date(1980, 1, 1))
    ward.person(birth=date(1960, 1, 1), name="Lê Văn An")
    ward.person(birth=date(2015, 1, 1), name="Lê Văn Bé")
    ward.resulted("57.5", ward.enrolled(birth=date(1965, 1, 1), name="Lê Văn Cả"))
    before = _live()
    rows = [row | {"days": 60} if row["rule"] == "CR-F-positive" else row for row in before.rules["rows"]]
    draft = _edited(ward, age_from={"value": 50, "source": "EU 2013"}, rows=rows)
    assert (draft.number, draft.state) == (2, "draft")
    ctx = ward.ctx("so.y.te")
    with pytest.raises(Refused) as early:
        go_live(ctx, version_id=draft.pk)
    assert early.value.code == "not-tried"
    found = try_version(ctx, version_id=draft.pk).tried
    assert (found["eligible_now"], found["eligible"], found["results"]) == (2, 1, 1), (
        "who was just tested is not eligible"
    )
    assert found["obstacles"] == {"too-young": 2, "tested-recently": 1}
    assert [(one["action"], one["code"], one["count"]) for one in found["changes"]] == [("fit", "positive", 1)]
    assert (found["changes"][0]["now"], found["changes"][0]["then"]) == (
        "colonoscopy · 31 · CR-F-positive",
        "colonoscopy · 60 · CR-F-positive",
    )
    go_live(ctx, version_id=draft.pk)
    before.refresh_from_db()
    assert (before.state, live_programme().rules.age_from.value) == ("retired", 50)


def test_rules_changed_after_the_trial_are_tried_again(ward: Ward) -> None:
    draft = _edited(ward, age_from={"value": 50, "source": "EU 2013"})
    ctx = ward.ctx("so.y.te")
    tried = try_version(ctx, version_id=draft.pk)
    tried.note = "chỉ thêm ghi chú"
    save_version(ctx, row=tried, changed=["note"])
    assert ProgrammeVersion.objects.get(pk=draft.pk).tried is not None
    tried.rules = tried.rules | {"age_from": {"value": 45, "source": "x"}}
    save_version(ctx, row=tried, changed=["rules"])
    with pytest.raises(Refused):
        go_live(ctx, version_id=draft.pk)


def test_what_was_live_is_never_edited_and_nobody_else_edits(ward: Ward) -> None:
    live = _live()
    with pytest.raises(Conflict):
        save_version(ward.ctx("so.y.te"), row=live, changed=["note"])
    with pytest.raises(Conflict):
        go_live(ward.ctx("so.y.te"), version_id=live.pk)
    for command in (draft_version, try_version, go_live):
        with pytest.raises(Forbidden):
            command(ward.ctx("sang.loc"), version_id=live.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        ProgrammeVersion.objects.filter(pk=live.pk).update(rules={})


@pytest.mark.parametrize("rules", [[], {}, {"sexes": {"value": ["male"]}}])
def test_rules_that_cannot_be_read_are_refused_at_their_field(ward: Ward, rules: Any) -> None:
    draft = draft_version(ward.ctx("so.y.te"), version_id=_live().pk)
    draft.rules = rules
    with pytest.raises(Refused) as refused:
        save_version(ward.ctx("so.y.te"), row=draft, changed=["rules"])
    assert refused.value.field == "rules"


@pytest.fixture
def officer(ward: Ward) -> Callable[[str], Client]:
    """officer("so.y.te"): a client with that person's session."""

    def sign(username: str) -> Client:
        client = Client()
        client.force_login(ward.city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return sign


def test_the_admin_shows_each_row_with_its_source_and_runs_the_commands(officer: Callable[[str], Client]) -> None:
    client, live = officer("so.y.te"), _live("cervical")
    change = reverse("admin:screening_programmeversion_change", args=[live.pk])
    text = client.get(change).content.decode()
    for shown in ("CX-W04", "Atlas HPV", "đang tắt", "chưa xác minh", "ghi theo trí nhớ"):
        assert shown in text, shown
    assert client.get(change.replace("change/", "ban-nhap/")).status_code == 200
    answer = client.post(change.replace("change/", "ban-nhap/"))
    draft = ProgrammeVersion.objects.get(programme__code="cervical", state="draft")
    assert answer.url == reverse("admin:screening_programmeversion_change", args=[draft.pk])
    wrong = client.post(answer.url, {"rules": json.dumps({"test": "x"}), "note": ""})
    assert (wrong.status_code, "Thiếu quy tắc" in wrong.content.decode()) == (200, True)
    client.post(answer.url, {"rules": json.dumps(draft.rules), "note": "thử"})
    draft.refresh_from_db()
    assert draft.note == "thử"
    client.post(answer.url.replace("change/", "chay-thu/"))
    assert "Không bước tiếp nào thay đổi" in client.get(answer.url).content.decode()
    client.post(answer.url.replace("change/", "dua-vao-dung/"))
    draft.refresh_from_db()
    assert draft.state == "live"
    told = set(AuditEvent.objects.filter(target_type="ProgrammeVersion").values_list("action", flat=True))
    assert {"draft-version", "update", "try-version", "activate"} <= told
    assert officer("le.tan").post(change.replace("change/", "ban-nhap/")).status_code == 403
