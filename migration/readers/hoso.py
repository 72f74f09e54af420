"""One HOSO: its FILEHOSO tables out of base64, table XML1 as fields, the others as rows.

Tags of QĐ 4210/QĐ-BYT (2017) are given the names that QĐ 130 and its successors use, wherever the new tag is missing: so one
reader takes all four versions and nobody has to know which one a file is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree

from migration.readers.records import MAX_RECORD_BYTES, Raw
from migration.rules.faults import Fault
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.documents import BOM, decoded, safe_parser

_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# QĐ 4210 -> QĐ 130 and later (S3, S4 of the field lists): table -> old tag -> new tags.
_RENAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "XML1": {
        "MA_THE": ("MA_THE_BHYT",),
        "TEN_BENH": ("CHAN_DOAN_RV",),
        "MA_BENH": ("MA_BENH_CHINH",),
        "MA_BENHKHAC": ("MA_BENH_KT",),
        "TINH_TRANG_RV": ("MA_LOAI_RV",),
        "MA_LYDO_VVIEN": ("MA_DOITUONG_KCB",),
        "MA_NOI_CHUYEN": ("MA_NOI_DI",),
        "MIEN_CUNG_CT": ("NGAY_MIEN_CCT",),
        "T_TONGCHI": ("T_TONGCHI_BV",),
    },
    "XML2": {"TYLE_TT": ("TYLE_TT_BH",), "THANH_TIEN": ("THANH_TIEN_BV", "THANH_TIEN_BH")},
    "XML3": {
        "TYLE_TT": ("TYLE_TT_BH",),
        "THANH_TIEN": ("THANH_TIEN_BV", "THANH_TIEN_BH"),
        "DON_GIA": ("DON_GIA_BV", "DON_GIA_BH"),
    },
    "XML5": {"DIEN_BIEN": ("DIEN_BIEN_LS",)},
}
_TABLE = re.compile(r"[A-Z0-9_]{1,20}")


class _TableUnreadable(Exception):
    """One table of the record cannot be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


def read_hoso(raw: bytes, *, number: int, line: int, byte_from: int, opening: str) -> Raw:
    """The record; whatever cannot be read becomes a fault of this record alone."""
    if len(raw) > MAX_RECORD_BYTES:
        limit = MAX_RECORD_BYTES // (1024 * 1024)
        fault = Fault("record-too-large", Phrase("Hồ sơ dài quá {limit} MB.", limit=limit), "HOSO")
        return Raw(number, line, byte_from, raw, faults=(fault,))
    try:
        root = etree.fromstring(f"<r{opening}>".encode() + raw + b"</r>", safe_parser(huge=True))
    except etree.XMLSyntaxError:  # lxml reads some things more strictly than expat, which found the record's place
        fault = Fault("record-broken", "Hồ sơ không đúng cấu trúc XML.", "HOSO")
        return Raw(number, line, byte_from, raw, faults=(fault,))
    fields: Mapping[str, str] = {}
    tables: Counter[str] = Counter()
    rows: dict[str, tuple[Mapping[str, str], ...]] = {}
    faults: list[Fault] = []
    for at, file in enumerate(root.iterfind("HOSO/FILEHOSO"), start=1):
        table = (file.findtext("LOAIHOSO") or "").strip().upper()
        try:
            document = _document(file, table, at)
        except _TableUnreadable as problem:
            faults.append(problem.fault)
            continue
        found = [renamed(table, _fields(row)) for row in _rows(document)]
        tables[table] += len(found)
        if table == "XML1":
            fields = found[0]
        else:
            rows[table] = (*rows.get(table, ()), *found)
    return Raw(number, line, byte_from, raw, fields, tables, rows, (*faults, *_missing(tables, faults)))


def _missing(tables: Counter[str], faults: list[Fault]) -> list[Fault]:
    if tables["XML1"] > 1:
        template = "Hồ sơ có {count} dòng XML1; mỗi hồ sơ chỉ được một lượt khám."
        message = Phrase(template, count=tables["XML1"])
        return [Fault("xml1-several", message, "XML1", "XML1")]
    if not tables["XML1"] and not any(fault.table == "XML1" for fault in faults):
        return [Fault("xml1-missing", "Hồ sơ không có bảng XML1 (tổng hợp lượt khám).", "LOAIHOSO", "XML1")]
    return []


def _document(file: etree._Element, table: str, at: int) -> etree._Element:
    if not _TABLE.fullmatch(table):
        message = Phrase("FILEHOSO thứ {at} không ghi loại hồ sơ (LOAIHOSO).", at=at)
        raise _TableUnreadable(Fault("table-unnamed", message, "LOAIHOSO"))
    content = file.find("NOIDUNGFILE")
    if content is not None and len(content):
        return content[0]
    text = ((content.text if content is not None else "") or "").strip()
    inner = text.encode() if text.startswith("<") else _decoded(text, table)
    return _parsed(inner.removeprefix(BOM), table)


def _decoded(text: str, table: str) -> bytes:
    try:
        return decoded(text)
    except Invalid:
        template = "Nội dung base64 của bảng {table} bị cụt hoặc hỏng: không giải mã được."
        message = Phrase(template, table=table)
        raise _TableUnreadable(Fault("base64-broken", message, "NOIDUNGFILE", table)) from None


def _parsed(inner: bytes, table: str) -> etree._Element:
    if not inner.strip():
        message = Phrase("Bảng {table} không có nội dung.", table=table)
        raise _TableUnreadable(Fault("table-empty", message, "NOIDUNGFILE", table))
    if _DTD.search(inner):
        template = "Bảng {table} khai DTD hoặc thực thể (DOCTYPE, ENTITY), hệ thống không nhận."
        message = Phrase(template, table=table)
        raise _TableUnreadable(Fault("xml-dtd", message, "NOIDUNGFILE", table))
    try:
        return etree.fromstring(inner, safe_parser())
    except (etree.XMLSyntaxError, ValueError) as problem:
        line = getattr(problem, "lineno", 0) or 0
        raise _TableUnreadable(_broken(inner, table, line)) from None


def _broken(inner: bytes, table: str, line: int) -> Fault:
    code, said = "table-broken", Phrase("XML không đúng cấu trúc hoặc bị cụt")
    if not _is_utf8(inner):
        code, said = "encoding-value", Phrase("không phải UTF-8 (có thể là TCVN3 hoặc VNI)")
    template = "Bảng {table} không đọc được, dòng {line} bên trong: {problem}."
    return Fault(code, Phrase(template, table=table, line=line, problem=said), "NOIDUNGFILE", table)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _rows(document: etree._Element) -> list[etree._Element]:
    """The elements that are a table's rows: every parent of a MA_LK; a table without one is one row."""
    parents = [key.getparent() for key in document.iter("MA_LK")]
    return [parent for parent in parents if parent is not None] or [document]


def _fields(row: etree._Element) -> dict[str, str]:
    """Tag -> text; tags are checked by name only, text stays as sent."""
    return {str(child.tag): child.text or "" for child in row if isinstance(child.tag, str)}


def renamed(table: str, fields: dict[str, str]) -> dict[str, str]:
    """The row with today's tags beside those of QĐ 4210; a tag that is there already stays as sent."""
    for old, news in _RENAMES.get(table, {}).items():
        if old in fields:
            for new in news:
                fields.setdefault(new, fields[old])
    return fields
