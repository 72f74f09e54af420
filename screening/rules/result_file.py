"""A laboratory's file of results: barcode, value or code, sampled_on, resulted_on; one line a sample."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime

from registry.rules.phrases import Phrase
from registry.rules.text import fold

MAX_BYTES = 2_000_000
MOST_LINES = 1000
_COLUMNS = {
    "barcode": ("barcode", "ma vach", "ma_vach", "ma kit", "so kit"),
    "result": ("value", "result", "gia tri", "ket qua", "ket_qua"),
    "code": ("code", "ma ket qua", "ma_ket_qua"),
    "sampled_on": ("sampled_on", "ngay lay mau", "ngay_lay_mau"),
    "resulted_on": ("resulted_on", "ngay ket qua", "ngay_ket_qua", "ngay co ket qua"),
}
_DAYS = ("%Y-%m-%d", "%d/%m/%Y")


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read; .message says why in Vietnamese."""

    def __init__(self, message: str | Phrase) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file. number: counted from 1, the header included; fault: why it cannot be read."""

    number: int
    barcode: str
    result: str = ""
    sampled_on: date | None = None
    resulted_on: date | None = None
    fault: Phrase | None = None


def read_lines(content: bytes) -> list[Line]:
    """The lines of the file, in its order. UTF-8, comma or semicolon; days as 2026-11-23 or 23/11/2026. Raises
    UnreadableFileError when it is too big, not text, or lacks a column.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFileError(Phrase("Tệp lớn quá {most} MB.", most=MAX_BYTES // 1_000_000))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFileError("Tệp phải là chữ mã UTF-8.") from None
    if "\x00" in text:
        raise UnreadableFileError("Tệp phải là chữ mã UTF-8.")
    if not text.strip():
        raise UnreadableFileError("Tệp trống.")
    first = text.splitlines()[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        return _lines(rows)
    except csv.Error:
        raise UnreadableFileError("Tệp CSV hỏng: dấu ngoặc kép không khép, hoặc có ký tự lạ.") from None


def _lines(rows: csv.Reader) -> list[Line]:  # type: ignore[name-defined]  # the class has no public name
    places = _places(next(rows, []))
    found: list[Line] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(found) == MOST_LINES:
            raise UnreadableFileError(Phrase("Tệp có hơn {most} dòng: hãy chia nhỏ.", most=MOST_LINES))
        found.append(_line(rows.line_num, {key: row[at].strip() for key, at in places.items() if at < len(row)}))
    return found


def _places(header: list[str]) -> dict[str, int]:
    names = [fold(one) for one in header]
    places = {
        key: at for key, known in _COLUMNS.items() for at, name in enumerate(names) if name in {fold(k) for k in known}
    }
    if "barcode" not in places or not {"result", "code"} & set(places):
        raise UnreadableFileError(
            "Dòng đầu phải có tên cột: barcode, value (hoặc code), và nếu có sampled_on, resulted_on."
        )
    return places


def _line(number: int, said: dict[str, str]) -> Line:
    barcode, result = said.get("barcode", ""), said.get("code") or said.get("result") or ""
    days: dict[str, date | None] = {}
    for key in ("sampled_on", "resulted_on"):
        try:
            days[key] = _day(said.get(key, ""))
        except ValueError:
            fault = Phrase("“{value}” không phải ngày dạng 2026-11-23 hoặc 23/11/2026.", value=said[key][:30])
            return Line(number, barcode, result, fault=fault)
    if not barcode:
        return Line(number, "", result, fault=Phrase("Thiếu mã vạch."))
    if not result:
        return Line(number, barcode, fault=Phrase("Thiếu kết quả."))
    return Line(number, barcode, result, days["sampled_on"], days["resulted_on"])


def _day(text: str) -> date | None:
    if not text:
        return None
    for shape in _DAYS:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(text)
