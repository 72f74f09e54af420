"""The indicators as CSV, XLSX and PDF. They leave the house: small numbers are kept back in all three."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.kernel import in_language
from registry.web.display import NOTHING
from registry.web.paper import pdf_answer
from registry.web.spreadsheets import XLSX_TYPE, Cell, make_xlsx
from screening.queries.indicator_board import IndicatorBoard
from screening.queries.indicators import Group
from screening.rules.indicators import SMALL, Value
from screening.web.indicator_rows import KEPT_BACK, limits_of, published, rows_of
from screening.web.indicator_words import BASES, PROGRAMMES, group_name, indicator_name


def file_answer(kind: str, board: IndicatorBoard, *, at: datetime, facility: str) -> HttpResponse:
    """The board as a file of one of FILES; the name tells the programme and the period."""
    return FILES[kind](board, at, facility)


def _name(board: IndicatorBoard, kind: str) -> str:
    asked = board.asked
    return f"chi-so-{asked.family}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}.{kind}"


def _heads() -> list[str]:
    return [
        _("Mã"), _("Chỉ số"), _("Nhóm"), _("Tử số"), _("Mẫu số"), _("Giá trị"), _("Đơn vị"), _("Từ (95 %)"),
        _("Đến (95 %)"), _("Chưa biết"), _("Cách tính"), _("Chấp nhận"), _("Mong muốn"), _("Nguồn của chuẩn"),
        _("Chuẩn đã xác minh"),
    ]  # fmt: skip


def _cells(board: IndicatorBoard) -> Iterator[list[Cell]]:
    """Numbers as numbers, so that sheets can count on."""
    for group, hidden in published(board):
        name = group_name(group, board.names)
        for value in group.values:
            yield _line(board, name, value, value.indicator in hidden)


def _line(board: IndicatorBoard, group: str, value: Value, hidden: bool) -> list[Cell]:
    standard = board.standards.get(value.indicator)
    low, high = limits_of(value) or (None, None)
    counts: list[Cell] = [value.numerator, value.denominator, value.value]
    return [
        value.indicator,
        indicator_name(value.indicator),
        group,
        *([KEPT_BACK, KEPT_BACK, None] if hidden else counts),
        value.unit.value,
        *([None, None] if hidden else [low, high]),
        KEPT_BACK if hidden else value.unknown,
        board.asked.basis.value,
        standard.acceptable if standard else None,
        standard.desirable if standard else None,
        standard.source if standard else None,
        (_("chưa") if standard.unverified else _("rồi")) if standard else None,
    ]


def _csv(board: IndicatorBoard, _at: datetime, _facility: str) -> HttpResponse:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_heads())
    writer.writerows(_cells(board))
    # The mark at the beginning is what spreadsheets know UTF-8 by.
    return _attached(file.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", _name(board, "csv"))


def _xlsx(board: IndicatorBoard, at: datetime, _facility: str) -> HttpResponse:
    title = str(in_language(PROGRAMMES[board.asked.family]))
    return _attached(make_xlsx(title, _heads(), list(_cells(board)), at=at), XLSX_TYPE, _name(board, "xlsx"))


def _attached(body: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _pdf(board: IndicatorBoard, at: datetime, facility: str) -> HttpResponse:
    asked = board.asked
    heads = [
        _("Chỉ số"), _("Tử số"), _("Mẫu số"), _("Giá trị"), _("Khoảng tin cậy 95 %"), _("Chưa biết"), _("Chuẩn"),
    ]  # fmt: skip
    data = {
        "letterhead": {
            "facility": facility,
            "number": "",
            "note": "",
            "printed": f"{timezone.localtime(at):%d/%m/%Y %H:%M}",
        },
        "title": _("Chỉ số tầm soát: %(name)s") % {"name": in_language(PROGRAMMES[asked.family])},
        "subtitle": f"{asked.since:%d/%m/%Y} – {asked.until:%d/%m/%Y} · {in_language(BASES[asked.basis.value])}",
        "head": heads,
        "groups": [
            {"title": group_name(group, board.names), "rows": _printed(board, group, hidden)}
            for group, hidden in published(board)
        ],
        "notes": [
            _("Số từ 1 đến %(most)s người không in ra (ghi “%(mark)s”), cùng tỉ lệ tính từ số ấy.")
            % {"most": SMALL - 1, "mark": KEPT_BACK},
            _("Chuẩn có dấu * chưa được xác minh. Khoảng tin cậy: Wilson."),
        ],
    }
    return pdf_answer("indicators", data, at=at, filename=_name(board, "pdf"))


def _printed(board: IndicatorBoard, group: Group, hidden: frozenset[str]) -> list[list[str]]:
    rows = rows_of(board, group, hidden)
    return [
        [
            row.name,
            row.numerator,
            row.denominator,
            row.value if row.hidden or row.value == NOTHING else f"{row.value} {row.unit}",
            row.limits,
            row.unknown,
            row.standard + ("*" if row.unverified else ""),
        ]
        for row in rows
    ]


FILES: dict[str, Callable[[IndicatorBoard, datetime, str], HttpResponse]] = {"csv": _csv, "xlsx": _xlsx, "pdf": _pdf}
