"""Mistakes for a dossier, one of every kind at every place where it can be made: derived from the field list, not chosen."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from clinics.rules.claims.line_rules import PAPERS, REPEATED, STEPS
from clinics.rules.claims.money_rules import LINE_TABLES, SUMS
from clinics.rules.claims.values import shape_of
from registry.rules.qd3176.fields import Field, tables
from tests.factories.dossiers import Rows

WRONG = {
    "moment": "202611321005", "day": "20261345", "days": "20260230", "birth": "199913010000", "icd": "Q99.99",
    "icds": "J02.9;Q99.99", "code": "ZZ", "facility": "01-T1", "facilities": "0190", "cards": "GD9011234567890",
    "card": "TE", "identity": "0019001", "phone": "không", "province": "HN", "ward": "226", "digits": "x1",
    "route": "uống", "money": "-1000", "price": "12,500", "quantity": "0", "percent": "120", "count": "0",
    "whole": "1.5", "pregnancy-weeks": "55", "year": "26", "month": "13", "weight": "0", "weights": "3.2;nặng",
    "bed": "G1",
}  # fmt: skip
DONG = Decimal(1)


@dataclass(frozen=True)
class Mistake:
    """One text changed: where the checker must point afterwards."""

    kind: str
    table: str
    row: int
    field: str
    text: str

    @property
    def name(self) -> str:
        """How a test run calls it."""
        return f"{self.kind}-{self.table}.{self.row}.{self.field}"

    def made_in(self, dossier: Rows) -> Rows:
        """The dossier with the mistake."""
        wrong = copy.deepcopy(dossier)
        wrong[self.table][self.row - 1][self.field] = self.text
        return wrong


def mistakes(dossier: Rows) -> Iterator[Mistake]:
    """Every mistake that can be made in this dossier, kind by kind."""
    for table, rows in dossier.items():
        for at, row in enumerate(rows, start=1):
            for field in tables()[table].fields:
                yield from _of_field(field, at, row[field.name])
    yield from _repeated(dossier)
    yield from _money(dossier)
    yield from _moments(dossier)
    yield from _keys(dossier)


def _of_field(field: Field, at: int, text: str) -> Iterator[Mistake]:
    shape, _ = shape_of(field.table, field.name)
    if field.required:
        yield Mistake("required", field.table, at, field.name, "")
    if field.longest is not None and not field.number:
        yield Mistake("length", field.table, at, field.name, "x" * (field.longest + 1))
    if field.number:
        yield Mistake("number", field.table, at, field.name, "abc")
        if field.longest is not None:
            yield Mistake("length", field.table, at, field.name, "1" * (field.longest + 2))
    if shape in WRONG:
        yield Mistake(f"shape-{shape}", field.table, at, field.name, WRONG[shape])


def _repeated(dossier: Rows) -> Iterator[Mistake]:
    for table in PAPERS:
        for name, text in dossier.get(table, [{}])[0].items():
            if name in REPEATED and text:
                changed = text[:-1] + ("1" if text[-1] != "1" else "2")
                yield Mistake("differs", table, 1, name, changed)


def _money(dossier: Rows) -> Iterator[Mistake]:
    for name, *_ in SUMS:
        for by in (DONG, -DONG):
            amount = Decimal(dossier["XML1"][0][name]) + by
            if amount >= 0:
                yield Mistake(f"sum{by:+}", "XML1", 1, name, str(amount))
    for table in LINE_TABLES:
        for at, row in enumerate(dossier[table], start=1):
            for name in ("THANH_TIEN_BV", "THANH_TIEN_BH", "T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC"):
                yield Mistake("line", table, at, name, str(Decimal(row[name]) + DONG))
            if Decimal(row["THANH_TIEN_BH"]):
                level = Decimal(row["MUC_HUONG"])
                yield Mistake("level", table, at, "MUC_HUONG", str(level - 5 if level > 5 else level + 5))


def _moments(dossier: Rows) -> Iterator[Mistake]:
    early, late = "202501010700", "202712312300"
    for table in LINE_TABLES:
        for at, row in enumerate(dossier[table], start=1):
            for name in STEPS:
                if row.get(name):
                    yield Mistake("early", table, at, name, early)
            yield Mistake("late", table, at, "NGAY_YL", late)
    for table, name in (("XML4", "NGAY_KQ"), ("XML5", "THOI_DIEM_DBLS"), ("XML14", "NGAY_HEN_KL")):
        for at in range(1, len(dossier.get(table, ())) + 1):
            yield Mistake("early", table, at, name, early)
    yield Mistake("early", "XML1", 1, "NGAY_RA", early)
    yield Mistake("early", "XML1", 1, "NGAY_TTOAN", early)
    yield Mistake("late", "XML1", 1, "NGAY_SINH", "202712310000")
    yield Mistake("card", "XML1", 1, "GT_THE_DEN", "20260105")
    yield Mistake("card", "XML1", 1, "GT_THE_TU", "20261230")
    yield Mistake("card", "XML1", 1, "GT_THE_TU", "20260101;20260601")
    yield Mistake("settlement", "XML1", 1, "THANG_QT", "01")
    yield Mistake("settlement", "XML1", 1, "NAM_QT", "2025")
    yield Mistake("days", "XML1", 1, "SO_NGAY_DTRI", "99")
    for table in ("XML7", "XML11"):
        if table in dossier:
            yield Mistake("days", table, 1, "SO_NGAY_NGHI", "9")


def _keys(dossier: Rows) -> Iterator[Mistake]:
    for table, rows in dossier.items():
        for at in range(1, len(rows) + 1):
            if table != "XML1":
                yield Mistake("link", table, at, "MA_LK", "khác")
            if at > 1 and "STT" in rows[0]:
                yield Mistake("twice", table, at, "STT", "1")
    yield Mistake("facility", "XML1", 1, "MA_CSKCB", "01003")
    yield Mistake("sex", "XML1", 1, "MA_BENH_CHINH", "N40" if dossier["XML1"][0]["GIOI_TINH"] == "2" else "O80")
    yield Mistake("not-main", "XML1", 1, "MA_BENH_CHINH", "U98.1")
    yield Mistake("forbidden", "XML1", 1, "MA_BENH_KT", "U98.3")
    yield Mistake("twice", "XML1", 1, "MA_BENH_KT", dossier["XML1"][0]["MA_BENH_CHINH"])
    for name in ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN"):
        yield Mistake("card", "XML1", 1, name, "")
    for at in range(1, len(dossier.get("XML4", ())) + 1):
        yield Mistake("service", "XML4", at, "MA_DICH_VU", "99.9999.9999")
