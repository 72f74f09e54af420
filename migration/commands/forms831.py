"""One health record of QĐ 831 in a bulk file: person, history, doses and examinations, by the rules of the desk's form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from migration.readers.records import Raw
from migration.rules.faults import Fault
from migration.rules.icd import normalise_icd
from migration.rules.vaccinations import vaccination
from records.commands.bulk_rows import BulkRow
from records.commands.form831_person import person_of_form
from records.commands.form831_rows import CARE_TYPE
from records.commands.linking import content_hash
from records.rules.bulk_facts import BulkFact, Diagnosed, Finding, Measure, Note, Report, Said, Stay
from records.rules.examination import SIGHT, SYSTEMS, is_normal
from records.rules.history_checks import About
from records.rules.qd831.facts import Told, Visit, facts_of_form
from records.rules.qd831.xml import FormUnreadable, read
from records.rules.vitals import VITALS
from registry.kernel import Refused
from registry.rules.phrases import Phrase
from registry.rules.qd3176.moments import HANOI
from registry.rules.text import clean_line, clean_note

HISTORY, DOSES, VISITS, UNREAD = "TIENSU", "TIEMCHUNG", "KHAMCHUABENH", "QD831"


@dataclass(frozen=True, slots=True)
class Form:
    """A form taken: the record with its parts as tables, its row, and the parts that wait."""

    raw: Raw
    row: BulkRow
    bad: Mapping[tuple[str, int], tuple[Fault, ...]]


def read_form(raw: Raw, *, today: date, received_at: datetime, storable: Mapping[str, str]) -> Form | Fault:
    """The row of one record with its parts counted, and what could not be read of it; or why none of it can be used."""
    try:
        record = read(b"<DATA><BODY>" + raw.raw + b"</BODY></DATA>").message.record
        person, doubts = person_of_form(record.general, today)
    except (FormUnreadable, Refused) as problem:
        return Fault(problem.code, problem.message, "HOSOSUCKHOE")
    told = facts_of_form(record, About(today, person.birth, person.sex))
    key = clean_line(record.general.health_id)[:100]
    unread = (*doubts, *told.unread)
    rows = {
        UNREAD: tuple({"MUC": one.where, "LY_DO": one.why} for one in unread),
        DOSES: tuple({"MAVACXIN": one.vaccine, "NGAYTIEM": one.on.display} for one in told.doses),
    }
    sizes = {HISTORY: len(told.facts), DOSES: len(told.doses), VISITS: len(told.visits), UNREAD: len(unread)}
    row = BulkRow(
        number=raw.number,
        key=key,
        person=person,
        raw=storable,
        stated_at=received_at,
        facts=tuple(_facts(told, key or content_hash(person)[:32])),
    )
    message = "{where}: {why}"
    bad = {
        (UNREAD, at): (Fault("form-unread", Phrase(message, where=one.where, why=one.why), "", UNREAD),)
        for at, one in enumerate(unread)
    }
    return Form(replace(raw, tables={name: size for name, size in sizes.items() if size}, rows=rows), row, bad)


def _facts(told: Told, holder: str) -> Iterator[BulkFact]:
    """Keys hold the content itself, so that the same fact told again is there already."""
    for at, fact in enumerate(told.facts):
        words = hashlib.sha256(repr(fact).encode()).hexdigest()[:24]
        yield BulkFact(HISTORY, at, f"{holder}/{words}", fact)
    for at, dose in enumerate(told.doses):
        key = f"{holder}/{dose.vaccine[:50]}/{dose.on.value.isoformat()}"
        yield BulkFact(DOSES, at, key, vaccination(dose))
    for at, visit in enumerate(told.visits):
        key = clean_line(visit.key)[:100]
        yield BulkFact(VISITS, at, key, _stay(visit))
        for number, said in enumerate(_of_visit(visit)):
            yield BulkFact(VISITS, at, f"{key}/{number}", said, visit=key)


def _stay(visit: Visit) -> Stay:
    at = _noon(visit.on)
    return Stay(
        status="finished",
        care_type=CARE_TYPE,
        started_at=at,
        ended_at=max(at, _noon(visit.until)),
        reason=clean_line(visit.reason)[:1000],
        conclusion=clean_note(next((one.conclusion for one in visit.diagnoses if one.conclusion), "")),
        practitioner_name=clean_line(visit.doctor)[:255],
    )


def _of_visit(visit: Visit) -> Iterator[Said]:
    """The parts of one examination, in a fixed order: their numbers are their keys."""
    at = _noon(visit.on)
    for key, text in visit.findings.items():
        if key in SYSTEMS and (words := clean_note(text)[:2000]):
            yield Finding(key, words, is_normal(words), at)
    for kind, text in (("course", visit.course), ("advice", visit.advice)):
        if words := clean_note(text):
            yield Note(kind, words, at)
    for key, value in visit.readings.items():
        vital = VITALS[key]
        yield Measure("", vital.code, vital.display, value, "", vital.unit, "", "", at)
    for key, text in visit.sight.items():
        yield Measure("", SIGHT[key].code, SIGHT[key].name, None, clean_line(text)[:500], "", "", "", at)
    for one in visit.services:
        category = "RAD" if one.group == "2" else "LAB"
        name = clean_line(one.name or one.code)[:500]
        yield Report(category, clean_line(one.code)[:50], name, clean_note(one.result), "", at, "")
    yield from _diagnoses(visit)


def _diagnoses(visit: Visit) -> Iterator[Diagnosed]:
    told = {normalise_icd(one.code) or clean_line(one.code)[:10]: one for one in reversed(visit.diagnoses)}
    for at, (code, one) in enumerate(reversed(told.items())):
        yield Diagnosed("secondary" if at else "main", code, one.code[:20], clean_line(one.name or one.code)[:500])


def _noon(day: date) -> datetime:
    """The form knows only the day: noon in Hanoi, so that the day stays the same in every zone."""
    return datetime.combine(day, time(12), HANOI)
