"""CSV in bytes: what a writer wrote is what the reader gives, wherever the file is cut."""

from __future__ import annotations

import csv
import io
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.readers import records
from migration.readers.delimited import Delimited, cells, pieces, quote_open
from migration.rules.profiles import BUILT_IN

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=20)


@settings(deadline=None)
@given(rows=ROWS, mark=st.sampled_from(",;\t|"))
def test_what_was_written_is_read_record_by_record(rows: list[list[str]], mark: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    content = text.getvalue().encode()
    found = list(pieces(io.BytesIO(content), mark, byte=0, line=1))
    assert b"".join(piece.raw for piece in found) == content
    assert [[cell.decode() for cell in cells(piece.raw, mark)] for piece in found] == rows
    assert all(piece.closed for piece in found)


@settings(deadline=None, max_examples=60)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_cut_without_losing_one(content: bytes) -> None:
    found = list(pieces(io.BytesIO(content), ",", byte=7, line=1))
    assert b"".join(piece.raw for piece in found) == content
    assert [piece.byte_from for piece in found] == [
        7 + sum(len(before.raw) for before in found[:at]) for at in range(len(found))
    ]


@settings(deadline=None, max_examples=40)
@given(names=st.lists(st.sampled_from(["Lan", 'Lan "Hoa"', "Lan\nHoa", 'L"An', "Lan;Hoa"]), min_size=1, max_size=15))
def test_spans_hold_whole_records_and_give_them_once(names: list[str]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["HO_TEN", "NGAY_SINH", "GIOI_TINH"])
    writer.writerows([name, "1980", "1"] for name in names)
    content = text.getvalue().encode()
    reader = Delimited(BUILT_IN["csv-auto"])
    with patch.object(records, "CHUNK_RECORDS", 3):
        layout = reader.scan(io.BytesIO(content))
    assert layout.refusal is None
    assert layout.records == len(names)
    read = [
        raw for span in layout.spans for raw in reader.read(content[span.byte_from : span.byte_to], span, layout.facts)
    ]
    assert [raw.number for raw in read] == list(range(1, len(names) + 1))
    assert [raw.fields["HO_TEN"] for raw in read] == [" ".join(name.split()) for name in names]
    assert not any(raw.faults for raw in read)


@pytest.mark.parametrize(
    ("text", "inside", "still"),
    [
        (b'a,"b', False, True),
        (b'a,5" tall', False, False),
        (b'a,"b ""c', False, True),
        (b'b""c",d', True, False),
        (b'b"",c', True, True),
    ],
)
def test_a_quote_opens_only_at_the_start_of_a_cell(text: bytes, inside: bool, still: bool) -> None:
    assert quote_open(text, b",", inside=inside) is still
