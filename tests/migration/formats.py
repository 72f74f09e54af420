"""Makers of small files of every format, and reading them as receipt and the workers do. Every person is invented."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import xlwt

from migration.commands.interpreting import Rejected, Sender, Taken, interpret
from migration.readers.formats import reader_for
from migration.readers.records import Layout, Raw
from migration.readers.turning import turning_of
from migration.rules.faults import FileRefused
from migration.rules.profiles import BUILT_IN
from tests.migration import files

RECEIVED_AT = datetime(2026, 11, 23, 3, tzinfo=UTC)
COLUMNS = files.CSV_COLUMNS
Line = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file gave: its layout, its records, and each judged."""

    layout: Layout
    raws: list[Raw]
    judged: list[Any]

    @property
    def taken(self) -> list[Any]:
        """Records that can be loaded."""
        return [one for one in self.judged if not isinstance(one, Rejected)]

    @property
    def rejected(self) -> list[Rejected]:
        """Records that wait for a person."""
        return [one for one in self.judged if isinstance(one, Rejected)]


def read(content: bytes, profile: str = "csv-auto") -> ReadFile:
    """The whole file: turned where it must be, scanned, and every span read and judged."""
    rules = BUILT_IN[profile]
    reader = reader_for(rules, files.FACILITY)
    source: Any = io.BytesIO(content)
    with tempfile.TemporaryFile() as rows:
        try:
            turning = turning_of(source, rules)
            if turning is None:
                layout = reader.scan(source)
            else:
                rows.writelines(turning.blocks())
                layout, source = reader.scan_parts(rows, turning.parts), rows
        except FileRefused as refusal:
            return ReadFile(Layout((), {}, refusal), [], [])
        facts = json.loads(json.dumps(dict(layout.facts)))  # as the ledger keeps them
        raws = []
        for span in layout.spans:
            source.seek(span.byte_from)
            found = list(reader.read(source.read(span.byte_to - span.byte_from), span, facts))
            assert len(found) == span.records, (span, len(found))
            raws += found
    sender = Sender(files.FACILITY, rules, RECEIVED_AT)
    judged = [interpret(raw, sender) for raw in raws]
    assert all(isinstance(one, Taken | Rejected) for one in judged)
    return ReadFile(layout, raws, judged)


def people(count: int) -> list[dict[str, str]]:
    """Lines of a patients' list."""
    return [files.patient_no(number) for number in range(1, count + 1)]


# ---------------------------------------------------------------------------------------------------------------- tables


def dbf(
    lines: Sequence[Line],
    *,
    encode: Callable[[str], bytes] = files.tcvn3,
    deleted: Sequence[int] = (),
    version: int = 0x30,
    memo: str = "",
) -> bytes:
    """A DBF of patients; NGAY_SINH is of type D. memo: the column whose cells are numbers of memo blocks from 1."""
    widths = {name: max([10, *(len(encode(line.get(name, ""))) for line in lines)]) for name in COLUMNS}
    widths |= {"NGAY_SINH": 8} | ({memo: 4} if memo else {})
    fields, at = b"", 1
    for name in COLUMNS:
        kind = "M" if name == memo else "D" if name == "NGAY_SINH" else "C"
        fields += struct.pack("<11scIBB14x", name.encode(), kind.encode(), at, widths[name], 0)[:32].ljust(32, b"\x00")
        at += widths[name]
    first = 32 + len(fields) + 1
    head = struct.pack("<BBBBIHH20x", version, 26, 11, 23, len(lines), first, at)
    body = b""
    for number, line in enumerate(lines):
        body += b"*" if number in deleted else b" "
        for name in COLUMNS:
            text = encode(line.get(name, ""))
            if name == memo:
                text = struct.pack("<I", number + 1)
            elif name == "NGAY_SINH":
                text = text[6:10] + text[3:5] + text[0:2]
            body += text.ljust(widths[name])
    return head + fields + b"\r" + body + b"\x1a"


def fpt(texts: Sequence[bytes]) -> bytes:
    """A FoxPro memo file with a text in every block of 512 bytes from block 1."""
    blocks = [struct.pack(">II", 1, len(text)) + text for text in texts]
    assert all(len(block) <= 512 for block in blocks)
    return struct.pack(">IHH504x", len(blocks) + 1, 0, 512) + b"".join(block.ljust(512, b"\x00") for block in blocks)


def rows_of(lines: Sequence[Line]) -> list[list[str]]:
    """Header and cells."""
    return [list(COLUMNS), *([line.get(name, "") for name in COLUMNS] for line in lines)]


def xlsx(rows: Sequence[Sequence[Any]], *, title: str = "") -> bytes:
    """A workbook; a title stands in rows of its own above the header."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [[title], [], *rows] if title else rows:
        sheet.append(list(row))
    book.create_sheet("Ghi chú").append(["Không có người bệnh ở trang này"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook of Excel 97."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("BN")
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write(at, column, cell, *([day] if isinstance(cell, date) else []))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if text else "NULL"


def sql(lines: Sequence[Line], dialect: str = "copy") -> bytes:
    """A dump with a table of drugs, a function and a table of people. dialect: copy, insert, mysql or mssql."""
    names = ", ".join(COLUMNS)
    if dialect == "copy":
        body = "".join("\t".join(line.get(name, "") or "\\N" for name in COLUMNS) + "\n" for line in lines)
        return (
            "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\n"
            "COPY public.thuoc (ma, ten) FROM stdin;\n1\tParacetamol\n\\.\n\n"
            f"COPY public.benh_nhan ({names}) FROM stdin;\n{body}\\.\n"
        ).encode()
    rows = ["(" + ",".join(_quoted(line.get(name, "")) for name in COLUMNS) + ")" for line in lines]
    if dialect == "insert":
        made = "".join(f"INSERT INTO public.benh_nhan ({names}) VALUES {row};\n" for row in rows)
        return f"-- dump\nCREATE TABLE public.benh_nhan (id int);\n{made}".encode()
    if dialect == "mysql":
        columns = ",\n".join(f"  `{name}` varchar(255) DEFAULT NULL COMMENT 'cột (a, b)'" for name in COLUMNS)
        rows = [row.replace("''", "\\'") for row in rows]
        return (
            "-- MySQL dump 10.13\nDROP TABLE IF EXISTS `benhnhan`;\n"
            f"CREATE TABLE `benhnhan` (\n{columns},\n  PRIMARY KEY (`MA_BN`)\n) ENGINE=InnoDB;\n"
            f"INSERT INTO `benhnhan` VALUES {','.join(rows)};\n/*!40000 ALTER TABLE `benhnhan` ENABLE KEYS */;\n"
        ).encode()
    bracketed = ", ".join(f"[{name}]" for name in COLUMNS)
    rows = [row.replace(",'", ",N'").replace("('", "(N'") for row in rows]
    made = "".join(f"INSERT [dbo].[BenhNhan] ({bracketed}) VALUES {row}\nGO\n" for row in rows)
    return f"USE [HIS]\nGO\nSET ANSI_NULLS ON\nGO\n{made}".encode("utf-16")


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------------------- documents


def _names(line: Line) -> tuple[str, str]:
    family, _, given = line["HO_TEN"].partition(" ")
    return family, given


def _day(text: str) -> str:
    return text[6:10] + text[3:5] + text[0:2]


_VISIT = "|" * 15 + "V{}" + "|" * 25 + "202409030815|"  # PV1-19 the visit, PV1-44 and -45 its times


def adt(number: int, line: Line, event: str = "A01", **more: str) -> str:
    """One ADT message of a visit."""
    family, given = _names(line)
    number_of = f"{line['MA_BN']}^^^BV^MR~{line['SO_CCCD']}^^^BCA^NI~{line['MA_THE_BHYT']}^^^BHXH^HC"
    born, home = _day(line["NGAY_SINH"]), f"{line['DIA_CHI']}^^Hà Nội"
    return "\r".join((
        f"MSH|^~\\&|HIS|01T01|EHR|SYT|202409030820||ADT^{event}|M{number}|P|2.5.1",
        f"EVN|{event}|202409030820",
        f"PID|1||{number_of}||{family}^{given}||{born}|F|||{home}||{line['DIEN_THOAI']}",
        f"PV1|1|O|K01^P1|{_VISIT.format(number)}{more.get('ended', '')}",
        "DG1|1||J15.9^Viêm phổi do vi khuẩn^I10||202409030830|F",
        "DG1|2||I10^Tăng huyết áp^I10||202409030830|F",
    )) + "\r"  # fmt: skip


def oru(number: int, line: Line) -> str:
    """One ORU message of the same visit."""
    return "\r".join((
        f"MSH|^~\\&|LIS|01T01|EHR|SYT|202409031000||ORU^R01|R{number}|P|2.5.1",
        f"PID|1||{line['MA_BN']}^^^BV^MR||{'^'.join(_names(line))}||{_day(line['NGAY_SINH'])}|F",
        f"PV1|1|O|K01|{_VISIT.format(number)}",
        "OBR|1|||CTM^Công thức máu|||202409030900",
        "OBX|1|NM|WBC^Bạch cầu||8.1|G/L|4-10|N|||F|||202409030930",
        "OBX|2|ST|NOTE^Ghi chú||a \\T\\ b \\F\\ c||||||F",
    )) + "\r"  # fmt: skip


def hl7(lines: Sequence[Line], end: str = "\r") -> bytes:
    """A batch file: every visit admitted, measured, discharged."""
    sent = []
    for number, line in enumerate(lines, start=1):
        sent += [adt(number, line), oru(number, line), adt(number, line, "A03", ended="202409031030")]
    whole = "FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r" + "".join(sent) + f"BTS|{len(sent)}\rFTS|1\r"
    return whole.replace("\r", end).encode()


def resources(number: int, line: Line) -> list[dict[str, Any]]:
    """One patient's resources: an encounter with a diagnosis, a drug, a result, a procedure; a vaccination outside it."""
    day, name = _day(line["NGAY_SINH"]), line["HO_TEN"]
    patient, encounter = {"reference": f"Patient/p{number}"}, {"reference": f"Encounter/e{number}"}
    sid = "http://fhir.ehealth.gov.vn/core/sid"
    inside: dict[str, Any] = {"subject": patient, "encounter": encounter}
    return [
        {"resourceType": "Encounter", "id": f"e{number}", "status": "finished", "class": {"code": "AMB"}, "subject": patient,
         "period": {"start": "2024-09-03T08:15:00+07:00", "end": "2024-09-03T03:30:00Z"},
         "diagnosis": [{"condition": {"reference": f"Condition/c{number}"}, "rank": 1}]},
        {"resourceType": "Patient", "id": f"p{number}", "name": [{"text": name}], "gender": "female",
         "birthDate": f"{day[:4]}-{day[4:6]}-{day[6:]}", "telecom": [{"system": "phone", "value": line["DIEN_THOAI"]}],
         "identifier": [{"system": f"{sid}/citizen_id", "value": line["SO_CCCD"]},
                        {"system": f"{sid}/insurance_number", "value": line["MA_THE_BHYT"]},
                        {"system": f"{sid}/patient-internal-id", "value": line["MA_BN"]}]},
        {"resourceType": "Condition", "id": f"c{number}", **inside,
         "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "J15.9"}], "text": "Viêm phổi"}},
        {"resourceType": "Observation", "id": f"o{number}", **inside, "effectiveDateTime": "2024-09-03T09:00:00+07:00",
         "code": {"coding": [{"system": "http://loinc.org", "code": "6690-2"}], "text": "Bạch cầu"},
         "valueQuantity": {"value": 8.1, "unit": "G/L"}},
        {"resourceType": "MedicationRequest", "id": f"m{number}", **inside, "authoredOn": "2024-09-03",
         "medicationReference": {"reference": "Medication/amox"}, "dosageInstruction": [{"text": "Ngày 2 lần"}],
         "dispenseRequest": {"quantity": {"value": 14, "unit": "viên"}}},
        {"resourceType": "Procedure", "id": f"t{number}", **inside, "performedDateTime": "2024-09-03",
         "code": {"text": "Chụp X-quang ngực"}},
        {"resourceType": "Immunization", "id": f"i{number}", "patient": patient, "occurrenceDateTime": "2023-05-01",
         "vaccineCode": {"text": "Cúm mùa"}, "lotNumber": "L1", "status": "completed"},
        {"resourceType": "AllergyIntolerance", "id": f"a{number}", "patient": patient, "code": {"text": "Penicillin"}},
    ]  # fmt: skip


AMOX = {"resourceType": "Medication", "id": "amox", "code": {"text": "Amoxicilin 500 mg"}}


def ndjson(lines: Sequence[Line]) -> bytes:
    """All encounters before all patients, as bulk exports come."""
    found = [AMOX, *(one for number, line in enumerate(lines, start=1) for one in resources(number, line))]
    found.sort(key=lambda one: str(one["resourceType"]))
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in found)


def bundle(lines: Sequence[Line]) -> bytes:
    """A Bundle over many lines."""
    found = [AMOX, *(one for number, line in enumerate(lines, start=1) for one in resources(number, line))]
    entries = [{"fullUrl": f"http://bv.example/{one['resourceType']}/{one['id']}", "resource": one} for one in found]
    told = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def every_format(count: int) -> dict[str, tuple[bytes, str]]:
    """A small typical file of each format, with the profile that reads it."""
    lines = people(count)
    texts = rows_of(lines)
    listed = files.patients(lines, encode="utf-8")
    return {
        "csv": (listed, "csv-auto"),
        "csv-tcvn3": (files.patients(lines), "csv-tcvn3"),
        "csv-mixed": (files.patients(lines), "person-csv"),
        "tsv-utf16": (files.patients(lines, encode="utf-16", mark="\t"), "csv-auto"),
        "xlsx": (xlsx(texts), "csv-auto"),
        "xls": (xls(texts), "csv-auto"),
        "dbf": (dbf(lines), "csv-auto"),
        "dbf-memo": (packed({"BN.DBF": dbf(lines, memo="DIA_CHI"), "BN.FPT": fpt([b"x"] * count)}), "csv-auto"),
        "sql-copy": (sql(lines), "csv-auto"),
        "sql-insert": (sql(lines, "insert"), "csv-auto"),
        "sql-mysql": (sql(lines, "mysql"), "csv-auto"),
        "sql-mssql": (sql(lines, "mssql"), "csv-auto"),
        "zip": (packed({"a.csv": listed, "b/c.dbf": dbf(lines), "doc.txt": b"x"}), "csv-auto"),
        "gzip": (gzip.compress(listed, mtime=0), "csv-auto"),
        "hl7": (hl7(lines), "hl7v2"),
        "ndjson": (ndjson(lines), "fhir"),
        "bundle": (bundle(lines), "fhir"),
        "qd3176": (files.envelope(files.visit(files.visit_no(number + 1)) for number in range(count)), "qd3176"),
        "qd3176-zip": (packed({"x.xml": files.envelope([files.visit(files.visit_no(1))])}), "qd3176"),
    }
