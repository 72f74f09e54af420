"""Taking in the content of a paper: arrive, be recognised, be scanned, be kept. Inside the caller's transaction."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from records.models import StoredFile
from records.queries.stored_files import document_limits, papers_folder, path_of
from records.rules.file_types import Recognised, recognise
from records.rules.file_types.kinds import too_large
from records.scanners import ScannerAwayError, Verdict, configured_scanner
from registry.commands.file_store import Incoming, receive, settle
from registry.kernel import Context, Refused
from registry.rules.invalid import Invalid


class InfectedFile(Refused):
    """The scanner found something: nothing is kept, and the try is audited like a refused access."""

    def __init__(self, patient_id: object) -> None:
        super().__init__(
            "document-infected",
            "Bộ quét báo tệp có mã độc nên không được nhận. Hãy báo bộ phận công nghệ thông tin và kiểm tra máy đã tạo tệp.",
            "file",
        )
        self.patient_id = patient_id

    @property
    def concerns_access(self) -> bool:
        """Whether it leaves an audit row: yes, although it is about input."""
        return True


def keep_content(ctx: Context, blocks: Iterable[bytes], announced: int | None, patient_id: object) -> StoredFile:
    """The stored content, locked until the transaction ends, so that one paper is filed once.

    Raises Refused at `file` for what the rules do not take, InfectedFile. Nothing of a refused file stays.
    """
    limits = document_limits()
    if announced is not None and announced > limits.largest:
        raise _refused(too_large(announced, limits.largest))
    with receive(
        papers_folder(), blocks, limits.largest, lambda size: _refused(too_large(size, limits.largest))
    ) as incoming:
        facts = _look(incoming)
        known = StoredFile.objects.select_for_update().filter(sha256=incoming.sha256).first()
        state, verdict = _scan(incoming, known)
        if state == StoredFile.Scan.INFECTED:
            raise InfectedFile(patient_id)
        settle(incoming, path_of(incoming.sha256))
        return known or _row(ctx.at, incoming, facts, state, verdict)


def scan_again(stored: StoredFile) -> bool:
    """Ask the scanner about a kept file; whether it gave an answer. Raises ScannerAwayError."""
    scanner = configured_scanner()
    if scanner is None:
        return False
    verdict = scanner(path_of(stored.sha256))
    stored.scan = StoredFile.Scan.CLEAN if verdict.clean else StoredFile.Scan.INFECTED
    stored.scanner, stored.finding, stored.scanned_at = verdict.scanner, verdict.finding, timezone.now()
    stored.save(update_fields=["scan", "scanner", "finding", "scanned_at"])
    return True


def _look(incoming: Incoming) -> Recognised:
    """What the content is, read where it lies: memory does not grow with the file."""
    try:
        if not incoming.size:
            return recognise(b"", document_limits())
        with incoming.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return recognise(content, document_limits())
    except Invalid as problem:
        raise _refused(problem) from problem


def _scan(incoming: Incoming, known: StoredFile | None) -> tuple[str, Verdict | None]:
    """The state of new content; what was looked at before keeps its state, whatever that is."""
    if known is not None:
        return known.scan, None
    scanner = configured_scanner()
    if scanner is None:
        return StoredFile.Scan.NOT_SCANNED, None
    try:
        verdict = scanner(incoming.path)
    except ScannerAwayError:
        return StoredFile.Scan.WAITING, None
    return (StoredFile.Scan.CLEAN if verdict.clean else StoredFile.Scan.INFECTED), verdict


def _row(at: datetime, incoming: Incoming, facts: Recognised, state: str, verdict: Verdict | None) -> StoredFile:
    """The content's row; whoever was faster with the same content made it."""
    row, _ = StoredFile.objects.get_or_create(
        sha256=incoming.sha256,
        defaults={
            "size": incoming.size,
            "media_type": facts.kind.value,
            "pages": facts.pages,
            "width": facts.width,
            "height": facts.height,
            "scan": state,
            "scanner": verdict.scanner if verdict else "",
            "scanned_at": at if verdict else None,
            "received_at": at,
        },
    )
    return StoredFile.objects.select_for_update().get(pk=row.pk)


def _refused(problem: Invalid) -> Refused:
    return Refused(problem.code, problem.message, "file")
