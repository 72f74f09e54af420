"""QĐ 831 files in bulk: DATA / BODY / HOSOSUCKHOE, one resident's health record each; the whole form is read by
records.rules.qd831, the same rules that take a single form at the desk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from lxml import etree

from migration.readers.envelope import feed, places, strict_parser
from migration.readers.records import MAX_RECORD_BYTES, Layout, Raw, Span, SpanMaker
from migration.rules.faults import Fault, FileRefused
from registry.rules.phrases import Phrase
from registry.rules.qd3176.documents import safe_parser

_RECORD_PATH = ["DATA", "BODY", "HOSOSUCKHOE"]
_MAX_DEPTH = 64
# Administrative tags -> the names under which every record's person is shown and read.
_PERSON = {
    "MA_BN": "MADINHDANH", "HO_TEN": "HOTEN", "NGAY_SINH": "NGAYSINH", "GIOI_TINH": "GIOITINH", "SO_CCCD": "MADINHDANH",
    "MA_THE_BHYT": "MATHE", "DIEN_THOAI": "DIENTHOAI_DD", "DIA_CHI": "DIACHI_HIENTAI", "MAXA_CU_TRU": "MAXA_HIENTAI",
}  # fmt: skip


@dataclass
class _Scan:
    """State of one pass."""

    parser: Any
    makers: SpanMaker = field(default_factory=SpanMaker)
    path: list[str] = field(default_factory=list)
    began: int = 0
    whole_until: int = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.path.append(name)
        line = self.parser.CurrentLineNumber
        if len(self.path) == 1 and name != _RECORD_PATH[0]:
            template = "Thẻ gốc là <{tag}>, phải là <DATA> theo QĐ 831/QĐ-BYT."
            raise FileRefused("form-root", Phrase(template, tag=name[:40]), line)
        if len(self.path) > _MAX_DEPTH:
            template = "Dòng {line}: các thẻ lồng nhau quá {most} cấp."
            raise FileRefused("xml-depth", Phrase(template, line=line, most=_MAX_DEPTH), line)
        if self.path == _RECORD_PATH:
            self.began = self.parser.CurrentByteIndex
            self.makers.start(self.began, line)

    def end(self, _name: str) -> None:
        if self.path == _RECORD_PATH:
            self.makers.end()
            self.whole_until = max(self.began, self.parser.CurrentByteIndex) + len(b"</HOSOSUCKHOE>")
        elif self.path == _RECORD_PATH[:-1]:
            self.makers.close(self.whole_until)
        self.path.pop()


class Forms:
    """The QĐ 831 reader."""

    def scan(self, file: BinaryIO) -> Layout:
        """Every HOSOSUCKHOE's place; the refusal says on which line the file breaks."""
        parser = strict_parser()
        scan = _Scan(parser)
        parser.StartElementHandler = scan.start
        parser.EndElementHandler = scan.end
        refusal = feed(parser, file)
        scan.makers.close(scan.whole_until)
        if refusal is None and not scan.makers.spans:
            refusal = FileRefused("no-records", "Tệp không có thẻ HOSOSUCKHOE nào trong BODY: không có gì để nạp.")
        return Layout(tuple(scan.makers.spans), {}, refusal)

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """The span's records, each alone."""
        for at, (begin, end, line) in enumerate(places(data, "")):
            number, first = span.first_record + at, span.first_line + line
            yield _read(data[begin:end], number, first, span.byte_from + begin)


def _read(raw: bytes, number: int, line: int, byte_from: int) -> Raw:
    if len(raw) > MAX_RECORD_BYTES:
        limit = MAX_RECORD_BYTES // (1024 * 1024)
        fault = Fault("record-too-large", Phrase("Hồ sơ dài quá {limit} MB.", limit=limit), "HOSOSUCKHOE")
        return Raw(number, line, byte_from, raw, faults=(fault,))
    root = etree.fromstring(raw, safe_parser(huge=True))
    said = root.find("THONGTINCHUNG")
    told = {} if said is None else {str(one.tag): one.text or "" for one in said if isinstance(one.tag, str)}
    fields = {name: told.get(tag, "") for name, tag in _PERSON.items()}
    fields["SO_CCCD"] = fields["SO_CCCD"] or told.get("SOCMND", "")
    return Raw(number, line, byte_from, raw, fields)
