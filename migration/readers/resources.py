"""FHIR R4, read from the rows that were gathered of a Bundle, NDJSON or single resources: a row is a visit or a person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import orjson

from migration.readers.json_values import as_dict, as_list, as_text, name_in, reference_of
from migration.readers.records import Layout, Raw, Span, SpanMaker
from migration.rules.faults import Fault, FileRefused
from registry.rules.phrases import Phrase

_HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


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
        told = as_dict(orjson.loads(line))
        if "broken" in told:
            at = told["broken"].get("broken", number)
            fault = Fault("json-broken", Phrase("Dòng {line} không phải JSON hợp lệ.", line=at))
            return Raw(number, at, byte, line, faults=(fault,))
        if not as_dict(told.get("patient")):
            fault = Fault(
                "patient-missing", "Tài nguyên FHIR không dẫn đến người bệnh (Patient) nào trong tệp.", "subject"
            )
            return Raw(number, number, byte, line, faults=(fault,))
        fields = _person(as_dict(told["patient"]))
        rows, tables = _rows(told)
        if as_dict(told.get("encounter")):
            fields |= _encounter(as_dict(told["encounter"]), as_list(told.get("resources")), self.facility_code)
        kept = {name: tuple(found) for name, found in rows.items()}
        return Raw(number, number, byte, line, {name: text for name, text in fields.items() if text}, tables, kept)


_SEX = {"male": "1", "female": "2", "other": "3", "unknown": "3"}
_CITIZEN = re.compile(r"citizen|national|cccd|cmnd|can-cuoc|dinh-danh|passport", re.IGNORECASE)
_INSURED = re.compile(r"insur|bhyt|bhxh", re.IGNORECASE)
_OWN = frozenset({"MR", "PI", "PT"})
_OF_NUMBER = {"NI": "SO_CCCD", "NNVNM": "SO_CCCD", "PPN": "SO_CCCD", "SB": "MA_THE_BHYT", "NIIP": "MA_THE_BHYT"}
_CARE = {"IMP": "03", "ACUTE": "03", "NONAC": "03", "HH": "12", "VR": "14"}  # v3-ActCode -> MA_LOAI_KCB; else 01
_ICD = re.compile(r"icd-?10", re.IGNORECASE)


def _first(told: object) -> Mapping[str, Any]:
    return next((one for one in as_list(told) if isinstance(one, dict)), {})


def _coding(concept: object, wanted: re.Pattern[str] | None = None) -> tuple[str, str]:
    """(code, words) of a CodeableConcept; the coding of the wanted system first."""
    told = as_dict(concept)
    codings = [as_dict(one) for one in as_list(told.get("coding"))]
    codings.sort(key=lambda one: not (wanted and wanted.search(as_text(one.get("system")))))
    best = codings[0] if codings else {}
    return as_text(best.get("code")), as_text(told.get("text")) or as_text(best.get("display"))


def moment(told: object) -> str:
    """A FHIR dateTime as QĐ 3176 writes one, in Hanoi's time; what is not said as zeros."""
    text = as_text(told)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        digits = re.sub(r"\D", "", text[:10])
        return digits.ljust(12, "0") if digits and len(digits) <= 8 else ""  # noqa: PLR2004 - a day
    when = when.astimezone(_HANOI) if when.tzinfo else when
    return f"{when:%Y%m%d%H%M}" if "T" in text else f"{when:%Y%m%d}0000"


def _person(patient: Mapping[str, Any]) -> dict[str, str]:
    names = [as_dict(one) for one in as_list(patient.get("name"))]
    names.sort(key=lambda one: one.get("use") != "official")
    phones = [as_dict(one) for one in as_list(patient.get("telecom")) if as_dict(one).get("system") == "phone"]
    fields = {
        "HO_TEN": _person_name(names[0]) if names else "",
        "NGAY_SINH": as_text(patient.get("birthDate"))[:10],
        "GIOI_TINH": _SEX.get(as_text(patient.get("gender")), ""),
        "DIEN_THOAI": as_text(phones[0].get("value")) if phones else "",
        "DIA_CHI": _address(_first(patient.get("address"))),
        **_numbers(as_list(patient.get("identifier"))),
    }
    return fields | {"MA_BN": fields.get("MA_BN") or as_text(patient.get("id"))}


def _person_name(name: Mapping[str, Any]) -> str:
    given = " ".join(filter(None, map(as_text, as_list(name.get("given")))))
    return as_text(name.get("text")) or f"{as_text(name.get('family'))} {given}".strip()


def _address(address: Mapping[str, Any]) -> str:
    lines = [as_text(one) for one in as_list(address.get("line"))]
    parts = [*lines, *(as_text(address.get(name)) for name in ("district", "city", "state"))]
    return as_text(address.get("text")) or ", ".join(filter(None, parts))


def _numbers(identifiers: Sequence[Any]) -> dict[str, str]:
    """Identifiers by type, else by the words of their system; the first of no known kind is the hospital's own."""
    told: dict[str, str] = {}
    for one in map(as_dict, identifiers):
        kind, _ = _coding(one.get("type"))
        system = as_text(one.get("system"))
        field = _OF_NUMBER.get(kind, "")
        if not field and kind not in _OWN:
            field = "SO_CCCD" if _CITIZEN.search(system) else "MA_THE_BHYT" if _INSURED.search(system) else ""
        told.setdefault(field or "MA_BN", as_text(one.get("value")))
    return told


def _encounter(encounter: Mapping[str, Any], resources: Sequence[Any], facility_code: str) -> dict[str, str]:
    period = as_dict(encounter.get("period"))
    department, named = _coding(encounter.get("serviceType"))
    _, reason = _coding(_first(encounter.get("reasonCode")))
    fields = {
        "MA_LK": as_text(_first(encounter.get("identifier")).get("value")) or as_text(encounter.get("id")),
        "MA_CSKCB": facility_code,
        "MA_LOAI_KCB": _CARE.get(as_text(as_dict(encounter.get("class")).get("code")), "01"),
        "NGAY_VAO": moment(period.get("start")),
        "NGAY_RA": moment(period.get("end")),
        "LY_DO_VV": reason,
        "MA_KHOA": department or named,
    }
    return fields | _diagnoses(encounter, [as_dict(one) for one in resources])


def _diagnoses(encounter: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Conditions of an encounter, its own order (rank) first."""
    ranks = {}
    for at, one in enumerate(map(as_dict, as_list(encounter.get("diagnosis")))):
        rank = one.get("rank")
        ranks[name_in(reference_of(one, "condition"))] = rank if isinstance(rank, int) else at + 1
    found = [one for one in resources if one.get("resourceType") == "Condition"]
    found.sort(key=lambda one: ranks.get(f"Condition/{as_text(one.get('id'))}", len(ranks) + 1))
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
    medications = as_dict(told.get("medications"))
    in_visit = bool(as_dict(told.get("encounter")))
    for one in map(as_dict, as_list(told.get("resources"))):
        kind = as_text(one.get("resourceType")) or "?"
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
    reference = reference_of(one, "medicationReference")
    if reference.startswith("#"):
        contained = [as_dict(item) for item in as_list(one.get("contained"))]
        concept = next((item.get("code") for item in contained if f"#{as_text(item.get('id'))}" == reference), concept)
    elif reference:
        concept = as_dict(medications.get(name_in(reference))).get("code", concept)
    code, name = _coding(concept)
    dose = _first(one.get("dosageInstruction") or one.get("dosage"))
    quantity = as_dict(as_dict(one.get("dispenseRequest")).get("quantity"))
    _, route = _coding(dose.get("route"))
    yield _filled({
        "MA_THUOC": code,
        "TEN_THUOC": name or code,
        "LIEU_DUNG": as_text(dose.get("text")),
        "CACH_DUNG": as_text(dose.get("patientInstruction")),
        "DUONG_DUNG": route,
        "SO_LUONG": as_text(quantity.get("value")),
        "DON_VI_TINH": as_text(quantity.get("unit")),
        "NGAY_YL": moment(one.get("authoredOn") or one.get("dateAsserted") or one.get("effectiveDateTime")),
    })  # fmt: skip


def _procedure(one: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    code, name = _coding(one.get("code"))
    when = one.get("performedDateTime") or as_dict(one.get("performedPeriod")).get("start")
    row = {"MA_DICH_VU": code, "TEN_DICH_VU": name or code, "NGAY_YL": moment(when), "NGAY_TH_YL": moment(when)}
    yield _filled(row | {"SO_LUONG": "1"})


def _observation(one: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    parts = [as_dict(part) for part in as_list(one.get("component"))]
    whole_code, whole_name = _coding(one.get("code"))
    when = moment(one.get("effectiveDateTime") or as_dict(one.get("effectivePeriod")).get("start") or one.get("issued"))
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
            "KET_LUAN": as_text(_first(one.get("note")).get("text")) if part is one else "",
            "NGAY_KQ": when,
        })  # fmt: skip


def _value(told: Mapping[str, Any]) -> tuple[str, str]:
    quantity = as_dict(told.get("valueQuantity"))
    if quantity:
        sign = as_text(quantity.get("comparator"))
        return sign + as_text(quantity.get("value")), as_text(quantity.get("unit")) or as_text(quantity.get("code"))
    code, words = _coding(told.get("valueCodeableConcept"))
    if code or words:
        return words or code, ""
    simple = ("valueString", "valueInteger", "valueBoolean", "valueDateTime")
    return next((as_text(told[name]) for name in simple if as_text(told.get(name))), ""), ""


def _immunization(one: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Tags of QĐ 831's THONGTINMUITIEM."""
    code, name = _coding(one.get("vaccineCode"))
    dose = _first(one.get("protocolApplied"))
    given = moment(one.get("occurrenceDateTime"))
    yield _filled({
        "MAVACXIN": code,
        "TENVACXIN": name or code,
        "NGAYTIEM": f"{given[6:8]}/{given[4:6]}/{given[:4]}" if given else as_text(one.get("occurrenceString")),
        "MUITHU": as_text(dose.get("doseNumberPositiveInt")) or as_text(dose.get("doseNumberString")),
        "SOLO": as_text(one.get("lotNumber")),
        "TRANGTHAI": as_text(one.get("status")),
    })  # fmt: skip


_Make = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[dict[str, str]]]
_TABLES: Mapping[str, tuple[str, _Make]] = {
    "MedicationRequest": ("XML2", _medication),
    "MedicationStatement": ("XML2", _medication),
    "Procedure": ("XML3", _procedure),
    "Observation": ("XML4", _observation),
    "Immunization": ("THONGTINMUITIEM", _immunization),
}
