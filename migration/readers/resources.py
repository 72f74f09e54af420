"""FHIR R4: a Bundle, NDJSON or a single resource. A patient with one encounter and what belongs to it is one record.

At receipt resources are put into a passing database, because references point anywhere in a file; then each record is
written as one line of JSON: {"patient", "encounter", "resources", "medications"}.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import ijson
import orjson

from migration.readers.gathering import Gathering
from migration.readers.records import MAX_RECORD_BYTES, Layout, Raw, Span, SpanMaker
from migration.rules.faults import Fault, FileRefused
from registry.rules.phrases import Phrase

_LINE_MOST = 8 * 1024 * 1024  # a longer line is one Bundle, and streamed
_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_MAKE = """
CREATE TABLE resource (seq INTEGER PRIMARY KEY, type TEXT, name TEXT, patient TEXT, encounter TEXT, body BLOB);
CREATE TABLE alias (name TEXT PRIMARY KEY, meant TEXT) WITHOUT ROWID;
"""
_PREPARE = """
UPDATE resource SET patient = (SELECT meant FROM alias WHERE name = patient) WHERE patient IN (SELECT name FROM alias);
UPDATE resource SET encounter = (SELECT meant FROM alias WHERE name = encounter)
WHERE encounter IN (SELECT name FROM alias);
CREATE INDEX resource_patient ON resource (patient, encounter, seq);
CREATE INDEX resource_name ON resource (name);
"""
_ALONE = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "Medication", "Provenance", "Device"}
)


# ----------------------------------------------------------------------------------------------------------- at receipt


class Resources:
    """The resources of one file or of several."""

    def __init__(self, gathering: Gathering) -> None:
        self.database = gathering.database
        self.database.execute("COMMIT")
        self.database.executescript(_MAKE)
        self.database.execute("BEGIN")
        self.alone: Counter[str] = Counter()

    def gather(self, file: BinaryIO) -> None:
        """Every resource of a file. Raises FileRefused(json-broken) when a Bundle breaks off."""
        file.seek(0)
        first = file.readline(_LINE_MOST)
        file.seek(0)
        if first.endswith(b"\n") or len(first) < _LINE_MOST:
            try:
                orjson.loads(first.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                pass
            else:
                return self._lines(file)
        return self._streamed(file)

    def _lines(self, file: BinaryIO) -> None:
        for number, line in enumerate(iter(lambda: file.readline(MAX_RECORD_BYTES), b""), start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not text:
                continue
            try:
                told = orjson.loads(text)
            except orjson.JSONDecodeError:
                self._broken(number, text)
                continue
            for url, one in _each(told):
                self._add(url, one)

    def _streamed(self, file: BinaryIO) -> None:
        """Of one document, an entry at a time."""
        listed = file.read(4).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
        file.seek(3 if _has_bom(file) else 0)
        count = 0
        try:
            for told in ijson.items(file, "item" if listed else "entry.item", use_float=True):
                for url, one in _each(told if listed else {"resourceType": "Bundle", "entry": [told]}):
                    self._add(url, one)
                    count += 1
            if not count and not listed:
                self._whole(file)
        except (ijson.JSONError, ValueError, RecursionError) as problem:
            template = "Tệp JSON hỏng hoặc bị cụt sau tài nguyên thứ {count}. Hãy xuất lại tệp."
            raise FileRefused("json-broken", Phrase(template, count=count)) from problem

    def _whole(self, file: BinaryIO) -> None:
        """One resource written over several lines."""
        if file.seek(0, 2) > MAX_RECORD_BYTES:
            return
        file.seek(0)
        for url, one in _each(orjson.loads(file.read().removeprefix(b"\xef\xbb\xbf"))):
            self._add(url, one)

    def _add(self, url: str, one: object) -> None:
        told = _dict(one)
        kind = _text(told.get("resourceType"))
        name = f"{kind}/{_text(told.get('id'))}" if told.get("id") else url or f"#{id(one)}"
        if url and url != name:
            self.database.execute("INSERT OR IGNORE INTO alias VALUES (?, ?)", (_safe(_name(url)), _safe(name)))
        patient = name if kind == "Patient" else _name(_reference(told, "patient") or _reference(told, "subject"))
        encounter = name if kind == "Encounter" else _name(_reference(told, "encounter") or _reference(told, "context"))
        if kind in _ALONE:
            self.alone[kind] += 1
        row = (_safe(kind), _safe(name), _safe(patient), _safe(encounter), _written(told or {"text": str(one)[:1000]}))
        self.database.execute("INSERT INTO resource (type, name, patient, encounter, body) VALUES (?, ?, ?, ?, ?)", row)

    def _broken(self, number: int, text: bytes) -> None:
        body = _written({"broken": number, "text": text[:100_000].decode("utf-8", "replace")})
        name = f"#dòng {number}"
        row = ("", name, name, "", body)
        self.database.execute("INSERT INTO resource (type, name, patient, encounter, body) VALUES (?, ?, ?, ?, ?)", row)

    def records(self) -> Iterator[bytes]:
        """The lines of the rows file."""
        self.database.execute("COMMIT")
        self.database.executescript(_PREPARE)
        alone = ",".join(f"'{kind}'" for kind in sorted(_ALONE))
        groups = self.database.execute(
            "SELECT patient, CASE WHEN encounter IN (SELECT name FROM resource WHERE type = 'Encounter') "  # noqa: S608 - our own words
            f"THEN encounter ELSE '' END AS visit, min(seq) AS first FROM resource WHERE type NOT IN ({alone}) "
            "GROUP BY 1, 2 ORDER BY 3"
        ).fetchall()
        with_visits = {patient for patient, visit, _ in groups if visit}
        for patient, visit, _ in groups:
            line = self._line(patient, visit, whole=patient not in with_visits)
            if line:
                yield line + b"\n"

    def _line(self, patient: str, visit: str, *, whole: bool) -> bytes:
        """One record; b"" for a patient whose every resource belongs to some encounter."""
        here = "= ?" if visit else "NOT IN (SELECT name FROM resource WHERE type = 'Encounter' AND name != ?)"
        found = self.database.execute(
            f"SELECT type, body FROM resource WHERE patient = ? AND encounter {here} ORDER BY seq",  # noqa: S608 - ours
            (patient, visit),
        )
        alone: list[Any] = []
        meeting: Any = None
        broken: Any = None
        size = 0
        for kind, body in found:
            size += len(body)
            if kind == "Encounter" and visit:
                meeting = orjson.Fragment(body)
            elif kind == "":
                broken = orjson.Fragment(body)
            elif kind not in ("Patient", *_ALONE) and size < MAX_RECORD_BYTES // 4:
                alone.append(orjson.Fragment(body))
        if not (visit or alone or broken or whole):
            return b""
        person = self._body(patient)
        told = {"patient": person, "encounter": meeting, "resources": alone, "medications": self._medications(patient)}
        return orjson.dumps(told | ({"broken": broken} if broken else {}))

    def _body(self, name: str) -> orjson.Fragment | None:
        found = self.database.execute("SELECT body FROM resource WHERE name = ? ORDER BY seq DESC", (name,)).fetchone()
        return orjson.Fragment(found[0]) if found and not name.startswith("#dòng") else None

    def _medications(self, patient: str) -> dict[str, Any]:
        """The Medication resources that a patient's requests point at."""
        rows = self.database.execute(
            "SELECT body FROM resource WHERE patient = ? AND type IN ('MedicationRequest', 'MedicationStatement')",
            (patient,),
        ).fetchall()
        names = {_name(_reference(orjson.loads(body), "medicationReference")) for (body,) in rows} - {""}
        found = {}
        for name in names:
            meant = self.database.execute("SELECT meant FROM alias WHERE name = ?", (_safe(name),)).fetchone()
            body = self._body(meant[0] if meant else _safe(name))
            if body:
                found[name] = body
        return found


def _has_bom(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(3) == b"\xef\xbb\xbf"


def _each(told: object) -> Iterator[tuple[str, object]]:
    """(full URL, resource) of a resource, a Bundle or a list of either."""
    if isinstance(told, list):
        yield from chain.from_iterable(map(_each, told))
        return
    document = _dict(told)
    if document.get("resourceType") != "Bundle":
        yield "", told
        return
    for entry in _list(document.get("entry")):
        one = _dict(entry).get("resource")
        if _dict(one).get("resourceType") == "Bundle":
            yield from _each(one)
        elif one is not None:
            yield _text(_dict(entry).get("fullUrl")), one


def _written(told: object) -> bytes:
    try:
        return orjson.dumps(told)
    except (orjson.JSONEncodeError, RecursionError):  # a number or a text that JSON between systems may not carry
        return json.dumps({"text": repr(told)[:1000]}).encode()


def _safe(text: str) -> str:
    return text[:300].encode("utf-8", "replace").decode()


def _reference(told: object, field: str) -> str:
    return _text(_dict(_dict(told).get(field)).get("reference"))


def _name(reference: str) -> str:
    """Type/id of a relative or absolute reference; a URN as it stands."""
    if reference.startswith(("urn:", "#")) or "/" not in reference:
        return reference
    return "/".join(reference.partition("/_history/")[0].rsplit("/", 2)[-2:])


# --------------------------------------------------------------------------------------------------------------- reading


class Fhir:
    """The reader of gathered resources. facility_code: who sent them."""

    def __init__(self, facility_code: str) -> None:
        self.facility_code = facility_code

    def scan(self, file: BinaryIO) -> Layout:
        """Spans of whole lines."""
        maker, byte = SpanMaker(), 0
        for line in file:
            maker.start(byte, maker.number)
            maker.end()
            byte += len(line)
        maker.close(byte)
        if not maker.spans:
            return Layout((), {}, FileRefused("no-records", "Tệp FHIR không có người bệnh nào (Patient)."))
        return Layout(tuple(maker.spans), {"kind": "fhir"})

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """A record a line."""
        byte = span.byte_from
        for at, line in enumerate(data.splitlines(keepends=True)):
            yield self._record(span.first_record + at, byte, line)
            byte += len(line)

    def _record(self, number: int, byte: int, line: bytes) -> Raw:
        told = _dict(orjson.loads(line))
        if "broken" in told:
            at = told["broken"].get("broken", number)
            fault = Fault("json-broken", Phrase("Dòng {line} không phải JSON hợp lệ.", line=at))
            return Raw(number, at, byte, line, faults=(fault,))
        if not _dict(told.get("patient")):
            fault = Fault(
                "patient-missing", "Tài nguyên FHIR không dẫn đến người bệnh (Patient) nào trong tệp.", "subject"
            )
            return Raw(number, number, byte, line, faults=(fault,))
        fields = _person(_dict(told["patient"]))
        rows, tables = _rows(told)
        if _dict(told.get("encounter")):
            fields |= _encounter(_dict(told["encounter"]), _list(told.get("resources")), self.facility_code)
        kept = {name: tuple(found) for name, found in rows.items()}
        return Raw(number, number, byte, line, {name: text for name, text in fields.items() if text}, tables, kept)


_SEX = {"male": "1", "female": "2", "other": "3", "unknown": "3"}
_CITIZEN = re.compile(r"citizen|national|cccd|cmnd|can-cuoc|dinh-danh|passport", re.IGNORECASE)
_INSURED = re.compile(r"insur|bhyt|bhxh", re.IGNORECASE)
_OWN = frozenset({"MR", "PI", "PT"})
_OF_NUMBER = {"NI": "SO_CCCD", "NNVNM": "SO_CCCD", "PPN": "SO_CCCD", "SB": "MA_THE_BHYT", "NIIP": "MA_THE_BHYT"}
_CARE = {"IMP": "03", "ACUTE": "03", "NONAC": "03", "HH": "12", "VR": "14"}  # v3-ActCode -> MA_LOAI_KCB; else 01
_ICD = re.compile(r"icd-?10", re.IGNORECASE)


def _dict(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _list(told: object) -> list[Any]:
    return told if isinstance(told, list) else []


def _text(told: object) -> str:
    return told.strip() if isinstance(told, str) else str(told) if isinstance(told, int | float) else ""


def _first(told: object) -> Mapping[str, Any]:
    return next((one for one in _list(told) if isinstance(one, dict)), {})


def _coding(concept: object, wanted: re.Pattern[str] | None = None) -> tuple[str, str]:
    """(code, words) of a CodeableConcept; the coding of the wanted system first."""
    told = _dict(concept)
    codings = [_dict(one) for one in _list(told.get("coding"))]
    codings.sort(key=lambda one: not (wanted and wanted.search(_text(one.get("system")))))
    best = codings[0] if codings else {}
    return _text(best.get("code")), _text(told.get("text")) or _text(best.get("display"))


def moment(told: object) -> str:
    """A FHIR dateTime as QĐ 3176 writes one, in Hanoi's time; what is not said as zeros."""
    text = _text(told)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        digits = re.sub(r"\D", "", text[:10])
        return digits.ljust(12, "0") if digits and len(digits) <= 8 else ""  # noqa: PLR2004 - a day
    when = when.astimezone(_HANOI) if when.tzinfo else when
    return f"{when:%Y%m%d%H%M}" if "T" in text else f"{when:%Y%m%d}0000"


def _person(patient: Mapping[str, Any]) -> dict[str, str]:
    names = [_dict(one) for one in _list(patient.get("name"))]
    names.sort(key=lambda one: one.get("use") != "official")
    phones = [_dict(one) for one in _list(patient.get("telecom")) if _dict(one).get("system") == "phone"]
    fields = {
        "HO_TEN": _person_name(names[0]) if names else "",
        "NGAY_SINH": _text(patient.get("birthDate"))[:10],
        "GIOI_TINH": _SEX.get(_text(patient.get("gender")), ""),
        "DIEN_THOAI": _text(phones[0].get("value")) if phones else "",
        "DIA_CHI": _address(_first(patient.get("address"))),
        **_numbers(_list(patient.get("identifier"))),
    }
    return fields | {"MA_BN": fields.get("MA_BN") or _text(patient.get("id"))}


def _person_name(name: Mapping[str, Any]) -> str:
    given = " ".join(filter(None, map(_text, _list(name.get("given")))))
    return _text(name.get("text")) or f"{_text(name.get('family'))} {given}".strip()


def _address(address: Mapping[str, Any]) -> str:
    lines = [_text(one) for one in _list(address.get("line"))]
    parts = [*lines, *(_text(address.get(name)) for name in ("district", "city", "state"))]
    return _text(address.get("text")) or ", ".join(filter(None, parts))


def _numbers(identifiers: Sequence[Any]) -> dict[str, str]:
    """Identifiers by type, else by the words of their system; the first of no known kind is the hospital's own."""
    told: dict[str, str] = {}
    for one in map(_dict, identifiers):
        kind, _ = _coding(one.get("type"))
        system = _text(one.get("system"))
        field = _OF_NUMBER.get(kind, "")
        if not field and kind not in _OWN:
            field = "SO_CCCD" if _CITIZEN.search(system) else "MA_THE_BHYT" if _INSURED.search(system) else ""
        told.setdefault(field or "MA_BN", _text(one.get("value")))
    return told


def _encounter(encounter: Mapping[str, Any], resources: Sequence[Any], facility_code: str) -> dict[str, str]:
    period = _dict(encounter.get("period"))
    department, named = _coding(encounter.get("serviceType"))
    _, reason = _coding(_first(encounter.get("reasonCode")))
    fields = {
        "MA_LK": _text(_first(encounter.get("identifier")).get("value")) or _text(encounter.get("id")),
        "MA_CSKCB": facility_code,
        "MA_LOAI_KCB": _CARE.get(_text(_dict(encounter.get("class")).get("code")), "01"),
        "NGAY_VAO": moment(period.get("start")),
        "NGAY_RA": moment(period.get("end")),
        "LY_DO_VV": reason,
        "MA_KHOA": department or named,
    }
    return fields | _diagnoses(encounter, [_dict(one) for one in resources])


def _diagnoses(encounter: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Conditions of an encounter, its own order (rank) first."""
    ranks = {}
    for at, one in enumerate(map(_dict, _list(encounter.get("diagnosis")))):
        rank = one.get("rank")
        ranks[_name(_reference(one, "condition"))] = rank if isinstance(rank, int) else at + 1
    found = [one for one in resources if one.get("resourceType") == "Condition"]
    found.sort(key=lambda one: ranks.get(f"Condition/{_text(one.get('id'))}", len(ranks) + 1))
    codes = [_coding(one.get("code"), _ICD) for one in found]
    codes = [one for one in codes if one[0]]
    if not codes:
        return {}
    others = ";".join(code for code, _ in codes[1:])
    return {"MA_BENH_CHINH": codes[0][0], "CHAN_DOAN_RV": codes[0][1], "MA_BENH_KT": others}


def _rows(told: Mapping[str, Any]) -> tuple[dict[str, list[dict[str, str]]], Counter[str]]:
    """Rows by the ministry's tables, and how many resources of each table there are; others count under their type."""
    rows: dict[str, list[dict[str, str]]] = {}
    tables: Counter[str] = Counter()
    medications = _dict(told.get("medications"))
    in_visit = bool(_dict(told.get("encounter")))
    for one in map(_dict, _list(told.get("resources"))):
        kind = _text(one.get("resourceType")) or "?"
        if kind == "Condition" and in_visit:
            continue  # stands among the visit's diagnoses
        table, make = _TABLES.get(kind, (kind[:20], None))
        made = list(make(one, medications)) if make else []
        tables[table] += len(made) or 1
        if made:
            rows.setdefault(table, []).extend(made)
    for found in rows.values():
        for at, row in enumerate(found, start=1):
            row["STT"] = str(at)
    return rows, tables


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if text}


def _medication(one: Mapping[str, Any], medications: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    concept: object = one.get("medicationCodeableConcept")
    reference = _reference(one, "medicationReference")
    if reference.startswith("#"):
        contained = [_dict(item) for item in _list(one.get("contained"))]
        concept = next((item.get("code") for item in contained if f"#{_text(item.get('id'))}" == reference), concept)
    elif reference:
        concept = _dict(medications.get(_name(reference))).get("code", concept)
    code, name = _coding(concept)
    dose = _first(one.get("dosageInstruction") or one.get("dosage"))
    quantity = _dict(_dict(one.get("dispenseRequest")).get("quantity"))
    _, route = _coding(dose.get("route"))
    yield _filled({
        "MA_THUOC": code,
        "TEN_THUOC": name or code,
        "LIEU_DUNG": _text(dose.get("text")),
        "CACH_DUNG": _text(dose.get("patientInstruction")),
        "DUONG_DUNG": route,
        "SO_LUONG": _text(quantity.get("value")),
        "DON_VI_TINH": _text(quantity.get("unit")),
        "NGAY_YL": moment(one.get("authoredOn") or one.get("dateAsserted") or one.get("effectiveDateTime")),
    })  # fmt: skip


def _procedure(one: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    code, name = _coding(one.get("code"))
    when = one.get("performedDateTime") or _dict(one.get("performedPeriod")).get("start")
    row = {"MA_DICH_VU": code, "TEN_DICH_VU": name or code, "NGAY_YL": moment(when), "NGAY_TH_YL": moment(when)}
    yield _filled(row | {"SO_LUONG": "1"})


def _observation(one: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    parts = [_dict(part) for part in _list(one.get("component"))]
    whole_code, whole_name = _coding(one.get("code"))
    when = moment(one.get("effectiveDateTime") or _dict(one.get("effectivePeriod")).get("start") or one.get("issued"))
    for part in [one, *parts] if _value(one) != ("", "") or not parts else parts:
        code, name = _coding(part.get("code"))
        value, unit = _value(part)
        yield _filled({
            "MA_DICH_VU": whole_code,
            "TEN_DICH_VU": whole_name,
            "MA_CHI_SO": code or whole_code,
            "TEN_CHI_SO": name or whole_name or code,
            "GIA_TRI": value,
            "DON_VI_DO": unit,
            "KET_LUAN": _text(_first(one.get("note")).get("text")) if part is one else "",
            "NGAY_KQ": when,
        })  # fmt: skip


def _value(told: Mapping[str, Any]) -> tuple[str, str]:
    quantity = _dict(told.get("valueQuantity"))
    if quantity:
        sign = _text(quantity.get("comparator"))
        return sign + _text(quantity.get("value")), _text(quantity.get("unit")) or _text(quantity.get("code"))
    code, words = _coding(told.get("valueCodeableConcept"))
    if code or words:
        return words or code, ""
    simple = ("valueString", "valueInteger", "valueBoolean", "valueDateTime")
    return next((_text(told[name]) for name in simple if _text(told.get(name))), ""), ""


def _immunization(one: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Tags of QĐ 831's THONGTINMUITIEM."""
    code, name = _coding(one.get("vaccineCode"))
    dose = _first(one.get("protocolApplied"))
    given = moment(one.get("occurrenceDateTime"))
    yield _filled({
        "MAVACXIN": code,
        "TENVACXIN": name or code,
        "NGAYTIEM": f"{given[6:8]}/{given[4:6]}/{given[:4]}" if given else _text(one.get("occurrenceString")),
        "MUITHU": _text(dose.get("doseNumberPositiveInt")) or _text(dose.get("doseNumberString")),
        "SOLO": _text(one.get("lotNumber")),
        "TRANGTHAI": _text(one.get("status")),
    })  # fmt: skip


_Make = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[dict[str, str]]]
_TABLES: Mapping[str, tuple[str, _Make]] = {
    "MedicationRequest": ("XML2", _medication),
    "MedicationStatement": ("XML2", _medication),
    "Procedure": ("XML3", _procedure),
    "Observation": ("XML4", _observation),
    "Immunization": ("THONGTINMUITIEM", _immunization),
}
