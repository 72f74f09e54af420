"""QĐ 831's XML: reading refuses what is broken and tells of what it does not know; writing always writes every tag."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from typing import Any, TypeVar, cast

from lxml import etree

from records.rules.qd831.encodings import EncodingWrong, decode
from records.rules.qd831.form import Message
from registry.rules.phrases import Phrase

MAX_BYTES = 20 * 1024 * 1024
_ROOT = "DATA"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Group = TypeVar("Group")


@dataclass(frozen=True, slots=True)
class FormUnreadable(Exception):
    """The file is no QĐ 831 form. message: Vietnamese, says what and where (line 0: the file as a whole)."""

    code: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """A form read. unknown: paths of tags that the form does not have, kept in the raw file, never dropped in silence.

    encoding: the one that the bytes were found to be in (records.rules.qd831.encodings.TAKEN).
    """

    message: Message
    unknown: tuple[str, ...]
    encoding: str


def write(message: Message) -> bytes:
    """The file, UTF-8 with its declaration. Characters that XML cannot hold are left out."""
    root = etree.Element(_ROOT)
    _fill(root, message)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def read(content: bytes) -> Read:
    """One form. Raises FormUnreadable: too big, in another encoding than it says, not XML, a DTD inside, another root, a
    group twice.
    """
    root, encoding = _parse(content)
    if root.tag != _ROOT:
        template = "Thẻ gốc phải là {wanted}, tệp này là “{found}”: không phải hồ sơ QĐ 831."
        raise FormUnreadable("root", Phrase(template, wanted=_ROOT, found=str(root.tag)), 1)
    if root.find("BODY/HOSOSUCKHOE") is None:
        raise FormUnreadable("no-record", "Tệp không có phần BODY/HOSOSUCKHOE: không có hồ sơ nào để nhận.", 1)
    unknown: list[str] = []
    message = _take(root, Message, _ROOT, unknown)
    return Read(message, tuple(unknown), encoding)


def _parse(content: bytes) -> tuple[etree._Element, str]:
    if len(content) > MAX_BYTES:
        raise FormUnreadable("too-big", Phrase("Tệp lớn hơn {most} MB.", most=MAX_BYTES // 1024 // 1024))
    try:
        decoded = decode(content)
    except EncodingWrong as problem:
        raise FormUnreadable(problem.code, problem.message, problem.line) from problem
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(decoded.text, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        told = Phrase("Dòng {line}: XML bị hỏng hoặc bị cắt. Hãy xuất lại tệp.", line=line)
        raise FormUnreadable("broken", told, line) from error
    except ValueError as error:
        raise FormUnreadable("broken", "Tệp không phải XML.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise FormUnreadable("dtd", "Tệp khai DTD hoặc thực thể (DOCTYPE, ENTITY), hệ thống không nhận.", 1)
    return root, decoded.encoding


def _fill(parent: etree._Element, group: Any) -> None:
    for one in fields(group):
        value, meta = getattr(group, one.name), one.metadata
        if "tag" in meta:
            etree.SubElement(parent, meta["tag"]).text = _NOT_XML.sub("", value)
        elif "part" in meta:
            *outer, name = meta["part"].split("/")
            _fill(etree.SubElement(_inside(parent, outer), name), value)
        else:
            *outer, name = meta["many"].split("/")
            place = _inside(parent, outer)
            for item in value:
                _fill(etree.SubElement(place, name), item)


def _inside(parent: etree._Element, names: list[str]) -> etree._Element:
    for name in names:
        parent = etree.SubElement(parent, name)
    return parent


def _take(element: etree._Element, kind: type[Group], path: str, unknown: list[str]) -> Group:
    told: dict[str, Any] = {}
    known: set[str] = set()
    for one in fields(kind):  # type: ignore[arg-type]  # every group is a dataclass
        told[one.name] = _value(element, one, path, unknown)
        known.add(_address(one).split("/")[0])
    unknown += [f"{path}/{child.tag}" for child in _children(element) if child.tag not in known]
    return kind(**told)


def _address(one: Field[Any]) -> str:
    meta = one.metadata
    return str(meta.get("tag") or meta.get("part") or meta["many"])


def _value(element: etree._Element, one: Field[Any], path: str, unknown: list[str]) -> Any:
    address, here = _address(one), f"{path}/{_address(one)}"
    found = element.findall(address)
    if "many" in one.metadata:
        return tuple(_take(item, one.metadata["kind"], here, unknown) for item in found)
    if len(found) > 1:
        line = _line(found[1])
        told = Phrase("Dòng {line}: thẻ {tag} có hai lần, không rõ lấy giá trị nào.", line=line, tag=address)
        raise FormUnreadable("twice", told, line)
    if "part" in one.metadata:
        kind = cast("type[Any]", one.default_factory)
        return _take(found[0], kind, here, unknown) if found else kind()
    return "".join(map(str, found[0].itertext())).strip() if found else ""


def _line(element: etree._Element) -> int:
    line = cast("int | None", element.sourceline)
    return line or 0


def _children(element: etree._Element) -> Iterator[etree._Element]:
    return (child for child in element if isinstance(child.tag, str))
