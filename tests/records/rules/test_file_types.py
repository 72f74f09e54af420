"""What a file is, by its bytes alone; and a table of hostile ones, each refused for its own reason."""

from __future__ import annotations

import io
import mmap
import struct
import tempfile
import zipfile
import zlib

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from records.rules.file_types import FileKind, Limits, Recognised, recognise
from registry.rules.invalid import Invalid
from tests.records.papers import CATALOG, EOCD, JPEG, PAGE, PAGES, WEBP, chunk, dicom, element, pdf, png, stream

LIMITS = Limits(paper=2_000_000, dicom=3_000_000, pixels=40_000_000)
BIG = png(60_000, 60_000, lines=b"\0")


def zipped(name: str = "x.txt", data: bytes = b"x") -> bytes:
    """A ZIP of one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def packed(text: bytes, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") -> bytes:
    """An object stream that unpacks to the text."""
    return stream(dictionary, zlib.compress(text))


def written(**change: str) -> bytes:
    """A PDF of a real writer, with a password or an attachment."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=100)
    if "password" in change:
        writer.encrypt(change["password"], algorithm="RC4-128")
    if "attached" in change:
        writer.add_attachment("x.txt", change["attached"].encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def printed(pages: int = 3) -> bytes:
    """A PDF 1.7 as the project's own forms are made: its objects are packed in object streams."""
    source = "\n#pagebreak()\n".join(f"Trang {number}: Phiếu kết quả" for number in range(1, pages + 1))
    return bytes(typst.compile(source.encode(), format="pdf"))


SVG = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
TAKEN = {
    "pdf": (pdf(), Recognised(FileKind.PDF, 1)),
    "pdf of the forms": (printed(), Recognised(FileKind.PDF, 3)),
    "pdf of a writer": (written(), Recognised(FileKind.PDF, 1)),
    "pdf with packed pages": (pdf(CATALOG, PAGES, packed(b"3 0 " + PAGE)), Recognised(FileKind.PDF, 1)),
    "pdf whose pictures look like actions": (
        pdf(CATALOG, PAGES, PAGE, stream(b"/Type /XObject", b"\0/JS \0/Launch \0")), Recognised(FileKind.PDF, 1),
    ),
    "jpeg": (JPEG, Recognised(FileKind.JPEG, 1, 24, 16)),
    "jpeg with the preview of a phone": (JPEG + JPEG, Recognised(FileKind.JPEG, 1, 24, 16)),
    "jpeg with samsung's trailer": (JPEG + b"\0\0\x01\x0aSEFH" + bytes(20) + b"SEFT", Recognised(FileKind.JPEG, 1, 24, 16)),
    "png": (png(), Recognised(FileKind.PNG, 1, 8, 8)),
    "png, interlaced": (
        png(8, 8, interlaced=True, lines=bytes(2 + 2 + 3 + 2 * 3 + 2 * 5 + 4 * 5 + 4 * 9)),
        Recognised(FileKind.PNG, 1, 8, 8),
    ),
    "webp": (WEBP, Recognised(FileKind.WEBP, 1, 24, 16)),
    "dicom": (dicom(), Recognised(FileKind.DICOM)),
    "dicom that is a tiff too": (dicom(b"II*\0".ljust(128, b"\0")), Recognised(FileKind.DICOM)),
}  # fmt: skip
REFUSED = {
    "nothing": (b"", "file-empty"),
    "text": (b"Ket qua xet nghiem", "file-kind"),
    "html": (HTML, "file-kind"),
    "html that claims to be a pdf further on": (HTML + pdf(), "file-kind"),
    "svg with an external entity": (SVG, "file-kind"),
    "zip": (zipped(), "file-kind"),
    "zip bomb": (zipped("0.txt", bytes(5_000_000)), "file-kind"),
    "word file": (zipped("word/document.xml", b"<w:document/>"), "file-kind"),
    "old excel with macros": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file-kind"),
    "program for windows": (b"MZ\x90\x00" + bytes(200), "file-kind"),
    "program for linux": (b"\x7fELF\x02\x01\x01" + bytes(200), "file-kind"),
    "shell script": (b"#!/bin/sh\nrm -rf /\n", "file-kind"),
    "gif": (b"GIF89a" + bytes(100), "file-kind"),
    "tiff": (b"II*\x00" + bytes(100), "file-kind"),
    "photo of an iphone": (b"\0\0\0\x18ftypheic" + bytes(100), "file-kind"),
    "pdf mark behind other bytes": (b"\0" * 20 + pdf(), "file-kind"),
    "only the magic of a pdf": (b"%PDF-1.7", "file-broken"),
    "pdf of no known version": (pdf(head=b"%PDF-9.9\n"), "file-broken"),
    "pdf cut in the middle": (pdf()[:120], "file-broken"),
    "pdf whose table is elsewhere": (pdf().replace(b"startxref\n", b"startxref\n1"), "file-broken"),
    "pdf without a page": (pdf(CATALOG, PAGES), "file-broken"),
    "pdf whose stream never ends": (pdf(CATALOG, PAGES, PAGE, b"<< >>\nstream\nabc"), "file-broken"),
    "pdf with a zip behind it": (pdf() + zipped(), "file-polyglot"),
    "pdf with a zip inside its end": (pdf(CATALOG, PAGES, PAGE, stream(b"", EOCD)), "file-polyglot"),
    "pdf with html behind it": (pdf() + HTML, "file-polyglot"),
    "html in the head of a pdf": (pdf(head=b"%PDF-1.7\n%<script>alert(1)</script>\n"), "file-polyglot"),
    "pdf with a script": (pdf(b"<< /Type /Catalog /OpenAction << /S /JavaScript /JS (x) >> >>", PAGES, PAGE), "pdf-active"),
    "pdf with a script written in escapes": (pdf(b"<< /OpenAction << /S /J#61vaScript >> >>", PAGES, PAGE), "pdf-active"),
    "pdf with a script in a packed object": (pdf(CATALOG, PAGES, PAGE, packed(b"9 0 << /JS (x) >>")), "pdf-active"),
    "pdf with objects packed out of sight": (
        pdf(CATALOG, PAGES, PAGE, packed(b"x", b"/Type /Obj#53tm /Filter [/ASCIIHexDecode /FlateDecode]")), "pdf-active",
    ),
    "pdf that starts a program": (pdf(b"<< /OpenAction << /S /Launch /F (cmd.exe) >> >>", PAGES, PAGE), "pdf-active"),
    "pdf with an attachment": (written(attached="x"), "pdf-active"),
    "pdf with a form that acts": (pdf(b"<< /Type /Catalog /AcroForm << /XFA 4 0 R >> >>", PAGES, PAGE), "pdf-active"),
    "pdf with a password": (written(password="x"), "pdf-locked"),
    "pdf bomb": (pdf(CATALOG, PAGES, PAGE, packed(bytes(70_000_000))), "pdf-bomb"),
    "png with text in front": (b"x" + png(), "file-kind"),
    "png of sixty thousand pixels a side": (BIG, "image-too-big"),
    "png that unfolds to more than it says": (png(8, 8, lines=bytes(3_000_000)), "image-bomb"),
    "png that unfolds to less": (png(8, 8, lines=bytes(10)), "file-broken"),
    "png cut short": (png()[:-6], "file-broken"),
    "png with a wrong sum": (png().replace(b"\x80", b"\x81", 1)[:-12] + b"\0\0\0\0IEND\0\0\0\0", "file-broken"),
    "png of no size": (png(0, 8, lines=b"\0" * 8), "file-broken"),
    "png with a zip behind it": (png() + zipped(), "file-polyglot"),
    "png with a page in a comment": (png(more=chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")), "file-polyglot"),
    "jpeg with a program of a web server": (
        JPEG[:2] + b"\xff\xfe\x00\x20" + b"<?php system($_GET[0]); ?>".ljust(30) + JPEG[2:], "file-polyglot",
    ),
    "jpeg with html behind it": (JPEG + HTML, "file-polyglot"),
    "jpeg with a pdf behind it": (JPEG + pdf(), "file-polyglot"),
    "jpeg with a rar behind it": (JPEG + b"Rar!\x1a\x07\x00" + bytes(90), "file-polyglot"),
    "jpeg cut short": (JPEG[:-40], "file-broken"),
    "jpeg that is only its beginning": (b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(9), "file-broken"),
    "jpeg of 65,500 pixels a side": (
        JPEG.replace(b"\xff\xc0\x00\x11\x08\x00\x10\x00\x18", b"\xff\xc0\x00\x11\x08\xff\xdc\xff\xdc"), "image-too-big",
    ),
    "webp cut short": (WEBP[:-20], "file-broken"),
    "webp with something behind it": (WEBP + b"hello", "file-polyglot"),
    "webp of no picture": (b"RIFF" + struct.pack("<I", 16) + b"WEBPXMP \x04\0\0\0abcd", "file-broken"),
    "avi under the same roof": (b"RIFF" + struct.pack("<I", 16) + b"AVI LIST" + bytes(8), "file-kind"),
    "dicom with a program in its preamble": (dicom(b"MZ\x90\0".ljust(128, b"\0")), "file-polyglot"),
    "dicom with a page in its preamble": (dicom(HTML.ljust(128, b" ")), "file-polyglot"),
    "dicom without its head": (bytes(128) + b"DICM" + bytes(40), "file-broken"),
    "dicom that says nothing of itself": (dicom(told=element(2, 2, b"UI", b"1.2\0")), "file-broken"),
    "dicom cut in its head": (dicom()[:170], "file-broken"),
    "dicom with nothing in it": (dicom(data=b""), "file-broken"),
    "pdf of three megabytes": (pdf(CATALOG, PAGES, PAGE, stream(b"", bytes(2_500_000))), "file-too-large"),
    "dicom of four": (dicom(data=bytes(3_500_000)), "file-too-large"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_taken_for_what_it_is(name: str) -> None:
    content, facts = TAKEN[name]
    assert recognise(content, LIMITS) == facts


@pytest.mark.parametrize("name", REFUSED)
def test_refused_for_its_own_reason(name: str) -> None:
    content, code = REFUSED[name]
    with pytest.raises(Invalid) as refused:
        recognise(content, LIMITS)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert str(refused.value.message).endswith((".", ")."))


def test_the_same_on_the_disk_as_in_memory() -> None:
    for content, facts in TAKEN.values():
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                assert recognise(mapped, LIMITS) == facts


def test_a_page_count_is_the_readers() -> None:
    for pages in (1, 12):
        content = printed(pages)
        assert recognise(content, LIMITS).pages == len(PdfReader(io.BytesIO(content)).pages) == pages


@given(st.sampled_from(sorted(TAKEN)), st.data())
def test_cut_anywhere_or_scratched_it_is_taken_whole_or_refused_in_words(name: str, data: st.DataObject) -> None:
    content = bytearray(TAKEN[name][0])
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    said = taken_or_refused(bytes(content[:cut]))
    assert said is TAKEN[name][1].kind or isinstance(said, str)


def taken_or_refused(content: bytes) -> FileKind | str:
    """The kind, or the words of the refusal; anything else is a fault of ours."""
    try:
        return recognise(content, LIMITS).kind
    except Invalid as problem:
        return str(problem.message)
