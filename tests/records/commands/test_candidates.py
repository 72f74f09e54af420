"""The queue of pairs: filled by the sweep, decided by the Department of Health, final where it says so."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from records.commands.candidates import decide_candidate, sweep_duplicates
from records.commands.merging import unmerge
from records.models import CandidateDecision, MatchCandidate, NotSamePerson, Patient
from records.queries.merges import find_merges, get_merge
from records.queries.review import find_review_queue, get_review_pair
from records.tasks import find_duplicates
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.queries.trail import LookFilter, find_looking_facilities, find_looks
from registry.rules.phrases import Phrase
from tests.factories.city import NOW, City
from tests.factories.residents import make_resident

WHY = "Đã đối chiếu thẻ và gọi điện"
CARD = "001172012345"


@pytest.fixture
def pair(city: City) -> MatchCandidate:
    """One number, one name, two records; found by the sweep."""
    make_resident(city.here, cccd=CARD, phone="0912000345")
    make_resident(city.elsewhere, cccd=CARD)
    sweep_duplicates(city.ctx("so.y.te", NOW))
    return MatchCandidate.objects.get()


def decide(city: City, pair: MatchCandidate, decision: str, **more: Any) -> uuid.UUID | None:
    return decide_candidate(
        city.ctx("so.y.te", NOW), candidate_id=pair.pk, decision=decision, **({"reason": WHY} | more)
    )


def test_the_sweep_finds_twice_registered_people_once(city: City, pair: MatchCandidate, trail: Any) -> None:
    make_resident(city.here, name="Trần Văn Khác")
    trail()
    swept = sweep_duplicates(city.ctx("so.y.te", NOW))
    assert (swept.people, swept.pairs) == (3, 1)
    (row,) = trail()
    assert (row.action, row.detail) == ("sweep-duplicates", {"people": 3, "pairs": 1})
    assert MatchCandidate.objects.count() == 1
    assert (pair.state, pair.found_by, pair.verdict) == ("open", "sweep", "same")
    assert pair.bits > 20
    assert pair.levels["cccd"] == "equal"
    assert any("CCCD" in Phrase.from_json(one["text"]) for one in pair.reasons)
    assert sweep_duplicates(city.ctx("so.y.te", NOW), after=swept.last or uuid.UUID(int=0)).last is None


def test_the_command_and_the_task_fill_the_same_queue(city: City) -> None:
    make_resident(city.here, cccd=CARD)
    make_resident(city.elsewhere, cccd=CARD)
    out = StringIO()
    call_command("find_duplicates", "--json", "--chunk", "1", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["people"], MatchCandidate.objects.count()) == (2, 1)
    call_command("find_duplicates", "--limit", "1", "--days", "1", stdout=out)
    assert find_duplicates.run(str(uuid.UUID(int=2**128 - 1))) == 0


def test_a_merge_decision_keeps_whom_it_names(city: City, pair: MatchCandidate, trail: Any) -> None:
    trail()
    merge_id = decide(city, pair, "merge", keep=pair.second_id)
    (row,) = trail()
    assert (row.action, row.patient_id, row.target_id) == ("merge", pair.second_id, str(pair.first_id))
    assert Patient.objects.get(pk=pair.first_id).merged_into_id == pair.second_id
    pair.refresh_from_db()
    assert pair.state == "merged"
    decision = CandidateDecision.objects.get()
    assert (decision.merge_id, decision.reason, decision.merge.bits > 20) == (merge_id, WHY, True)
    with pytest.raises(Conflict, match="candidate-decided"):
        decide(city, pair, "later")
    unmerge(city.ctx("so.y.te", NOW), merge_id=merge_id, reason="gộp nhầm")
    pair.refresh_from_db()
    assert pair.state == "later"  # judged anew


def test_told_apart_is_final(city: City, pair: MatchCandidate) -> None:
    assert decide(city, pair, "not-same") is None
    assert NotSamePerson.objects.get().reason == WHY
    MatchCandidate.objects.all()
    sweep_duplicates(city.ctx("so.y.te", NOW))
    pair.refresh_from_db()
    assert pair.state == "not-same"
    assert find_review_queue(city.ctx("so.y.te", NOW)) == []


def test_later_stays_to_be_decided(city: City, pair: MatchCandidate) -> None:
    decide(city, pair, "later")
    assert find_review_queue(city.ctx("so.y.te", NOW)) == []
    assert [one.id for one in find_review_queue(city.ctx("so.y.te", NOW), state="later")] == [pair.pk]
    decide(city, pair, "merge")
    assert CandidateDecision.objects.count() == 2


def test_refusals(city: City, pair: MatchCandidate) -> None:
    for change, code in (
        ({"reason": "  "}, "reason-missing"),
        ({"decision": "maybe"}, "decision-unknown"),
        ({"decision": "merge", "keep": uuid.uuid4()}, "keep-unknown"),
    ):
        with pytest.raises(Refused, match=code):
            decide(city, pair, **({"decision": "later"} | change))
    with pytest.raises(NotFound):
        decide_candidate(city.ctx("so.y.te", NOW), candidate_id=uuid.uuid4(), decision="later", reason=WHY)
    with pytest.raises(Forbidden):
        decide_candidate(city.ctx("le.tan", NOW), candidate_id=pair.pk, decision="later", reason=WHY)
    assert not CandidateDecision.objects.exists()


def test_the_pages_read_both_in_one_audit_row(city: City, pair: MatchCandidate, trail: Any) -> None:
    ctx = city.ctx("so.y.te", NOW)
    trail()
    (line,) = find_review_queue(ctx)
    assert line.bits == pair.bits
    shown = get_review_pair(ctx, pair.pk)
    assert {side.phone for side in shown.sides} == {"", "0912000345"}
    assert len(shown.statements) == 2
    assert shown.match is not None
    listed, read = trail()
    assert (listed.action, read.action) == ("list-pairs", "read-pair")
    assert (read.patient_id, read.target_id) == (pair.first_id, str(pair.second_id))
    with pytest.raises(NotFound):
        get_review_pair(ctx, uuid.uuid4())


def test_a_merge_tells_what_was_written_since(city: City, pair: MatchCandidate, trail: Any) -> None:
    from records.commands.encounters import open_encounter

    merge_id = decide(city, pair, "merge", keep=pair.first_id)
    later = NOW + timedelta(hours=1)
    open_encounter(city.ctx("bac.si", later), patient_id=pair.first_id, care_type="01", reason="Ho")
    open_encounter(city.ctx("bac.si.2", later), patient_id=pair.first_id, care_type="01", reason="Sốt")
    trail()
    story = get_merge(city.ctx("so.y.te", later), merge_id)
    assert {(one.kind, one.facility, one.side, one.count) for one in story.meanwhile} == {
        ("Encounter", city.here.short_name, "keep", 1),
        ("Encounter", city.elsewhere.short_name, "other", 1),
    }
    assert story.records_back == 1
    assert [one.id for one in find_merges(city.ctx("so.y.te", later))] == [merge_id]
    assert [row.action for row in trail()] == ["read-merge", "list-merges"]
    with pytest.raises(NotFound):
        get_merge(city.ctx("so.y.te", later), uuid.uuid4())


def test_both_of_a_pair_find_the_look_in_their_lists_also_after_a_merge(city: City, pair: MatchCandidate) -> None:
    """One audit row names both; the second person is its target."""
    ctx = city.ctx("so.y.te", NOW)
    get_review_pair(ctx, pair.pk)
    for numbers in ([pair.first_id], [pair.second_id], [pair.first_id, pair.second_id]):
        found = [one for one in find_looks(numbers).found if one.action == "read-pair"]
        assert len(found) == 1, "never twice, whoever asks"
    decide(city, pair, "merge", keep=pair.first_id)
    merged = [one.action for one in find_looks([pair.second_id]).found]
    assert merged.count("merge") == 1
    codes = {code for code, _ in find_looking_facilities([pair.second_id])}
    assert codes == {one.facility_code for one in find_looks([pair.second_id]).found if one.facility_code}
    assert find_looks([uuid.uuid4()]).found == ()


def test_the_list_of_looks_is_one_statement_and_pages_over_both_branches(
    city: City, pair: MatchCandidate, django_assert_num_queries: Any
) -> None:
    for minute in range(5):
        get_review_pair(city.ctx("so.y.te", NOW + timedelta(minutes=minute)), pair.pk)
    with django_assert_num_queries(1):
        first = find_looks([pair.second_id], LookFilter(kind="reads"), limit=2)
    rest = find_looks([pair.second_id], LookFilter(kind="reads", before=first.before), limit=10)
    moments = [one.at for one in (*first.found, *rest.found) if one.action == "read-pair"]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == len({one.id for one in (*first.found, *rest.found) if one.action == "read-pair"}) == 5
