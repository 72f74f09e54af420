"""What a file brings and nobody decided goes to the Department's queue."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import transaction

from records.commands.bulk_load import load_rows
from records.commands.bulk_rows import BulkRow
from records.models import MatchCandidate, Patient
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, VAN, register, stated

COMMON = BARE | {"name": "Nguyễn Thị Hoa"}


def load(city: City, *people: dict[str, Any]) -> list[str]:
    """The outcomes of a file with these people."""
    rows = [BulkRow(number, f"K{number}", stated(said), {}, NOW) for number, said in enumerate(people, 1)]
    with transaction.atomic():
        done = load_rows(city.ctx("di.tru", NOW), rows, system="his", batch_id=uuid.uuid4(), recorded_by=None)
    return [one.record for one in done]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (COMMON, "name"),
        (BARE | {"name": "Trần Văn Đức", "birth": "02/09/1988", "sex": "male", "cccd": VAN["cccd"]}, "cccd"),
    ],
)
def test_somebody_alike_on_file_is_queued_and_not_linked(city: City, said: dict[str, str], reason: str) -> None:
    known = register(city, said=COMMON | {"cccd": VAN["cccd"]})
    assert load(city, said) == ["loaded"]
    pair = MatchCandidate.objects.get()
    assert known in (pair.first_id, pair.second_id)
    assert (pair.found_by, pair.levels[reason]) == ("import", "equal")


def test_a_rare_name_born_that_day_needs_no_number(city: City) -> None:
    register(city)
    assert load(city, BARE) == ["linked"]


def test_two_rows_of_one_file_on_one_number_are_queued(city: City) -> None:
    other = BARE | {"name": "Trần Văn Đức", "birth": "02/09/1988", "sex": "male", "cccd": VAN["cccd"]}
    assert load(city, VAN, other) == ["loaded", "loaded"]
    assert MatchCandidate.objects.count() == 1
    assert Patient.objects.count() == 2


def test_who_is_linked_or_new_is_no_case_for_the_queue(city: City) -> None:
    register(city)
    assert load(city, VAN, BARE | {"name": "Lê Văn Khải", "birth": "01/02/1950", "sex": "male"}) == ["linked", "loaded"]
    assert not MatchCandidate.objects.exists()
