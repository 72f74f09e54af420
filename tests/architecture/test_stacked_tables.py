"""A stacked table loses its head on a telephone: every number in it says by itself what it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
STACKED = re.compile(r"\{% table [^%]*stacked=True.*?%\}(.*?)\{% endtable %\}", re.DOTALL)
NUMBER = re.compile(r'<td class="num\b[^>]*>')


def templates() -> list[Path]:
    found = sorted(ROOT.glob("templates/**/*.html"))
    return [path for path in found if "stacked=True" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_every_number_of_a_stacked_table_is_labelled(path: Path) -> None:
    tables = STACKED.findall(path.read_text("utf-8"))
    cells = [
        cell for table in tables for cell in NUMBER.findall(re.sub(r"\{%.*?%\}", "", table.partition("</thead>")[2]))
    ]
    assert [cell for cell in cells if "data-label" not in cell] == []


def test_there_are_such_tables() -> None:
    assert len(templates()) > 10
