"""Vietnamese is the source, English a catalogue; third parties' English has Vietnamese."""

import gettext
import io
import re
from pathlib import Path

import pytest
from django.utils import translation

from hanoi_ehr.catalogues import Text, compile_mo, find_texts, read_po, write_po
from hanoi_ehr.management.commands.catalogues import catalogue_path

ROOT = Path(__file__).parents[2]
OWN = ("layouts", "components", "account", "mfa", "errors", "gallery")


def test_texts_are_found_in_code_and_templates(tmp_path: Path) -> None:
    code = tmp_path / "a.py"
    code.write_text('_("Một")\nngettext("%(n)s ca", "%(n)s ca", n)\nprint("không dịch")\n', encoding="utf-8")
    page = tmp_path / "b.html"
    page.write_text(
        '{% load i18n %}{% translate "Hai" %}{% panel title=_("Ba") %}'
        "{% blocktranslate count n=k %}còn {{ n }}{% plural %}còn {{ n }}{% endblocktranslate %}",
        encoding="utf-8",
    )
    counted = {Text("%(n)s ca", "%(n)s ca"), Text("còn %(n)s", "còn %(n)s")}
    assert find_texts([code, page]) == {Text("Một"), Text("Hai"), Text("Ba"), *counted}


def test_texts_of_phrases_and_refusals_are_found(tmp_path: Path) -> None:
    code = tmp_path / "rules.py"
    code.write_text(
        'NAMES = {"a": "Một"}\n_HIDDEN = {"a": "Không lấy"}\n'
        'def f(n):\n    template = "Dài quá {n} ký tự."\n    raise Refused("long", Phrase(template, n=n), "x")\n'
        'raise Invalid("bad", Phrase("Mã {code} sai.", code=Phrase("nam")))\n'
        'Phrase("{a}: {b}", a=1, b=2)\nNotice("x", "Họ tên có ký hiệu lạ (< > & { } …).")\n',
        encoding="utf-8",
    )
    wanted = {"Một", "Dài quá {n} ký tự.", "Mã {code} sai.", "nam", "Họ tên có ký hiệu lạ (< > & { } …)."}
    assert find_texts([code]) == {Text(text) for text in wanted}


def test_words_in_a_rules_own_table_and_in_a_programmes_data_are_found(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    code, data = tmp_path / "rules" / "a.py", tmp_path / "a.json"
    code.write_text(
        'class Risk:\n    key: str\n    unasked: str = "Chưa hỏi."\n'
        'RISKS = {r.key: r for r in (Risk("alcohol", "Uống rượu bia"), Other("x", "Không lấy"))}\n',
        encoding="utf-8",
    )
    data.write_text('{"findings": [{"code": "cancer", "label": "Ung thư", "source": "Sách"}]}', encoding="utf-8")
    assert find_texts([code, data]) == {Text("Chưa hỏi."), Text("Uống rượu bia"), Text("Ung thư")}


def test_a_catalogue_survives_writing_and_compiling(tmp_path: Path) -> None:
    catalogue = {
        Text('Lỗi "nặng"\n'): ['A "grave" error\n'],
        Text("%(n)s ngày", "%(n)s ngày"): ["%(n)s day", "%(n)s days"],
        Text("chưa dịch"): [""],
    }
    write_po(tmp_path / "x.po", catalogue, "en", "test")
    assert read_po(tmp_path / "x.po") == catalogue
    compiled = gettext.GNUTranslations(io.BytesIO(compile_mo(catalogue, "en")))
    assert compiled.gettext('Lỗi "nặng"\n') == 'A "grave" error\n'
    assert [compiled.ngettext("%(n)s ngày", "%(n)s ngày", n) for n in (1, 2)] == ["%(n)s day", "%(n)s days"]
    assert compiled.gettext("chưa dịch") == "chưa dịch"


@pytest.mark.parametrize("language", ["en", "vi"])
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    catalogue = read_po(catalogue_path(language, "po"))
    assert catalogue
    assert catalogue_path(language, "mo").read_bytes() == compile_mo(catalogue, language), "run bin/manage catalogues"


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_translation_keeps_the_names_to_fill_in(language: str) -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"%\((\w+)\)s|{(\w+(?::\w+)?)}", text))

    catalogue = read_po(catalogue_path(language, "po"))
    assert [
        t.text for t, forms in catalogue.items() if any(form and names(form) != names(t.text) for form in forms)
    ] == []


def test_every_text_of_the_shell_the_components_and_the_sign_in_has_english() -> None:
    pages = [page for folder in OWN for page in (ROOT / "templates" / folder).rglob("*.html")]
    pages += [
        *(ROOT / "templates").glob("*.html"),
        *(ROOT / "registry/web").glob("*.py"),
        *(ROOT / "hanoi_ehr").glob("*.py"),
    ]
    english = read_po(catalogue_path("en", "po"))
    assert sorted(text.text for text in find_texts(pages) if not all(english.get(text, [""]))) == []


def test_the_language_in_force_decides() -> None:
    with translation.override("vi"):
        assert translation.gettext("Đăng nhập") == "Đăng nhập"
        assert translation.gettext("Incorrect code.") == "Mã không đúng."
    with translation.override("en"):
        assert translation.gettext("Đăng nhập") == "Sign in"
        assert translation.ngettext("còn %(n)s ngày", "còn %(n)s ngày", 2) % {"n": 2} == "2 days left"
