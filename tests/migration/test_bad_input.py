"""Bad input: each kind is answered with a clear Vietnamese message at the right place, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migration.commands.receiving import receive_file
from migration.models import ImportBatch, ImportChunk, Quarantine
from migration.queries.kept import path_of
from migration.queries.reconciliation import count_batch
from records.models import Encounter, Patient
from registry.kernel import Refused
from tests.migration import files
from tests.migration.test_pipeline import counts, run, send

MEGABYTE = 1024 * 1024


@pytest.fixture
def ctx(city: Any) -> Any:
    return city.ctx("di.tru")


def refused(ctx: Any, content: bytes, profile: str = "qd3176") -> ImportBatch:
    """The refused batch; its file is kept whole."""
    received = send(ctx, content, profile)
    assert received.state == "refused"
    batch = ImportBatch.objects.get(pk=received.batch_id)
    assert path_of(batch.sha256).read_bytes() == content
    assert not Patient.objects.exists()
    return batch


ENVELOPES = {
    "cut": (lambda good: good[: good.index(b"</DANHSACHHOSO>") - 40], "envelope-broken", "dòng"),
    "tags crossed": (lambda good: good.replace(b"</THONGTINHOSO>", b"</THONGTIN>"), "envelope-broken", "thẻ đóng"),
    "not xml": (lambda _: b"MA_BN,HO_TEN\n1,A\n", "envelope-broken", "dòng 1"),
    "another root": (lambda good: good.replace(b"GIAMDINHHS", b"GIAMDINH"), "envelope-root", "<GIAMDINHHS>"),
    "another facility": (lambda _: files.envelope([files.visit(files.xml1())], facility="01T02"), "facility-other", "01T02"),
    "no records": (lambda _: files.envelope([]), "no-records", "HOSO"),
    "entities": (
        lambda good: good.replace(b"<GIAMDINHHS", b'<!DOCTYPE x [<!ENTITY a "b">]><GIAMDINHHS', 1), "xml-dtd", "DTD",
    ),
    "declared": (lambda good: good.replace(b'encoding="utf-8"', b'encoding="cp1258"', 1), "xml-encoding", "UTF-8"),
    "not utf-8": (lambda good: good.replace(b"20241001", files.tcvn3("Nguyễn Đức")), "envelope-broken", "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", ENVELOPES)
def test_a_broken_file_is_refused_and_kept(ctx: Any, case: str) -> None:
    spoil, code, told = ENVELOPES[case]
    batch = refused(ctx, spoil(files.envelope(files.visit(files.visit_no(n)) for n in range(1, 4))))
    assert batch.refusal_code == code
    assert told in batch.refusal


def test_what_stood_before_the_break_is_kept_as_a_readable_ledger(ctx: Any) -> None:
    records = [files.visit(files.visit_no(number)) for number in range(1, 6)]
    whole = files.envelope(records)
    batch = refused(ctx, whole[: whole.index(records[3].encode()) + 30])
    assert "dòng 9" in batch.refusal
    assert "3 hồ sơ nguyên vẹn" in batch.refusal
    chunk = ImportChunk.objects.get(batch=batch)
    assert (chunk.state, chunk.records) == ("held", 3)


ROWS: dict[str, tuple[dict[str, str | None], str, str, str]] = {
    "no birth date": ({"NGAY_SINH": ""}, "date-empty", "NGAY_SINH", "Thiếu ngày sinh"),
    "30 February": ({"NGAY_SINH": "198002300000"}, "date-day", "NGAY_SINH", "02/1980 không có ngày 30"),
    "born tomorrow": ({"NGAY_SINH": "209901010000"}, "date-future", "NGAY_SINH", "tương lai"),
    "11 digits": ({"SO_CCCD": "00117200034"}, "cccd-needs-review", "SO_CCCD", "11 chữ số"),
    "script": ({"HO_TEN": "<script>alert(1)</script>"}, "name-markup", "HO_TEN", "mã lệnh"),
    "no name": ({"HO_TEN": None}, "name-empty", "HO_TEN", "Họ tên"),
    "no sex": ({"GIOI_TINH": "9"}, "sex-unknown", "GIOI_TINH", "Giới tính"),
    "no key": ({"MA_LK": ""}, "ma-lk-missing", "MA_LK", "MA_LK"),
    "ends first": ({"NGAY_RA": "202409020000"}, "end-before-start", "NGAY_RA", "sớm hơn"),
    "impossible hour": ({"NGAY_VAO": "202409032515"}, "moment-impossible", "NGAY_VAO", "25:15"),
    "future visit": ({"NGAY_VAO": "209909030815", "NGAY_RA": ""}, "moment-future", "NGAY_VAO", "tương lai"),
    "stranger": ({"MA_CSKCB": "01T02"}, "facility-other", "MA_CSKCB", "01T02"),
    "no facility": ({"MA_CSKCB": ""}, "facility-missing", "MA_CSKCB", "MA_CSKCB"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_is_quarantined_and_its_neighbours_are_loaded(ctx: Any, case: str) -> None:
    changes, code, field, told = ROWS[case]
    bad = files.visit(files.visit_no(2, **changes) if "MA_LK" not in changes else files.xml1(**changes))
    batch = run(ctx, files.envelope([files.visit(files.visit_no(1)), bad, files.visit(files.visit_no(3))]))
    assert counts(batch) == (3, 2, 0, 0, 1)
    waiting = Quarantine.objects.get()
    assert (waiting.record_no, waiting.line, bytes(waiting.raw)) == (2, 7, bad.strip().encode())
    reason = next(reason for reason in waiting.reasons if reason["code"] == code)
    assert reason["field"] == field
    assert told in reason["message"]
    assert Encounter.objects.count() == 2


BASE64 = files.packed(files.table("TONG_HOP", files.XML1))
TCVN3_INSIDE = b"<TONG_HOP><HO_TEN>" + files.tcvn3("Nguyễn Đức") + b"</HO_TEN></TONG_HOP>"
TABLES = {
    "truncated base64": (BASE64[:-7], "base64-broken", "bị cụt"),
    "cut xml": (files.packed(files.table("TONG_HOP", files.XML1)[:200]), "table-broken", "bị cụt"),
    "empty": ("", "table-empty", "không có nội dung"),
    "tcvn3 inside": (files.packed(TCVN3_INSIDE), "encoding-value", "TCVN3"),
    "entity": (files.packed(b'<!DOCTYPE a [<!ENTITY b "c">]><TONG_HOP><MA_LK>&b;</MA_LK></TONG_HOP>'), "xml-dtd", "DTD"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_record_whose_table_cannot_be_read_is_quarantined_with_its_number(ctx: Any, case: str) -> None:
    content, code, told = TABLES[case]
    batch = run(ctx, files.envelope([files.visit(files.visit_no(1)), files.hoso(("XML1", content))]))
    assert counts(batch) == (2, 1, 0, 0, 1)
    waiting = Quarantine.objects.get()
    assert (waiting.record_no, waiting.reasons[0]["code"]) == (2, code)
    assert told in waiting.reasons[0]["message"]


def test_a_file_past_the_limit_is_refused_with_the_limit(ctx: Any, settings: Any) -> None:
    blocks = (b"x" * MEGABYTE for _ in range(200))
    with pytest.raises(Refused) as told:
        receive_file(ctx, profile="qd3176", file_name="lớn.xml", blocks=blocks)
    assert (told.value.code, told.value.field) == ("file-too-large", "file")
    assert "giới hạn là 150 MB" in told.value.message
    assert not list(settings.MEDIA_ROOT.glob("imports/*"))
    with pytest.raises(Refused, match="file-too-large"):
        receive_file(ctx, profile="qd3176", file_name="lớn.xml", blocks=iter(()), size=200 * MEGABYTE)


def test_an_unknown_profile_and_an_empty_file_are_refused_at_their_fields(ctx: Any) -> None:
    for profile, content, field in (("dbf-cũ", b"x", "profile"), ("qd3176", b"", "file")):
        with pytest.raises(Refused) as told:
            send(ctx, content, profile)
        assert told.value.field == field


LINES = [files.patient_no(number) for number in range(1, 25)]
RUSSIAN = b"MA_BN,HO_TEN,NGAY_SINH,GIOI_TINH\r\n" + "1,Иванов Пётр,1980,1\r\n".encode("cp1251") * 30
LISTS = {
    "utf-8 for tcvn3": (files.patients(LINES, encode="utf-8"), "encoding-unexpected", "UTF-8"),
    "utf-16 for tcvn3": (files.patients(LINES, encode="utf-16"), "encoding-unexpected", "UTF-8"),
    "russian": (RUSSIAN, "encoding-unknown", "HO_TEN"),
    "excel": (b"PK\x03\x04" + b"x" * 100, "archive-broken", "ZIP"),
    "no birth column": (files.patients(LINES, columns=("MA_BN", "HO_TEN", "GIOI_TINH")), "column-missing", "NGAY_SINH"),
    "only a header": (files.patients([]), "no-records", "tiêu đề"),
    "one column": (b"HO_TEN\r\nA\r\n", "delimiter-unknown", "phân cách"),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTS)
def test_a_list_that_cannot_be_read_is_refused_and_kept(ctx: Any, case: str) -> None:
    content, code, told = LISTS[case]
    batch = refused(ctx, content, "csv-tcvn3")
    assert batch.refusal_code == code
    assert told in batch.refusal


def test_bad_lines_of_a_list_are_quarantined_byte_for_byte(ctx: Any) -> None:
    good = files.patients(LINES)
    bad = [b'BN9,"L\xaa V\xa8n A,1980,1,,,,,\r\n', b"BN10,L\xaa B,1980\r\n", b"BN11,L\x81 C,1980,1,,,,,\r\n"]
    batch = run(ctx, good + b"".join(bad), "csv-tcvn3")
    assert counts(batch) == (27, 24, 0, 0, 3)
    waiting = list(Quarantine.objects.order_by("record_no"))
    assert [bytes(one.raw) for one in waiting] == bad
    assert [one.line for one in waiting] == [26, 27, 28]
    assert [one.reasons[0]["code"] for one in waiting] == ["quote-open", "column-count", "encoding-value"]


def test_quoted_line_breaks_semicolons_and_strange_headers_are_read(ctx: Any) -> None:
    lines = [files.patient_no(number, DIA_CHI='Ngõ 5;\n"Kim Liên"') for number in range(1, 4)]
    content = files.patients(lines, encode="utf-8-sig", mark=";").replace(b"HO_TEN", "Họ và tên".encode(), 1)
    batch = run(ctx, content, "csv-auto")
    assert counts(batch) == (3, 3, 0, 0, 0)
    assert Patient.objects.first().address == 'Ngõ 5; "Kim Liên"'


def test_bom_cdata_and_spaces_in_base64_are_read(ctx: Any) -> None:
    wrapped = BASE64[:60] + "\n   " + BASE64[60:]
    inner = b"\xef\xbb\xbf" + files.table("TONG_HOP", {**files.xml1(MA_LK="LK2"), "GHI_CHU": "x"}).replace(
        b"<GHI_CHU>x", b"<GHI_CHU><![CDATA[a < b & c]]>"
    )
    records = [files.hoso(("XML1", f"<![CDATA[{wrapped}]]>")), files.hoso(("XML1", files.packed(inner)))]
    batch = run(ctx, b"\xef\xbb\xbf" + files.envelope(records))
    assert counts(batch) == (2, 1, 1, 0, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_file_never_crashes_and_every_row_is_accounted_for(ctx: Any, data: st.DataObject) -> None:
    good = files.envelope([files.visit(files.visit_no(number)) for number in range(1, 6)])
    at = data.draw(st.integers(0, len(good) - 1))
    cut = data.draw(st.integers(0, 40))
    spoiled = good[:at] + data.draw(st.binary(max_size=20)) + good[at + cut :]
    received = send(ctx, spoiled)
    if received.state == "refused":
        assert ImportBatch.objects.get(pk=received.batch_id).refusal
        return
    batch = run(ctx, spoiled) if received.state == "ready" else ImportBatch.objects.get(pk=received.batch_id)
    assert batch.state == "done"
    totals = count_batch(batch.pk)
    assert totals.closes
    assert totals.rows_in == totals.records
