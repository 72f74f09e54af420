"""Translation catalogues without GNU gettext: collect texts, read .po, write .mo.

Vietnamese is the language of the source: `locale/en` holds the English of our texts, `locale/vi` the Vietnamese of
texts that third parties wrote in English. `bin/manage catalogues` brings both up to date. The .mo layout is that of
the GNU gettext manual, section "The Format of GNU MO Files".
"""

from __future__ import annotations

import ast
import json
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation.template import templatize

SINGULAR_CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL_CALLS = {"ngettext", "ngettext_lazy"}
# Rules know nothing of Django: what they say in plain Vietnamese is collected here and translated where it is shown.
REFUSALS = {"Refused", "Forbidden", "Conflict", "NotFound", "Invalid", "Notice", "Fault"}
REFUSALS |= {"FileRefused", "QrError", "FormUnreadable", "EncodingWrong"}
PLAIN_FOLDERS = {"rules", "models", "queries", "readers"}
# Forms that a circular prints in Vietnamese whoever reads them (QĐ 831/QĐ-BYT).
VIETNAMESE_BY_LAW = {"records/rules/qd831/paper.py"}
HEADER = (
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals={n}; plural={rule};\n"
)
PLURALS = {"en": (2, "(n != 1)"), "vi": (1, "0")}
MO_MAGIC = 0x950412DE
_STRING = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?)?\s*"(.*)"$')


class Text(NamedTuple):
    """One text to translate; `plural` is empty when it has no counted form."""

    text: str
    plural: str = ""


Catalogue = dict[Text, list[str]]


def _texts_of_source(source: str) -> Iterator[Text]:
    """Find the literal arguments of gettext's calls in Python."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        literals = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if node.func.id in SINGULAR_CALLS and literals:
            yield Text(literals[0])
        elif node.func.id in PLURAL_CALLS and len(literals) > 1:
            yield Text(literals[0], literals[1])


VIETNAMESE = re.compile(r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
_FILLED = re.compile(r"{\w*}|%[(sd]")


def _plain(nodes: Iterable[ast.AST | None]) -> list[Text]:
    """The literals among nodes; none of them when none is Vietnamese. Texts with places to fill in are left out."""
    literals = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if not any(VIETNAMESE.search(text) for text in literals):
        return []
    return [Text(text) for text in literals if not _FILLED.search(text)]


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _refusals(tree: ast.Module) -> Iterator[Text]:
    """Find the messages of refusals that were written without gettext; codes and fields are never Vietnamese."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in REFUSALS:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield from _plain([argument])


def _phrases(tree: ast.Module) -> Iterator[Text]:
    """Find the templates of registry.rules.phrases.Phrase: a literal, or a name that a literal was given just before."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "Phrase"]
    first = [call.args[0] for call in calls if call.args]
    names = {_name(node) for node in first if isinstance(node, ast.Name)}
    given = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and names & {*map(_name, node.targets)}
    ]
    for node in [*first, *given]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _has_words(node.value):
            yield Text(node.value)


def _has_words(template: str) -> bool:
    return any(char.isalpha() for char in re.sub(r"{[^}]*}", "", template))


def _table_rows(tree: ast.Module) -> Iterator[Text]:
    """Find the words in rows of a module's own tables: RiskKind("alcohol", "Uống rượu bia") beside class RiskKind."""
    classes = [part for part in tree.body if isinstance(part, ast.ClassDef)]
    yield from _plain(line.value for part in classes for line in part.body if isinstance(line, ast.AnnAssign))
    own = {part.name for part in classes} - REFUSALS
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in own:
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield from _plain([argument])


def _plain_names(tree: ast.Module) -> Iterator[Text]:
    """Find the names that a module's public mappings and its TextChoices, nested ones too, give to codes."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield from [] if _name(target).startswith("_") else _plain(node.value.values)
    for part in ast.walk(tree):
        if isinstance(part, ast.ClassDef) and "TextChoices" in map(_name, part.bases):
            members = [line.value for line in part.body if isinstance(line, ast.Assign)]
            yield from _plain(pair.elts[1] for pair in members if isinstance(pair, ast.Tuple))


_LITERAL = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(?:gettext|_)\(\s*{_LITERAL}\s*\)|\bngettext\(\s*{_LITERAL}\s*,\s*{_LITERAL}")


def _texts_of_template(source: str) -> Iterator[Text]:
    """Find translate, blocktranslate and _("…") in a template, by Django's own reduction to gettext calls."""
    for found in _CALL.finditer(templatize(source)):
        single, one, many = (ast.literal_eval(part) if part else "" for part in found.groups())
        yield Text(one, many) if one else Text(single)


def _texts_of_data(kept: object) -> Iterator[Text]:
    """Find what a programme's data call their findings: the values of "label"."""
    if isinstance(kept, dict):
        label = kept.get("label")
        yield from [Text(label)] if isinstance(label, str) else []
    for part in kept.values() if isinstance(kept, dict) else kept if isinstance(kept, list) else ():
        yield from _texts_of_data(part)


def find_texts(paths: Iterable[Path]) -> set[Text]:
    """Collect what people read from .py and .html files, and from .json data."""
    texts: set[Text] = set()
    for path in paths:
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            texts.update(_texts_of_data(json.loads(source)))
            continue
        texts.update(_texts_of_template(source) if path.suffix == ".html" else _texts_of_source(source))
        if path.suffix == ".py":
            tree = ast.parse(source)
            texts.update(_refusals(tree))
            texts.update(_phrases(tree))
            texts.update(_table_rows(tree) if {"rules", "web"} & {*path.parts} else ())
            texts.update(_plain_names(tree) if PLAIN_FOLDERS & {*path.parts, path.stem} else ())
    return {text for text in texts if text.text}


def _unquote(text: str) -> str:
    return str(ast.literal_eval(f'"{text}"'))


def _entries(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Split a .po file into entries of keyword -> joined string."""
    entry: dict[str, str] = {}
    key = ""
    for line in lines:
        if not (found := _STRING.match(line.strip())):
            continue
        if found[1] == "msgid" and entry:
            yield entry
            entry = {}
        key = found[1] or key
        entry[key] = entry.get(key, "") + _unquote(found[2])
    if entry:
        yield entry


def read_po(path: Path) -> Catalogue:
    """Read a .po file; the header (empty msgid) is left out, an untranslated text has empty forms."""
    if not path.exists():
        return {}
    catalogue = {}
    for entry in _entries(path.read_text(encoding="utf-8").splitlines()):
        forms = [value for key, value in sorted(entry.items()) if key.startswith("msgstr")]
        catalogue[Text(entry["msgid"], entry.get("msgid_plural", ""))] = forms
    catalogue.pop(Text(""), None)
    return catalogue


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _header(language: str) -> str:
    count, rule = PLURALS[language]
    return HEADER.format(n=count, rule=rule)


def _po_entry(text: Text, forms: list[str], language: str) -> str:
    if not text.plural:
        return f"msgid {_quote(text.text)}\nmsgstr {_quote(forms[0] if forms else '')}\n"
    padded = (forms + [""] * PLURALS[language][0])[: PLURALS[language][0]]
    lines = [f"msgid {_quote(text.text)}", f"msgid_plural {_quote(text.plural)}"]
    return "\n".join(lines + [f"msgstr[{i}] {_quote(form)}" for i, form in enumerate(padded)]) + "\n"


def write_po(path: Path, catalogue: Catalogue, language: str, note: str) -> None:
    """Write a catalogue, sorted, so that two runs give the same file."""
    entries = [_po_entry(text, forms, language) for text, forms in sorted(catalogue.items())]
    head = f"# {note}\n" + _po_entry(Text(""), [_header(language)], language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *entries]), encoding="utf-8")


def compile_mo(catalogue: Catalogue, language: str) -> bytes:
    """Make the binary catalogue that Python's gettext reads; untranslated texts are left to the source language."""
    pairs = {b"": _header(language).encode()}
    for text, forms in catalogue.items():
        if forms and all(forms):
            pairs["\0".join(part for part in text if part).encode()] = "\0".join(forms).encode()
    ordered = sorted(pairs.items())
    count = len(ordered)
    keys_at, values_at = 28, 28 + 8 * count
    place = 28 + 16 * count
    tables: tuple[list[bytes], list[bytes]] = ([], [])
    body = b""
    for table, column in zip(tables, (0, 1), strict=True):
        for pair in ordered:
            table.append(struct.pack("<II", len(pair[column]), place + len(body)))
            body += pair[column] + b"\0"
    head = struct.pack("<7I", MO_MAGIC, 0, count, keys_at, values_at, 0, place)
    return head + b"".join(tables[0]) + b"".join(tables[1]) + body
