"""Tables as XLSX: one sheet of numbers and texts, made of the parts the format asks for and nothing else (ECMA-376)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | None
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_OPEN = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
)
# Two looks of a cell: plain, and bold for the header.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1"'
    ' applyFont="1"/></cellXfs></styleSheet>'
)


def make_xlsx(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], *, at: datetime) -> bytes:
    """A workbook of one sheet: the header stays in sight, empty cells stay empty. The same input makes the same file."""
    sheet = title[:31].translate({ord(mark): " " for mark in "[]:*?/\\"})
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name={quoteattr(sheet)}'
        ' sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("styles", "styles.xml")}
        ),
        "xl/styles.xml": _STYLES,
        "xl/worksheets/sheet1.xml": _sheet([head, *rows]),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), _OPEN + text)
    return file.getvalue()


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    told = "".join(
        f'<row r="{number}">{"".join(_cell(number, place, cell) for place, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    views = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView>'
    return f'<worksheet xmlns="{_MAIN}">{views}</sheetViews><sheetData>{told}</sheetData></worksheet>'


def _cell(row: int, place: int, cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    where = f'r="{_letters(place)}{row}" s="{int(row == 1)}"'
    if isinstance(cell, str):
        return f'<c {where} t="inlineStr"><is><t xml:space="preserve">{escape(_printable(cell))}</t></is></c>'
    return f"<c {where}><v>{cell!r}</v></c>"


def _printable(text: str) -> str:
    """XML 1.0 knows no control characters but tab and line ends."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")


def _letters(place: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
