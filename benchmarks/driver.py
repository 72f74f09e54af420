"""Drives HTTP and SQL from a process of its own: `python -m benchmarks.driver` reads one JSON task a line, answers one.

Raw sockets on keep-alive connections, each asking again as soon as it was answered, so that the client costs little beside
the server. An answer is good when its status is 200 and every expected piece of text stands in it.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg2


@dataclass
class Tally:
    """Latencies of good answers in seconds, and the first bad answers as text."""

    good: list[float] = field(default_factory=list)
    bad: int = 0
    sample: str = ""

    def add(self, seconds: float, fault: str) -> None:
        """Count one answer; `fault` is empty for a good one."""
        if fault:
            self.bad += 1
            self.sample = self.sample or fault[:300]
        else:
            self.good.append(seconds)


class Connection:
    """One keep-alive connection with one question in flight."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = self._connect()
        self.buffer = b""
        self.length = -1
        self.expected: list[bytes] = []
        self.asked = 0.0
        self.closing = False

    def _connect(self) -> socket.socket:
        link = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def ask(self, request: bytes, expected: list[bytes]) -> None:
        """Send one question; on a new connection when the server has closed the last one, which the clock sees."""
        self.buffer, self.length, self.expected = b"", -1, expected
        self.asked = time.perf_counter()
        if self.closing:
            self.socket.close()
            self.socket = self._connect()
            self.closing = False
        self.socket.sendall(request)

    def read(self) -> bool:
        """Take what has come; whether the answer is whole. Raises ConnectionError when the server hung up."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionError(f"the server hung up after {self.buffer[:200]!r}")
        self.buffer += piece
        if self.length < 0:
            head, separator, _ = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return False
            self.length = len(head) + 4 + _content_length(head)
            self.closing = b"\r\nConnection: close" in head
        return len(self.buffer) >= self.length

    def fault(self) -> str:
        """Why the answer is not good; empty when it is."""
        status = self.buffer[9:12]
        if status != b"200":
            return self.buffer[:80].partition(b"\r\n")[0].decode("utf-8", "replace")
        missing = [text for text in self.expected if text not in self.buffer]
        return f"missing {missing[0].decode()}" if missing else ""


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("answer without Content-Length")


def drive_http(task: dict[str, Any]) -> Tally:
    """Ask the task's questions in turn on all connections until its seconds are over."""
    questions = [
        (_request(path, body, task["headers"]), [text.encode() for text in expected])
        for path, expected, body in task["questions"]
    ]
    tally, number = Tally(), task.get("start", 0)
    with selectors.DefaultSelector() as selector:
        connections = [Connection(task["port"]) for _ in range(task["connections"])]
        for connection in connections:
            connection.ask(*questions[number % len(questions)])
            number += 1
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        end, waiting = time.perf_counter() + task["seconds"], len(connections)
        while waiting:
            for key, _ in selector.select(30):
                connection = key.data
                if not connection.read():
                    continue
                now = time.perf_counter()
                tally.add(now - connection.asked, connection.fault())
                if now >= end:
                    selector.unregister(connection.socket)
                    waiting -= 1
                    continue
                if connection.closing:
                    selector.unregister(connection.socket)
                    connection.ask(*questions[number % len(questions)])
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
                else:
                    connection.ask(*questions[number % len(questions)])
                number += 1
    for connection in connections:
        connection.socket.close()
    return tally


def _request(path: str, body: str, headers: dict[str, str]) -> bytes:
    """GET without a body; with one, a form by POST."""
    method = "POST" if body else "GET"
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def drive_sql(task: dict[str, Any]) -> Tally:
    """Run the task's statement with its parameters in turn on one connection."""
    connection = psycopg2.connect(task["dsn"])
    connection.autocommit = True
    cursor, tally = connection.cursor(), Tally()
    end, number = time.perf_counter() + task["seconds"], 0
    while time.perf_counter() < end:
        parameters = task["parameters"][number % len(task["parameters"])]
        asked = time.perf_counter()
        cursor.execute(task["statement"], parameters)
        rows = cursor.fetchall()
        tally.add(time.perf_counter() - asked, "" if rows else "no row")
        number += 1
    connection.close()
    return tally


def main() -> None:
    """One task a line until the input ends."""
    for line in sys.stdin:
        task = json.loads(line)
        tally = drive_sql(task) if task["kind"] == "sql" else drive_http(task)
        print(json.dumps({"good": tally.good, "bad": tally.bad, "sample": tally.sample}), flush=True)


if __name__ == "__main__":
    main()
