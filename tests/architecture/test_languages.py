"""What the code says to people can be said in another language: no finished Vietnamese sentence leaves a rule.

A formatted string cannot be translated any more. Rules, commands, queries and readers say values with
`registry.rules.phrases.Phrase`, surfaces with gettext and its named places.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanoi_ehr.catalogues import REFUSALS, VIETNAMESE, VIETNAMESE_BY_LAW
from tests.architecture.test_structure import APPS, modules, name_of, tree

# What a terminal prints is Vietnamese (help texts carry both languages where operators read them).
TERMINALS = {"management"}
SPOKEN = {"Phrase", "_", "gettext", "gettext_lazy", "gettext_noop", "in_language"}


def spoken_modules() -> Iterator[Path]:
    yield from (
        path for path in modules(*APPS) if not TERMINALS & {*path.parts} and name_of(path) not in VIETNAMESE_BY_LAW
    )


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def is_formatted(node: ast.AST) -> bool:
    """An f-string, "…" % …, "…".format(…) or "…" + …."""
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        return any(isinstance(one, ast.JoinedStr | ast.Constant) for one in ast.walk(node.left))
    return called(node) == "format" and isinstance(node.func, ast.Attribute)  # type: ignore[attr-defined]


def formatted_sentences(path: Path) -> Iterator[str]:
    """Vietnamese words inside a formatted string, and formatted strings where a message is wanted."""
    name = name_of(path)
    for node in ast.walk(tree(path)):
        where = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.JoinedStr):
            words = [one.value for one in node.values if isinstance(one, ast.Constant)]
            if any(VIETNAMESE.search(word) for word in words):
                yield f"{where} f-string: {ast.unparse(node)[:80]}"
        elif called(node) in REFUSALS - {"NotFound"}:
            yield from (
                f"{where} {called(node)}: {ast.unparse(one)[:80]}" for one in message_of(node) if is_formatted(one)
            )
        elif called(node) in SPOKEN and node.args and is_formatted(node.args[0]):  # type: ignore[attr-defined]
            yield f"{where} {called(node)}: {ast.unparse(node)[:80]}"


def message_of(call: ast.AST) -> list[ast.expr]:
    """The message of Refused(code, message, …), by position or by name."""
    assert isinstance(call, ast.Call)
    named = [keyword.value for keyword in call.keywords if keyword.arg == "message"]
    return [*call.args[1:2], *named]


def test_no_finished_sentence_is_said() -> None:
    found = [fault for path in spoken_modules() for fault in formatted_sentences(path)]
    assert found == [], "say it with registry.rules.phrases.Phrase(template, name=value):\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ('Refused("a", f"Dài quá {n}.", "x")', True),
        ('Refused("a", f"{x}: {y}", "x")', True),
        ('Refused("a", "Dài quá %s." % n)', True),
        ('Invalid("a", "Dài quá {}.".format(n))', True),
        ('message = f"Mã {code} thiếu tên."', True),
        ('_(f"Đã nạp {n}")', True),
        ('Refused("a", Phrase("Dài quá {n}.", n=n), "x")', False),
        ('Refused("a", "Hãy chọn.", f"dong-{n}")', False),
        ('Notice(f"qr-{field}", Phrase("Mã"))', False),
        ('address = f"/ho-so/{n}/"', False),
    ],
)
def test_the_check_can_fail(code: str, wrong: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr("tests.architecture.test_structure.ROOT", tmp_path)
    assert bool(list(formatted_sentences(tmp_path / "a.py"))) is wrong
