"""Papers: kept by hash, scanned, replaced and withdrawn with a reason; what is refused leaves nothing."""

from __future__ import annotations

import hashlib
import stat
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from records.commands.document_files import InfectedFile
from records.commands.documents import (
    Paper,
    add_document,
    replace_document,
    scan_waiting_files,
    withdraw_document,
)
from records.commands.emergency import open_emergency_access
from records.models import Document, SourceRecord, StoredFile
from records.queries.access import RecordClosed, open_record
from records.queries.documents import find_documents, get_document_content
from records.queries.stored_files import path_of
from registry.kernel import Conflict, Context, Forbidden, NotFound, Refused
from registry.queries.contexts import system_context
from tests.factories.city import NOW, City
from tests.records.conftest import register
from tests.records.papers import CATALOG, PAGE, PAGES, dicom, pdf, png, stream
from tests.records.scanner import EICAR_LIKE, clamd_running

PAPER = Paper("laboratory", "Kết quả công thức máu", date(2026, 11, 20))
BAD = pdf(CATALOG, PAGES, PAGE, stream(b"", EICAR_LIKE))
WHY = "Bản quét trước bị mờ"


@pytest.fixture
def patient(city: City) -> uuid.UUID:
    return register(city)


def add(ctx: Context, patient: uuid.UUID, content: bytes = pdf(), paper: Paper = PAPER, **more: Any) -> uuid.UUID:
    return add_document(ctx, patient_id=patient, paper=paper, blocks=[content], **more)


def kept(settings: Any) -> list[Path]:
    """Every file of the store."""
    return [path for path in (Path(settings.MEDIA_ROOT) / "documents").rglob("*") if path.is_file()]


def test_a_paper_is_kept_once_by_its_hash_under_the_facilitys_own_statement(
    city: City, patient: uuid.UUID, trail: Any, settings: Any
) -> None:
    content, ctx = pdf(), city.ctx("y.ta", NOW)
    other = register(city, cccd="001172099999", name="Trần Thị Bình", phone="")
    trail()
    row = Document.objects.select_related("file").get(pk=add(ctx, patient, content))
    assert [(r.action, r.patient_id, r.target_id) for r in trail()] == [("add-document", patient, str(row.pk))]
    digest = hashlib.sha256(content).hexdigest()
    assert (row.file.sha256, row.file.size, row.file.pages) == (digest, len(content), 1)
    assert row.source_record == SourceRecord.objects.get(link__patient=patient)
    assert (row.facility, row.recorded_by) == (city.here, city.staff["y.ta"])
    path = path_of(digest)
    assert path.read_bytes() == content
    assert path.relative_to(settings.MEDIA_ROOT).parts == ("documents", digest[:2], digest[2:4], digest)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path.parent.parent)} == {0o700}
    add(ctx, other, content)
    assert (StoredFile.objects.count(), kept(settings)) == (1, [path])
    with pytest.raises(Conflict) as again:
        add(ctx, patient, content)
    assert (again.value.code, again.value.field) == ("document-again", "file")


def test_without_a_scanner_it_says_not_scanned_and_opens(city: City, patient: uuid.UUID) -> None:
    ctx = city.ctx("bac.si", NOW)
    identity = add(ctx, patient)
    found = find_documents(open_record(ctx, patient))
    assert (found.unscanned, found.papers[0].scan, found.papers[0].servable) == (True, "not-scanned", True)
    served = get_document_content(ctx, patient, identity)
    assert served.path.read_bytes() == pdf()
    assert "giay-to-20261120-" in served.file_name


def test_every_fault_at_its_field_before_the_file_is_taken(city: City, patient: uuid.UUID, settings: Any) -> None:
    def blocks() -> Iterator[bytes]:
        pytest.fail("the file was read")
        yield b""

    wrong = Paper("x", " ", NOW.date() + timedelta(days=1))
    with pytest.raises(Refused) as refused:
        add_document(city.ctx("y.ta", NOW), patient_id=patient, paper=wrong, blocks=blocks())
    assert [(one.code, one.field) for one in refused.value.all] == [
        ("document-kind", "kind"), ("document-title", "title"), ("document-date", "dated_on"),
    ]  # fmt: skip
    for day in (None, date(1850, 1, 1)):
        with pytest.raises(Refused) as refused:
            add(city.ctx("y.ta", NOW), patient, paper=replace(PAPER, dated_on=day))
        assert refused.value.field == "dated_on"
    assert kept(settings) == []


def test_what_is_refused_leaves_nothing(city: City, patient: uuid.UUID, settings: Any) -> None:
    ctx = city.ctx("y.ta", NOW)
    settings.DOCUMENT_MAX_BYTES, settings.DICOM_MAX_BYTES = 1500, 2000
    for content, more, code in (
        (b"", {}, "file-empty"),
        (b"<html></html>", {}, "file-kind"),
        (png(60, 60, lines=b""), {}, "file-broken"),
        (pdf() + bytes(3000), {}, "file-too-large"),
        (pdf(), {"size": 5000}, "file-too-large"),
        (pdf(CATALOG, PAGES, PAGE, stream(b"", bytes(1200))), {}, "file-too-large"),
    ):
        with pytest.raises(Refused) as refused:
            add(ctx, patient, content, **more)
        assert (refused.value.code, refused.value.field) == (code, "file")
    assert (kept(settings), Document.objects.count(), StoredFile.objects.count()) == ([], 0, 0)
    add(ctx, patient, dicom(data=bytes(1600)))


def test_a_stream_without_end_stops_at_the_limit(city: City, patient: uuid.UUID, settings: Any) -> None:
    settings.DICOM_MAX_BYTES, settings.DOCUMENT_MAX_BYTES = 100_000, 50_000
    sent = 0

    def blocks() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield bytes(10_000)

    with pytest.raises(Refused, match="file-too-large"):
        add_document(city.ctx("y.ta", NOW), patient_id=patient, paper=PAPER, blocks=blocks())
    assert (sent, kept(settings)) == (11, [])


def test_who_may_not_and_where_it_is_closed(city: City, patient: uuid.UUID) -> None:
    for username in ("le.tan", "duoc.si", "thu.ngan", "so.y.te"):
        with pytest.raises(Forbidden, match="permission-denied"):
            add(city.ctx(username, NOW), patient)
    with pytest.raises(RecordClosed):
        add(city.ctx("bac.si.2", NOW), patient)
    with pytest.raises(NotFound):
        add(city.ctx("bac.si", NOW), uuid.uuid4())


def test_infected_is_refused_and_audited(city: City, patient: uuid.UUID, trail: Any, settings: Any) -> None:
    ctx = city.ctx("y.ta", NOW)
    trail()
    with clamd_running() as clamd:
        settings.CLAMD_ADDRESS, settings.DOCUMENT_SCANNER = clamd.address, "records.scanners.clamd.scan"
        with pytest.raises(InfectedFile) as refused:
            add(ctx, patient, BAD)
        clean = Document.objects.get(pk=add(ctx, patient))
    assert refused.value.field == "file"
    assert [(r.action, r.outcome, r.code, r.patient_id) for r in trail()] == [
        ("refuse", "refused", "document-infected", patient),
        ("add-document", "ok", "", patient),
    ]
    assert (clean.file.scan, clean.file.scanner[:6]) == ("clean", "ClamAV")
    assert len(kept(settings)) == StoredFile.objects.count() == 1


def test_while_the_scanner_is_away_it_waits_in_quarantine(city: City, patient: uuid.UUID, settings: Any) -> None:
    ctx, office = city.ctx("bac.si", NOW), system_context(NOW, label="document-scan")
    settings.CLAMD_ADDRESS, settings.DOCUMENT_SCANNER = "127.0.0.1:1", "records.scanners.clamd.scan"
    good, bad = add(ctx, patient), add(ctx, patient, BAD)
    for identity in (good, bad):
        with pytest.raises(Conflict, match="document-waiting"):
            get_document_content(ctx, patient, identity)
    assert scan_waiting_files(office) == {"clean": 0, "infected": 0, "waiting": 1}
    with clamd_running() as clamd:
        settings.CLAMD_ADDRESS = clamd.address
        assert scan_waiting_files(office) == {"clean": 1, "infected": 1, "waiting": 0}
        assert scan_waiting_files(office) == {"clean": 0, "infected": 0, "waiting": 0}
        with pytest.raises(InfectedFile):  # known by its hash, whoever sends it next
            add(ctx, register(city, cccd="001172099999", name="Trần Thị Bình"), BAD)
    assert get_document_content(ctx, patient, good).path.read_bytes() == pdf()
    with pytest.raises(Conflict, match="document-infected"):
        get_document_content(ctx, patient, bad)


def test_replacing_keeps_the_earlier_one_readable(city: City, patient: uuid.UUID, trail: Any) -> None:
    ctx = city.ctx("y.ta", NOW)
    first = add(ctx, patient)
    change = {"patient_id": patient, "paper": PAPER, "blocks": [png()]}
    with pytest.raises(Refused) as refused:
        replace_document(ctx, document_id=first, reason="mờ", **change)
    assert refused.value.field == "reason"
    trail()
    second = replace_document(ctx, document_id=first, reason=WHY, **change)
    assert [r.action for r in trail()] == ["replace-document"]
    found = {line.id: line for line in find_documents(open_record(ctx, patient)).papers}
    assert (found[first].superseded_by, found[first].superseded_reason, found[first].current) == (second, WHY, False)
    assert found[second].current
    assert get_document_content(ctx, patient, first).path.read_bytes() == pdf()
    with pytest.raises(Conflict, match="document-not-current"):
        replace_document(ctx, document_id=first, reason=WHY, **change)


def test_withdrawing_closes_it_to_everybody_and_frees_the_way(city: City, patient: uuid.UUID) -> None:
    ctx = city.ctx("y.ta", NOW)
    identity = add(ctx, patient)
    with pytest.raises(Refused, match="reason-too-short"):
        withdraw_document(ctx, patient_id=patient, document_id=identity, reason="")
    withdraw_document(ctx, patient_id=patient, document_id=identity, reason="Giấy tờ của người khác")
    row = Document.objects.get(pk=identity)
    assert (row.withdrawn_at, row.withdrawn_by) == (NOW, city.staff["y.ta"])
    with pytest.raises(Conflict, match="document-withdrawn"):
        get_document_content(city.ctx("bac.si", NOW), patient, identity)
    add(ctx, patient)


def test_another_facilitys_paper_is_read_and_not_changed(city: City, patient: uuid.UUID) -> None:
    identity = add(city.ctx("y.ta", NOW), patient)
    stranger = city.ctx("bac.si.2", NOW)
    with pytest.raises(RecordClosed):
        get_document_content(stranger, patient, identity)
    open_emergency_access(stranger, patient_id=patient, reason="Hôn mê, cần biết tiền sử")
    assert get_document_content(stranger, patient, identity).size == len(pdf())
    with pytest.raises(Refused, match="document-not-yours"):
        withdraw_document(stranger, patient_id=patient, document_id=identity, reason="Giấy tờ của người khác")


def test_a_paper_is_found_under_its_own_person_only(city: City, patient: uuid.UUID) -> None:
    other = register(city, cccd="001172099999", name="Trần Thị Bình", phone="")
    identity = add(city.ctx("y.ta", NOW), patient)
    for call in (
        lambda ctx: get_document_content(ctx, other, identity),
        lambda ctx: withdraw_document(ctx, patient_id=other, document_id=identity, reason=WHY),
    ):
        with pytest.raises(NotFound):
            call(city.ctx("y.ta", NOW))


def test_restricted_papers_are_unseen_without_the_right(city: City, patient: uuid.UUID) -> None:
    identity = add(city.ctx("y.ta", NOW), patient, paper=replace(PAPER, restricted=True))
    other = city.ctx("ky.thuat.vien", NOW)
    unseen = find_documents(open_record(other, patient))
    assert (unseen.papers, unseen.hidden) == ((), True)
    with pytest.raises(NotFound):
        get_document_content(other, patient, identity)
    with pytest.raises(NotFound):
        withdraw_document(other, patient_id=patient, document_id=identity, reason=WHY)
    assert get_document_content(city.ctx("y.ta", NOW), patient, identity).size  # who filed it knows of it
    doctor = find_documents(open_record(city.ctx("bac.si", NOW), patient))
    assert ([line.id for line in doctor.papers], doctor.hidden) == ([identity], False)


def test_the_list_goes_on_by_key(city: City, patient: uuid.UUID, django_assert_num_queries: Any) -> None:
    ctx = city.ctx("bac.si", NOW)
    for number in range(45):
        add(ctx, patient, png(8, number + 1), replace(PAPER, dated_on=date(2026, 1, 1) + timedelta(days=number // 2)))
    access = open_record(ctx, patient)
    with django_assert_num_queries(2):
        first = find_documents(access)
    second = find_documents(access, before=first.before)
    assert (len(first.papers), len(second.papers), second.before) == (25, 20, "")
    assert len({line.id for line in first.papers + second.papers}) == 45
    with pytest.raises(Refused, match="bad-cursor"):
        find_documents(access, before="hôm qua")
