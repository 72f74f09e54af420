"""A small real clamd: its protocol over TCP, for tests."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EICAR_LIKE = b"X5O!P%@AP-TEST-ONLY-NOT-THE-REAL-STRING"


class _Clamd(socketserver.StreamRequestHandler):
    """zVERSION and zINSTREAM as clamd(8) describes them; finds EICAR_LIKE."""

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            byte = self.rfile.read(1)
            if not byte:
                return
            command += byte
        if command == b"zVERSION\0":
            self.wfile.write(b"ClamAV 1.4.3/27800/Sun Nov 22 2026\0")
        elif command == b"zINSTREAM\0":
            self.wfile.write(self._stream())

    def _stream(self) -> bytes:
        server: Server = self.server  # type: ignore[assignment]
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
            if len(content) > server.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
        server.seen.append(content)
        return b"stream: Test.Signature FOUND\0" if EICAR_LIKE in content else b"stream: OK\0"


class Server(socketserver.ThreadingTCPServer):
    """seen: every content it was sent; most: its StreamMaxLength."""

    allow_reuse_address = True
    daemon_threads = True
    most = 1_000_000

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Clamd)
        self.seen: list[bytes] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@contextmanager
def clamd_running() -> Iterator[Server]:
    """A daemon on a free port for as long as the block lasts."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
