"""The service catalogue as a flat list: a line a reference range, with its analyte and service repeated on every line.

Columns: code, name, kind, specimen, analyte, analyte_name, unit, loinc, answers, lowest, highest, sex, from_age, to_age,
low, high, critical_low, critical_high, normal_text, source. A service without analytes (imaging) has one line with the first
four columns. Decimals take a point or a comma.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from clinics.rules.orders import SPECIMENS, ServiceKind
from clinics.rules.reference_ranges import Range, check_range, overlapping
from clinics.rules.results import AnalyteCard
from registry.rules.code_lists import LineFault
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, fold

COLUMNS = (
    "code", "name", "kind", "specimen", "analyte", "analyte_name", "unit", "loinc", "answers", "lowest", "highest", "sex",
    "from_age", "to_age", "low", "high", "critical_low", "critical_high", "normal_text", "source",
)  # fmt: skip
REQUIRED = COLUMNS[:4]
_BOUNDS = ("low", "high", "critical_low", "critical_high")


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """One service as a catalogue states it."""

    code: str
    name: str
    kind: ServiceKind
    specimen: str = ""
    analytes: tuple[AnalyteCard, ...] = ()

    @property
    def search_key(self) -> str:
        """What typed words match: the code without dots, the folded name (X-quang also as xquang), its analytes' codes."""
        name = fold(self.name)
        joined = [first + second for first, second in itertools.pairwise(name.split()) if len(first) == 1]
        words = [self.code.replace(".", ""), name, *joined, *(fold(one.code) for one in self.analytes)]
        return " ".join(words).lower()[:600]

    @property
    def fingerprint(self) -> str:
        """The same for the same content: SHA-256, hexadecimal."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What could be read, and the faults of the lines that could not."""

    services: tuple[ServiceCard, ...]
    faults: tuple[LineFault, ...]


def read_catalogue(rows: Iterable[tuple[int, Mapping[str, str]]]) -> Catalogue:
    """Services of (line number, columns) in the order they first come."""
    services: dict[str, ServiceCard] = {}
    lines: dict[str, int] = {}
    faults: list[LineFault] = []
    for number, raw in rows:
        row = {name: clean_line(raw.get(name) or "") for name in COLUMNS}
        try:
            _add(services, row)
        except Invalid as fault:
            faults.append(LineFault(number, fault.code, fault.message))
        lines.setdefault(row["code"], number)
    faults += list(_overlap_faults(services.values(), lines))
    return Catalogue(tuple(services.values()), tuple(faults))


def _add(services: dict[str, ServiceCard], row: Mapping[str, str]) -> None:
    stated = _service(row)
    known = services.get(stated.code, stated)
    if replace(known, analytes=()) != stated:
        raise Invalid("service-differs", Phrase("Dịch vụ {code} được ghi khác ở dòng trước.", code=stated.code))
    services[stated.code] = replace(known, analytes=_with_analyte(known.analytes, row))


def _service(row: Mapping[str, str]) -> ServiceCard:
    if not row["code"] or not row["name"]:
        raise Invalid("service-unnamed", "Dịch vụ cần mã và tên.")
    if len(row["code"]) > 50 or len(row["name"]) > 500:  # noqa: PLR2004 - the columns' lengths
        raise Invalid("service-long", "Mã dài quá 50 hoặc tên dài quá 500 ký tự.")
    if row["kind"] not in list(ServiceKind):
        known = ", ".join(ServiceKind)
        raise Invalid("service-kind", Phrase("Loại “{kind}” không có. Chọn: {known}.", kind=row["kind"], known=known))
    if row["specimen"] and row["specimen"] not in SPECIMENS:
        known = ", ".join(SPECIMENS)
        told = Phrase("Loại mẫu “{kind}” không có. Chọn: {known}.", kind=row["specimen"], known=known)
        raise Invalid("specimen-kind", told)
    return ServiceCard(row["code"], row["name"], ServiceKind(row["kind"]), row["specimen"])


def _with_analyte(analytes: tuple[AnalyteCard, ...], row: Mapping[str, str]) -> tuple[AnalyteCard, ...]:
    if not row["analyte"]:
        return analytes
    stated = _analyte(row)
    known = next((one for one in analytes if one.code == stated.code), stated)
    if replace(known, ranges=()) != stated:
        raise Invalid("analyte-differs", Phrase("Chỉ số {code} được ghi khác ở dòng trước.", code=stated.code))
    found = _range(row)
    whole = replace(known, ranges=(*known.ranges, found)) if found else known
    if any(one.code == stated.code for one in analytes):
        return tuple(whole if one.code == stated.code else one for one in analytes)
    return (*analytes, whole)


def _analyte(row: Mapping[str, str]) -> AnalyteCard:
    if not row["analyte_name"]:
        raise Invalid("analyte-unnamed", Phrase("Chỉ số {code} cần tên.", code=row["analyte"]))
    if len(row["analyte"]) > 40:  # noqa: PLR2004 - records.Observation.code
        raise Invalid("analyte-long", "Mã chỉ số dài quá 40 ký tự.")
    answers = tuple(text for part in row["answers"].split("|") if (text := part.strip()))
    words = bool(answers) or row["unit"] == "-"
    unit = "" if row["unit"] == "-" else row["unit"]
    lowest, highest = _decimal(row, "lowest"), _decimal(row, "highest")
    return AnalyteCard(row["analyte"], row["analyte_name"], unit, row["loinc"], words, answers, lowest, highest)


def _range(row: Mapping[str, str]) -> Range | None:
    stated = {name: _decimal(row, name) for name in _BOUNDS}
    if not row["normal_text"] and all(value is None for value in stated.values()):
        return None
    if row["sex"] not in {"", "male", "female"}:
        raise Invalid("range-sex", "Giới của khoảng tham chiếu là male, female hoặc để trống.")
    one = Range(
        row["sex"], row["from_age"] or "P0D", row["to_age"], **stated, normal_text=row["normal_text"], source=row["source"]
    )  # fmt: skip
    check_range(one)
    return one


def _decimal(row: Mapping[str, str], name: str) -> Decimal | None:
    text = row[name].replace(",", ".")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Invalid("number", Phrase("Cột {name}: “{text}” không phải là số.", name=name, text=row[name])) from error
    if not value.is_finite() or abs(value) >= 10**10:
        raise Invalid("number", Phrase("Cột {name}: “{text}” không phải là số.", name=name, text=row[name]))
    return value


def _overlap_faults(services: Iterable[ServiceCard], lines: Mapping[str, int]) -> Iterable[LineFault]:
    for service in services:
        for analyte in service.analytes:
            if overlapping(analyte.ranges):
                told = Phrase("Chỉ số {code}: hai khoảng tham chiếu chồng tuổi nhau.", code=analyte.code)
                yield LineFault(lines[service.code], "range-overlap", told)


def analytes_of(services: Sequence[ServiceCard]) -> int:
    """How many analytes they have in all."""
    return sum(len(one.analytes) for one in services)
