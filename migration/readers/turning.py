"""Files that cannot be cut by bytes (workbooks, dumps, messages, bundles, archives), turned at receipt into a rows file.

The blocks of the rows file are given one after another, so that they can be kept by their hash as they come; its parts are
known when the last block has been given. What a profile reads decides what is looked for: tables, messages or resources.
"""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, BinaryIO

from migration.readers.archives import gunzipped, open_archive, unpacked
from migration.readers.columns import Columns
from migration.readers.dbf import DELETED, Memo, cells_of, cut, read_form
from migration.readers.dbf import records as dbf_records
from migration.readers.dumps import Dump, Table
from migration.readers.gathered_messages import framed, gather_messages
from migration.readers.gathered_resources import Resources
from migration.readers.gathering import Gathering
from migration.readers.kinds import HEAD, Kind, recognise, utf16_order
from migration.readers.parts import Part
from migration.readers.sheets import sheets
from migration.rules.faults import FileRefused
from migration.rules.profiles import FHIR, HL7, TABULAR, Profile
from registry.rules.phrases import Phrase

_BLOCK = 1024 * 1024
_DEEPEST = 3  # a gzip of a UTF-16 text in a ZIP, and no more
_MOST_TABLES = 64  # of a dump, with the columns of a person
UNPACKED_MOST = 4 * 1024 * 1024 * 1024
_TITLES = {
    Kind.DBF: Phrase("tệp DBF"), Kind.WORKBOOK: Phrase("bảng tính Excel"), Kind.SQL: Phrase("tệp SQL"),
    Kind.HL7: Phrase("tệp tin nhắn HL7"), Kind.JSON: Phrase("tệp JSON (FHIR)"), Kind.XML: Phrase("tệp XML"),
    Kind.TEXT: Phrase("tệp văn bản"), Kind.ZIP: Phrase("gói ZIP"),
    Kind.PG_ARCHIVE: Phrase("tệp pg_dump dạng riêng của PostgreSQL"),
}  # fmt: skip
_CONTAINERS = frozenset({Kind.ZIP, Kind.GZIP})
_TABLES = frozenset({Kind.WORKBOOK, Kind.SQL, Kind.UTF16})
_WANTED = {HL7: frozenset({Kind.HL7}), FHIR: frozenset({Kind.JSON})}
_NO_DATA = (".txt", ".pdf", ".doc", ".docx", ".jpg", ".jpeg", ".png", ".exe", ".cdx", ".ini", ".db", ".md", ".log", ".mdx",
            ".idx", ".ntx", ".fpt", ".dbt", ".dbc", ".dct", ".dcx", ".bat", ".htm", ".html")  # fmt: skip
_MEMO_ENDS = (".fpt", ".dbt")


def turning_of(file: BinaryIO, profile: Profile) -> Turning | None:
    """How a file is turned; None when it is read as it stands.

    Raises FileRefused: format-other (the profile reads something else), pg-archive.
    """
    kind = recognise(file)
    if kind is Kind.PG_ARCHIVE:
        template = "Tệp pg_dump ở dạng riêng của PostgreSQL, không đọc được. Hãy xuất lại: {command}."
        raise FileRefused("pg-archive", Phrase(template, command="pg_dump --format=plain"))
    if kind in _CONTAINERS:
        return Turning(file, profile, kind)
    if profile.format in TABULAR:
        if kind in (Kind.HL7, Kind.JSON, Kind.XML):
            raise _other(kind, profile)
        return Turning(file, profile, kind) if kind in _TABLES else None
    wanted = _WANTED.get(profile.format)
    if wanted is None:  # XML, whose reader tells what is wrong with anything else
        return None
    if kind not in wanted and kind is not Kind.UTF16:
        raise _other(kind, profile)
    return Turning(file, profile, kind)


def _other(kind: Kind, profile: Profile) -> FileRefused:
    template = "Tệp là {kind}, hồ sơ ánh xạ “{profile}” không đọc loại này. Hãy chọn loại tệp khác."
    message = Phrase(template, kind=_TITLES.get(kind, str(kind)), profile=profile.title)
    return FileRefused("format-other", message)


class Turning:
    """One file on its way to a rows file. parts and passed_over are whole once `blocks` has ended."""

    def __init__(self, file: BinaryIO, profile: Profile, kind: Kind) -> None:
        self.parts: list[Part] = []
        self.passed_over: list[str] = []
        self.deleted = 0
        self._file, self._profile, self._kind = file, profile, kind
        self._columns = Columns(profile) if profile.format in TABULAR else None
        self._stack = ExitStack()
        self._gathering: Gathering | None = None
        self._resources: Resources | None = None

    def blocks(self) -> Iterator[bytes]:
        """The rows file. Raises FileRefused."""
        byte = 0
        with self._stack:
            for form, name, blocks in self._sources(self._file, self._kind, "", 0):
                begin = byte
                for block in blocks:
                    byte += len(block)
                    if byte > UNPACKED_MOST:
                        raise FileRefused("archive-too-large", "Dữ liệu mở ra quá lớn. Hãy chia thành nhiều tệp.")
                    yield block
                if byte > begin:
                    self.parts.append(Part(form, name, begin, byte))
        if not byte:
            raise FileRefused("no-records", "Tệp không chứa dữ liệu nào đọc được theo hồ sơ ánh xạ này.")

    def _sources(self, file: BinaryIO, kind: Kind, name: str, depth: int) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        """(form, name, blocks) of every part within."""
        if depth > _DEEPEST:
            raise FileRefused("archive-nested", "Gói nén lồng nhau quá sâu. Hãy giải nén bớt rồi nộp lại.")
        yield from self._opened(file, kind, name, depth)
        if depth == 0 and self._gathering is not None:
            yield from self._gathered(self._gathering)

    def _opened(self, file: BinaryIO, kind: Kind, name: str, depth: int) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        if kind is Kind.ZIP:
            yield from self._members(file, name, depth)
        elif kind is Kind.GZIP:
            with gunzipped(file, UNPACKED_MOST) as inner:
                yield from self._sources(inner, recognise(inner), name, depth + 1)
        elif kind is Kind.UTF16:
            with tempfile.TemporaryFile() as inner:
                _transcode(file, inner)
                yield from self._sources(inner, recognise(inner), name, depth + 1)
        elif self._columns is not None:
            yield from self._tables(file, kind, name, self._columns)
        else:
            yield from self._documents(file, kind, name)

    # ------------------------------------------------------------------------------------------------------------ members

    def _members(self, file: BinaryIO, name: str, depth: int) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        if depth:
            raise FileRefused(
                "archive-nested", Phrase("Trong gói nén lại có gói ZIP {name}: hãy giải nén rồi nộp.", name=name)
            )
        with open_archive(file, UNPACKED_MOST) as (archive, members):
            memos = {one.filename.lower(): one for one in members if one.filename.lower().endswith(_MEMO_ENDS)}
            for one in members:
                if _is_no_data(one.filename):
                    if one.filename.lower() not in memos:
                        self.passed_over.append(one.filename)
                    continue
                with unpacked(archive, one) as inner:
                    kind = recognise(inner)
                    stem = one.filename.lower().rpartition(".")[0]
                    memo = next((memos[stem + end] for end in _MEMO_ENDS if stem + end in memos), None)
                    if kind is Kind.DBF and memo is not None and self._columns is not None:
                        with unpacked(archive, memo) as texts:
                            yield "rows", one.filename, self._with_memo(inner, texts, memo.filename)
                    else:
                        yield from self._sources(inner, kind, one.filename, depth + 1)

    def _with_memo(self, file: BinaryIO, texts: BinaryIO, name: str) -> Iterator[bytes]:
        """A DBF whose texts stand in another file cannot be cut: its live records become rows."""
        form = read_form(file)
        memo = Memo(texts, foxpro=name.lower().endswith(".fpt"))
        yield csv_line([field.name.encode("latin-1") for field in form.fields])
        seen = 0
        for _, record in dbf_records(file, form):
            seen += 1
            if record[:1] == DELETED:
                self.deleted += 1
                yield b"\r\n"
            else:
                yield csv_line(cells_of(record, form, memo))
        if seen < form.records:
            raise cut(form.records, seen)

    # ------------------------------------------------------------------------------------------------------------- tables

    def _tables(
        self, file: BinaryIO, kind: Kind, name: str, columns: Columns
    ) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        if kind is Kind.WORKBOOK:
            for sheet, rows in sheets(file):
                yield "rows", " / ".join(filter(None, (name, sheet))), map(csv_line, rows)
        elif kind is Kind.SQL:
            yield from self._dumped(file, name, columns)
        elif kind in (Kind.DBF, Kind.TEXT):
            yield kind.value, name, _copy(file)
        elif kind is Kind.PG_ARCHIVE or not name:
            raise _other(kind, self._profile)
        else:
            self.passed_over.append(name)

    def _dumped(self, file: BinaryIO, name: str, columns: Columns) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        """A part for every table of a dump that holds people; rows of several tables may come mixed."""
        dump = Dump(file, columns.fits)
        with ExitStack() as stack:
            found: dict[int, tuple[Table, IO[bytes]]] = {}
            for table, line, row in dump.rows():
                if id(table) not in found:
                    if len(found) == _MOST_TABLES:
                        template = (
                            "Tệp SQL có quá {limit} bảng giống danh sách người bệnh. Hãy xuất riêng bảng cần nạp."
                        )
                        raise FileRefused("sql-tables", Phrase(template, limit=_MOST_TABLES), line)
                    out: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())
                    out.write(csv_line([column.encode() for column in table.columns]))
                    found[id(table)] = (table, out)
                found[id(table)][1].write(csv_line(row))
            self.passed_over += [one.name for one in dump.tables.values() if not one.wanted and one.rows]
            if not found:
                raise _no_person_table(dump.tables.values())
            for table, out in found.values():
                yield "rows", " / ".join(filter(None, (name, table.name))), _copy(out)

    # ---------------------------------------------------------------------------------------------------------- documents

    def _documents(self, file: BinaryIO, kind: Kind, name: str) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        """What a profile of messages, resources or XML finds; the first two are gathered over all members."""
        if self._profile.format in _WANTED:
            if kind not in _WANTED[self._profile.format]:
                if not name:
                    raise _other(kind, self._profile)
                self.passed_over.append(name)
                return
            if self._gathering is None:
                self._gathering = self._stack.enter_context(Gathering())
                self._resources = Resources(self._gathering) if self._profile.format == FHIR else None
            if self._resources is not None:
                self._resources.gather(file)
            else:
                gather_messages(file, self._gathering)
        elif kind is Kind.XML:
            yield "xml", name, _copy(file)
        else:
            self.passed_over.append(name)

    def _gathered(self, gathering: Gathering) -> Iterator[tuple[str, str, Iterable[bytes]]]:
        if self._resources is not None:
            yield FHIR, "", self._resources.records()
            self.passed_over += [f"{kind} ({count})" for kind, count in sorted(self._resources.alone.items())]
        else:
            yield HL7, "", framed(gathering.groups())


def _is_no_data(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(_NO_DATA) or "__macosx" in lower or lower.rpartition("/")[2].startswith(".")


def _no_person_table(tables: Iterable[Table]) -> FileRefused:
    told = ", ".join(table.name[:40] for table in list(tables)[:12]) or "–"
    template = "Tệp SQL không có bảng nào đủ cột họ tên, ngày sinh, giới tính. Các bảng đọc được: {tables}."
    return FileRefused("column-missing", Phrase(template, tables=told))


def _copy(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _transcode(file: BinaryIO, out: IO[bytes]) -> None:
    """UTF-16 to UTF-8; what is no character becomes U+FFFD, which no encoding check takes for Vietnamese."""
    file.seek(0)
    order = utf16_order(file.read(HEAD))
    file.seek(0)
    decoder = codecs.getincrementaldecoder(order)("replace")
    first = True
    while block := file.read(_BLOCK):
        text = decoder.decode(block)
        out.write((text.removeprefix("\ufeff") if first else text).encode("utf-8", "replace"))
        first = False
    out.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))


def csv_line(cells: Sequence[bytes]) -> bytes:
    """A row of a rows file; a row without a word in it is a blank line, so that lines go on counting."""
    if not any(cells):
        return b"\r\n"
    return b",".join(_quoted(cell) for cell in cells) + b"\r\n"


def _quoted(cell: bytes) -> bytes:
    if b'"' in cell or b"," in cell or b"\n" in cell or b"\r" in cell:
        return b'"' + cell.replace(b'"', b'""') + b'"'
    return cell
