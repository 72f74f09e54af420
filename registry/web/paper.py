"""Printed forms: a Typst template under templates/forms/ and plain data make a PDF, the same for the same input.

The data reaches the template as JSON and nothing else, so that no text of a person is ever read as markup. The fonts are
those inside the typst wheel (Libertinus Serif, which carries all of Vietnamese): no font of the machine is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import orjson
import segno
import typst
from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase

R = TypeVar("R", bound=HttpResponseBase)

# What a PDF may do in the browser's viewer: nothing but be drawn, in a tab or in a page of ours.
PDF_POLICY = {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "frame-ancestors": ["'self'"]}
FOLDER = Path(settings.BASE_DIR) / "templates" / "forms"


def make_pdf(form: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The form `templates/forms/<form>.typ` filled with data (JSON types only), tagged for screen readers.

    at: stands in the PDF as its date. Raises typst.TypstError when the template and the data do not fit.
    """
    compiled = typst.compile(
        str(FOLDER / f"{form}.typ"),
        root=str(FOLDER),
        font_paths=_fonts(),
        sys_inputs={"data": orjson.dumps(data).decode()},
        timestamp=int(at.timestamp()),
    )
    if not isinstance(compiled, bytes):  # many files come only of image formats
        raise TypeError(f"{form} gave no PDF")
    return compiled


def pdf_answer(form: str, data: Mapping[str, Any], *, at: datetime, filename: str) -> HttpResponse:
    """The PDF shown in the browser's viewer; the file name says what it is and never whose."""
    answer = HttpResponse(make_pdf(form, data, at=at), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{filename}"'
    return frameable(answer)


def frameable(answer: R) -> R:
    """The PDF may stand in a frame of our own pages and of nobody else's."""
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer._csp_config = PDF_POLICY  # type: ignore[attr-defined]
    return answer


def qr_svg(text: str) -> str:
    """The QR code of a text as an SVG document, error correction M; the quiet zone is the form's margin."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(border=0)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)
