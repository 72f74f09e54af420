"""QĐ 3176 files: GIAMDINHHS / THONGTINHOSO / DANHSACHHOSO / HOSO, read in two passes.

The scan goes through the file with expat, which keeps nothing: it checks that the XML is whole, refuses DTDs and entities,
and notes where each HOSO stands, so that many workers can read one file. The second pass parses one HOSO at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from migration.readers.hoso import read_hoso
from migration.readers.records import Layout, Raw, Span, SpanMaker
from migration.rules.faults import FileRefused
from registry.rules.phrases import Phrase

_READ = 256 * 1024
_RECORD_PATH = ["GIAMDINHHS", "THONGTINHOSO", "DANHSACHHOSO", "HOSO"]
_FACILITY_PATH = ["GIAMDINHHS", "THONGTINDONVI", "MACSKCB"]
_COUNT_PATH = ["GIAMDINHHS", "THONGTINHOSO", "SOLUONGHOSO"]
_MAX_DEPTH = 64
_PIECES = 100  # of a code's text: expat cuts it at line ends and buffers
_RECORD_DEPTH = 2  # of a HOSO inside the element that holds a span
_MORE, _LAST = False, True  # expat's is_final


def strict_parser() -> expat.XMLParserType:
    """An expat parser that raises FileRefused at the first DTD, entity or encoding other than UTF-8."""
    parser = expat.ParserCreate(namespace_separator=None)

    def refuse_dtd(*_: Any) -> NoReturn:
        raise FileRefused(
            "xml-dtd",
            Phrase(
                "Dòng {line}: tệp khai DTD hoặc thực thể (DOCTYPE, ENTITY), hệ thống không nhận.",
                line=parser.CurrentLineNumber,
            ),
            parser.CurrentLineNumber,
        )

    def check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() not in {"utf-8", "utf8"}:
            template = "Tệp khai bảng mã “{encoding}”; Bộ Y tế quy định UTF-8. Hãy xuất lại tệp bằng UTF-8."
            raise FileRefused("xml-encoding", Phrase(template, encoding=encoding or ""), 1)

    parser.StartDoctypeDeclHandler = refuse_dtd
    parser.EntityDeclHandler = refuse_dtd
    parser.ExternalEntityRefHandler = refuse_dtd
    parser.XmlDeclHandler = check_declaration
    return parser


@dataclass
class _Scan:
    """State of one pass over the envelope."""

    parser: expat.XMLParserType
    makers: SpanMaker = field(default_factory=SpanMaker)
    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    facility: str = ""
    announced: str = ""
    began: int = 0
    whole_until: int = 0
    namespaces: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        if len(self.path) == 1:
            self._check_root(name, attributes)
        if len(self.path) > _MAX_DEPTH:
            template = "Dòng {line}: các thẻ lồng nhau quá {most} cấp."
            raise FileRefused("xml-depth", Phrase(template, line=self.line, most=_MAX_DEPTH), self.line)
        if self.path == _RECORD_PATH:
            self.began = self.parser.CurrentByteIndex
            self.makers.start(self.began, self.line)
        self.text.clear()

    def end(self, _name: str) -> None:
        if self.path == _RECORD_PATH:
            self.makers.end()
            self.whole_until = max(self.began, self.parser.CurrentByteIndex) + len(b"</HOSO>")
        elif self.path == _FACILITY_PATH:
            self.facility = "".join(self.text).strip()
        elif self.path == _COUNT_PATH:
            self.announced = "".join(self.text).strip()
        self.path.pop()

    def characters(self, text: str) -> None:
        if self.path in (_FACILITY_PATH, _COUNT_PATH) and len(self.text) < _PIECES:
            self.text.append(text)

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber

    def _check_root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "GIAMDINHHS":
            template = "Thẻ gốc là <{tag}>, phải là <GIAMDINHHS> theo QĐ 3176/QĐ-BYT."
            raise FileRefused("envelope-root", Phrase(template, tag=name[:40]), self.line)
        self.namespaces = {key: value for key, value in attributes.items() if key.startswith("xmlns:")}


class Envelope:
    """The QĐ 3176 reader. facility_code: whose file it must be."""

    def __init__(self, facility_code: str) -> None:
        self.facility_code = facility_code

    def scan(self, file: BinaryIO) -> Layout:
        """Every HOSO's place; the refusal says on which line the envelope breaks."""
        parser = strict_parser()
        scan = _Scan(parser)
        parser.StartElementHandler = scan.start
        parser.EndElementHandler = scan.end
        parser.CharacterDataHandler = scan.characters
        refusal = feed(parser, file)
        scan.makers.close(scan.whole_until)
        refusal = refusal or self._judge(scan)
        facts = {"facility": scan.facility, "announced": scan.announced, "namespaces": scan.namespaces}
        return Layout(tuple(scan.makers.spans), facts, refusal)

    def _judge(self, scan: _Scan) -> FileRefused | None:
        if scan.facility != self.facility_code:
            told = scan.facility[:20] or Phrase("(trống)")
            template = "Tệp ghi MACSKCB {told}, khác cơ sở nộp tệp {facility}. Hãy kiểm tra lại tệp."
            return FileRefused("facility-other", Phrase(template, told=told, facility=self.facility_code))
        if not scan.makers.spans:
            return FileRefused("no-records", "Tệp không có thẻ HOSO nào trong DANHSACHHOSO: không có gì để nạp.")
        return None

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """The span's HOSO, each parsed alone, so that one bad record harms no other."""
        opening = "".join(f" {name}={quoteattr(value)}" for name, value in facts.get("namespaces", {}).items())
        for at, (begin, end, line) in enumerate(places(data, opening)):
            yield read_hoso(
                data[begin:end],
                number=span.first_record + at,
                line=span.first_line + line,
                byte_from=span.byte_from + begin,
                opening=opening,
            )


def places(data: bytes, opening: str) -> list[tuple[int, int, int]]:
    """(first byte, byte after the last, lines before it) of every record of a span."""
    parser = strict_parser()
    prefix = f"<r{opening}>".encode()
    found: list[tuple[int, int, int]] = []
    depth = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == _RECORD_DEPTH:
            found.append((parser.CurrentByteIndex - len(prefix), -1, parser.CurrentLineNumber - 1))

    def end(_name: str) -> None:
        nonlocal depth
        if depth == _RECORD_DEPTH:
            begin, _, line = found[-1]
            found[-1] = (begin, data.index(b">", max(begin, parser.CurrentByteIndex - len(prefix))) + 1, line)
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(prefix + data + b"</r>", _LAST)
    return found


def feed(parser: expat.XMLParserType, file: BinaryIO) -> FileRefused | None:
    """Give the parser the whole file; why it cannot be taken, if so."""
    try:
        while block := file.read(_READ):
            parser.Parse(block, _MORE)
        parser.Parse(b"", _LAST)
    except FileRefused as refusal:
        return refusal
    except expat.ExpatError as error:
        return _broken(error)
    return None


PROBLEMS = {
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "thẻ đóng không khớp thẻ mở",
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "tệp bị cụt hoặc không có nội dung XML",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "tệp bị cụt giữa một thẻ",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION]: "tệp bị cụt giữa một đoạn CDATA",
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "có thực thể lạ (&…;)",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "còn nội dung sau thẻ đóng GIAMDINHHS",
    expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]: "bảng mã không phải UTF-8",
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: "có ký tự không hợp lệ hoặc không phải UTF-8",
}


def _broken(error: expat.ExpatError) -> FileRefused:
    line, column = error.lineno, error.offset + 1
    problem = Phrase(PROBLEMS[error.code]) if error.code in PROBLEMS else Phrase("XML không đúng cấu trúc")
    message = Phrase(
        "Phong bì XML hỏng ở dòng {line}, cột {column}: {problem}."
        " Tệp được giữ nguyên, chưa nạp dòng nào; hãy xuất lại tệp.",
        line=line,
        column=column,
        problem=problem,
    )
    return FileRefused("envelope-broken", message, line)
