"""What a task costs at a desk: keys pressed by hand and requests to the server, counted the same way in every journey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

ASKED = {"document", "xhr", "fetch"}  # styles, scripts and fonts come once a day


@dataclass
class Task:
    """One task's cost. keys: every key, Ctrl and Alt too; requests: pages and parts of pages, redirects included."""

    name: str
    keys: int = 0
    requests: int = 0


@dataclass
class Desk:
    """A page worked by keyboard alone. What a scanner types, and its Enter, is nobody's key press."""

    page: Any
    done: list[Task] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._now = Task("")
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        self._now.requests += request.resource_type in ASKED

    @contextmanager
    def task(self, name: str) -> Iterator[Task]:
        """What is pressed and asked inside counts for this task."""
        self._now = Task(name)
        self.done.append(self._now)
        yield self._now
        self.page.wait_for_load_state()
        self._now = Task("")

    def scan(self, text: str) -> None:
        """A card in the scanner."""
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def press(self, keys: str, times: int = 1) -> None:
        """A key, or several held together ("Control+Enter" is two)."""
        for _ in range(times):
            self._now.keys += len(keys.split("+"))
            self.page.keyboard.press(keys)

    def type(self, text: str) -> None:
        """Words, a key a letter; the marks of Vietnamese are not counted again."""
        self._now.keys += len(text)
        self.page.keyboard.type(text)

    def focused(self, element_id: str) -> None:
        """Wait until the page is there and this field has the focus, as somebody looks up before typing."""
        self.page.wait_for_function("id => document.activeElement.id === id", arg=element_id)

    def table(self) -> str:
        """The tasks done, a line each."""
        lines = [f"{one.name:<58}{one.keys:>5}{one.requests:>10}" for one in self.done]
        return "\n".join(["", f"{'task':<58}{'keys':>5}{'requests':>10}", *lines])
