"""Versions of the weights: loaded once, one of them judging, and every decision telling under which it was made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from records.commands.candidates import decide_candidate, sweep_duplicates
from records.commands.identity_decisions import remember_not_same
from records.commands.linkage_models import activate_linkage_model, load_linkage_model, load_own_model
from records.models import CandidateDecision, LinkageModel, MatchCandidate, Merge, NotSamePerson
from records.queries.duplicates import find_candidates
from records.queries.linkage_model import get_scale
from records.rules.linkage.standard import FILE, standard_model
from records.rules.person import StatedPerson, state_person
from registry.kernel import Forbidden, Refused
from tests.factories.city import NOW, City
from tests.factories.residents import make_resident

CARD = "001172012345"
WHY = "Đã đối chiếu thẻ và gọi điện"


def shipped(**other: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return told | other


@pytest.fixture
def stricter(city: City) -> LinkageModel:
    """A later version under which nothing weighs enough to be looked at without an equal number."""
    limits = shipped()["thresholds"] | {"review": 90.0, "auto": 95.0}
    load_linkage_model(city.ctx("so.y.te", NOW), told=shipped(version="stricter", thresholds=limits))
    return LinkageModel.objects.get(version="stricter")


def switch_on(city: City, row: LinkageModel) -> None:
    row.active = True
    activate_linkage_model(city.ctx("so.y.te", NOW), row=row, changed=["active"])


def test_the_shipped_version_is_on_file_and_judges(city: City) -> None:
    row = LinkageModel.objects.get(active=True)
    assert (row.version, "seed 20261122" in row.origin) == (standard_model().version, True)
    assert get_scale().model.to_json() == standard_model().to_json()
    assert load_own_model(city.ctx("so.y.te", NOW)).counts == (0, 0, 0, 1)


def test_a_version_never_says_anything_else(city: City) -> None:
    other = shipped(household_cap={"names_agree": 1.0, "names_differ": 1.0})
    with pytest.raises(Refused) as refused:
        load_linkage_model(city.ctx("so.y.te", NOW), told=other)
    assert (refused.value.code, refused.value.field) == ("linkage-model-known", "version")


@pytest.mark.parametrize("broken", [{"thresholds": {}}, {"fields": [{"name": "x", "kind": "no"}]}, {"version": ""}])
def test_what_is_no_model_is_refused(city: City, broken: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        load_linkage_model(city.ctx("so.y.te", NOW), told=shipped(**{"version": "new"} | broken))
    assert (refused.value.code, refused.value.field) == ("linkage-model-unreadable", "version")


def test_a_later_version_waits_until_it_is_switched_on(city: City, stricter: LinkageModel, trail: Any) -> None:
    make_resident(city.here, name="Trần Thị Bích Ngọc", phone="0912000345")
    asked = state_person(
        today=NOW.date(), name="Trần Thị Bích Ngọc", birth="12/03/1972", sex="female", phone="0912000345"
    )
    assert isinstance(asked, StatedPerson)
    before = find_candidates(asked)
    assert [one.match.model for one in before] == [standard_model().version]
    trail()
    switch_on(city, stricter)
    (row,) = trail()
    assert (row.action, row.detail) == ("activate", {"version": "stricter", "before": standard_model().version})
    assert list(LinkageModel.objects.filter(active=True)) == [stricter]
    assert find_candidates(asked) == []


def test_one_version_judges_and_something_must(city: City, stricter: LinkageModel) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LinkageModel.objects.filter(pk=stricter.pk).update(active=True)
    used = LinkageModel.objects.get(active=True)
    used.active = False
    with pytest.raises(Refused) as refused:
        activate_linkage_model(city.ctx("so.y.te", NOW), row=used, changed=["active"])
    assert (refused.value.code, refused.value.field) == ("linkage-model-needed", "active")
    with pytest.raises(Forbidden):
        activate_linkage_model(city.ctx("bac.si", NOW), row=stricter, changed=["active"])


def test_decisions_keep_the_version_they_were_made_under(city: City, stricter: LinkageModel) -> None:
    make_resident(city.here, cccd=CARD, phone="0912000345")
    make_resident(city.elsewhere, cccd=CARD)
    sweep_duplicates(city.ctx("so.y.te", NOW))
    pair = MatchCandidate.objects.get()
    switch_on(city, stricter)
    ctx = city.ctx("so.y.te", NOW)
    decide_candidate(ctx, candidate_id=pair.pk, decision="later", reason=WHY)
    decide_candidate(ctx, candidate_id=pair.pk, decision="merge", reason=WHY)
    assert set(CandidateDecision.objects.values_list("model", flat=True)) == {standard_model().version}
    assert Merge.objects.get().model == "stricter"  # weighed anew on that day
    one, other = make_resident(city.here), make_resident(city.elsewhere)
    remember_not_same(ctx, one.pk, other.pk, reason=WHY, model=pair.model)
    assert NotSamePerson.objects.get().model == standard_model().version


def test_the_administration_reads_versions_and_switches_one_on(
    city: City, stricter: LinkageModel, client: Client
) -> None:
    client.force_login(city.staff["so.y.te"])
    session = client.session
    session["second_factor"] = True
    session.save()
    page = reverse("admin:records_linkagemodel_change", args=[stricter.pk])
    shown = client.get(page)
    assert shown.status_code == 200
    assert 'name="version"' not in shown.content.decode()
    assert client.get(reverse("admin:records_linkagemodel_add")).status_code == 403
    assert client.post(page, {"active": "on", "version": "forged"}).status_code == 302
    stricter.refresh_from_db()
    assert (stricter.active, stricter.version) == (True, "stricter")
    refused = client.post(page, {})
    assert "Phải có một phiên bản đang dùng" in refused.content.decode()
