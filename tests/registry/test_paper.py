"""Printed forms: real PDFs, read back."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader
from typst import TypstError

from registry.web.paper import make_pdf

AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
LETTERHEAD = {"facility": "PKĐK Kim Liên", "number": "", "note": "", "printed": "In lúc 22/11/2026 14:30"}


def form(**section: Any) -> dict[str, Any]:
    one = {"title": "A. Hành chính", "facts": [], "tables": [], "notes": [], "columns": 2, **section}
    return {"title": "Hồ sơ", "subtitle": "", "letterhead": LETTERHEAD, "sections": [one], "signatures": []}


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_vietnamese_is_printed_with_every_mark() -> None:
    text = text_of(make_pdf("sections", form(facts=[["Họ và tên", "NGUYỄN THỊ ẤM ẮẰẲẴẶỮỆỖợđĐ"]]), at=AT))
    assert "NGUYỄN THỊ ẤM ẮẰẲẴẶỮỆỖợđĐ" in text
    assert "Trang 1 / 1" in text


@pytest.mark.parametrize(
    "hostile", ['*đậm* #panic("x")', "#let x = 1", "$x^2$", "<script>", "\\ # @a", '"]; #read("house.typ")']
)
def test_what_people_write_is_never_read_as_markup(hostile: str) -> None:
    pdf = make_pdf("sections", form(facts=[["Địa chỉ", hostile]], notes=[hostile]), at=AT)
    assert text_of(pdf).count(hostile) == 2


def test_the_same_form_is_the_same_file() -> None:
    assert make_pdf("sections", form(), at=AT) == make_pdf("sections", form(), at=AT)


def test_a_form_without_its_data_is_no_empty_paper() -> None:
    with pytest.raises(TypstError):
        make_pdf("sections", {"title": "Hồ sơ"}, at=AT)
