"""Tables beside the summary: the same visit in every table, moments within the visit, lines that say what they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from clinics.rules.claims.case import Case, amount_in, moment_in
from clinics.rules.claims.findings import Finding, found
from clinics.rules.diagnoses import normalise_code
from registry.rules.phrases import Phrase
from registry.rules.qd3176.documents import Row
from registry.rules.qd3176.fields import tables

# What a paper repeats of the summary must be the same there.
REPEATED = frozenset(
    [
        "MA_BN",
        "HO_TEN",
        "SO_CCCD",
        "NGAY_SINH",
        "GIOI_TINH",
        "MA_QUOCTICH",
        "MA_DANTOC",
        "MA_NGHE_NGHIEP",
        "DIA_CHI",
        "MA_THE_BHYT",
        "MA_DKBD",
        "GT_THE_TU",
        "GT_THE_DEN",
        "MA_DOITUONG_KCB",
        "NGAY_VAO",
        "NGAY_VAO_NOI_TRU",
        "NGAY_RA",
        "MA_LOAI_KCB",
        "MA_CSKCB",
        "MA_BENH_CHINH",
        "MA_BENH_KT",
        "KET_QUA_DTRI",
        "MA_LOAI_RV",
        "CHAN_DOAN_VAO",
        "CHAN_DOAN_RV",
        "LY_DO_VNT",
        "MA_LY_DO_VNT",
        "GIAY_CHUYEN_TUYEN",
    ]
)
PAPERS = ("XML0", "XML7", "XML8", "XML11", "XML13", "XML14")
# Moments of a line in the order they happen.
STEPS = ("NGAY_YL", "NGAY_TH_YL", "NGAY_KQ")
_PERIODS = (
    ("XML7", "NGOAITRU_TUNGAY", "NGOAITRU_DENNGAY", "SO_NGAY_NGHI"),
    ("XML11", "TU_NGAY", "DEN_NGAY", "SO_NGAY_NGHI"),
)
_SUPPLIES = frozenset({"10", "11"})
_BEDS = frozenset({"14", "15", "16"})
_ANSWERED = frozenset({"1", "2", "3"})  # laboratory, imaging, functional tests: something is read from them


def check_lines(case: Case) -> Iterator[Finding]:
    """Findings of the tables beside XML1, and of what ties them to it."""
    yield from _keys(case)
    yield from _singles(case)
    yield from _repeated(case)
    yield from _periods(case)
    for table, at, row in case.rows("XML2", "XML3"):
        yield from _steps(case, table, at, row)
        yield from _undone(table, at, row)
    for table, at, row in case.rows("XML3"):
        yield from _service(case, table, at, row)
    yield from _results(case)
    yield from _courses(case)
    yield from _appointment(case)


def _keys(case: Case) -> Iterator[Finding]:
    """MA_LK is one for the whole dossier; STT counts from 1 and never twice in a table."""
    key = case.summary.get("MA_LK", "")
    seen: set[tuple[str, str]] = set()
    for table, at, row in case.rows():
        told, number = row.get("MA_LK", ""), row.get("STT", "")
        if told and key and told != key:
            yield found("link-key", table, at, "MA_LK", Phrase("MA_LK khác bảng XML1: phải là {key}.", key=key[:100]))
        if number and (table, number) in seen:
            yield found("row-number", table, at, "STT", Phrase("STT {number} có hai lần.", number=number[:10]))
        seen.add((table, number))


def _singles(case: Case) -> Iterator[Finding]:
    for key, rows in case.dossier.items():
        table = tables().get(key)
        if table and table.single and len(rows) > 1:
            message = Phrase("Bảng {table} có {count} dòng, chỉ được một.", table=key, count=len(rows))
            yield found("table-rows", key, 2, "", message)


def _repeated(case: Case) -> Iterator[Finding]:
    for table, at, row in case.rows(*PAPERS) if case.summary else ():
        for name in row:
            if name in REPEATED and row[name] and name in case.summary and row[name] != case.summary[name]:
                message = Phrase("{field} khác bảng XML1.", field=name)
                yield found("differs", table, at, name, message)


def _periods(case: Case) -> Iterator[Finding]:
    """Days off: last day not before the first, and as many days as written."""
    for table, first, last, days in _PERIODS:
        for _, at, row in case.rows(table):
            begin, end = moment_in(row, first), moment_in(row, last)
            if begin and end and end < begin:
                yield found("order", table, at, last, Phrase("{later} sớm hơn {earlier}.", later=last, earlier=first))
            elif begin and end and row.get(days) and amount_in(row, days) != (end - begin).days + 1:
                due = (end - begin).days + 1
                yield found("days", table, at, days, Phrase("Số ngày nghỉ phải là {due}.", due=due))


def _steps(case: Case, table: str, at: int, row: Row) -> Iterator[Finding]:
    """Ordered, done, read: in this order; nothing is ordered before the person came or after they left."""
    began, ended = moment_in(case.summary, "NGAY_VAO"), moment_in(case.summary, "NGAY_RA")
    before, earlier = began, "NGAY_VAO"
    for name in STEPS:
        moment = moment_in(row, name)
        if moment is None:
            continue
        if before and moment < before:
            yield found("order", table, at, name, Phrase("{later} sớm hơn {earlier}.", later=name, earlier=earlier))
        elif ended and name == "NGAY_YL" and moment > ended:
            yield found("order", table, at, name, Phrase("{later} muộn hơn NGAY_RA.", later=name))
        before, earlier = max(before, moment) if before else moment, name


def _undone(table: str, at: int, row: Row) -> Iterator[Finding]:
    """What was asked for and perhaps never done; a doubt, because the annex does not say when these may be empty."""
    if table == "XML2" and not row.get("NGAY_TH_YL"):
        yield found("not-done", table, at, "NGAY_TH_YL", "Thuốc chưa ghi cấp phát: cấp phát, hoặc bỏ khỏi chi phí.",
                    doubt=True)  # fmt: skip
    elif row.get("MA_NHOM", "") in _ANSWERED and not row.get("NGAY_KQ"):
        yield found("not-done", table, at, "NGAY_KQ", "Dịch vụ chưa có kết quả: nhập kết quả, hoặc huỷ chỉ định.",
                    doubt=True)  # fmt: skip


def _service(case: Case, table: str, at: int, row: Row) -> Iterator[Finding]:
    """A line is a service or a supply, each with its name; a bed names itself; its diagnoses are the visit's."""
    group = row.get("MA_NHOM", "")
    pairs = (("MA_DICH_VU", "TEN_DICH_VU"), ("MA_VAT_TU", "TEN_VAT_TU"))
    told = [code for code, _ in pairs if row.get(code)]
    if not told:
        yield found("line-unnamed", table, at, "MA_DICH_VU", "Dòng phải có mã dịch vụ hoặc mã vật tư.")
    for code, name in pairs:
        if row.get(code) and not row.get(name):
            yield found("line-unnamed", table, at, name, Phrase("Có {code} mà chưa có {name}.", code=code, name=name))
    if group in _SUPPLIES and not row.get("MA_VAT_TU"):
        yield found("line-supply", table, at, "MA_VAT_TU", "Nhóm vật tư phải có mã vật tư.")
    if group in _BEDS and not row.get("MA_GIUONG"):
        yield found("line-bed", table, at, "MA_GIUONG", "Ngày giường phải có mã giường.")
    yield from _line_diagnoses(case, table, at, row)


def _line_diagnoses(case: Case, table: str, at: int, row: Row) -> Iterator[Finding]:
    own = [part.strip() for part in row.get("MA_BENH", "").split(";") if part.strip()]
    for code in own:
        if normalise_code(code) not in case.knowledge.icd:
            template = "Mã {code} không có trong danh mục ICD-10 ngày ra viện."
            yield found("icd-unknown", table, at, "MA_BENH", Phrase(template, code=code[:10]))


def _results(case: Case) -> Iterator[Finding]:
    """A result belongs to a service of the file, and is read within a month of the visit at most."""
    services = {row.get("MA_DICH_VU", "") for _, _, row in case.rows("XML3")}
    began = moment_in(case.summary, "NGAY_VAO")
    for table, at, row in case.rows("XML4"):
        code, read = row.get("MA_DICH_VU", ""), moment_in(row, "NGAY_KQ")
        if code and code not in services:
            message = Phrase("Dịch vụ {code} không có ở bảng XML3.", code=code[:50])
            yield found("result-service", table, at, "MA_DICH_VU", message)
        if began and read and read < began:
            message = Phrase("{later} sớm hơn {earlier}.", later="NGAY_KQ", earlier="NGAY_VAO")
            yield found("order", table, at, "NGAY_KQ", message)
        if not any(row.get(name) for name in ("GIA_TRI", "MO_TA", "KET_LUAN")):
            yield found("result-empty", table, at, "GIA_TRI", "Kết quả chưa có giá trị, mô tả hay kết luận.")
        if row.get("MA_CHI_SO") and not row.get("TEN_CHI_SO"):
            yield found("result-unnamed", table, at, "TEN_CHI_SO", "Có mã chỉ số mà chưa có tên chỉ số.")


def _courses(case: Case) -> Iterator[Finding]:
    began, ended = moment_in(case.summary, "NGAY_VAO"), moment_in(case.summary, "NGAY_RA")
    for table, at, row in case.rows("XML5"):
        noted = moment_in(row, "THOI_DIEM_DBLS")
        if noted and ((began and noted < began) or (ended and noted > ended + timedelta(days=1))):
            yield found("order", table, at, "THOI_DIEM_DBLS", "Thời điểm diễn biến nằm ngoài lượt khám.")
        if not row.get("DIEN_BIEN_LS"):
            yield found("course-empty", table, at, "DIEN_BIEN_LS", "Chưa ghi diễn biến lâm sàng.")


def _appointment(case: Case) -> Iterator[Finding]:
    for table, at, row in case.rows("XML14"):
        ended, asked = case.text("NGAY_RA")[:8], row.get("NGAY_HEN_KL", "")[:8]
        if ended and asked and asked < ended:
            message = Phrase("{later} sớm hơn {earlier}.", later="NGAY_HEN_KL", earlier="NGAY_RA")
            yield found("order", table, at, "NGAY_HEN_KL", message)
