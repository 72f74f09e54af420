"""Reading HL7 v2 result messages (ORU^R01, 2.3 to 2.8) as analysers and laboratory systems write them to files.

Separators come from MSH, segments end with CR (or LF, or both), MLLP frames and batch headers are taken off. Escapes: HL7
v2.5.1 chapter 2.7. Nothing is guessed: what cannot be read is said with its segment's number, counted from 1.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

MOST_MESSAGES = 500
_FRAME = re.compile(rb"[\x0b\x1c]")
_ENDS = re.compile(rb"\r\n|\r|\n")
_BATCH = (b"FHS", b"BHS", b"BTS", b"FTS")
# MSH-18 (table 0211) to Python's names; what is not named here is read as UTF-8, else as Windows' Vietnamese page.
_CHARSETS = {
    "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "ASCII": "ascii", "8859/1": "iso-8859-1", "UNICODE UTF-16": "utf-16",
}  # fmt: skip
_ESCAPE_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
FINAL, CORRECTED = frozenset({"", "F", "R", "V", "U"}), "C"


@dataclass(frozen=True, slots=True)
class Separators:
    """Field, component, repetition, escape and subcomponent signs of one message."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """One line: name, fields as written (fields[0] is the name), its number in the message."""

    name: str
    fields: tuple[str, ...]
    number: int
    signs: Separators

    def raw(self, at: int) -> str:
        """A field as written; "" where there is none."""
        return self.fields[at] if at < len(self.fields) else ""

    def component(self, at: int, part: int = 1) -> str:
        """A component of a field's first repetition, read; "" where there is none."""
        parts = self.raw(at).split(self.signs.repetition)[0].split(self.signs.component)
        first = parts[part - 1].split(self.signs.sub)[0] if part <= len(parts) else ""
        return clean_line(unescape(first, self.signs))

    def text(self, at: int) -> str:
        """A whole field as text: repetitions are lines."""
        lines = [unescape(one, self.signs).strip() for one in self.raw(at).split(self.signs.repetition)]
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Observed:
    """One OBX. codes: OBX-3 identifier and its alternative; value as our forms take it; status: OBX-11."""

    codes: tuple[str, ...]
    name: str
    value: str
    unit: str
    status: str
    segment: int


@dataclass(frozen=True, slots=True)
class Group:
    """One OBR with its observations. numbers: everything that may be an order's or a vessel's number."""

    numbers: tuple[str, ...]
    service: str
    segment: int
    observed: tuple[Observed, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One ORU^R01. birth: PID-7 when it is a whole day; sender: MSH-3 and MSH-4."""

    control_id: str
    sender: str
    birth: date | None
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """MSH, readable even where the rest is not."""

    control_id: str = ""
    application: str = ""
    facility: str = ""
    kind: str = ""
    version: str = ""

    @property
    def sender(self) -> str:
        """Who sent it: application and facility."""
        return f"{self.application}|{self.facility}".strip("|")[:300]


@dataclass(frozen=True, slots=True)
class Raw:
    """One message cut out of a file, before anything is read of it."""

    content: bytes
    sha256: str = field(default="")


def split_file(content: bytes) -> list[Raw]:
    """The messages of a file in their order. Raises Invalid: file-empty, file-no-message, file-messages."""
    if not content.strip():
        raise Invalid("file-empty", "Tệp trống.", "file")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16").encode()
    lines = [one for one in _ENDS.split(_FRAME.sub(b"\r", content.removeprefix(b"\xef\xbb\xbf"))) if one.strip()]
    found: list[list[bytes]] = []
    for line in lines:
        if line.startswith(b"MSH"):
            found.append([line])
        elif found and not line.startswith(_BATCH):
            found[-1].append(line)
    if not found:
        raise Invalid("file-no-message", "Tệp không có bản tin HL7 nào: không dòng nào bắt đầu bằng MSH.", "file")
    if len(found) > MOST_MESSAGES:
        raise Invalid("file-messages", Phrase("Một tệp có tối đa {most} bản tin.", most=MOST_MESSAGES), "file")
    return [Raw(whole, hashlib.sha256(whole).hexdigest()) for one in found if (whole := b"\r".join(one))]


def decode(content: bytes) -> tuple[str, str]:
    """The text of a message, NFC, and the encoding it was read by."""
    declared = _declared(content)
    for encoding in dict.fromkeys(("utf-8", declared, "cp1258", "iso-8859-1")):
        try:
            return unicodedata.normalize("NFC", content.decode(encoding)), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    raise Invalid("encoding", "Không đọc được bảng mã của bản tin.")  # pragma: no cover - latin-1 reads any byte


def read_head(text: str) -> Head:
    """MSH of a message; empty where it cannot be read."""
    try:
        segments = _segments(text)
    except Invalid:
        return Head()
    head = segments[0]
    kind = "^".join(filter(None, (head.component(9), head.component(9, 2))))
    return Head(head.component(10)[:199], head.component(3), head.component(4), kind, head.component(12))


def read_message(text: str) -> Message:
    """One message whole. Raises Invalid: hl7-head, hl7-kind, hl7-empty."""
    segments = _segments(text)
    head = read_head(text)
    if head.kind not in {"ORU^R01", "ORU"}:
        told = Phrase("Bản tin loại {kind} không phải kết quả (ORU^R01).", kind=head.kind or "?")
        raise Invalid("hl7-kind", told)
    groups = tuple(_groups(segments))
    if not groups:
        raise Invalid("hl7-empty", "Bản tin không có kết quả nào: thiếu OBR hoặc OBX.")
    return Message(head.control_id, head.sender, _birth(segments), groups)


def unescape(text: str, signs: Separators) -> str:
    r"""Escapes read: \F\ \S\ \T\ \R\ \E\, \.br\ as a line end, \Xhh..\ as UTF-8 bytes; formatting marks vanish."""
    mark = signs.escape
    if not mark or mark not in text:
        return text
    known = {"F": signs.field, "S": signs.component, "T": signs.sub, "R": signs.repetition, "E": mark, ".br": "\n"}
    parts = text.split(mark)
    said = [parts[0]]
    at = 1
    while at < len(parts):
        closed = at + 1 < len(parts)
        if not closed:  # a lone escape sign is what somebody wrote
            said.append(mark + parts[at])
        else:
            said += [_escaped(parts[at], known), parts[at + 1]]
        at += 2
    return "".join(said)


def _escaped(code: str, known: dict[str, str]) -> str:
    if code in known:
        return known[code]
    hexadecimal = _ESCAPE_HEX.fullmatch(code)
    if hexadecimal:
        return bytes.fromhex(hexadecimal.group(1)).decode("utf-8", errors="replace")
    return " " if code.startswith(".") else ""


def _declared(content: bytes) -> str:
    head = _ENDS.split(content, maxsplit=1)[0]
    fields = head.split(head[3:4]) if len(head) > 3 else []  # noqa: PLR2004 - "MSH" and the separator
    said = fields[17].decode("ascii", errors="ignore").split("~")[0].strip().upper() if len(fields) > 17 else ""  # noqa: PLR2004
    return _CHARSETS.get(said, "utf-8")


def _segments(text: str) -> list[Segment]:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    first = lines[0] if lines else ""
    if not first.startswith("MSH") or len(first) < 9 or first[3].isalnum():  # noqa: PLR2004 - MSH|^~\&|
        raise Invalid("hl7-head", "Dòng đầu không phải MSH hợp lệ (MSH|^~\\&|…).")
    named = first[4:].split(first[3])[0]
    signs = Separators(first[3], *_padded(named))
    return [_segment(line, number, signs) for number, line in enumerate(lines, start=1)]


def _padded(named: str) -> tuple[str, str, str, str]:
    """The four encoding characters; those a sender leaves out are the usual ones."""
    whole = named + "^~\\&"[len(named) :]
    return whole[0], whole[1], whole[2], whole[3]


def _segment(line: str, number: int, signs: Separators) -> Segment:
    fields = line.split(signs.field)
    if fields[0] == "MSH":  # the separator itself is MSH-1
        fields.insert(1, signs.field)
    return Segment(fields[0], tuple(fields), number, signs)


def _groups(segments: Sequence[Segment]) -> Iterator[Group]:
    """OBR by OBR. ORC stands before its OBR, SPM after its observations."""
    order: Segment | None = None
    start: Segment | None = None
    body: list[Segment] = []
    for one in segments:
        if start is not None and one.name in {"ORC", "OBR"}:
            yield _group(order, start, body)
            start, body, order = None, [], None
        if one.name == "ORC":
            order = one
        elif one.name == "OBR":
            start = one
        elif start is not None:
            body.append(one)
    if start is not None:
        yield _group(order, start, body)


def _group(order: Segment | None, start: Segment, body: Sequence[Segment]) -> Group:
    numbers = [start.component(at) for at in (2, 3)]
    numbers += [order.component(at) for at in (2, 3)] if order else []
    for one in body:
        if one.name == "SPM":
            numbers += [one.component(2), one.component(2, 2), one.component(3)]
    observed = tuple(_observed(one) for one in body if one.name == "OBX")
    notes = tuple(text for one in body if one.name == "NTE" and (text := one.text(3)))
    wanted = tuple(dict.fromkeys(number for number in numbers if number))
    return Group(wanted, start.component(4), start.number, observed, notes)


def _observed(one: Segment) -> Observed:
    codes = tuple(dict.fromkeys(filter(None, (one.component(3), one.component(3, 4)))))
    unit = one.component(6)
    if unit == "10" and one.component(6, 2):  # 10^9/L with its sign not escaped, as many analysers write it
        unit = f"10^{one.component(6, 2)}"
    name = one.component(3, 2) or one.component(3)
    return Observed(codes, name, _value(one), unit, one.component(11).upper(), one.number)


def _value(one: Segment) -> str:
    """OBX-5 as our forms take it: a number with a point, "<0.5", or words."""
    kind = one.component(2).upper()
    if kind == "SN":  # comparator ^ number ^ separator ^ number
        return "".join(filter(None, (one.component(5, part) for part in (1, 2, 3, 4))))
    if kind in {"CE", "CWE", "CNE"}:
        return one.component(5, 2) or one.component(5)
    return one.text(5)


def _birth(segments: Sequence[Segment]) -> date | None:
    person = next((one for one in segments if one.name == "PID"), None)
    said = person.component(7)[:8] if person else ""
    try:
        return date(int(said[:4]), int(said[4:6]), int(said[6:8])) if len(said) == 8 else None  # noqa: PLR2004
    except ValueError:
        return None


_UNIT_SIGNS = str.maketrans({"μ": "u", "µ": "u", "*": "", "^": "", " ": "", "[": "", "]": ""})
_UNIT_NAMES = {
    "10e9/l": "g/l.count", "109/l": "g/l.count", "10e12/l": "t/l.count", "1012/l": "t/l.count", "iu/l": "u/l",
    "miu/l": "mu/l", "uiu/ml": "mu/l", "10e3/ul": "g/l.count", "10e6/ul": "t/l.count", "103/ul": "g/l.count",
    "106/ul": "t/l.count", "meq/l": "mmol/l",
}  # fmt: skip
_OWN_NAMES = {"G/L": "g/l.count", "T/L": "t/l.count"}


def same_unit(sent: str, own: str) -> bool:
    """Whether a number may be taken over as it is: no unit sent, the same sign, or another way of writing it.

    g/L of haemoglobin is not G/L of cells: where letters' case decides, it counts. mEq/L equals mmol/L only for ions of one
    charge, which are the only ones reported so.
    """
    return not sent or sent == own or _plain(sent) == _plain(own)


def _plain(unit: str) -> str:
    if unit in _OWN_NAMES:
        return _OWN_NAMES[unit]
    short = unit.translate(_UNIT_SIGNS).casefold()
    return _UNIT_NAMES.get(short, short)


def escape(text: str) -> str:
    """Text as a field of our own answers."""
    told = clean_line(text)
    for sign, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        told = told.replace(sign, f"\\{code}\\")
    return told


def acknowledgement(head: Head, *, own_facility: str, own_id: str, at: str, outcome: str, text: str) -> str:
    """The answer to a message: MSH and MSA, segments ending with CR. at: yyyyMMddHHmmss; outcome: AA, AE, AR."""
    sent_to = f"{escape(head.application)}|{escape(head.facility)}"
    version = escape(head.version) or "2.5"
    first = f"MSH|^~\\&|HANOI-EHR|{escape(own_facility)}|{sent_to}|{at}||ACK^R01^ACK|{escape(own_id)}|P|{version}"
    first += "||||||UNICODE UTF-8"
    return f"{first}\rMSA|{outcome}|{escape(head.control_id)}|{escape(text)}\r"
