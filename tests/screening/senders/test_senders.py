"""Senders against real files and a real HTTP server: what failed is said, and never counted as sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from screening.senders import Message, NotSentError, configured_sender
from screening.senders.gateway import GatewaySender
from screening.senders.local import ConsoleSender, FileSender

MESSAGE = Message("019abc-1", "+84912000345", "Trạm y tế mời ông/bà")


class Gateway(ThreadingHTTPServer):
    """Answers what `answers` says, one after another, and remembers what it was asked."""

    answers: list[int]
    asked: list[tuple[str, dict[str, str]]]


class _Answer(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers["Idempotency-Key"], body))
        status = self.server.answers.pop(0)
        if status == 0:
            time.sleep(0.6)
            status = 200
        try:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"id": "gw-1"}')
        except (BrokenPipeError, ConnectionResetError):
            return

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    server = Gateway(("127.0.0.1", 0), _Answer)
    server.answers, server.asked = [], []
    settings.SCREENING_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/gui"
    settings.SCREENING_GATEWAY_SECONDS, settings.SCREENING_GATEWAY_PAUSE = 0.3, 0.01
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("answers", [[200], [503, 200], [429, 500, 202], [0, 200]])
def test_a_gateway_that_stumbles_is_tried_again_under_the_same_key(gateway: Gateway, answers: list[int]) -> None:
    gateway.answers = [*answers]
    assert GatewaySender().send(MESSAGE) == "gw-1"
    assert len(gateway.asked) == len(answers)
    assert {key for key, _ in gateway.asked} == {MESSAGE.key}
    assert gateway.asked[0][1] == {"to": MESSAGE.to, "text": MESSAGE.text}


@pytest.mark.parametrize(
    ("answers", "tries", "why"),
    [([400], 1, "HTTP 400"), ([500, 500, 500], 3, "HTTP 500"), ([0, 0, 0], 3, "không trả lời kịp")],
)
def test_a_gateway_that_says_no_raises_with_why(gateway: Gateway, answers: list[int], tries: int, why: str) -> None:
    gateway.answers = [*answers]
    with pytest.raises(NotSentError) as failed:
        GatewaySender().send(MESSAGE)
    assert why in failed.value.reason
    assert len(gateway.asked) == tries


@pytest.mark.parametrize(("url", "why"), [("", "Chưa cấu hình"), ("file:///etc/passwd", "Chưa cấu hình")])
def test_an_address_that_is_none_is_never_asked(settings: Any, url: str, why: str) -> None:
    settings.SCREENING_GATEWAY_URL = url
    with pytest.raises(NotSentError, match=why):
        GatewaySender().send(MESSAGE)


def test_a_gateway_that_is_away_raises_with_why(settings: Any) -> None:
    settings.SCREENING_GATEWAY_URL, settings.SCREENING_GATEWAY_PAUSE = "http://127.0.0.1:9/", 0.01
    with pytest.raises(NotSentError, match="Không kết nối"):
        GatewaySender().send(MESSAGE)


def test_files_are_written_once_a_key_for_their_owner_only(settings: Any, tmp_path: Path) -> None:
    settings.SCREENING_OUTBOX = tmp_path / "gui"
    assert FileSender().send(MESSAGE) == FileSender().send(MESSAGE) == "019abc-1.json"
    (file,) = (tmp_path / "gui").iterdir()
    assert json.loads(file.read_text("utf-8")) == {"to": MESSAGE.to, "text": MESSAGE.text}
    assert file.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_is_not_sent(settings: Any, tmp_path: Path) -> None:
    settings.SCREENING_OUTBOX = tmp_path / "gui"
    (tmp_path / "gui").write_text("")
    with pytest.raises(NotSentError, match="Không ghi được"):
        FileSender().send(MESSAGE)
    with pytest.raises(NotSentError, match="không hợp lệ"):
        FileSender().send(Message("../a", "+84", "x"))


def test_the_console_masks_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert ConsoleSender().send(MESSAGE) == MESSAGE.key
    assert "912000" not in capsys.readouterr().out


def test_the_settings_name_the_sender(settings: Any) -> None:
    settings.SCREENING_SENDER = "screening.senders.local.ConsoleSender"
    assert isinstance(configured_sender(), ConsoleSender)
