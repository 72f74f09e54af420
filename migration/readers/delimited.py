"""CSV: bytes in, one record at a time; quoted line breaks respected, encodings decided per column on a sample.

Cells stay bytes until their column's encoding is known, so nothing is decoded twice. Every old Vietnamese encoding keeps
ASCII as it is, which makes delimiters, quotes and line ends safe to find in bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from migration.readers.records import ROUNDS_IN_CHUNK, Layout, Raw, Span, SpanMaker
from migration.rules.encodings import Decision, Encoding, Undecodable, decide_encoding, decode_name, decode_text
from migration.rules.faults import Fault, FileRefused
from migration.rules.profiles import NAME_COLUMNS, REQUIRED_COLUMNS, ROUNDS, Profile
from registry.rules.phrases import Phrase, as_phrase, joined

_DELIMITERS = b",;\t|"
_BOM = b"\xef\xbb\xbf"
SAMPLE_RECORDS = 3000
MAX_RECORD_LINES = 200  # an open quote that swallows more lines than this is a stray quote
MAX_RECORD = 1024 * 1024
ENCODING_NAMES = {
    Encoding.ASCII: "ASCII", Encoding.UTF8: "UTF-8 (Unicode)", Encoding.TCVN3: "TCVN3", Encoding.VNI: "VNI",
    Encoding.CP1258: "Windows-1258", Encoding.UTF8_VIA_1252: "UTF-8 bị đọc sai một lần",
    Encoding.TCVN3_VIA_1252: "TCVN3 đã chuyển sai sang UTF-8", Encoding.VNI_VIA_1252: "VNI đã chuyển sai sang UTF-8",
    Encoding.CP1258_VIA_1252: "Windows-1258 đã chuyển sai sang UTF-8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One record's bytes: where it begins, its first line, whether its quotes close."""

    byte_from: int
    line: int
    raw: bytes
    closed: bool = True


class Delimited:
    """The CSV reader of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def scan(self, file: BinaryIO) -> Layout:
        """Header, delimiter, encodings, spans. A file that cannot be used is a refusal that says why."""
        try:
            return self._scan(file)
        except FileRefused as refusal:
            return Layout((), {}, refusal)

    def _scan(self, file: BinaryIO) -> Layout:
        head = file.read(4096)
        _refuse_binary(head)
        file.seek(len(_BOM) if head.startswith(_BOM) else 0)
        first = file.readline(MAX_RECORD)
        delimiter = _sniff(first)
        header = [cell.decode("utf-8", "replace").strip() for cell in cells(first, delimiter)]
        columns = self._columns(header)
        maker = SpanMaker(most=ROUNDS_IN_CHUNK if self.profile.format == ROUNDS else None)
        sample: list[list[bytes]] = []
        end = file.tell()
        for piece in pieces(file, delimiter, byte=end, line=2):
            if not piece.raw.strip():
                continue
            maker.start(piece.byte_from, piece.line)
            maker.end()
            end = piece.byte_from + len(piece.raw)
            if len(sample) < SAMPLE_RECORDS:
                sample.append(cells(piece.raw, delimiter))
        maker.close(end)
        if not maker.spans:
            raise FileRefused("no-records", "Tệp chỉ có dòng tiêu đề, không có dòng dữ liệu nào.", 1)
        encodings = self._encodings(columns, sample)
        facts = {"delimiter": delimiter, "header": header, "columns": columns, "encodings": encodings}
        return Layout(tuple(maker.spans), facts)

    def _columns(self, header: Sequence[str]) -> list[str]:
        """Canonical names by position, "" for a column the profile does not map."""
        columns = [self.profile.canonical(name) for name in header]
        doubled = sorted({name for name in columns if name and columns.count(name) > 1})
        missing = [name for name in REQUIRED_COLUMNS[self.profile.format] if name not in columns]
        if doubled:
            raise FileRefused(
                "column-doubled", Phrase("Dòng 1 có hai cột cùng nghĩa: {columns}.", columns=", ".join(doubled)), 1
            )
        if missing:
            told = ", ".join(name[:30] for name in header[:12])
            template = "Dòng 1 thiếu cột bắt buộc {missing}. Các cột đọc được: {read}."
            raise FileRefused("column-missing", Phrase(template, missing=", ".join(missing), read=told), 1)
        return columns

    def _encodings(self, columns: Sequence[str], sample: Sequence[Sequence[bytes]]) -> dict[str, str]:
        values = {name: [row[at] for row in sample if at < len(row)] for at, name in enumerate(columns) if name}
        first = {name: decide_encoding(cells_of) for name, cells_of in values.items()}
        prior = _prevailing(first.values())
        decided = {
            name: one if one.encoding else decide_encoding(values[name], prior=prior) for name, one in first.items()
        }
        for name, one in decided.items():
            self._check_encoding(name, one)
        # A column without a Vietnamese letter in the sample reads later ones as the rest of the file does.
        kept = {name: one.encoding or Encoding.ASCII for name, one in decided.items()}
        return {name: (prior or one if one is Encoding.ASCII else one).value for name, one in kept.items()}

    def _check_encoding(self, name: str, decision: Decision) -> None:
        allowed = [Encoding(value) for value in self.profile.encodings]
        if decision.encoding is None:
            message = Phrase("Cột {column}: {problem}", column=name, problem=as_phrase(decision.message))
            raise FileRefused(decision.refused_reason.replace("_", "-"), message)
        if decision.encoding not in allowed and decision.encoding is not Encoding.ASCII:
            expected = joined((ENCODING_NAMES[one] for one in allowed if one is not Encoding.ASCII), ", ")
            message = Phrase(
                "Cột {column} viết bằng {encoding}, hồ sơ ánh xạ “{profile}” cần {expected}."
                " Hãy chọn hồ sơ ánh xạ khác hoặc xuất lại tệp đúng bảng mã.",
                column=name,
                encoding=Phrase(ENCODING_NAMES[decision.encoding]),
                profile=self.profile.title,
                expected=expected,
            )
            raise FileRefused("encoding-unexpected", message)

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """The span's records, decoded column by column."""
        number = span.first_record
        for piece in pieces(io.BytesIO(data), facts["delimiter"], byte=span.byte_from, line=span.first_line):
            if piece.raw.strip():
                yield self._record(number, piece, facts)
                number += 1

    def _record(self, number: int, piece: Piece, facts: Mapping[str, Any]) -> Raw:
        values = cells(piece.raw, facts["delimiter"])
        faults = _shape_faults(values, piece, len(facts["columns"]))
        fields = {}
        for name, value in zip(facts["columns"], values, strict=False):
            if not name:
                continue
            if value.isascii() and name not in NAME_COLUMNS:  # the same letters in every encoding
                fields[name] = value.decode("ascii")
                continue
            encoding = Encoding(facts["encodings"][name])
            try:
                fields[name] = (decode_name if name in NAME_COLUMNS else decode_text)(value, _of_value(value, encoding))
            except Undecodable as problem:
                fields[name] = value.decode("ascii", "replace")
                template = "Cột {column} có ký tự không thuộc bảng mã {encoding} của cả cột."
                message = Phrase(template, column=name, encoding=Phrase(ENCODING_NAMES[encoding]))
                faults.append(Fault(problem.code, message, name))
        return Raw(number, piece.line, piece.byte_from, piece.raw, fields, faults=tuple(faults))


def _of_value(value: bytes, encoding: Encoding) -> Encoding:
    """A column decided from ASCII samples may still meet its first Vietnamese letter later: then it is UTF-8 or a fault."""
    return Encoding.UTF8 if encoding is Encoding.ASCII and not value.isascii() else encoding


def _prevailing(decisions: Iterable[Decision]) -> Encoding | None:
    """The encoding of the columns that left no doubt, weighed by their marked words."""
    weights: dict[Encoding, int] = {}
    for one in decisions:
        if one.encoding and one.encoding is not Encoding.ASCII:
            weights[one.encoding] = weights.get(one.encoding, 0) + one.words
    return max(weights, key=lambda encoding: weights[encoding], default=None)


def _shape_faults(values: Sequence[bytes], piece: Piece, expected: int) -> list[Fault]:
    if not piece.closed:
        return [Fault("quote-open", 'Dấu nháy kép (") mở mà không đóng ở dòng này.')]
    if len(values) != expected:
        template = "Dòng có {count} cột, tiêu đề có {expected} cột."
        return [Fault("column-count", Phrase(template, count=len(values), expected=expected))]
    return []


def _refuse_binary(head: bytes) -> None:
    if not head:
        raise FileRefused("file-empty", "Tệp rỗng, không có dữ liệu.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(
            "encoding-utf16",
            "Tệp viết bằng UTF-16 (“Unicode Text” của Excel). Hãy lưu lại dạng CSV UTF-8 rồi nộp lại.",
            1,
        )
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused("file-excel", "Đây là tệp Excel hoặc ZIP, không phải CSV. Hãy lưu thành CSV rồi nộp lại.")
    if b"\x00" in head:
        raise FileRefused("file-binary", "Tệp chứa byte 0, không phải tệp văn bản CSV.")


def _sniff(header: bytes) -> str:
    """The delimiter that cuts the header most often."""
    counts = {chr(byte): header.count(bytes([byte])) for byte in _DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    if not counts[best]:
        raise FileRefused("delimiter-unknown", "Dòng 1 không có dấu phân cách cột (phẩy, chấm phẩy, tab hoặc |).", 1)
    return best


def cells(raw: bytes, delimiter: str) -> list[bytes]:
    """The cells of one record, as bytes."""
    if b'"' not in raw and b"\x00" not in raw:
        return raw.rstrip(b"\r\n").split(delimiter.encode())
    reader = csv.reader(io.StringIO(raw.replace(b"\x00", b"").decode("latin-1"), newline=""), delimiter=delimiter)
    try:
        row = next(reader, [])
    except csv.Error:  # a cell longer than the csv module reads: one cell, and the count of columns tells the fault
        return [raw]
    return [cell.encode("latin-1") for cell in row]


def pieces(file: BinaryIO, delimiter: str, *, byte: int, line: int) -> Iterator[Piece]:
    """Records as bytes; a quote that does not close within reason is a fault of its own line only."""
    mark = delimiter.encode()
    waiting: list[bytes] = []
    while current := (waiting.pop(0) if waiting else file.readline(MAX_RECORD)):
        lines, inside = [current], quote_open(current, mark, inside=False)
        while inside and len(lines) < MAX_RECORD_LINES and sum(map(len, lines)) < MAX_RECORD:
            more = waiting.pop(0) if waiting else file.readline(MAX_RECORD)
            if not more:
                break
            lines.append(more)
            inside = quote_open(more, mark, inside=True)
        if inside:
            waiting, lines = lines[1:] + waiting, lines[:1]
        raw = b"".join(lines)
        yield Piece(byte, line, raw, closed=not inside)
        byte += len(raw)
        line += len(lines)


def quote_open(text: bytes, delimiter: bytes, *, inside: bool) -> bool:
    """Whether a quoted cell is still open after this text. A quote opens only at the start of a cell."""
    at = text.find(b'"')
    while at >= 0:
        if inside:
            if text[at + 1 : at + 2] == b'"':
                at += 1
            else:
                inside = False
        elif at == 0 or text[at - 1 : at] == delimiter:
            inside = True
        at = text.find(b'"', at + 1)
    return inside
