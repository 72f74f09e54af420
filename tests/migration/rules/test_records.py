"""The rules that read one record: persons, visits, diagnoses, moments."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from migration.rules.faults import Fault
from migration.rules.icd import normalise_icd, split_codes
from migration.rules.moments import parse_moment
from migration.rules.patients import PersonRow, read_person
from migration.rules.profiles import BUILT_IN, Profile
from migration.rules.visits import Visit, field_lengths, read_visit
from registry.rules.invalid import Invalid
from registry.rules.qd3176.moments import HANOI
from tests.migration.files import XML1

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=HANOI)


def person(**changes: str) -> PersonRow:
    read = read_person({**XML1, **changes}, today=TODAY, facility_code="01T01")
    assert isinstance(read, PersonRow)
    return read


def faults(**changes: str) -> list[str]:
    read = read_person({**XML1, **changes}, today=TODAY, facility_code="01T01")
    assert isinstance(read, list)
    return [fault.code for fault in read]


def visit(**changes: str) -> Visit | list[Fault]:
    return read_visit({**XML1, **changes}, now=NOW, facility_code="01T01")


@pytest.mark.parametrize(
    ("number", "kind"), [("001172000345", "cccd"), ("012345678", "cmnd"), ("C1234567", "passport"), ("", None)]
)
def test_the_number_says_what_it_is(number: str, kind: str | None) -> None:
    kinds = {one.kind for one in person(SO_CCCD=number).person.identifiers} - {"bhyt", "facility"}
    assert kinds == ({kind} if kind else set())


@pytest.mark.parametrize(
    ("birth", "shown"),
    [("197200000000", "1972"), ("19720312", "12/03/1972"), ("1972", "1972"), ("12/3/1972", "12/03/1972")],
)
def test_birth_dates_keep_their_precision(birth: str, shown: str) -> None:
    assert person(NGAY_SINH=birth).person.birth.display == shown


def test_american_dates_are_read_in_the_profile_s_order() -> None:
    read = read_person({**XML1, "NGAY_SINH": "03/12/1972"}, today=TODAY, facility_code="01T01", date_order="mdy")
    assert isinstance(read, PersonRow)
    assert read.person.birth.display == "12/03/1972"


def test_every_fault_is_found_at_once() -> None:
    assert faults(HO_TEN="", NGAY_SINH="", GIOI_TINH="", SO_CCCD="00117200034") == [
        "name-empty", "date-empty", "sex-unknown", "cccd-needs-review",
    ]  # fmt: skip


def test_an_unreadable_phone_or_card_is_a_notice_and_the_last_good_card_counts() -> None:
    read = person(DIEN_THOAI="không có", MA_THE_BHYT="???")
    assert {"phone-unreadable", "bhyt-unreadable"} <= set(read.notices)
    cards = person(MA_THE_BHYT="GD4010120456788;GD4010120456789").person.identifier("bhyt")
    assert cards is not None
    assert cards.value == "GD4010120456789"


def test_shouted_names_are_written_as_people_write_them() -> None:
    assert person(HO_TEN="NGUYỄN THỊ HOÀ").person.name == "Nguyễn Thị Hoà"


@pytest.mark.parametrize(
    ("raw", "code"),
    [("J18.9", "J18.9"), ("j189", "J18.9"), ("B57†", "B57"), ("I41.2*", "I41.2"), ("E11", "E11"), ("U07.1", "U07.1"),
     ("tăng huyết áp", ""), ("J", ""), ("18.9", "")],
)  # fmt: skip
def test_icd_codes(raw: str, code: str) -> None:
    assert normalise_icd(raw) == code


def test_codes_are_split_at_every_usual_mark() -> None:
    assert split_codes(" I10; E11.9,J45 |;") == ["I10", "E11.9", "J45"]


def test_a_visit_keeps_each_code_once_with_the_main_first() -> None:
    read = visit(MA_BENH_CHINH="I10", MA_BENH_KT="I10;E119;??")
    assert isinstance(read, Visit)
    assert [(one.role, one.code, one.raw) for one in read.diagnoses] == [
        ("main", "I10", "I10"), ("secondary", "E11.9", "E119"),
    ]  # fmt: skip
    assert [fault.code for fault in read.faults] == ["icd-format"]


def test_a_visit_without_a_main_diagnosis_or_with_long_texts_is_noted() -> None:
    read = visit(MA_BENH_CHINH="", MA_TTDV="9" * 256, MA_NGHE_NGHIEP="123456")
    assert isinstance(read, Visit)
    assert set(read.notices) == {"main-diagnosis-missing", "length:MA_TTDV", "length:MA_NGHE_NGHIEP"}
    assert len(field_lengths("XML1")) > 40


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "moment-empty"), ("2024-09-03", "moment-format"), ("202402300815", "moment-impossible"),
     ("202609032461", "moment-impossible"), ("202612300815", "moment-future")],
)  # fmt: skip
def test_moments_that_cannot_be(text: str, code: str) -> None:
    with pytest.raises(Invalid) as told:
        parse_moment(text, NOW)
    assert told.value.code == code


def test_moments_are_hanoi_s_and_a_day_has_no_hour() -> None:
    assert parse_moment("202409030815", NOW).isoformat() == "2024-09-03T08:15:00+07:00"
    assert parse_moment("20240903", NOW).hour == 0


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_profile_survives_being_stored(name: str) -> None:
    profile = BUILT_IN[name]
    assert Profile.from_json(profile.name, profile.title, profile.version, profile.to_json()) == profile
    assert len(profile.system) <= 20


@pytest.mark.parametrize(
    ("header", "column"),
    [("HO_TEN", "HO_TEN"), ("Họ và tên", "HO_TEN"), ("SĐT", "DIEN_THOAI"), ("ho_ten", "HO_TEN"), ("Ghi chú", "")],
)
def test_headers_are_understood_in_every_dress(header: str, column: str) -> None:
    assert BUILT_IN["csv-auto"].canonical(header) == column
