"""Template tags and components: what they promise to readers, keyboards and screen readers."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation


class Sample(forms.Form):
    cccd = forms.CharField(label="Số CCCD", min_length=12)
    note = forms.CharField(label="Ghi chú", required=False, help_text="Gợi ý")
    sex = forms.ChoiceField(label="Giới tính", choices=[("nu", "Nữ"), ("nam", "Nam")], widget=forms.RadioSelect)


@pytest.fixture(autouse=True)
def _vietnamese() -> Any:
    with translation.override("vi"):
        yield


def draw(source: str, **context: Any) -> str:
    return Template("{% load i18n ui %}" + source).render(Context(context))


def test_filters_speak_vietnamese() -> None:
    assert (
        draw("{{ n|vi_number }} {{ x|vi_number:1 }} {{ a|vi_percent:b }}", n=1986420, x=38.64, a=1, b=4)
        == "1.986.420 38,6 25,0 %"
    )
    assert draw("{{ d|vi_partial_date:'year' }} {{ d|vi_date }}", d=date(1972, 3, 12)) == "1972 12/03/1972"


def test_moments_are_shown_in_hanoi_time() -> None:
    night = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    assert (
        draw("{{ at|vi_date }} {{ at|vi_time }} {{ at|vi_datetime }}", at=night) == "23/11/2026 01:30 23/11/2026 01:30"
    )


def test_an_error_stands_between_label_and_control_and_is_tied_to_it() -> None:
    html = draw("{% field form.cccd %}", form=Sample({"cccd": "011"}))
    assert html.index("<label") < html.index('class="error"') < html.index("<input")
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_cccd_loi"' in html
    assert 'id="id_cccd_loi"' in html


def test_optional_is_marked_and_hints_are_tied_to_their_control() -> None:
    html = draw("{% field form.note %}", form=Sample())
    assert "(không bắt buộc)" in html
    assert 'aria-describedby="id_note_goi-y"' in html
    assert "(không bắt buộc)" not in draw("{% field form.cccd %}", form=Sample())


def test_radio_buttons_are_a_named_group() -> None:
    html = draw("{% field form.sex segment=True %}", form=Sample({}))
    assert "<fieldset" in html
    assert "<legend>Giới tính" in html
    assert html.count('type="radio"') == 2
    assert 'aria-describedby="id_sex_loi"' in html


def test_what_was_typed_is_kept_and_never_becomes_markup() -> None:
    html = draw("{% field form.cccd %}{% error_summary form %}", form=Sample({"cccd": "<script>x</script>"}))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_error_summary_links_each_line_to_its_field() -> None:
    html = draw("{% error_summary form %}", form=Sample({"cccd": "011"}))
    assert 'role="alert"' in html
    assert 'href="#id_cccd"' in html
    assert 'href="#id_sex"' in html
    assert "còn 2 chỗ cần sửa" in html


def test_no_error_makes_no_summary() -> None:
    assert draw("{% error_summary form %}", form=Sample()).strip() == ""
    assert draw("{% error_summary form %}", form=Sample({"cccd": "0" * 12, "sex": "nu"})).strip() == ""


def test_a_message_may_offer_its_way_back_and_only_inside_this_site() -> None:
    here = Message(constants.SUCCESS, "Đã chuyển", extra_tags="undo=/hoan-tac/7/")
    elsewhere = Message(constants.SUCCESS, "Đã chuyển", extra_tags="undo=https://example.org/")
    assert draw("{{ m|undo_url }}", m=here) == "/hoan-tac/7/"
    assert draw("{{ m|undo_url }}", m=elsewhere) == ""


def test_polling_stops_when_the_work_is_done() -> None:
    running = draw("{% progress 4 10 'Nạp' poll='/viec/1/' %}")
    done = draw("{% progress 10 10 'Nạp' poll='/viec/1/' %}")
    assert 'hx-get="/viec/1/"' in running
    assert "hx-get" not in done
    assert 'max="10" value="4"' in running


def test_large_counts_stay_plain_numbers_for_the_progress_element() -> None:
    html = draw("{% progress 11627735 16805586 'Nạp' %}")
    assert 'max="16805586" value="11627735"' in html
    assert "69,2 %" in html


@pytest.mark.parametrize(
    ("band", "words"),
    [
        ({"allergies": ["Penicillin"]}, "Penicillin"),
        ({"allergies": [], "allergies_asked": True}, "Đã hỏi, không có"),
        ({"allergies": [], "allergies_asked": False}, "Chưa hỏi"),
    ],
)
def test_the_patient_band_never_leaves_allergies_open_to_guessing(band: dict[str, Any], words: str) -> None:
    html = render_to_string("components/patient_band.html", {"band": band | {"name": "Nguyễn Thị Hồng Vân"}})
    assert words in html
    assert html.count("<b>Dị ứng</b>") == 1


def test_block_components_hold_what_stands_between_their_tags() -> None:
    html = draw("{% panel title=t count=0 %}<p>trong</p>{% endpanel %}", t="<Hàng chờ>")
    assert "<p>trong</p>" in html
    assert "&lt;Hàng chờ&gt;" in html
    assert '<span class="count">0</span>' in html
    assert 'role="group" aria-label="Bảng"' in draw("{% table label='Bảng' wide=True %}<tbody></tbody>{% endtable %}")


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in draw("{% icon 'search' 'sm' %}")
    assert "icons.svg#search" in draw("{% icon 'search' 'sm' %}").replace("%23", "#")


def test_a_qr_code_is_drawn_without_inline_style() -> None:
    html = draw("{% qr 'HN-0150' 'Mã QR' %}")
    assert html.startswith("<svg")
    assert "style=" not in html
    assert "<title>Mã QR</title>" in html
