"""Every format says the same of the same people; what is odd about a file is read or refused with its reason."""

from __future__ import annotations

import io
import struct
from datetime import date
from typing import Any

import pytest

from migration.readers import records, sheets
from migration.readers.kinds import Kind, recognise
from tests.migration import files, formats

COUNT = 5
LINES = formats.people(COUNT)
EVERY = formats.every_format(COUNT)
TABLES = [
    name for name, (_, profile) in EVERY.items() if profile in ("csv-auto", "csv-tcvn3", "person-csv") and name != "zip"
]
NAMES = [line["HO_TEN"] for line in LINES]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_people_reads_the_same_whatever_holds_it(name: str) -> None:
    found = formats.read(*EVERY[name])
    assert found.layout.refusal is None
    assert not found.rejected
    people = [one.row.person for one in found.taken]
    assert [one.name for one in people] == NAMES
    assert [one.raw.fields["SO_CCCD"] for one in found.taken] == [line["SO_CCCD"] for line in LINES]
    assert {one.raw.fields["GIOI_TINH"] for one in found.taken} == {"Nữ"}
    born = [one.birth.value for one in people]
    assert born == [date(1970 + number % 25, number % 12 + 1, number % 28 + 1) for number in range(1, COUNT + 1)]


@pytest.mark.parametrize("name", EVERY)
def test_chunks_of_three_records_read_what_one_chunk_reads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = formats.read(*EVERY[name])
    monkeypatch.setattr(records, "CHUNK_RECORDS", 3)
    cut = formats.read(*EVERY[name])
    assert len(cut.layout.spans) >= len(whole.layout.spans)
    assert [(one.number, one.line, one.raw, one.fields) for one in cut.raws] == [
        (one.number, one.line, one.raw, one.fields) for one in whole.raws
    ]
    assert [one.number for one in cut.raws] == list(range(1, len(cut.raws) + 1))


# ---------------------------------------------------------------------------------------------------------------- tables


def test_deleted_records_of_a_dbf_are_passed_over_and_counted() -> None:
    found = formats.read(formats.dbf(LINES, deleted=(1, 3)))
    assert [one.row.person.name for one in found.taken] == [NAMES[0], NAMES[2], NAMES[4]]
    assert found.layout.facts["deleted"] == 2
    assert [raw.line for raw in found.raws] == [1, 3, 5]


def test_texts_of_a_memo_file_are_read_beside_their_table() -> None:
    texts = [files.tcvn3(f"Số {number} phố Huế, phường Bạch Mai") for number in range(COUNT)]
    content = formats.packed({"DL/BN.DBF": formats.dbf(LINES, memo="DIA_CHI"), "DL/bn.FPT": formats.fpt(texts)})
    found = formats.read(content)
    assert [one.raw.fields["DIA_CHI"] for one in found.taken][4] == "Số 4 phố Huế, phường Bạch Mai"
    alone = formats.read(formats.dbf(LINES, memo="DIA_CHI"))
    assert alone.layout.facts["memos"] == ["DIA_CHI"]
    assert len(alone.taken) == COUNT


def test_foxpro_numbers_moments_and_flags_are_read() -> None:
    from migration.readers.dbf import FieldAt, Form, cells_of

    kinds = ("N", "I", "B", "Y", "T", "L", "D")
    cells = [
        b"     12.50", struct.pack("<i", -7), struct.pack("<d", 36.6), struct.pack("<q", 1_234_500),
        struct.pack("<II", 2_460_000, 3_600_000), b"F", b"        ",
    ]  # fmt: skip
    fields, at = [], 1
    for kind, cell in zip(kinds, cells, strict=True):
        fields.append(FieldAt(kind, kind, at, at + len(cell)))
        at += len(cell)
    form = Form(0x30, 1, 32, at, tuple(fields))
    expected = [b"12.50", b"-7", b"36.6", b"123.45", b"2023-02-24 1:00:00", b"false", b""]
    assert cells_of(b" " + b"".join(cells), form) == expected


def test_a_cut_dbf_is_refused_with_what_it_should_hold() -> None:
    found = formats.read(formats.dbf(LINES)[:-60])
    assert found.layout.refusal is not None
    assert found.layout.refusal.code == "dbf-cut"
    assert "ghi 5 bản ghi, chỉ đọc được 4" in found.layout.refusal.message
    assert len(found.raws) == 4


def test_a_workbook_with_a_title_typed_dates_and_numbers_is_read_with_its_rows_numbers() -> None:
    rows: list[list[Any]] = formats.rows_of(LINES)
    for at, row in enumerate(rows[1:], start=1):
        row[2] = date(1970 + at, 2, 3)
        row[6] = float(row[6])
    rows.insert(3, [])
    found = formats.read(formats.xlsx(rows, title="BỆNH VIỆN ĐA KHOA\nDanh sách"))
    assert [one.row.person.birth.value for one in found.taken] == [date(1970 + at, 2, 3) for at in range(1, COUNT + 1)]
    assert [raw.line for raw in found.raws] == [4, 5, 7, 8, 9]
    assert found.layout.facts["passed_over"] == ["Ghi chú"]
    assert found.taken[0].row.person.phone


@pytest.mark.parametrize(
    "header",
    [
        "Mã BN;Họ và tên;Ngày sinh (dd/mm/yyyy);Giới tính",
        "Source-ID;Full name;DOB;Gender",
        "sep=;\nMABN;HOTEN;NGAYSINH;PHAI",
    ],
)
def test_headers_of_many_hospitals_are_known(header: str) -> None:
    found = formats.read(f"{header}\r\nB1;Lê Thị Đào;03/02/1960;Nữ\r\n".encode())
    assert [one.row.person.name for one in found.taken] == ["Lê Thị Đào"]


def test_headers_in_old_fonts_are_known() -> None:
    found = formats.read(files.tcvn3("Mã BN|Họ tên|Ngày sinh|Giới tính\r\nB1|Lê Thị Hồng Đào|03/02/1960|Nữ\r\n"))
    assert [one.row.person.name for one in found.taken] == ["Lê Thị Hồng Đào"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", "~", "\x1f"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end_is_found(mark: str, end: str) -> None:
    lines = [
        mark.join(row)
        for row in (["HO_TEN", "NGAY_SINH", "GIOI_TINH", "DIA_CHI"], ["Lê Thị Đào", "1960", "2", '"Ngõ 5"'])
    ]
    content = (end.join(lines) + end).encode()
    found = formats.read(content)
    assert [one.raw.fields["DIA_CHI"] for one in found.taken] == ["Ngõ 5"]
    assert content.endswith(found.raws[0].raw)


@pytest.mark.parametrize("encode", ["utf-16", "utf-16-le", "utf-16-be"])
def test_excels_unicode_text_is_transcoded_with_or_without_its_mark(encode: str) -> None:
    found = formats.read(files.patients(LINES, encode=encode, mark="\t"))
    assert [one.row.person.name for one in found.taken] == NAMES


def test_a_zero_byte_is_left_out_of_its_cell_only() -> None:
    content = files.patients(LINES, encode="utf-8").replace("Kim Liên".encode(), b"Kim\x00 Li\xc3\xaan", 1)
    found = formats.read(content)
    assert found.taken[0].raw.fields["DIA_CHI"] == "Số 5 ngõ 46 Kim Liên"
    assert len(found.taken) == COUNT


def test_a_list_that_mixes_encodings_row_by_row_is_read_value_by_value() -> None:
    header, *lines = files.patients(LINES, encode="utf-8").splitlines(keepends=True)
    old = files.patients(LINES).splitlines(keepends=True)[1:]
    twice = [line.decode("cp1252").encode() for line in files.patients(LINES).splitlines(keepends=True)[1:]]
    plain = b"BN9,Nguyen Van An,1970,Nam,,,,,\r\n"
    found = formats.read(header + b"".join([*lines[:2], old[2], twice[3], plain]), "person-csv")
    assert [one.row.person.name for one in found.taken] == [*NAMES[:4], "Nguyen Van An"]
    assert {one.raw.fields["GIOI_TINH"] for one in found.taken} == {"Nữ", "Nam"}
    refused = formats.read(header + b"".join([*lines[:2], old[2], old[3]]), "csv-auto")
    assert refused.layout.refusal is not None


# ----------------------------------------------------------------------------------------------------------------- dumps


def test_quotes_line_breaks_and_casts_of_dumps_are_read_as_data() -> None:
    content = (
        "-- SQL dump; DROP TABLE benh_nhan;\n"
        "CREATE FUNCTION f() AS $$ BEGIN\n  DELETE FROM benh_nhan; END $$;\n"
        'INSERT INTO "dbo"."BenhNhan" (MaBN, HoTen, NgaySinh, GioiTinh, DiaChi) VALUES\n'
        "(1, N'O''Hara; (An)', CAST(N'1980-03-12T00:00:00' AS DateTime), 1, 'Ngõ 5,\nKim Liên'),\n"
        "(2, 'Lê Thị Đào', '1990-01-02'::date, 2, NULL);\n"
        "INSERT INTO benh_an (a) SELECT a FROM b;\n"
    ).encode()
    found = formats.read(content)
    first, second = (dict(raw.fields) for raw in found.raws)
    assert first["HO_TEN"] == "O'Hara; (An)".title().replace("'H", "'H")
    assert (first["NGAY_SINH"][:10], first["DIA_CHI"]) == ("1980-03-12", "Ngõ 5,\nKim Liên")
    assert (second["HO_TEN"], second["NGAY_SINH"], second["DIA_CHI"]) == ("Lê Thị Đào", "1990-01-02", "")


def test_a_dump_without_people_names_its_tables() -> None:
    found = formats.read(b"-- PostgreSQL database dump\nCOPY public.thuoc (ma, ten) FROM stdin;\n1\tA\n\\.\n")
    assert found.layout.refusal is not None
    assert (found.layout.refusal.code, "thuoc" in found.layout.refusal.message) == ("column-missing", True)


def test_a_cut_dump_is_refused_at_its_line() -> None:
    found = formats.read(formats.sql(LINES, "insert")[:-40])
    assert found.layout.refusal is not None
    assert (found.layout.refusal.code, found.layout.refusal.line) == ("sql-broken", 7)


# ------------------------------------------------------------------------------------------------------------- documents


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_messages_of_a_visit_are_one_record(end: str) -> None:
    found = formats.read(formats.hl7(LINES, end), "hl7v2")
    assert not found.rejected
    assert [one.row.person.name for one in found.taken] == NAMES
    visit, raw = found.taken[0].row.visit, found.raws[0]
    assert (visit.key, visit.started_at.isoformat(), visit.ended_at.isoformat()) == (
        "V1", "2024-09-03T08:15:00+07:00", "2024-09-03T10:30:00+07:00",
    )  # fmt: skip
    assert (raw.fields["MA_BENH_CHINH"], raw.fields["MA_BENH_KT"]) == ("J15.9", "I10")
    assert raw.tables == {"XML4": 2}
    first, second = raw.rows["XML4"]
    assert (first["MA_CHI_SO"], first["GIA_TRI"], first["DON_VI_DO"], first["NGAY_KQ"]) == (
        "WBC",
        "8.1",
        "G/L",
        "202409030930",
    )
    assert second["GIA_TRI"] == "a & b | c"
    assert raw.fields["SO_CCCD"] == LINES[0]["SO_CCCD"]


MESSAGES = {
    "no person": (lambda text: text.replace("PID|", "ZID|"), "pid-missing"),
    "cancelled": (lambda text: text.replace("ADT^A01", "ADT^A11"), "hl7-cancel"),
    "merge": (lambda text: text.replace("ADT^A01", "ADT^A40"), "hl7-merge"),
    "no header": (lambda text: text.replace("MSH|", "MSX|"), "hl7-header"),
}  # fmt: skip


@pytest.mark.parametrize("case", MESSAGES)
def test_a_message_that_needs_a_person_waits_with_its_reason(case: str) -> None:
    spoil, code = MESSAGES[case]
    whole = spoil(formats.adt(2, LINES[1])) + formats.adt(1, LINES[0])
    found = formats.read(("FHS|^~\\&|\r" + whole).encode(), "hl7v2")
    assert code in {fault.code for one in found.rejected for fault in one.faults}


def test_a_result_message_of_two_persons_is_two_records() -> None:
    header, *segments = formats.oru(1, LINES[0]).split("\r")
    content = "\r".join([header, *segments, *formats.oru(2, LINES[1]).split("\r")[1:]])
    found = formats.read(content.encode(), "hl7v2")
    assert [one.row.person.name for one in found.taken] == NAMES[:2]


@pytest.mark.parametrize("name", ["ndjson", "bundle", "zip"])
def test_resources_of_an_encounter_are_one_record(name: str) -> None:
    if name == "zip":  # as a bulk export: a file for each type
        lines = formats.ndjson(LINES).splitlines(keepends=True)
        half = len(lines) // 2
        content = formats.packed({"A.ndjson": b"".join(lines[half:]), "B.ndjson": b"".join(lines[:half])})
    else:
        content = EVERY[name][0]
    found = formats.read(content, "fhir")
    assert not found.rejected
    visits = [one for one in found.taken if one.row.visit]
    loose = [one for one in found.taken if not one.row.visit]
    assert sorted(one.row.person.name for one in visits) == sorted(NAMES)
    one = next(one for one in visits if one.row.person.name == NAMES[0])
    assert (one.row.visit.started_at.isoformat(), one.row.visit.ended_at.isoformat()) == (
        "2024-09-03T08:15:00+07:00", "2024-09-03T10:30:00+07:00",
    )  # fmt: skip
    assert (one.raw.fields["MA_BENH_CHINH"], one.raw.fields["CHAN_DOAN_RV"]) == ("J15.9", "Viêm phổi")
    rows = one.raw.rows
    assert (rows["XML2"][0]["TEN_THUOC"], rows["XML2"][0]["SO_LUONG"]) == ("Amoxicilin 500 mg", "14")
    assert (rows["XML4"][0]["GIA_TRI"], rows["XML4"][0]["DON_VI_DO"]) == ("8.1", "G/L")
    assert rows["XML3"][0]["TEN_DICH_VU"] == "Chụp X-quang ngực"
    assert loose[0].raw.rows["THONGTINMUITIEM"][0] == {
        "TENVACXIN": "Cúm mùa", "NGAYTIEM": "01/05/2023", "SOLO": "L1", "TRANGTHAI": "completed", "STT": "1",
    }  # fmt: skip
    assert loose[0].raw.tables == {"THONGTINMUITIEM": 1, "AllergyIntolerance": 1}
    assert one.raw.fields["MA_BN"] == LINES[0]["MA_BN"]


def test_a_broken_line_and_a_resource_of_nobody_wait_alone() -> None:
    good = formats.ndjson(LINES[:1])
    content = (
        good + b'{"resourceType": "Patient", \n' + b'{"resourceType":"Procedure","subject":{"reference":"Patient/x"}}\n'
    )
    found = formats.read(content, "fhir")
    assert len(found.taken) == 2
    assert [one.faults[0].code for one in found.rejected] == ["json-broken", "patient-missing"]


# -------------------------------------------------------------------------------------------------------------- archives


def bomb() -> bytes:
    return formats.packed({"a.csv": b"0" * (40 * 1024 * 1024)})


def locked() -> bytes:
    whole = bytearray(formats.packed({"a.csv": b"x"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + at] |= 1
    return bytes(whole)


ARCHIVES = {
    "bomb": (bomb, "archive-ratio"),
    "outside": (lambda: formats.packed({"../../a.csv": b"x"}), "archive-path"),
    "absolute": (lambda: formats.packed({"/etc/a.csv": b"x"}), "archive-path"),
    "drive": (lambda: formats.packed({"C:\\a.csv": b"x"}), "archive-path"),
    "crowd": (lambda: formats.packed({f"{number}.csv": b"" for number in range(2001)}), "archive-members"),
    "nested": (lambda: formats.packed({"a.zip": formats.packed({"b.csv": b"x"})}), "archive-nested"),
    "locked": (locked, "archive-password"),
    "cut": (lambda: EVERY["zip"][0][:-30], "archive-broken"),
    "papers": (lambda: formats.packed({"a.pdf": b"%PDF"}), "no-records"),
    "other": (lambda: formats.packed({"a.csv": b"A,B\r\n1,2\r\n"}), "column-missing"),
    "hl7 for a table": (lambda: formats.hl7(LINES), "format-other"),
    "pg_dump -Fc": (lambda: b"PGDMP\x01\x0e\x00", "pg-archive"),
    "workbook with a password": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048), "workbook-broken"),
}  # fmt: skip


@pytest.mark.parametrize("case", ARCHIVES)
def test_what_cannot_be_opened_safely_is_refused_with_its_reason(case: str) -> None:
    make, code = ARCHIVES[case]
    found = formats.read(make())
    assert found.layout.refusal is not None
    assert found.layout.refusal.code == code
    assert not found.raws


def test_members_become_parts_of_one_file_and_what_is_not_read_is_named() -> None:
    found = formats.read(*EVERY["zip"])
    assert [one.row.person.name for one in found.taken] == NAMES * 2
    assert found.layout.facts["passed_over"] == []
    assert [part["name"] for part in found.layout.facts["parts"]] == ["a.csv", "b/c.dbf"]


def test_a_workbook_past_the_bound_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "WORKBOOK_BYTES", 2000)
    found = formats.read(EVERY["xlsx"][0])
    assert found.layout.refusal is not None
    assert found.layout.refusal.code == "workbook-too-large"
    assert "CSV" in found.layout.refusal.message


def test_a_workbook_that_asks_for_too_much_memory_ends_its_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MEMORY_MEBIBYTES", 8)
    found = formats.read(EVERY["xlsx"][0])
    assert found.layout.refusal is not None
    assert found.layout.refusal.code in ("workbook-too-large", "workbook-broken")


def test_kinds_are_told_by_content() -> None:
    kinds = {name: recognise(io.BytesIO(content)) for name, (content, _) in EVERY.items()}
    assert kinds == {
        "csv": Kind.TEXT, "csv-tcvn3": Kind.TEXT, "csv-mixed": Kind.TEXT, "tsv-utf16": Kind.UTF16, "xlsx": Kind.WORKBOOK,
        "xls": Kind.WORKBOOK, "dbf": Kind.DBF, "dbf-memo": Kind.ZIP, "sql-copy": Kind.SQL, "sql-insert": Kind.SQL,
        "sql-mysql": Kind.SQL, "sql-mssql": Kind.UTF16, "zip": Kind.ZIP, "gzip": Kind.GZIP, "hl7": Kind.HL7,
        "ndjson": Kind.JSON, "bundle": Kind.JSON, "qd3176": Kind.XML, "qd3176-zip": Kind.ZIP,
    }  # fmt: skip
