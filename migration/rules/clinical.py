"""The clinical tables of insurance XML: drugs, services and results of one visit, row by row, or every reason why not.

Sources: annex of QĐ 130/QĐ-BYT as QĐ 4750 and QĐ 3176 changed it (registry/data/qd3176_fields.tsv). A row that cannot be
read stops neither its visit nor its neighbours. What the record has no place for stays in the kept file and is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from migration.rules.faults import Fault
from migration.rules.moments import parse_moment
from migration.rules.numbers import read_number
from records.rules.bulk_facts import BulkFact, Measure, Medicine, Report, Said, Service
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.moments import HANOI
from registry.rules.text import clean_line, clean_note

Row = Mapping[str, str]
# Nobody is prescribed for longer at once (TT 26/2025/TT-BYT): what is older is used up.
LONGEST_PRESCRIPTION = timedelta(days=90)
INPATIENT = frozenset({"03", "04", "06", "09"})  # MA_LOAI_KCB: what was given there ends with the stay
LABORATORY_GROUP = "1"  # MA_NHOM of XML3: tests; 2 and 3 are imaging and functional tests


@dataclass(frozen=True, slots=True)
class Frame:
    """What a row needs to know of its visit. received_at: when the file came."""

    care_type: str
    started_at: datetime
    ended_at: datetime | None
    received_at: datetime


class BadRow(Exception):
    """A row that cannot be read, with its reason."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(code)
        self.code, self.message, self.field = code, message, field


@dataclass
class Clinical:
    """What the tables of one record say. faults: (table, row from 0) -> why that row waits.

    Rows that are neither in facts nor in faults stay in the kept file: the record has no place for them.
    """

    facts: list[BulkFact] = field(default_factory=list)
    faults: dict[tuple[str, int], tuple[Fault, ...]] = field(default_factory=dict)

    def take(self, table: str, at: int, key: str, read: Callable[..., Iterable[Said]], *given: Any) -> None:
        """The facts that `read` finds in a row, or its fault. The first has the row's own key, others are numbered."""
        try:
            told = tuple(read(*given))
        except BadRow as bad:
            self.faults[table, at] = (Fault(bad.code, bad.message, bad.field, table),)
            return
        self.facts += [BulkFact(table, at, f"{key}#{n}" if n else key, said) for n, said in enumerate(told)]


def read_drugs(clinical: Clinical, rows: Sequence[Row], frame: Frame) -> None:
    """XML2: one medicine a row."""
    for at, (key, row) in enumerate(keyed("XML2", rows)):
        clinical.take("XML2", at, key, _drug, row, frame)


def _drug(row: Row, frame: Frame) -> Iterator[Medicine]:
    name = text_of(row, "TEN_THUOC", 500)
    if not name:
        raise BadRow(
            "drug-name-missing", "Thiếu tên thuốc TEN_THUOC: ghi tên như trên đơn hoặc hộp thuốc.", "TEN_THUOC"
        )
    started = day_of(moment_of(row, ("NGAY_YL", "NGAY_TH_YL"), frame))
    left = day_of(frame.ended_at) if frame.ended_at and frame.care_type in INPATIENT else None
    over = left is not None or started + LONGEST_PRESCRIPTION < day_of(frame.received_at)
    yield Medicine(
        code=text_of(row, "MA_THUOC", 255) or text_of(row, "SO_DANG_KY", 255),
        name=name,
        strength=text_of(row, "HAM_LUONG", 200),
        dose=joined_text(row, ("LIEU_DUNG", "CACH_DUNG"))[:500],
        route=text_of(row, "DUONG_DUNG", 60),
        quantity=number_of(row, "SO_LUONG", whole=9, places=3),
        unit=text_of(row, "DON_VI_TINH", 50),
        status="completed" if over else "active",
        started_on=started,
        ended_on=max(left, started) if left else None,
        prescriber_name=text_of(row, "MA_BAC_SI", 255),
    )


def read_services(clinical: Clinical, rows: Sequence[Row], frame: Frame) -> None:
    """XML3: services. A row with supplies alone (no service's name or code) has no place in the record and stays kept."""
    for at, (key, row) in enumerate(keyed("XML3", rows)):
        if not _is_supply(row):
            clinical.take("XML3", at, key, _service, row, frame)


def _is_supply(row: Row) -> bool:
    named = row.get("TEN_DICH_VU", "").strip() or row.get("MA_DICH_VU", "").strip()
    return not named and bool(row.get("TEN_VAT_TU", "").strip() or row.get("MA_VAT_TU", "").strip())


def _service(row: Row, frame: Frame) -> Iterator[Service]:
    name = text_of(row, "TEN_DICH_VU", 500) or text_of(row, "MA_DICH_VU", 50)
    if not name:
        raise BadRow("service-name-missing", "Thiếu tên dịch vụ TEN_DICH_VU.", "TEN_DICH_VU")
    number_of(row, "SO_LUONG", whole=9, places=3)
    yield Service(
        code=text_of(row, "MA_DICH_VU", 50),
        display=name,
        result="",
        performed_at=moment_of(row, ("NGAY_TH_YL", "NGAY_YL"), frame),
    )


def read_results(clinical: Clinical, rows: Sequence[Row], services: Sequence[Row], frame: Frame) -> None:
    """XML4: the rows of one service at one moment are one report, and each index with a value is a number of it.

    services: the rows of XML3, which name what XML4 refers to by code.
    """
    ordered = {row.get("MA_DICH_VU", "").strip(): row for row in services}
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault(_group(row), []).append(row)
    reports: dict[tuple[str, str], str] = {}
    for at, (key, row) in enumerate(keyed("XML4", rows)):
        group = _group(row)
        if group in reports:
            clinical.take("XML4", at, key, _later, row, reports[group], frame)
            continue
        clinical.take("XML4", at, key, _first, row, key, grouped[group], ordered.get(group[0], {}), frame)
        if ("XML4", at) not in clinical.faults:
            reports[group] = key


def _group(row: Row) -> tuple[str, str]:
    return row.get("MA_DICH_VU", "").strip(), row.get("NGAY_KQ", "").strip()


def _first(row: Row, key: str, group: Sequence[Row], service: Row, frame: Frame) -> Iterator[Said]:
    """The report of a group, and the number of its first row."""
    at = _said_at(row, frame)
    name = text_of(service, "TEN_DICH_VU", 500) or text_of(row, "TEN_CHI_SO", 500) or text_of(row, "MA_DICH_VU", 50)
    if not name:
        raise BadRow("result-unnamed", "Dòng kết quả không ghi dịch vụ (MA_DICH_VU) và chỉ số.", "MA_DICH_VU")
    kind = service.get("MA_NHOM", "").strip()
    laboratory = kind == LABORATORY_GROUP or (not kind and bool(row.get("GIA_TRI", "").strip()))
    yield Report(
        category="LAB" if laboratory else "RAD",
        code=text_of(row, "MA_DICH_VU", 50),
        display=name,
        result=_words(group, "MO_TA"),
        conclusion=_words(group, "KET_LUAN"),
        performed_at=at,
        performer_name=text_of(row, "MA_BS_DOC_KQ", 255),
    )
    yield from _measure(row, at, key)


def _later(row: Row, report: str, frame: Frame) -> Iterator[Said]:
    yield from _measure(row, _said_at(row, frame), report)


def _said_at(row: Row, frame: Frame) -> datetime:
    if not any(row.get(tag, "").strip() for tag in ("GIA_TRI", "MO_TA", "KET_LUAN")):
        raise BadRow(
            "result-empty", "Dòng kết quả không có giá trị (GIA_TRI), mô tả (MO_TA) hay kết luận (KET_LUAN).", "GIA_TRI"
        )
    return moment_of(row, ("NGAY_KQ",), frame)


def _words(rows: Sequence[Row], tag: str) -> str:
    """What the rows of a report say in words, each passage once."""
    return "\n".join(dict.fromkeys(filter(None, (clean_note(row.get(tag, "")) for row in rows))))


def _measure(row: Row, at: datetime, within: str) -> Iterator[Measure]:
    value = clean_line(row.get("GIA_TRI", ""))
    if not value:
        return
    number = read_number(value, whole=10, places=4)
    name = text_of(row, "TEN_CHI_SO", 255) or text_of(row, "MA_CHI_SO", 255) or text_of(row, "MA_DICH_VU", 255)
    yield Measure(
        within=within,
        code=text_of(row, "MA_CHI_SO", 40) or text_of(row, "MA_DICH_VU", 40) or name[:40],
        display=name or value[:255],
        value=number,
        value_text="" if number is not None else value[:500],
        unit=text_of(row, "DON_VI_DO", 50),
        reference="",
        interpretation="",
        observed_at=at,
    )


def keyed(table: str, rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Rows with their key in the visit: the table and STT; a number used twice is told apart by its occurrence."""
    seen: Counter[str] = Counter()
    for row in rows:
        number = clean_line(row.get("STT", ""))[:20] or "-"
        seen[number] += 1
        yield f"{table}/{number}" + (f".{seen[number]}" if seen[number] > 1 else ""), row


def text_of(row: Row, tag: str, longest: int) -> str:
    """One line of text, cut to what its column takes; the whole stays in the kept file."""
    return clean_line(row.get(tag, ""))[:longest]


def joined_text(row: Row, tags: Sequence[str]) -> str:
    """Several tags as one line, each said once."""
    return ". ".join(dict.fromkeys(filter(None, (clean_line(row.get(tag, "")).rstrip(".") for tag in tags))))


def number_of(row: Row, tag: str, *, whole: int, places: int) -> Decimal | None:
    """The number of a tag, None where it is empty. Raises BadRow for what is no number of zero or more."""
    text = row.get(tag, "").strip()
    if not text:
        return None
    number = read_number(text, whole=whole, places=places)
    if number is None or number < 0:
        raise BadRow("number-unreadable", Phrase("“{text}” không phải là số lượng.", text=text[:20]), tag)
    return number


def moment_of(row: Row, tags: Sequence[str], frame: Frame) -> datetime:
    """The first of these moments that is written, else when the visit began. Raises BadRow for one that cannot be."""
    for tag in tags:
        text = row.get(tag, "")
        if text.strip():
            try:
                return parse_moment(text, frame.received_at)
            except Invalid as problem:
                raise BadRow(problem.code, problem.message, tag) from None
    return frame.started_at


def day_of(moment: datetime) -> date:
    """The day in Hanoi."""
    return moment.astimezone(HANOI).date()
