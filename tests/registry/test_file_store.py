"""What a failed transaction leaves in a store goes the next night; what a row names or somebody is bringing stays."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from migration.tasks import sweep_files as sweep_imports
from records.commands.stored_files import sweep_stored_files
from records.models import StoredFile
from records.queries.stored_files import form_path, path_of
from registry.commands.file_store import receive, remove_unnamed, settle
from registry.kernel import Refused
from registry.models import AuditEvent
from registry.queries.contexts import system_context
from tests.factories.city import NOW

BEFORE = NOW - timedelta(days=1)
OLD, YOUNG = BEFORE - timedelta(minutes=1), BEFORE + timedelta(minutes=1)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(path: Path, content: bytes, at: datetime = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def bring(folder: Path, content: bytes) -> None:
    """As a command does it, without a row in the end."""
    with receive(folder, [content], 100, lambda size: Refused("too-large", str(size))) as incoming:
        settle(incoming, folder / incoming.sha256)


def nobody(hashes: Collection[str]) -> set[str]:
    assert len(hashes) > 0
    return set()


@pytest.mark.django_db
def test_only_what_is_old_and_ours_and_named_by_nobody_goes(tmp_path: Path) -> None:
    forgotten, passing = put(tmp_path / "ab" / sha(b"1"), b"1"), put(tmp_path / "dang-nhan-x", b"2")
    stay = [
        put(tmp_path / "ab" / sha(b"3"), b"3"),
        put(tmp_path / "ab" / sha(b"4"), b"4", YOUNG),
        put(tmp_path / "dang-nhan-y", b"5", YOUNG),
        put(tmp_path / "README", b"6"),
    ]
    assert remove_unnamed(tmp_path, lambda hashes: set(hashes) & {sha(b"3")}, BEFORE) == 2
    assert not forgotten.exists()
    assert not passing.exists()
    assert all(path.exists() for path in stay)
    assert remove_unnamed(tmp_path / "nowhere", nobody, BEFORE) == 0


@pytest.mark.django_db
def test_a_file_that_is_named_or_comes_again_while_the_sweep_looks_stays(tmp_path: Path) -> None:
    named, again = put(tmp_path / sha(b"1"), b"1"), put(tmp_path / sha(b"2"), b"2")
    asked: list[int] = []

    def named_at_the_second_look(hashes: Collection[str]) -> set[str]:
        asked.append(len(hashes))
        os.utime(again)
        return set() if len(asked) == 1 else set(hashes) & {sha(b"1")}

    assert remove_unnamed(tmp_path, named_at_the_second_look, BEFORE) == 0
    assert (asked, named.exists(), again.exists()) == ([2, 1, 1], True, True)


@pytest.mark.django_db(transaction=True)
def test_what_somebody_is_bringing_is_left_until_their_transaction_ends(tmp_path: Path) -> None:
    path = tmp_path / sha(b"1")
    settled, go_on = threading.Event(), threading.Event()

    def bring_slowly() -> None:
        try:
            with transaction.atomic():
                bring(tmp_path, b"1")
                os.utime(path, (OLD.timestamp(), OLD.timestamp()))
                settled.set()
                go_on.wait(10)
        finally:
            connection.close()

    other = threading.Thread(target=bring_slowly)
    other.start()
    assert settled.wait(10)
    with transaction.atomic():
        during = remove_unnamed(tmp_path, nobody, BEFORE)
    go_on.set()
    other.join(10)
    assert (during, path.exists()) == (0, True)
    with transaction.atomic():
        assert remove_unnamed(tmp_path, nobody, BEFORE) == 1
    assert not path.exists()


@pytest.mark.django_db
def test_the_nightly_sweep_knows_every_stores_rows(settings: object) -> None:
    known = StoredFile.objects.create(
        sha256=sha(b"1"), size=1, media_type="application/pdf", scan=StoredFile.Scan.NOT_SCANNED, received_at=NOW
    )
    paper, orphan = put(path_of(known.sha256), b"1"), put(path_of(sha(b"2")), b"2")
    form = put(form_path(sha(b"3")), b"3")
    assert sweep_stored_files(system_context(NOW, label="file-sweep")) == {"papers": 1, "forms": 1}
    assert (paper.exists(), orphan.exists(), form.exists()) == (True, False, False)
    assert sweep_imports() == 0
    details = AuditEvent.objects.filter(action="sweep-files").order_by("id").values_list("detail", flat=True)
    assert list(details) == [{"papers": 1, "forms": 1}, {"imports": 0}]
