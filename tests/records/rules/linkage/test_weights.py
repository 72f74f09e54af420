"""Levels, weights, the household cap, and weights estimated without labels."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.linkage.columns import Pairs, Table, levels_of
from records.rules.linkage.deciding import Scored, decide, estimate_prior, probability
from records.rules.linkage.kinds import BIRTH, CODE, NAME, NUMBER, PART, PLACE, Kind
from records.rules.linkage.linking import Weigher
from records.rules.linkage.model import Field, Model, Odds
from records.rules.linkage.roles import read_birth, read_insurance, read_numbers, read_phones, read_sex
from records.rules.linkage.standard import LABELS, standard_model, standard_scale
from records.rules.linkage.training import expectation_maximisation
from records.rules.linkage.values import birth_value, name_value, numbers_value, part_value, place_value
from records.rules.linkage.weighing import signed
from registry.rules.dates import PartialDate

BORN = birth_value(PartialDate(date(1972, 3, 12)))


def key(kind: Kind, one: object, other: object) -> str:
    assert kind.compare(one, other) == kind.compare(other, one)
    return kind.steps[kind.compare(one, other)].key


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Nguyễn Thị Hoà", "NGUYỄN THỊ HÒA", "equal"),
        ("Nguyễn Thị Hòa", "Nguyen Thi Hoa", "unmarked"),
        ("Trần Văn An", "Trần Văn Ân", "other-marks"),
        ("Nguyễn Thị Hòa", "Hòa Nguyễn Thị", "other-order"),
        ("Nguyễn Thị Thu Hòa", "Nguyễn Hòa", "fewer-words"),
        ("Nguyễn Thị Hòa", "Nguyễn Thị Hào", "slip"),
        ("Nguyễn Hữu Thắng", "Nguyen Hieu Thang", "close"),
        ("Lê Văn Tám", "Lê Thị Bông", "first-word"),
        ("Lê Văn Tám", "Trần Quốc Tám", "last-word"),
        ("Lê Văn Tám", "Trần Thị Bông", "different"),
        ("", "Trần Thị Bông", "unknown"),
    ],
)
def test_full_names(one: str, other: str, level: str) -> None:
    assert key(NAME, name_value(one), name_value(other)) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (("Michaela", "Neumann"), ("michaela", "x"), "equal"),
        (("Michaela", "Neumann"), ("Michaella", "x"), "slip"),
        (("Catherine", "x"), ("Katherine", "y"), "slip"),
        (("Stephanie", "x"), ("Stefanie", "y"), "close"),
        (("Mary Ann", "x"), ("Mary", "y"), "shortened"),
        (("Michaela", "Neumann"), ("Neumann", "Michaela"), "swapped"),
        (("Michaela", "Neumann"), ("Courtney", "Painter"), "different"),
    ],
)
def test_parts_of_names(one: tuple[str, str], other: tuple[str, str], level: str) -> None:
    assert key(PART, part_value(*one), part_value(*other)) == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("12/03/1972", "equal"), ("1972", "fits"), ("03/1972", "fits"), ("03/12/1972", "swapped"), ("13/03/1972", "slip"),
        ("12/03/1973", "slip"), ("25/03/1972", "two-parts"), ("01/11/1972", "same-year"), ("05/06/1980", "different"),
        ("12/03/1995", "generation-same-day"), ("05/06/1995", "generation"), ("", "unknown"),
    ],
)  # fmt: skip
def test_births(text: str, level: str) -> None:
    assert key(BIRTH, BORN, read_birth(text)) == level


def test_the_same_year_alone_is_a_weaker_agreement_than_the_same_day() -> None:
    assert key(BIRTH, read_birth("1972"), read_birth("19720000")) == "same-part"
    bits = standard_model().odds["birth"]
    assert bits.bits(1) > bits.bits(2) > 0 > bits.bits(8)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (("001172012345",), ("001172012345",), "equal"),
        (("001172012345",), ("001172012354",), "slip"),
        (("001172012345", "9"), ("9",), "equal"),
        (("001172012345",), ("079201000111",), "different"),
        ((), ("079201000111",), "unknown"),
    ],
)
def test_numbers(one: tuple[str, ...], other: tuple[str, ...], level: str) -> None:
    assert key(NUMBER, numbers_value(one), numbers_value(other)) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Số 5 phố Kim Liên", "so 5 pho kim lien", "equal"),
        ("stanley street", "stanley stret", "close"),
        ("4560", "4566", "close"),
        ("8", "3", "different"),
        ("Số 5 phố Kim Liên", "phố Kim Liên", "words"),
        ("miami", "stanley street", "different"),
    ],
)
def test_places(one: str, other: str, level: str) -> None:
    assert key(PLACE, place_value(one), place_value(other)) == level


def test_a_place_written_in_another_column_is_seen() -> None:
    assert key(PLACE, place_value("miami", ["winston hills"]), place_value("winston hills", ["miami"])) == "crossed"


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("19720312", "12031972"), ("1972-03-12", "12031972"), ("12/03/1972", "12031972"), ("12.3.1972", "12031972"),
        ("1972-03-12T00:00:00", "12031972"), ("19700231", "31021970"), ("12031972", "12031972"),
    ],
)  # fmt: skip
def test_dates_as_files_write_them(text: str, digits: str) -> None:
    read = read_birth(text)
    assert read is not None
    assert read.digits == digits


@pytest.mark.parametrize("text", ["", "null", "không rõ", "99", "12/03", "0000-00-00", "1.5.72"])
def test_what_is_no_date_says_nothing(text: str) -> None:
    assert read_birth(text) is None


def test_american_dates_are_read_when_the_column_shows_it() -> None:
    read = read_birth("03/12/1972", month_first=True)
    assert read is not None
    assert read.digits == "12031972"


def test_numbers_as_spreadsheets_leave_them() -> None:
    assert read_numbers("5304218.0") == read_numbers("005-304 218") == ("5304218",)
    assert read_insurance("GD4010123456789") == read_insurance("0123456789")
    assert read_phones("+84 912 000 345") == read_phones("0912000345")
    assert read_phones("0168 420 8876") == read_phones("0384208876")  # 2018: 0168 became 038
    assert read_numbers("000000") is None
    assert read_numbers("N/A") is None
    assert read_sex("Nữ") == read_sex("F") == read_sex("2") == "female"
    assert read_sex("Không rõ") is None


def test_the_model_travels_as_json_unchanged() -> None:
    model = standard_model()
    assert Model.from_json(json.loads(json.dumps(model.to_json()))) == model
    assert {one.name: one.label for one in model.fields} == LABELS


def test_an_identifiers_weight_is_never_lost() -> None:
    for number in ("cccd", "cmnd", "bhyt"):
        assert standard_model().odds[number].bits(1) > 20


def test_a_rare_name_weighs_more_than_a_common_one() -> None:
    scale = standard_scale()
    assert scale.rarity(0, name_value("Cấn Thị Hướng")) > 0 > scale.rarity(0, name_value("Nguyễn Thị Hương"))


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=10, max_size=10))
def test_a_household_is_never_worth_more_than_its_cap(levels: list[int]) -> None:
    scale = standard_scale()
    bits = scale.weigh(levels, [0.0] * 10)
    home = sum(one for one, each in zip(bits, scale.model.fields, strict=True) if each.household)
    assert home <= scale.model.household_cap + 1e-9


def test_bulk_and_single_weigh_alike() -> None:
    model = standard_model()
    value = {
        "name": name_value("Nguyễn Thị Hương"), "birth": BORN, "sex": "female", "cccd": None, "cmnd": None,
        "bhyt": numbers_value(("1",)), "phone": numbers_value(("0912000345",)), "ward": "kim lien",
        "address": place_value("số 5"), "facility": None,
    }  # fmt: skip
    table = Table(["1"], {name: [one] for name, one in value.items()})
    pairs = Pairs.empty()
    pairs.add(0, [0])
    (levels,) = levels_of(model.fields, table, table, pairs)
    scale = standard_scale()
    rarities = [scale.rarity(place, value[each.name]) for place, each in enumerate(model.fields)]
    (scored,) = Weigher(model, table, table).weigh(pairs, -99)
    assert scored.bits == pytest.approx(sum(scale.weigh(levels, rarities)))


def test_weights_are_found_without_labels() -> None:
    """Two kinds of pairs mixed; EM gives back the share of agreement among true links."""
    chance = Random(5)
    fields = [Field(name, CODE, name) for name in "abcd"]
    true_m, true_u = (0.95, 0.9, 0.8, 0.97), (0.1, 0.02, 0.05, 0.5)

    def pattern(shares: tuple[float, ...]) -> tuple[int, ...]:
        return tuple(1 if chance.random() < share else 2 for share in shares)

    patterns = Counter([pattern(true_m) for _ in range(3000)] + [pattern(true_u) for _ in range(9000)])
    found = expectation_maximisation(fields, patterns, range(4), [[1.0, u, 1 - u] for u in true_u])
    for place, m in enumerate(true_m):
        assert found[place][1] / (found[place][1] + found[place][2]) == pytest.approx(m, abs=0.03)


def test_one_to_one_only_where_files_are_clean() -> None:
    clean = [Scored(n, n, 40.0) for n in range(100)] + [Scored(0, 1, 20.0)]
    decided = decide(clean, (1000, 1000))
    assert (decided.once_left, decided.once_right) == (True, True)
    assert len(decided.links) == 100
    doubled = [Scored(n, 2 * n + side, 40.0) for n in range(100) for side in (0, 1)]
    decided = decide(doubled, (1000, 1000))
    assert (decided.once_left, decided.once_right) == (False, True)
    assert len(decided.links) == 200


def test_the_threshold_is_where_expected_f1_is_best_or_as_asked() -> None:
    scored = [Scored(n, n, 30.0) for n in range(50)] + [Scored(n, n, 2.0) for n in range(50, 100)]
    assert len(decide(scored, (1000, 1000)).links) == 50
    assert len(decide(scored, (1000, 1000), threshold=1.0).links) == 100
    prior = estimate_prior([one.bits for one in scored], 10**6, 1000)
    assert probability(30.0, prior) > 0.99 > probability(2.0, prior)
    assert len(decide(scored, (1000, 1000), threshold=0.9).links) == 50


def test_bits_read_as_vietnamese_numbers() -> None:
    assert [signed(14.62), signed(-5.4)] == ["+14,6", "−5,4"]


def test_odds_of_an_unknown_level_weigh_nothing() -> None:
    assert Odds((1.0, 0.9, 0.1), (1.0, 0.1, 0.9)).bits(0) == 0
