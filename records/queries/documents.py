"""Papers of an opened record: the list, one of them, and its content for the browser."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from records.models import Document, StoredFile
from records.queries.access import RecordAccess, open_record
from records.queries.restricted import reader_parameters
from records.queries.stored_files import path_of
from records.rules.file_types import FileKind
from records.scanners import configured_scanner
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, query

PAGE = 25

_LIST = """
SELECT d.id, d.kind, d.title, d.dated_on, d.restricted, f.short_name, coalesce(s.full_name, ''), d.recorded_at,
       d.facility_id = %(facility)s, k.media_type, k.size, k.pages, k.width, k.height, k.scan, k.scanned_at,
       d.superseded_by_id, d.superseded_reason, d.withdrawn_at, d.withdrawn_reason
FROM records_document d JOIN records_storedfile k ON k.id = d.file_id JOIN registry_facility f ON f.id = d.facility_id
LEFT JOIN registry_staff s ON s.id = d.recorded_by_id
WHERE d.patient_id = %(patient)s AND (NOT d.restricted OR %(sees_restricted)s OR d.recorded_by_id = %(reader)s) AND {which}
ORDER BY d.dated_on DESC, d.id DESC LIMIT %(limit)s
"""
_BEFORE = _LIST.format(which="(d.dated_on, d.id) < (%(day)s, %(id)s)")
_ONE = _LIST.format(which="d.id = %(id)s")
_HIDDEN = """
SELECT EXISTS (SELECT 1 FROM records_document WHERE patient_id = %(patient)s AND restricted
                AND NOT (%(sees_restricted)s OR recorded_by_id IS NOT DISTINCT FROM %(reader)s))
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One paper. here: this facility filed it; pages, width, height where the kind has them; scan: StoredFile.Scan."""

    id: uuid.UUID
    kind: str
    title: str
    dated_on: date
    restricted: bool
    facility: str
    said_by: str
    recorded_at: datetime
    here: bool
    media_type: str
    size: int
    pages: int | None
    width: int | None
    height: int | None
    scan: str
    scanned_at: datetime | None
    superseded_by: uuid.UUID | None
    superseded_reason: str
    withdrawn_at: datetime | None
    withdrawn_reason: str

    @property
    def file_kind(self) -> FileKind:
        """What it is by its content."""
        return FileKind(self.media_type)

    @property
    def current(self) -> bool:
        """Neither replaced nor withdrawn."""
        return self.superseded_by is None and self.withdrawn_at is None

    @property
    def servable(self) -> bool:
        """Whether its content may be shown: scanned or scannable by nobody, and not withdrawn."""
        return self.withdrawn_at is None and self.scan in SERVED

    @property
    def kind_words(self) -> str:
        """The kind in people's words."""
        return str(Document.Kind(self.kind).label)

    @property
    def scan_words(self) -> str:
        """What the virus scanner said, in people's words."""
        return str(StoredFile.Scan(self.scan).label)


SERVED = frozenset({StoredFile.Scan.CLEAN.value, StoredFile.Scan.NOT_SCANNED.value})


@dataclass(frozen=True, slots=True)
class Lines:
    """Papers, latest first. before: the cursor of earlier ones, empty at the end. hidden: there are restricted ones
    that this reader may not know more of. unscanned: no scanner is set up."""

    papers: tuple[Line, ...]
    before: str
    hidden: bool
    unscanned: bool


@dataclass(frozen=True, slots=True)
class Served:
    """The content of one paper: where it lies, and the name a downloaded copy gets (nobody's)."""

    path: Path
    kind: FileKind
    size: int
    file_name: str


KINDS: tuple[tuple[str, str], ...] = tuple((value, str(label)) for value, label in Document.Kind.choices)


def find_documents(access: RecordAccess, *, before: str = "") -> Lines:
    """Papers of all facilities by the day they bear. Raises Refused for a bad cursor."""
    day, identity = _cursor(before)
    rows = _rows(_BEFORE, access, {"day": day, "id": identity, "limit": PAGE + 1})
    papers = tuple(Line(*row) for row in rows[:PAGE])
    more = f"{papers[-1].dated_on.isoformat()}~{papers[-1].id}" if len(rows) > PAGE else ""
    ((hidden,),) = _rows(_HIDDEN, access, {})
    return Lines(papers, more, bool(hidden), configured_scanner() is None)


def get_document(access: RecordAccess, document_id: uuid.UUID) -> Line:
    """One paper of the opened record. Raises NotFound for another person's, and for one that is hidden from the reader."""
    rows = _rows(_ONE, access, {"id": document_id, "limit": 1})
    if not rows:
        raise NotFound("Không tìm thấy giấy tờ này trong hồ sơ.", "no-such-document")
    return Line(*rows[0])


@query(Permission.RECORD_READ)
def get_document_content(ctx: Context, patient_id: uuid.UUID, document_id: uuid.UUID) -> Served:
    """The content of a paper, for one audited reading.

    Raises as open_record; NotFound; Conflict (document-waiting, document-infected, document-withdrawn) while it may be shown
    to nobody; Refused(document-missing) when the disk has lost it.
    """
    access = open_record(ctx, patient_id, action="read-document", target=("Document", document_id))
    line = get_document(access, document_id)
    if not line.servable:
        raise _closed(line)
    (sha256,) = StoredFile.objects.filter(documents=line.id).values_list("sha256", flat=True)
    path = path_of(sha256)
    if not path.is_file():
        raise Refused("document-missing", "Không đọc được tệp trên kho lưu. Hãy báo quản trị hệ thống.")
    name = f"giay-to-{line.dated_on:%Y%m%d}-{str(line.id)[-8:]}.{line.file_kind.suffix}"
    return Served(path, line.file_kind, line.size, name)


def _closed(line: Line) -> Conflict:
    if line.withdrawn_at:
        return Conflict("document-withdrawn", "Giấy tờ này đã được rút khỏi hồ sơ.")
    if line.scan == StoredFile.Scan.INFECTED:
        return Conflict("document-infected", "Tệp này có mã độc nên không mở được.")
    return Conflict("document-waiting", "Tệp đang chờ quét mã độc, chưa mở được. Hãy thử lại sau vài phút.")


def _cursor(text: str) -> tuple[date, uuid.UUID]:
    """Where the last page ended; the end of time for the first page."""
    day, _, identity = text.partition("~")
    try:
        return (date.fromisoformat(day), uuid.UUID(identity)) if text else (date.max, uuid.UUID(int=0))
    except ValueError as error:
        raise Refused("bad-cursor", "Liên kết trang không đúng; hãy mở lại từ đầu danh sách.") from error


def _rows(statement: str, access: RecordAccess, more: dict[str, Any]) -> list[tuple[Any, ...]]:
    known = {"patient": access.patient_id, "facility": access.facility_id, **reader_parameters(access)}
    with connection.cursor() as cursor:
        cursor.execute(statement, known | more)
        return list(cursor.fetchall())
