"""QĐ 3176 as XML: tables, and the GIAMDINHHS envelope that carries them in base64. What is written reads back exactly.

Reading resolves nothing from outside and refuses DTDs. The shape of the envelope is that of files which Hanoi's hospitals
send (CHUKYDONVI stays empty: the unit's signature is put on by its own token).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lxml import etree

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.fields import Table, tables
from registry.rules.qd3176.moments import day_text

Row = Mapping[str, str]
Dossier = Mapping[str, Sequence[Row]]
"""The tables of one episode of care: key ("XML1") to rows, each a tag to its text."""

BOM = b"\xef\xbb\xbf"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file: whose it is (MA_CSKCB), the day it was made as written, and its dossiers."""

    facility: str
    made_on: str
    dossiers: tuple[Dossier, ...]


def safe_parser(*, huge: bool = False) -> etree.XMLParser:
    """A parser that reads nothing from outside and resolves nothing. huge: for base64 longer than lxml's usual 10 MB."""
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=huge, remove_comments=True, remove_pis=True
    )


def write_table(key: str, rows: Iterable[Row]) -> bytes:
    """The table's document in UTF-8: every field of every row in the order of the decree, empty ones too.

    Raises KeyError for an unknown table, ValueError for an unknown field or several rows of a single-row table.
    """
    table, given = tables()[key], list(rows)
    root = etree.Element(table.root)
    if table.single:
        if len(given) != 1:
            raise ValueError(f"{key} holds exactly one row, not {len(given)}")
        _fill(root, table, given[0])
        return _bytes(root)
    place = etree.SubElement(root, table.listed)
    for row in given:
        _fill(etree.SubElement(place, table.row), table, row)
    etree.SubElement(root, "CHUKYDONVI")
    return _bytes(root)


def read_table(key: str, content: bytes) -> list[dict[str, str]]:
    """The rows of one table's document. Raises Invalid: table-dtd, table-broken, table-root, table-twice."""
    table, document = tables().get(key), parse_table(content)
    if table is None or document.tag != table.root:
        template = "Bảng {table} có thẻ gốc <{tag}>, không đúng QĐ 3176."
        raise Invalid("table-root", Phrase(template, table=key, tag=str(document.tag)[:80]), key)
    rows = [document] if table.single else document.findall(f"{table.listed}/{table.row}")
    return [_row(key, element) for element in rows]


def parse_table(content: bytes) -> etree._Element:
    """The document of a table, whoever wrote it. Raises Invalid: table-dtd, table-broken."""
    inner = content.removeprefix(BOM)
    if _DTD.search(inner):
        raise Invalid("table-dtd", "Tệp khai DTD hoặc thực thể (DOCTYPE, ENTITY), hệ thống không nhận.")
    try:
        return etree.fromstring(inner, safe_parser(huge=True))
    except (etree.XMLSyntaxError, ValueError) as problem:
        line = getattr(problem, "lineno", 0) or 0
        raise Invalid("table-broken", Phrase("XML hỏng hoặc bị cắt ở dòng {line}.", line=line)) from None


def write_envelope(facility: str, made_on: date, dossiers: Iterable[Dossier]) -> bytes:
    """A GIAMDINHHS file of these dossiers; tables without rows are left out."""
    root = etree.Element("GIAMDINHHS")
    etree.SubElement(etree.SubElement(root, "THONGTINDONVI"), "MACSKCB").text = facility
    about = etree.SubElement(root, "THONGTINHOSO")
    etree.SubElement(about, "NGAYLAP").text = day_text(made_on)
    counted = etree.SubElement(about, "SOLUONGHOSO")
    listed = etree.SubElement(about, "DANHSACHHOSO")
    for dossier in dossiers:
        _dossier(etree.SubElement(listed, "HOSO"), dossier)
    counted.text = str(len(listed))
    etree.SubElement(root, "CHUKYDONVI")
    return _bytes(root)


def read_envelope(content: bytes) -> Envelope:
    """A whole file. Raises Invalid: table-dtd, table-broken, table-root, table-twice, envelope-root, base64-broken."""
    root = parse_table(content)
    if root.tag != "GIAMDINHHS":
        template = "Thẻ gốc là <{tag}>, phải là <GIAMDINHHS> theo QĐ 3176/QĐ-BYT."
        raise Invalid("envelope-root", Phrase(template, tag=str(root.tag)[:40]))
    dossiers = tuple(_read_dossier(hoso) for hoso in root.iterfind("THONGTINHOSO/DANHSACHHOSO/HOSO"))
    facility = (root.findtext("THONGTINDONVI/MACSKCB") or "").strip()
    return Envelope(facility, (root.findtext("THONGTINHOSO/NGAYLAP") or "").strip(), dossiers)


def decoded(text: str) -> bytes:
    """The document inside NOIDUNGFILE. Raises Invalid base64-broken."""
    try:
        return base64.b64decode(_SPACE.sub("", text).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise Invalid("base64-broken", "Nội dung base64 bị cụt hoặc hỏng: không giải mã được.") from None


def _dossier(hoso: etree._Element, dossier: Dossier) -> None:
    for key in tables():
        rows = dossier.get(key, ())
        if rows:
            file = etree.SubElement(hoso, "FILEHOSO")
            etree.SubElement(file, "LOAIHOSO").text = key
            etree.SubElement(file, "NOIDUNGFILE").text = base64.b64encode(write_table(key, rows)).decode()


def _read_dossier(hoso: etree._Element) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for file in hoso.iterfind("FILEHOSO"):
        key = (file.findtext("LOAIHOSO") or "").strip().upper()
        rows = read_table(key, decoded(file.findtext("NOIDUNGFILE") or ""))
        if key in found:
            raise Invalid("table-twice", Phrase("Hồ sơ có hai bảng {table}.", table=key), key)
        found[key] = rows
    return found


def _fill(parent: etree._Element, table: Table, row: Row) -> None:
    unknown = row.keys() - {field.name for field in table.fields}
    if unknown:
        raise ValueError(f"{table.key} has no field {', '.join(sorted(unknown))}")
    for field in table.fields:
        etree.SubElement(parent, field.name).text = _NOT_XML.sub("", row.get(field.name, ""))


def _row(key: str, element: etree._Element) -> dict[str, str]:
    row: dict[str, str] = {}
    for child in element:
        tag = str(child.tag)
        if tag in row:
            raise Invalid("table-twice", Phrase("Bảng {table}: thẻ {tag} có hai lần.", table=key, tag=tag), tag)
        row[tag] = "".join(map(str, child.itertext()))
    row.pop("CHUKYDONVI", None)
    return row


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
