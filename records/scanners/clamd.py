"""ClamAV's daemon over a socket: INSTREAM, so that it needs no access to our folders.

Protocol: clamd(8): `zINSTREAM\\0`, then blocks of a 4-byte big-endian length and that many bytes, closed by a length of
zero; the
answer is `stream: OK\\0`, `stream: NAME FOUND\\0` or `… ERROR\\0`. `zVERSION\\0` answers with engine and signatures.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path

from django.conf import settings

from records.scanners import ScannerAwayError, Verdict

BLOCK = 64 * 1024
_LONGEST_ANSWER = 4096


def scan(path: Path) -> Verdict:
    """Send the file block by block. Raises ScannerAwayError when the daemon is away, slow, or refuses to look."""
    try:
        version = _ask(b"zVERSION\0")
        answer = _ask(b"zINSTREAM\0", path)
    except OSError as error:
        raise ScannerAwayError(type(error).__name__) from error
    return _read(answer, version)


def _read(answer: str, version: str) -> Verdict:
    scanner = version.strip()[:80] or "clamd"
    said = answer.removeprefix("stream: ").strip()
    if said == "OK":
        return Verdict("", scanner)
    if said.endswith(" FOUND"):
        return Verdict(said.removesuffix(" FOUND")[:120], scanner)
    raise ScannerAwayError(said[:120] or "no answer")


def _ask(command: bytes, path: Path | None = None) -> str:
    """One question on one connection, within settings.CLAMD_SECONDS in all."""
    until = time.monotonic() + settings.CLAMD_SECONDS
    with _connect() as clamd:
        clamd.sendall(command)
        if path is not None:
            _stream(clamd, path, until)
        return _answer(clamd, until)


def _connect() -> socket.socket:
    address = settings.CLAMD_ADDRESS
    if address.startswith("/"):
        clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        clamd.settimeout(settings.CLAMD_SECONDS)
        clamd.connect(address)
        return clamd
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=settings.CLAMD_SECONDS)


def _stream(clamd: socket.socket, path: Path, until: float) -> None:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            _hurry(clamd, until)
            clamd.sendall(len(block).to_bytes(4, "big") + block)
    clamd.sendall(bytes(4))


def _answer(clamd: socket.socket, until: float) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < _LONGEST_ANSWER:
        _hurry(clamd, until)
        more = clamd.recv(_LONGEST_ANSWER)
        if not more:
            break
        said += more
    return said.rstrip(b"\0").decode("utf-8", errors="replace")


def _hurry(clamd: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    clamd.settimeout(left)
