"""The client of ClamAV against a server that speaks its protocol."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from records.scanners import ScannerAwayError
from records.scanners.clamd import BLOCK, scan
from tests.records.scanner import EICAR_LIKE, clamd_running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tep"


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 7])
def test_every_byte_is_sent_and_a_clean_file_is_clean(file: Path, settings: Any, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    file.write_bytes(content)
    with clamd_running() as server:
        settings.CLAMD_ADDRESS = server.address
        verdict = scan(file)
    assert verdict.clean
    assert verdict.scanner.startswith("ClamAV 1.4.3")
    assert server.seen == [content]


def test_what_it_finds_has_a_name(file: Path, settings: Any) -> None:
    file.write_bytes(bytes(BLOCK - 5) + EICAR_LIKE)
    with clamd_running() as server:
        settings.CLAMD_ADDRESS = server.address
        assert scan(file).finding == "Test.Signature"


def test_a_daemon_that_will_not_look_says_nothing_about_the_file(file: Path, settings: Any) -> None:
    file.write_bytes(bytes(5000))
    with clamd_running() as server:
        server.most = 1000
        settings.CLAMD_ADDRESS = server.address
        with pytest.raises(ScannerAwayError):
            scan(file)


def test_nobody_there_and_nobody_answering(file: Path, settings: Any, tmp_path: Path) -> None:
    file.write_bytes(b"x")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CLAMD_ADDRESS, settings.CLAMD_SECONDS = f"127.0.0.1:{silent.getsockname()[1]}", 0.2
        with pytest.raises(ScannerAwayError):
            scan(file)
    with pytest.raises(ScannerAwayError):  # the port is closed now
        scan(file)
    settings.CLAMD_ADDRESS = str(tmp_path / "khong-co.ctl")
    with pytest.raises(ScannerAwayError):
        scan(file)
