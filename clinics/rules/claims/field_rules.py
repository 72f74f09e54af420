"""Every field by itself: known, there when required, not too long, of its shape, in its code list."""

from __future__ import annotations

from collections.abc import Iterator

from clinics.rules.claims.case import Case
from clinics.rules.claims.findings import Finding, found
from clinics.rules.claims.values import fault_of_shape, shape_of
from registry.rules.phrases import Phrase
from registry.rules.qd3176.documents import Row
from registry.rules.qd3176.fields import Field, Table, tables


def check_fields(case: Case) -> Iterator[Finding]:
    """Findings of every field of every row, in the order of the file."""
    for key, at, row in case.rows():
        table = tables().get(key)
        if table is None:
            yield found("table-unknown", key, 0, "", Phrase("QĐ 3176 không có bảng {table}.", table=key))
            return
        yield from _unknown(table, at, row)
        for field in table.fields:
            yield from _field(case, field, at, row.get(field.name, ""))


def _unknown(table: Table, at: int, row: Row) -> Iterator[Finding]:
    known = {field.name for field in table.fields}
    for name in row:
        if name not in known:
            message = Phrase("Bảng {table} không có trường {field}.", table=table.key, field=name)
            yield found("field-unknown", table.key, at, name, message)


def _field(case: Case, field: Field, at: int, text: str) -> Iterator[Finding]:
    if not text.strip():
        if field.required:
            message = Phrase("Chưa có {field}.", field=field.name)
            yield found("required", field.table, at, field.name, message)
        return
    yield from _length(case, field, at, text)
    fault = _fault(case, field, text)
    if fault:
        yield found("value", field.table, at, field.name, Phrase("{field}: {fault}", field=field.name, fault=fault))


def _length(case: Case, field: Field, at: int, text: str) -> Iterator[Finding]:
    longest = field.longest_on(case.day("NGAY_RA"))
    if longest is not None and len(text) > longest:
        template = "{field} dài {count} ký tự, nhiều nhất {most}."
        message = Phrase(template, field=field.name, count=len(text), most=longest)
        yield found("length", field.table, at, field.name, message, doubt=field.doubtful)


def _fault(case: Case, field: Field, text: str) -> Phrase | None:
    shape, listed = shape_of(field.table, field.name)
    if shape == "code":
        known = case.codes(listed)
        unknown = known is not None and text not in known
        return Phrase("mã “{code}” không có trong danh mục.", code=text[:30]) if unknown else None
    if fault := fault_of_shape(shape, text.strip()):
        return fault
    if field.number and not _is_number(text):
        return Phrase("“{text}” phải là số.", text=text[:30])
    return None


def _is_number(text: str) -> bool:
    whole, _, part = text.strip().partition(".")
    return whole.isascii() and whole.isdecimal() and (not part or (part.isascii() and part.isdecimal()))
