"""Money: every line adds up by itself, the summary is the sum of its lines, the level is what card and way give.

Formulas: the tables' own names (T_BHTT, T_BNCCT, T_BNTT, T_NGUONKHAC make up THANH_TIEN_BV), as public hospital systems
compute them after the annex of QĐ 130/QĐ-BYT. A line may differ by TOLERANCE, because systems round at different steps;
a sum may not differ at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from clinics.rules.charges.benefit import Cover, level_of, way_share
from clinics.rules.charges.money import HUNDRED, ZERO, Line, insured_part, rounded, total_of
from clinics.rules.claims.case import Case, amount_in, moment_in
from clinics.rules.claims.findings import Finding, found
from registry.rules.identifiers import parse_bhyt
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.documents import Row

TOLERANCE = Decimal("0.05")
OTHER_SOURCES = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")
LINE_TABLES = ("XML2", "XML3")
# Field of the summary: (field of the lines, tables, only supplies).
SUMS = (
    ("T_THUOC", "THANH_TIEN_BV", ("XML2",), False),
    ("T_VTYT", "THANH_TIEN_BV", ("XML3",), True),
    ("T_TONGCHI_BV", "THANH_TIEN_BV", LINE_TABLES, False),
    ("T_TONGCHI_BH", "THANH_TIEN_BH", LINE_TABLES, False),
    ("T_BNTT", "T_BNTT", LINE_TABLES, False),
    ("T_BNCCT", "T_BNCCT", LINE_TABLES, False),
    ("T_BHTT", "T_BHTT", LINE_TABLES, False),
    ("T_NGUONKHAC", "T_NGUONKHAC", LINE_TABLES, False),
)


def check_money(case: Case) -> Iterator[Finding]:
    """Findings of every line and of the sums."""
    for table, at, row in case.rows(*LINE_TABLES):
        yield from _line(table, at, row)
    if case.summary:
        yield from _sums(case)
        yield from _levels(case)


def line_of(table: str, row: Row) -> Line:
    """A row of XML2 or XML3 as a line of charges."""
    medicine = table == "XML2"
    price = amount_in(row, "DON_GIA" if medicine else "DON_GIA_BV")
    return Line(
        quantity=amount_in(row, "SO_LUONG"),
        price=price,
        insured_price=price if medicine else amount_in(row, "DON_GIA_BH"),
        in_scope=row.get("PHAM_VI", "1") == "1",
        pay_rate=amount_in(row, "TYLE_TT_BH"),
        service_rate=HUNDRED if medicine else amount_in(row, "TYLE_TT_DV"),
        ceiling=ZERO if medicine else amount_in(row, "T_TRANTT"),
    )


def _line(table: str, at: int, row: Row) -> Iterator[Finding]:
    line = line_of(table, row)
    others = sum((amount_in(row, name) for name in OTHER_SOURCES), ZERO)
    insured, other = amount_in(row, "THANH_TIEN_BH"), amount_in(row, "T_NGUONKHAC")
    fund = min(rounded(insured * amount_in(row, "MUC_HUONG") / 100), amount_in(row, "THANH_TIEN_BV") - other)
    due = {
        "THANH_TIEN_BV": total_of(line),
        "THANH_TIEN_BH": insured_part(line),
        "T_NGUONKHAC": others,
        "T_BHTT": max(fund, ZERO),
    }
    for name, amount in due.items():
        if abs(amount_in(row, name) - amount) > TOLERANCE:
            yield _amount("line-amount", table, at, name, amount)
    parts = {name: amount_in(row, name) for name in ("T_BHTT", "T_BNCCT", "T_BNTT")}
    own = max(ZERO, amount_in(row, "THANH_TIEN_BV") - insured - other)
    if abs(parts["T_BNTT"] - own) > TOLERANCE:
        yield _amount("line-amount", table, at, "T_BNTT", own)
    elif abs(sum(parts.values(), other) - amount_in(row, "THANH_TIEN_BV")) > TOLERANCE:
        rest = amount_in(row, "THANH_TIEN_BV") - other - parts["T_BHTT"] - parts["T_BNTT"]
        yield _amount("line-parts", table, at, "T_BNCCT", rest)


def _amount(rule: str, table: str, at: int, name: str, due: Decimal) -> Finding:
    return found(rule, table, at, name, Phrase("{field} phải là {due}.", field=name, due=f"{rounded(due):f}"))


def _sums(case: Case) -> Iterator[Finding]:
    for name, of, tables, supplies in SUMS:
        rows = (row for _, _, row in case.rows(*tables) if not supplies or row.get("MA_VAT_TU"))
        due = sum((amount_in(row, of) for row in rows), ZERO)
        if amount_in(case.summary, name) != due:
            yield _amount("sum", "XML1", 1, name, due)
    if not any(case.dossier.get(table) for table in LINE_TABLES):
        yield found("charges-missing", "XML3", 0, "", "Hồ sơ chưa có dòng chi phí nào.")


def cover_of(case: Case) -> Cover | None:
    """What the file itself says of its insurance; None when the card does not print its benefit (10 digits)."""
    code = case.text("MA_DOITUONG_KCB")
    try:
        card = parse_bhyt(case.text("MA_THE_BHYT").split(";")[-1])
    except Invalid:
        return None
    properties = (case.codes("ma-doituong-kcb") or {}).get(code)
    if not card.benefit or properties is None:
        return None
    share = way_share(code, properties, case.text("MA_LOAI_KCB"))
    exempt = moment_in(case.summary, "NGAY_MIEN_CCT")
    return Cover(code, card.benefit, share, exempt.date() if exempt else None)


def _levels(case: Case) -> Iterator[Finding]:
    """MUC_HUONG of every line that the fund pays on: 0 without insurance, else what card and way of coming give."""
    code = case.text("MA_DOITUONG_KCB")
    cover = cover_of(case)
    if code != "9" and (cover is None or cover.share is None):
        return
    total = sum((amount_in(row, "THANH_TIEN_BH") for _, _, row in case.rows(*LINE_TABLES)), ZERO)
    ended = case.day("NGAY_RA") or date.max
    due = level_of(cover, insured_total=total, base_salary=case.knowledge.base_salary, day=ended)
    for table, at, row in case.rows(*LINE_TABLES):
        if amount_in(row, "THANH_TIEN_BH") and amount_in(row, "MUC_HUONG") != (ZERO if code == "9" else due):
            message = Phrase("Mức hưởng phải là {due} % theo thẻ và đối tượng.", due=f"{due.normalize():f}")
            yield found("level", table, at, "MUC_HUONG", message)
