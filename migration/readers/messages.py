"""HL7 v2 messages (ADT, ORU): a visit's messages are one record; PID is its person, PV1 its visit, DG1 and OBX its rows.

Source: HL7 v2.5.1, chapters 2 (encoding), 3 (ADT), 7 (observations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from migration.readers.records import MAX_RECORD_BYTES, Layout, Raw, Span, SpanMaker
from migration.rules.encodings import Undecodable
from migration.rules.faults import Fault, FileRefused
from migration.rules.repairs import read_mixed
from registry.rules.phrases import Phrase

_READ = 256 * 1024
BLOCK_BEGIN, BLOCK_END = b"\x0b", b"\x1c\r"
LINE_SEGMENT = b"ZDG|"
_MOST_PARTS = 200  # of a field: repetitions and components beyond are noise


@dataclass(frozen=True, slots=True)
class Marks:
    """The delimiters a message says it uses."""

    field: bytes = b"|"
    component: str = "^"
    repeat: str = "~"
    escape: str = "\\"
    sub: str = "&"

    @classmethod
    def of(cls, header: bytes) -> Marks:
        """Of an MSH segment; what it does not say is as usual."""
        told = header[4:8].decode("latin-1")
        return cls(header[3:4] or b"|", *told[:4]) if len(told) == 4 and header[3:4].strip() else cls()  # noqa: PLR2004


# ------------------------------------------------------------------------------------------------------------- a message


class Message:
    """One message: segments of fields, decoded when asked for."""

    def __init__(self, segments: Sequence[bytes]) -> None:
        header = next((one for one in segments if one.startswith(b"MSH")), b"")
        self.marks = Marks.of(header)
        self.whole = bool(header)
        self.segments = [one.split(self.marks.field) for one in segments]
        self._escapes = re.compile(re.escape(self.marks.escape) + r"([^\\]{1,80}?)" + re.escape(self.marks.escape))

    def all(self, name: str) -> list[list[bytes]]:
        """Every segment of this name."""
        told = name.encode()
        return [one for one in self.segments if one[0] == told]

    def first(self, name: str) -> list[bytes] | None:
        """The first segment of this name."""
        return next(iter(self.all(name)), None)

    def text(self, segment: Sequence[bytes], at: int) -> str:
        """A whole field; raises Undecodable. MSH counts its delimiter as field 1."""
        place = at - 1 if segment[0] == b"MSH" else at
        raw = segment[place] if place < len(segment) else b""
        text = raw.decode("ascii") if raw.isascii() else read_mixed(raw, person=False)
        return "" if text == '""' else text

    def repeats(self, segment: Sequence[bytes], at: int) -> list[list[str]]:
        """Components of each repetition of a field."""
        text = self.text(segment, at)
        return [self._parts(one) for one in text.split(self.marks.repeat)[:_MOST_PARTS]] if text else []

    def part(self, segment: Sequence[bytes], at: int, component: int = 1) -> str:
        """One component (from 1) of a field's first repetition; "" where it says nothing or cannot be decoded."""
        try:
            told = self.repeats(segment, at)
        except Undecodable:
            return ""
        return told[0][component - 1] if told and component <= len(told[0]) else ""

    def _parts(self, text: str) -> list[str]:
        return [self._plain(one) for one in text.split(self.marks.component)[:_MOST_PARTS]]

    def _plain(self, text: str) -> str:
        if self.marks.escape not in text:
            return text.strip()
        return self._escapes.sub(self._unescaped, text).strip()

    def _unescaped(self, found: re.Match[str]) -> str:
        told = found[1]
        marks = self.marks
        known = {"F": marks.field.decode("latin-1"), "S": marks.component, "T": marks.sub, "R": marks.repeat}
        if told in known:
            return known[told]
        if told == "E":
            return marks.escape
        if told.startswith(".br"):
            return "\n"
        if told.startswith("X") and re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", told[1:]):
            return bytes.fromhex(told[1:]).decode("utf-8", "replace")
        return "" if told.startswith((".", "H", "N")) else found[0]


# --------------------------------------------------------------------------------------------------------------- reading


class Hl7:
    """The reader of gathered messages. facility_code: who sent them."""

    def __init__(self, facility_code: str) -> None:
        self.facility_code = facility_code

    def scan(self, file: BinaryIO) -> Layout:
        """Spans of whole frames."""
        maker, byte, rest = SpanMaker(), 0, b""
        while block := file.read(_READ):
            rest += block
            begin = 0
            while (end := rest.find(BLOCK_END, begin)) >= 0:
                maker.start(byte + begin, maker.number)
                maker.end()
                begin = end + len(BLOCK_END)
            byte, rest = byte + begin, rest[begin:]
        maker.close(byte)
        if not maker.spans:
            return Layout((), {}, FileRefused("no-records", "Tệp HL7 không có tin nhắn nào."))
        return Layout(tuple(maker.spans), {"kind": "hl7"})

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """A record a frame."""
        byte = span.byte_from
        for at, frame in enumerate(data.split(BLOCK_END)[: span.records]):
            yield self._record(span.first_record + at, byte, frame)
            byte += len(frame) + len(BLOCK_END)

    def _record(self, number: int, byte: int, frame: bytes) -> Raw:
        segments = frame.removeprefix(BLOCK_BEGIN).split(b"\r")
        line = _line(segments[0])
        if len(frame) > MAX_RECORD_BYTES:
            limit = MAX_RECORD_BYTES // (1024 * 1024)
            fault = Fault("record-too-large", Phrase("Hồ sơ dài quá {limit} MB.", limit=limit))
            return Raw(number, line, byte, frame, faults=(fault,))
        try:
            read = _Visit(self.facility_code, list(_each(segments)))
        except Undecodable:
            fault = Fault("encoding-value", "Tin HL7 có ký tự không nhận ra bảng mã.", "PID")
            return Raw(number, line, byte, frame, faults=(fault,))
        tables = {name: len(rows) for name, rows in read.rows.items()}
        rows = {name: tuple(found) for name, found in read.rows.items()}
        return Raw(number, line, byte, frame, read.fields, tables, rows, tuple(read.faults))


def _line(segment: bytes) -> int:
    told = segment.removeprefix(LINE_SEGMENT)
    return int(told) if told.isdigit() else 0


def _each(segments: Sequence[bytes]) -> Iterator[Message]:
    current: list[bytes] = []
    for one in segments:
        if one.startswith(LINE_SEGMENT):
            if current:
                yield Message(current)
            current = []
        else:
            current.append(one)
    if current:
        yield Message(current)


# PV1-2, table 0004: inpatient; whoever else came is examined (MA_LOAI_KCB 01), which the raw message can refine later.
_CARE = {"I": "03"}
_SEX = {"M": "1", "F": "2", "O": "3", "U": "3", "A": "3", "N": "3"}  # table 0001
_CITIZEN, _CARD, _OWN = (
    frozenset({"NI", "NNVNM", "NN", "CCCD", "CMND"}),
    frozenset({"HC", "NH", "NIIP", "BHYT", "SB"}),
    frozenset({"MR", "PI", "PT"}),
)
_CANCELS = {
    "A11": Phrase("nhập viện"), "A13": Phrase("ra viện"), "A23": Phrase("lượt khám"), "A27": Phrase("hẹn nhập viện"),
}  # fmt: skip
_MERGES = frozenset({"A18", "A34", "A35", "A36", "A39", "A40", "A41", "A42", "A47", "A50"})


class _Visit:
    """What the messages of one visit say together: a later one completes or replaces what an earlier one said."""

    def __init__(self, facility_code: str, messages: Sequence[Message]) -> None:
        self.fields: dict[str, str] = {}
        self.rows: dict[str, list[dict[str, str]]] = {}
        self.faults: list[Fault] = []
        self._facility = facility_code
        self._diagnoses: dict[str, tuple[str, str, bool]] = {}
        for message in messages:
            self._take(message)
        if self._diagnoses and "NGAY_VAO" in self.fields:
            self._say_diagnoses()

    def _take(self, message: Message) -> None:
        event = self._event(message)
        person = message.first("PID")
        if not message.whole:
            self.faults.append(Fault("hl7-header", "Đoạn tin không có phần đầu MSH: tin bị cụt hoặc hỏng.", "MSH"))
        if person is None:
            self.faults.append(Fault("pid-missing", "Tin HL7 không có đoạn PID (người bệnh).", "PID"))
            return
        if event in _MERGES:
            template = "Tin {event} gộp hoặc đổi mã hồ sơ: cần người xem, không tự gộp."
            self.faults.append(Fault("hl7-merge", Phrase(template, event=event), "MSH"))
        if event in _CANCELS:
            template = "Tin {event} huỷ {what} đã báo trước đó: cần người xem."
            self.faults.append(Fault("hl7-cancel", Phrase(template, event=event, what=_CANCELS[event]), "MSH"))
        self._say(_person(message, person))
        visit = message.first("PV1")
        if visit is not None:
            self._say(self._visit(message, visit))
        for one in message.all("DG1"):
            self._diagnose(message, one)
        self._observe(message)

    def _event(self, message: Message) -> str:
        header, event = message.first("MSH"), message.first("EVN")
        told = message.part(header, 9, 2) if header else ""
        return told or (message.part(event, 1) if event else "")

    def _say(self, told: Mapping[str, str]) -> None:
        self.fields |= {name: text for name, text in told.items() if text}

    def _visit(self, message: Message, visit: Sequence[bytes]) -> dict[str, str]:
        began = message.part(visit, 44) or self._happened(message)
        if not began and not self.fields.get("NGAY_VAO"):
            return {}
        reason = message.first("PV2")
        key = message.part(visit, 19) or message.part(visit, 50)
        return {
            "MA_LK": key or f"{self.fields.get('MA_BN', '')}-{began[:8]}",
            "MA_CSKCB": self._facility,
            "MA_LOAI_KCB": _CARE.get(message.part(visit, 2).upper(), "01"),
            "NGAY_VAO": moment(message.part(visit, 44)) or self.fields.get("NGAY_VAO", "") or moment(began),
            "NGAY_RA": moment(message.part(visit, 45)),
            "MA_KHOA": message.part(visit, 3),
            "LY_DO_VV": (message.part(reason, 3, 2) or message.part(reason, 3)) if reason else "",
        }

    def _happened(self, message: Message) -> str:
        """When the event of a visit was, for senders that leave PV1-44 out."""
        event, header = message.first("EVN"), message.first("MSH")
        told = (message.part(event, 6) or message.part(event, 2)) if event else ""
        return told or (message.part(header, 7) if header else "")

    def _diagnose(self, message: Message, one: Sequence[bytes]) -> None:
        code, words = message.part(one, 3), message.part(one, 3, 2) or message.part(one, 4)
        main = message.part(one, 15) == "1" or message.part(one, 1) in ("1", "")
        if code:
            self._diagnoses[code] = (code, words, main)

    def _say_diagnoses(self) -> None:
        listed = sorted(self._diagnoses.values(), key=lambda one: not one[2])
        main, others = listed[0], listed[1:]
        told = {"MA_BENH_CHINH": main[0], "CHAN_DOAN_RV": main[1], "MA_BENH_KT": ";".join(one[0] for one in others)}
        self._say(told)

    def _observe(self, message: Message) -> None:
        order: Sequence[bytes] = []
        rows = self.rows.setdefault("XML4", [])
        for segment in message.segments:
            if segment[0] == b"OBR":
                order = segment
            elif segment[0] == b"OBX":
                rows.append(self._result(message, order, segment, len(rows) + 1))
        if not rows:
            del self.rows["XML4"]

    def _result(self, message: Message, order: Sequence[bytes], one: Sequence[bytes], number: int) -> dict[str, str]:
        """A row of XML4. A coded or long value is words (MO_TA); anything else a value with its unit."""
        values = [" ".join(filter(None, parts)) for parts in message.repeats(one, 5)]
        coded = message.part(one, 2) in ("TX", "FT", "CE", "CWE")
        text = "\n".join(values)
        told = {
            "MA_LK": self.fields.get("MA_LK", ""),
            "STT": str(number),
            "MA_DICH_VU": message.part(order, 4) if order else "",
            "TEN_DICH_VU": message.part(order, 4, 2) if order else "",
            "MA_CHI_SO": message.part(one, 3),
            "TEN_CHI_SO": message.part(one, 3, 2),
            "GIA_TRI": "" if coded and message.part(one, 2) in ("TX", "FT") else text,
            "DON_VI_DO": message.part(one, 6),
            "MO_TA": text if coded else "",
            "NGAY_KQ": moment(
                message.part(one, 14) or (message.part(order, 22) or message.part(order, 7) if order else "")
            ),
        }
        return {name: value for name, value in told.items() if value}


def moment(text: str) -> str:
    """An HL7 time as QĐ 3176 writes one: 12 digits, what is not said as zeros; "" for none."""
    digits = re.match(r"\d*", text.strip(), re.ASCII)
    told = digits[0] if digits else ""
    return told[:12].ljust(12, "0") if len(told) >= 8 else ""  # noqa: PLR2004 - a day at least


def _person(message: Message, person: Sequence[bytes]) -> dict[str, str]:
    names = message.repeats(person, 5)
    name = names[0] if names else []
    told = {**dict.fromkeys(("MA_BN", "SO_CCCD", "MA_THE_BHYT"), ""), **_numbers(message.repeats(person, 3))}
    insured = message.first("IN1")
    if insured is not None:
        told["MA_THE_BHYT"] = told["MA_THE_BHYT"] or message.part(insured, 36) or message.part(insured, 49)
    return told | {
        "MA_BN": told["MA_BN"] or message.part(person, 2),
        "SO_CCCD": told["SO_CCCD"] or message.part(person, 19),
        "HO_TEN": " ".join(filter(None, (_at(name, 1), _at(name, 3), _at(name, 2)))),
        "NGAY_SINH": born(message.part(person, 7)),
        "GIOI_TINH": _SEX.get(message.part(person, 8).upper(), message.part(person, 8)),
        "DIA_CHI": ", ".join(filter(None, (message.part(person, 11, at) for at in (1, 2, 3, 4)))),
        "DIEN_THOAI": message.part(person, 13, 12) or message.part(person, 13) or message.part(person, 13, 7),
    }


def _numbers(repeats: Sequence[Sequence[str]]) -> dict[str, str]:
    """PID-3 by type of identifier (component 5); the first without a known type is the hospital's own."""
    told: dict[str, str] = {}
    for one in repeats:
        kind = _at(one, 5).upper()
        field = "SO_CCCD" if kind in _CITIZEN else "MA_THE_BHYT" if kind in _CARD else "MA_BN"
        if field != "MA_BN" or kind in _OWN or "MA_BN" not in told:
            told.setdefault(field, _at(one, 1))
    return told


def _at(parts: Sequence[str], place: int) -> str:
    return parts[place - 1] if place <= len(parts) else ""


def born(text: str) -> str:
    """An HL7 date of birth: year, month and year, or day, without its time."""
    digits = text.strip()[:8]
    if len(digits) == 6 and digits.isdigit():  # noqa: PLR2004 - yyyyMM
        return f"{digits[:4]}-{digits[4:]}"
    return digits if digits.isdigit() else text.strip()
