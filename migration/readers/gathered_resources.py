"""FHIR resources as they stand scattered over a file: a patient with one encounter and what belongs to it is one record.

References point anywhere in a file, so at receipt resources are put into a passing database; then each record is written
as one line of JSON: {"patient", "encounter", "resources", "medications"}.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import ijson
import orjson

from migration.readers.gathering import Gathering
from migration.readers.json_values import as_dict, as_list, as_text, name_in, reference_of
from migration.readers.records import MAX_RECORD_BYTES
from migration.rules.faults import FileRefused
from registry.rules.phrases import Phrase

_LINE_MOST = 8 * 1024 * 1024  # a longer line is one Bundle, and streamed
_MAKE = """
CREATE TABLE resource (seq INTEGER PRIMARY KEY, type TEXT, name TEXT, patient TEXT, encounter TEXT, body BLOB);
CREATE TABLE alias (name TEXT PRIMARY KEY, meant TEXT) WITHOUT ROWID;
"""
_PREPARE = """
UPDATE resource SET patient = (SELECT meant FROM alias WHERE name = patient) WHERE patient IN (SELECT name FROM alias);
UPDATE resource SET encounter = (SELECT meant FROM alias WHERE name = encounter)
WHERE encounter IN (SELECT name FROM alias);
CREATE INDEX resource_patient ON resource (patient, encounter, seq);
CREATE INDEX resource_name ON resource (name);
"""
_ALONE = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "Medication", "Provenance", "Device"}
)


class Resources:
    """The resources of one file or of several."""

    def __init__(self, gathering: Gathering) -> None:
        self.database = gathering.database
        self.database.execute("COMMIT")
        self.database.executescript(_MAKE)
        self.database.execute("BEGIN")
        self.alone: Counter[str] = Counter()

    def gather(self, file: BinaryIO) -> None:
        """Every resource of a file. Raises FileRefused(json-broken) when a Bundle breaks off."""
        file.seek(0)
        first = file.readline(_LINE_MOST)
        file.seek(0)
        if first.endswith(b"\n") or len(first) < _LINE_MOST:
            try:
                orjson.loads(first.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                pass
            else:
                return self._lines(file)
        return self._streamed(file)

    def _lines(self, file: BinaryIO) -> None:
        for number, line in enumerate(iter(lambda: file.readline(MAX_RECORD_BYTES), b""), start=1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not text:
                continue
            try:
                told = orjson.loads(text)
            except orjson.JSONDecodeError:
                self._broken(number, text)
                continue
            for url, one in _each(told):
                self._add(url, one)

    def _streamed(self, file: BinaryIO) -> None:
        """Of one document, an entry at a time."""
        listed = file.read(4).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
        file.seek(3 if _has_bom(file) else 0)
        count = 0
        try:
            for told in ijson.items(file, "item" if listed else "entry.item", use_float=True):
                for url, one in _each(told if listed else {"resourceType": "Bundle", "entry": [told]}):
                    self._add(url, one)
                    count += 1
            if not count and not listed:
                self._whole(file)
        except (ijson.JSONError, ValueError, RecursionError) as problem:
            template = "Tệp JSON hỏng hoặc bị cụt sau tài nguyên thứ {count}. Hãy xuất lại tệp."
            raise FileRefused("json-broken", Phrase(template, count=count)) from problem

    def _whole(self, file: BinaryIO) -> None:
        """One resource written over several lines."""
        if file.seek(0, 2) > MAX_RECORD_BYTES:
            return
        file.seek(0)
        for url, one in _each(orjson.loads(file.read().removeprefix(b"\xef\xbb\xbf"))):
            self._add(url, one)

    def _add(self, url: str, one: object) -> None:
        told = as_dict(one)
        kind = as_text(told.get("resourceType"))
        name = f"{kind}/{as_text(told.get('id'))}" if told.get("id") else url or f"#{id(one)}"
        if url and url != name:
            self.database.execute("INSERT OR IGNORE INTO alias VALUES (?, ?)", (_safe(name_in(url)), _safe(name)))
        patient = name if kind == "Patient" else name_in(reference_of(told, "patient") or reference_of(told, "subject"))
        encounter = (
            name if kind == "Encounter" else name_in(reference_of(told, "encounter") or reference_of(told, "context"))
        )
        if kind in _ALONE:
            self.alone[kind] += 1
        row = (_safe(kind), _safe(name), _safe(patient), _safe(encounter), _written(told or {"text": str(one)[:1000]}))
        self.database.execute("INSERT INTO resource (type, name, patient, encounter, body) VALUES (?, ?, ?, ?, ?)", row)

    def _broken(self, number: int, text: bytes) -> None:
        body = _written({"broken": number, "text": text[:100_000].decode("utf-8", "replace")})
        name = f"#line-{number}"
        row = ("", name, name, "", body)
        self.database.execute("INSERT INTO resource (type, name, patient, encounter, body) VALUES (?, ?, ?, ?, ?)", row)

    def records(self) -> Iterator[bytes]:
        """The lines of the rows file."""
        self.database.execute("COMMIT")
        self.database.executescript(_PREPARE)
        alone = ",".join(f"'{kind}'" for kind in sorted(_ALONE))
        groups = self.database.execute(
            "SELECT patient, CASE WHEN encounter IN (SELECT name FROM resource WHERE type = 'Encounter') "  # noqa: S608 - our own words
            f"THEN encounter ELSE '' END AS visit, min(seq) AS first FROM resource WHERE type NOT IN ({alone}) "
            "GROUP BY 1, 2 ORDER BY 3"
        ).fetchall()
        with_visits = {patient for patient, visit, _ in groups if visit}
        for patient, visit, _ in groups:
            line = self._line(patient, visit, whole=patient not in with_visits)
            if line:
                yield line + b"\n"

    def _line(self, patient: str, visit: str, *, whole: bool) -> bytes:
        """One record; b"" for a patient whose every resource belongs to some encounter."""
        here = "= ?" if visit else "NOT IN (SELECT name FROM resource WHERE type = 'Encounter' AND name != ?)"
        found = self.database.execute(
            f"SELECT type, body FROM resource WHERE patient = ? AND encounter {here} ORDER BY seq",  # noqa: S608 - ours
            (patient, visit),
        )
        alone: list[Any] = []
        meeting: Any = None
        broken: Any = None
        size = 0
        for kind, body in found:
            size += len(body)
            if kind == "Encounter" and visit:
                meeting = orjson.Fragment(body)
            elif kind == "":
                broken = orjson.Fragment(body)
            elif kind not in ("Patient", *_ALONE) and size < MAX_RECORD_BYTES // 4:
                alone.append(orjson.Fragment(body))
        if not (visit or alone or broken or whole):
            return b""
        person = self._body(patient)
        told = {"patient": person, "encounter": meeting, "resources": alone, "medications": self._medications(patient)}
        return orjson.dumps(told | ({"broken": broken} if broken else {}))

    def _body(self, name: str) -> orjson.Fragment | None:
        found = self.database.execute("SELECT body FROM resource WHERE name = ? ORDER BY seq DESC", (name,)).fetchone()
        return orjson.Fragment(found[0]) if found and not name.startswith("#line-") else None

    def _medications(self, patient: str) -> dict[str, Any]:
        """The Medication resources that a patient's requests point at."""
        rows = self.database.execute(
            "SELECT body FROM resource WHERE patient = ? AND type IN ('MedicationRequest', 'MedicationStatement')",
            (patient,),
        ).fetchall()
        names = {name_in(reference_of(orjson.loads(body), "medicationReference")) for (body,) in rows} - {""}
        found = {}
        for name in names:
            meant = self.database.execute("SELECT meant FROM alias WHERE name = ?", (_safe(name),)).fetchone()
            body = self._body(meant[0] if meant else _safe(name))
            if body:
                found[name] = body
        return found


def _has_bom(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(3) == b"\xef\xbb\xbf"


def _each(told: object) -> Iterator[tuple[str, object]]:
    """(full URL, resource) of a resource, a Bundle or a list of either."""
    if isinstance(told, list):
        yield from chain.from_iterable(map(_each, told))
        return
    document = as_dict(told)
    if document.get("resourceType") != "Bundle":
        yield "", told
        return
    for entry in as_list(document.get("entry")):
        one = as_dict(entry).get("resource")
        if as_dict(one).get("resourceType") == "Bundle":
            yield from _each(one)
        elif one is not None:
            yield as_text(as_dict(entry).get("fullUrl")), one


def _written(told: object) -> bytes:
    try:
        return orjson.dumps(told)
    except (orjson.JSONEncodeError, RecursionError):  # a number or a text that JSON between systems may not carry
        return json.dumps({"text": repr(told)[:1000]}).encode()


def _safe(text: str) -> str:
    return text[:300].encode("utf-8", "replace").decode()


def _pointed_at(told: object, field: str, other: str) -> str:
    return name_in(reference_of(told, field) or reference_of(told, other))
