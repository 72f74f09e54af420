"""Printed sheets: an A5 slip fits one page, shows nothing of the screen around it, and is black on white in a dark room."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.template import Context, Template

SLIP = """
{% extends "layouts/print.html" %}
{% block title %}Phiếu khám{% endblock %}
{% block paper_class %}SIZE{% endblock %}
{% block back_url %}/tiep-nhan/{% endblock %}
{% block sheet %}
  <div class="head"><p><b>PKĐK Kim Liên</b><br>Số 1 phố Lương Định Của</p>{% qr "HN-0150" "Mã QR của phiếu" %}</div>
  <h1>PHIẾU KHÁM BỆNH</h1>
  <dl class="facts"><dt>Họ và tên</dt><dd>Nguyễn Thị Hồng Vân</dd><dt>Phòng</dt><dd>3, Nội tổng hợp</dd></dl>
  <ol class="drugs">
    {% for n in lines %}<li><b>Paracetamol 500 mg</b><span>9 viên</span><span>Ngày 3 lần</span></li>{% endfor %}
  </ol>
  <div class="sign">
    <p>Người bệnh<span class="space"></span></p><p>Bác sĩ khám<span class="space"></span>BS. Nguyễn Thu Hà</p>
  </div>
{% endblock %}
"""
MILLIMETRE = 72 / 25.4
SIZES = {"a5": (148, 210), "a4": (210, 297)}


def _pages(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of each page in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [(round(float(w) / MILLIMETRE), round(float(h) / MILLIMETRE)) for w, h in boxes]


@pytest.mark.parametrize("size", ["a5", "a4"])
def test_a_slip_fits_its_sheet(live_server: Any, page: Any, axe: Callable[[Any], None], size: str) -> None:
    html = Template(SLIP.replace("SIZE", size)).render(Context({"lines": range(6)}))
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server.url}/tai-khoan/login/")
    page.set_content(html, wait_until="networkidle")
    axe(page)
    assert page.locator(".paper").evaluate("paper => getComputedStyle(paper).backgroundColor") == "rgb(255, 255, 255)"
    assert _pages(page.pdf(prefer_css_page_size=True)) == [SIZES[size]]
    page.emulate_media(media="print")
    assert not page.locator(".no-print").is_visible()
    assert page.locator(".paper").is_visible()
