"""The board: order, filters with their counts, pages, scope, audit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from registry.kernel import Forbidden
from registry.models import AuditEvent
from screening.commands.duties import close_duty_not_done, record_assessment, take_duty
from screening.queries import worklist
from screening.queries.cascade import get_cascade
from screening.queries.worklist import Board, Bucket, Filters, Holder, get_worklist
from tests.factories.screening import Ward


def _board(ward: Ward, username: str = "sang.loc", **asked: Any) -> Board:
    return get_worklist(ward.ctx(username), filters=Filters(**asked))


def test_overdue_comes_first_and_every_filter_shows_what_it_counts(ward: Ward) -> None:
    late = ward.positive(name="Trần Văn Thịnh", birth=date(1963, 2, 1))
    ward.later(days=27)
    soon = ward.positive(name="Lưu Thị Kim Oanh")
    take_duty(ward.ctx(), enrolment_id=soon.pk)
    ward.later(days=26)
    fresh = ward.positive(name="Tạ Đình Phúc")
    closed = ward.positive(name="Hà Quốc Toản")
    close_duty_not_done(ward.ctx(), enrolment_id=closed.pk, reason="refused")
    board = _board(ward)
    assert [case.enrolment_id for case in board.cases] == [late.pk, soon.pk, fresh.pk]
    assert (board.cases[0].result, board.cases[0].person) == ("FIT 57,5 µg Hb/g", "Nữ · 63 tuổi · Phường Kim Liên")
    assert board.cases[1].owner == "Nhân viên sang.loc"
    for bucket in Bucket:
        for holder in Holder:
            for step in ("", "colonoscopy", "classify"):
                shown = _board(ward, bucket=bucket, holder=holder, step=step)
                assert len(shown.cases) == shown.counts.of(bucket, holder, step), (bucket, holder, step)
    assert [case.name for case in _board(ward, bucket=Bucket.OVERDUE).cases] == ["Trần Văn Thịnh"]
    assert [case.name for case in _board(ward, bucket=Bucket.SOON).cases] == ["Lưu Thị Kim Oanh"]
    assert [case.ending for case in _board(ward, bucket=Bucket.CLOSED).cases] == ["Người được tầm soát từ chối"]
    assert [case.name for case in _board(ward, holder=Holder.MINE).cases] == ["Lưu Thị Kim Oanh"]


@pytest.mark.parametrize("bucket", [Bucket.OPEN, Bucket.CLOSED])
def test_pages_by_key_miss_nobody(ward: Ward, monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
    monkeypatch.setattr(worklist, "PAGE", 2)
    people = [ward.positive(name=f"Lê Văn {name}") for name in ("An", "Bình", "Cường", "Dũng", "Giang")]
    if bucket is Bucket.CLOSED:
        for enrolment in people:
            close_duty_not_done(ward.ctx(), enrolment_id=enrolment.pk, reason="moved")
    seen, after = [], None
    while True:
        board = _board(ward, bucket=bucket, after=after)
        seen += [case.enrolment_id for case in board.cases]
        after = board.next_after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert set(seen) == {enrolment.pk for enrolment in people}


def test_the_board_costs_the_same_however_long(ward: Ward, django_assert_num_queries: Any) -> None:
    ward.positive()
    ctx = ward.ctx()
    with django_assert_num_queries(5):  # cases, waiting times, audit, counts, latest sweep
        get_worklist(ctx)
    for name in ("An", "Bình", "Cường"):
        ward.positive(name=f"Lê Văn {name}")
    later = ward.ctx()
    with django_assert_num_queries(5):
        assert len(get_worklist(later).cases) == 4
    assert AuditEvent.objects.filter(request_id=ctx.request_id).count() == 1


def test_another_facility_sees_its_own_and_the_city_sees_clocks_without_names(ward: Ward) -> None:
    ward.positive(name="Trần Văn Thịnh")
    assert _board(ward, "sang.loc.2").cases == []
    board = _board(ward, "so.y.te")
    assert board.whole_city
    assert [(case.name, case.enrolment_id) for case in board.cases] == [("", None)]
    assert "Trần" not in repr(board.cases)
    with pytest.raises(Forbidden):
        _board(ward, "le.tan")


def test_the_waiting_time_is_that_of_examinations_done(ward: Ward) -> None:
    for name, days in (("An", 10), ("Bình", 20), ("Cường", 40)):
        enrolment = ward.positive(name=f"Lê Văn {name}")
        start = ward.at
        ward.later(days=days)
        record_assessment(
            ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=True, finding="normal"
        )
        ward.at = start
    board = _board(ward)
    assert (board.days_to_colonoscopy, board.in_time) == (20, (2, 3))


def test_the_cascade_counts_each_person_once_a_step(ward: Ward) -> None:
    ward.enrolled(name="Lê Văn An")
    ward.with_kit(ward.enrolled(name="Lê Văn Bình"))
    ward.resulted("3", ward.enrolled(name="Lê Văn Cường"))
    ward.positive(name="Lê Văn Dũng")
    refused = ward.positive(name="Lê Văn Giang")
    close_duty_not_done(ward.ctx(), enrolment_id=refused.pk, reason="refused")
    done = ward.positive(name="Lê Văn Hải")
    record_assessment(ward.ctx(), enrolment_id=done.pk, performed_on=ward.at.date(), complete=False)
    record_assessment(ward.ctx(), enrolment_id=done.pk, performed_on=ward.at.date(), complete=True, finding="normal")
    for username in ("sang.loc", "so.y.te"):
        counts = get_cascade(ward.ctx(username))
        steps = (counts.enrolled, counts.issued, counts.returned, counts.resulted, counts.positive, counts.scoped)
        assert steps == (6, 5, 5, 4, 3, 1)
        assert (counts.not_done, counts.open) == (1, 1)
    assert get_cascade(ward.ctx("sang.loc.2")).enrolled == 0
